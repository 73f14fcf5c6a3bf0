"""Starting, stopping and listing sessions."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.floor import Factory, Floor, Machine, Tenant
from shared_factory_desktop.domain.happenings import pseudonym, session_closed
from shared_factory_desktop.domain.problems import Cause, Kind, Refused, cause, refused
from shared_factory_desktop.domain.readings import Quality, Reading, Reason
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from shared_factory_desktop.domain.usage import clock_s
from shared_factory_desktop.domain.usage_file import read_usage
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.pricing import read_json
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import Wraps, build_use, measures_of, use_of
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage import sessions as rows
from shared_factory_desktop.storage.database import Database, Transaction

ReadNow = Callable[[Sequence[str], Reason], tuple[Reading, ...]]
CostNow = Callable[[Floor, SessionUse, dt.datetime], int | None]
Obstacle = Callable[[Transaction, Floor, Machine, Tenant, dt.datetime], Sequence[Cause]]
"""What may keep a tenant from starting on a machine now: gives its reasons, none where it may."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as shown: instants in the factory's zone, clocks in seconds, cost so far in fen."""

    id: str
    machine: str
    machine_name: str
    tenant: str
    tenant_name: str
    job: str | None
    start: dt.datetime
    end: dt.datetime | None
    state: SessionState
    quality: Quality
    occupied_s: Decimal
    powered_s: Decimal
    working_s: Decimal
    measures: tuple[tuple[str, Decimal], ...]
    cost_fen: int | None
    started_by: str


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What the session service is built from; `read_now` reads meters at once, `cost` prices a
    use, each of `obstacles` may object to a start.
    """

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]
    read_now: ReadNow
    wraps: Wraps
    cost: CostNow
    pseudonyms: bool
    obstacles: tuple[Obstacle, ...] = ()


class SessionService:
    """Sessions of one factory."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts
        self._database = parts.database

    def start(
        self,
        actor: Actor,
        machine_id: str,
        tenant_id: str,
        job: str | None = None,
        without_readings: bool = False,
    ) -> SessionView:
        """Start a session; raises Refused with *all* reasons why it cannot be."""
        require(actor, Permission.RUN_SESSIONS)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            causes = self._obstacles(tx, floor, machine_id, tenant_id)
        machine = floor.machine(machine_id)
        started, silent = self._read_start(machine) if machine else (self._parts.now(), [])
        hindered = causes if without_readings else [*causes, *silent]
        if hindered:
            raise Refused(Kind.INPUT if causes else Kind.UNREACHABLE, *hindered)
        session = Session(
            id="",
            machine=machine_id,
            tenant=tenant_id,
            job=job,
            start=started,
            quality=Quality.SUSPECT if silent else Quality.GOOD,
            started_by=actor.name,
        )
        with self._database.write() as tx:
            running = rows.open_on(tx, machine_id)
            if running is not None:  # somebody was quicker
                raise Refused(Kind.INPUT, _busy(running))
            session = rows.open_session(tx, session)
            self._note(tx, actor, "session.start", session)
        return self._view(floor, session)

    def stop(self, actor: Actor, machine_id: str) -> SessionView:
        """Stop the machine's open session; a silent meter makes it a problem, never a guess."""
        require(actor, Permission.RUN_SESSIONS)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            session = rows.open_on(tx, machine_id)
        machine = floor.machine(machine_id)
        if machine is None:
            raise refused(Kind.INPUT, "unknown-machine", machine=machine_id)
        if session is None:
            raise refused(Kind.INPUT, "no-session", machine=machine_id)
        readings = self._read(machine, Reason.STOP)
        silent = _silent(machine, readings)
        ended = max((r.at for r in readings if r.value is not None), default=self._parts.now())
        end = max(ended, session.start)
        closed = replace(
            session,
            end=end,
            state=SessionState.PROBLEM if silent else SessionState.CLOSED,
            quality=Quality.SUSPECT if silent else session.quality,
        )
        return self._close(actor, floor, closed, end)

    def list(
        self, actor: Actor, open_only: bool = False, problem_only: bool = False
    ) -> tuple[SessionView, ...]:
        """List sessions, newest first."""
        require(actor, Permission.VIEW)
        now = self._parts.now()
        with self._database.read() as tx:
            floor = stored_floor(tx)
            found = rows.list_sessions(tx, states=_states(open_only, problem_only))[::-1]
            uses = [use_of(tx, floor, self._parts.wraps, session, now) for session in found]
        return tuple(
            self._shown(floor, session, use, now) for session, use in zip(found, uses, strict=True)
        )

    def import_usage(self, actor: Actor, path: Path) -> int:
        """Store sessions recorded elsewhere; all or none. Gives how many were new."""
        require(actor, Permission.RUN_SESSIONS)
        data = read_json(path)
        with self._database.write() as tx:
            floor = stored_floor(tx)
            uses = read_usage(data, path.name, floor)
            fresh = [
                use for use in uses if rows.import_use(tx, use, SessionState.CLOSED, actor.name)
            ]
            for use in fresh:
                session = rows.get(tx, use.id)
                assert session is not None
                self._tell(tx, floor, session, use)
                self._note(tx, actor, "session.import", session)
        return len(fresh)

    def automate(self, actor: Actor, machine: str, tenant: str | None, job: str | None) -> None:
        """Let a machine's state open and close sessions for a tenant, or stop doing so (tenant
        None).
        """
        require(actor, Permission.RUN_SESSIONS)
        with self._database.write() as tx:
            floor = stored_floor(tx)
            causes = _unknown(floor, machine, tenant)
            if causes:
                raise Refused(Kind.INPUT, *causes)
            known = {a.machine: a for a in rows.automations(tx)}
            if tenant is not None:
                rows.set_automation(tx, rows.Automation(machine, tenant, job))
            elif machine in known:
                rows.set_automation(tx, replace(known[machine], enabled=False))
            self._parts.trail.note(
                tx, actor.name, "session.automate", machine, after={"tenant": tenant, "job": job}
            )

    def follow(self, actor: Actor, machine: str, working: bool) -> None:
        """Open or close the automatic session of a machine that began or ceased to work."""
        with self._database.read() as tx:
            wanted = (a for a in rows.automations(tx) if a.machine == machine and a.enabled)
            automation = next(wanted, None)
            running = rows.open_on(tx, machine)
        if automation is None:
            return
        if working and running is None:
            self.start(actor, machine, automation.tenant, automation.job)
        elif not working and running is not None and running.started_by == actor.name:
            self.stop(actor, machine)

    def _obstacles(
        self, tx: Transaction, floor: Floor, machine_id: str, tenant_id: str
    ) -> builtins.list[Cause]:
        """Find every reason why a session cannot start, meters aside."""
        causes = _unknown(floor, machine_id, tenant_id)
        running = rows.open_on(tx, machine_id)
        if running is not None:
            causes.append(_busy(running))
        machine, tenant = floor.machine(machine_id), floor.tenant(tenant_id)
        if machine is not None and tenant is not None:
            now = self._parts.now()
            today = now.astimezone(ZoneInfo(floor.factory.timezone)).date()
            if Agreements(floor).contract(tenant_id, machine_id, today) is None:
                causes.append(cause("no-contract", tenant=tenant_id, machine=machine_id, day=today))
            for objects in self._parts.obstacles:
                causes += objects(tx, floor, machine, tenant, now)
        return causes

    def _read_start(self, machine: Machine) -> tuple[dt.datetime, builtins.list[Cause]]:
        """Read the machine's meters; gives when the session starts, and what hinders it."""
        try:
            readings = self._read(machine, Reason.START)
        except Refused as error:  # a line out of reach is one reason among others
            return self._parts.now(), [*error.causes]
        read_at = [reading.at for reading in readings if reading.value is not None]
        return max(read_at, default=self._parts.now()), _silent(machine, readings)

    def _read(self, machine: Machine, reason: Reason) -> tuple[Reading, ...]:
        return self._parts.read_now(machine.meters, reason) if machine.meters else ()

    def _close(self, actor: Actor, floor: Floor, closed: Session, end: dt.datetime) -> SessionView:
        """Store the end, and tell platforms what was used, in one transaction."""
        with self._database.write() as tx:
            use = build_use(tx, floor, self._parts.wraps, closed, end)
            closed = rows.close_session(tx, closed.id, end, closed.state, use.quality, actor.name)
            self._tell(tx, floor, closed, use)
            self._note(tx, actor, "session.stop", closed)
        return self._shown(floor, closed, use, end)

    def _tell(self, tx: Transaction, floor: Floor, session: Session, use: SessionUse) -> None:
        """Put the closed session into the outbox, in the transaction that closes it."""
        machine, tenant = floor.machine(session.machine), floor.tenant(session.tenant)
        assert machine is not None
        assert tenant is not None
        day = session.start.astimezone(ZoneInfo(floor.factory.timezone)).date()
        contract = Agreements(floor).contract(tenant.id, machine.id, day)
        name = tenant_name(floor.factory, tenant, self._parts.pseudonyms)
        happening = session_closed(session, use, machine, contract, name)
        outbox.append(tx, self._parts.trail.source(floor.factory.id), [happening])

    def _note(self, tx: Transaction, actor: Actor, action: str, session: Session) -> None:
        self._parts.trail.note(
            tx,
            actor.name,
            action,
            session.id,
            after={
                "machine": session.machine,
                "tenant": session.tenant,
                "job": session.job,
                "start": session.start.isoformat(),
                "end": session.end.isoformat() if session.end else None,
                "state": str(session.state),
            },
        )

    def _view(self, floor: Floor, session: Session) -> SessionView:
        now = max(self._parts.now(), session.start)
        with self._database.read() as tx:
            use = use_of(tx, floor, self._parts.wraps, session, now)
        return self._shown(floor, session, use, now)

    def _shown(
        self, floor: Floor, session: Session, use: SessionUse, now: dt.datetime
    ) -> SessionView:
        zone = ZoneInfo(floor.factory.timezone)
        machine, tenant = floor.machine(session.machine), floor.tenant(session.tenant)
        end = session.end or max(now, session.start)
        return SessionView(
            id=session.id,
            machine=session.machine,
            machine_name=machine.name if machine else session.machine,
            tenant=session.tenant,
            tenant_name=tenant.name if tenant else session.tenant,
            job=session.job,
            start=session.start.astimezone(zone),
            end=session.end.astimezone(zone) if session.end else None,
            state=session.state,
            quality=use.quality,
            occupied_s=clock_s([(session.start, end)]),
            powered_s=clock_s(use.powered),
            working_s=clock_s(use.working),
            measures=tuple(measures_of(use).items()),
            cost_fen=self._parts.cost(floor, use, end),
            started_by=session.started_by,
        )


def tenant_name(factory: Factory, tenant: Tenant, pseudonyms: bool) -> str:
    """Give how platforms know a tenant: its credit code, else its id; or a pseudonym."""
    return pseudonym(factory, tenant) if pseudonyms else tenant.uscc or tenant.id


def _unknown(floor: Floor, machine: str, tenant: str | None) -> builtins.list[Cause]:
    causes = []
    if floor.machine(machine) is None:
        causes.append(cause("unknown-machine", machine=machine))
    if tenant is not None and floor.tenant(tenant) is None:
        causes.append(cause("unknown-tenant", tenant=tenant))
    return causes


def _busy(running: Session) -> Cause:
    return cause("machine-busy", machine=running.machine, session=running.id)


def _states(open_only: bool, problem_only: bool) -> tuple[SessionState, ...]:
    if problem_only:
        return (SessionState.PROBLEM,)
    return (SessionState.OPEN,) if open_only else tuple(SessionState)


def _silent(machine: Machine, readings: Sequence[Reading]) -> builtins.list[Cause]:
    """Find the meters of a machine's measures that gave no good reading."""
    seen = {(reading.meter, reading.quantity): reading for reading in readings}
    causes = []
    for measure in machine.measures:
        reading = seen.get((measure.meter, measure.quantity))
        if reading is not None and reading.quality is Quality.GOOD:
            continue
        why = (reading.fault or reading.quality) if reading else Quality.MISSING
        causes.append(
            cause("meter-silent", meter=measure.meter, quantity=measure.quantity, why=why)
        )
    return causes
