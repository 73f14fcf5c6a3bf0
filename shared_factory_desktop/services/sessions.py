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
from shared_factory_desktop.domain.corrections import ended_at
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
from shared_factory_desktop.services.uses import Wraps, build_use, measures_of, use_of, uses_of
from shared_factory_desktop.services.work_orders import unfit_job
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage import sessions as rows
from shared_factory_desktop.storage import uses as use_rows
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
    use, each of `obstacles` may object to a start; `dispute_days`: for how long after the month in
    which a session ended its tenant may object to it.
    """

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]
    read_now: ReadNow
    wraps: Wraps
    cost: CostNow
    pseudonyms: bool
    obstacles: tuple[Obstacle, ...] = ()
    dispute_days: int = 7


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
        takeover: bool = False,
    ) -> SessionView:
        """Start a session; raises Refused with *all* reasons why it cannot be.

        With `takeover` the session of another tenant that is open on the machine ends at the
        same instant, by the same readings.
        """
        require(actor, Permission.RUN_SESSIONS)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            causes = self._obstacles(tx, floor, machine_id, tenant_id, takeover)
            causes += unfit_job(tx, tenant_id, job)
        machine = floor.machine(machine_id)
        started, silent = self._read_start(machine) if machine else (self._parts.now(), [])
        hindered = causes if without_readings else [*causes, *silent]
        if hindered:
            raise Refused(Kind.INPUT if causes else Kind.UNREACHABLE, *hindered)
        quality, by = Quality.SUSPECT if silent else Quality.GOOD, actor.name
        session = Session("", machine_id, tenant_id, started, job, quality=quality, started_by=by)
        with self._database.write() as tx:
            self._make_room(tx, floor, actor, session, takeover)
            session = rows.open_session(tx, session)
            note(tx, self._parts, actor.name, "session.start", session)
            use = use_of(tx, floor, self._parts.wraps, session, started)
        return shown(self._parts, floor, session, use, started)

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
        with self._database.write() as tx:
            closed, use = end_session(tx, self._parts, floor, closed, actor.name)
        return shown(self._parts, floor, closed, use, end)

    def list(
        self, actor: Actor, open_only: bool = False, problem_only: bool = False
    ) -> tuple[SessionView, ...]:
        """List sessions, newest first."""
        require(actor, Permission.VIEW)
        now = self._parts.now()
        with self._database.read() as tx:
            floor = stored_floor(tx)
            found = rows.list_sessions(tx, states=_states(open_only, problem_only))[::-1]
            uses = uses_of(tx, floor, self._parts.wraps, found, now)
        return tuple(
            shown(self._parts, floor, session, use, now)
            for session, use in zip(found, uses, strict=True)
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
                tell(tx, self._parts, floor, session, use)
                note(tx, self._parts, actor.name, "session.import", session)
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
        self, tx: Transaction, floor: Floor, machine_id: str, tenant_id: str, takeover: bool
    ) -> builtins.list[Cause]:
        """Find every reason why a session cannot start, meters aside."""
        causes = _unknown(floor, machine_id, tenant_id)
        running = rows.open_on(tx, machine_id)
        if running is not None and not _yields(running, tenant_id, takeover):
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

    def _make_room(
        self, tx: Transaction, floor: Floor, actor: Actor, session: Session, takeover: bool
    ) -> None:
        """End the session that is taken over; raises Refused where the machine stays busy."""
        running = rows.open_on(tx, session.machine)
        if running is None:
            return
        if not _yields(running, session.tenant, takeover) or running.start > session.start:
            raise Refused(Kind.INPUT, _busy(running))  # somebody was quicker
        silent = session.quality is Quality.SUSPECT
        taken = replace(
            running,
            end=session.start,
            state=SessionState.PROBLEM if silent else SessionState.CLOSED,
            quality=Quality.SUSPECT if silent else running.quality,
        )
        end_session(tx, self._parts, floor, taken, actor.name, "takeover")


def tell(
    tx: Transaction,
    parts: SessionParts,
    floor: Floor,
    session: Session,
    use: SessionUse,
    correction_of: str | None = None,
) -> None:
    """Put a closed session into the outbox, in the transaction that closes it; raises Refused
    where the floor no longer knows its machine or tenant.
    """
    machine, tenant = floor.machine(session.machine), floor.tenant(session.tenant)
    if machine is None or tenant is None:
        raise Refused(Kind.INPUT, *_unknown(floor, session.machine, session.tenant))
    day = session.start.astimezone(ZoneInfo(floor.factory.timezone)).date()
    contract = Agreements(floor).contract(tenant.id, machine.id, day)
    name = tenant_name(floor.factory, tenant, parts.pseudonyms)
    happening = session_closed(session, use, machine, contract, name, correction_of)
    outbox.append(tx, parts.trail.source(floor.factory.id), [happening])


def shown(
    parts: SessionParts, floor: Floor, session: Session, use: SessionUse, now: dt.datetime
) -> SessionView:
    """Give a session as people see it; one that is open has run until `now`."""
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
        cost_fen=parts.cost(floor, use, end),
        started_by=session.started_by,
    )


def end_session(
    tx: Transaction,
    parts: SessionParts,
    floor: Floor,
    ended: Session,
    by: str,
    reason: str | None = None,
    seen_until: dt.datetime | None = None,
) -> tuple[Session, SessionUse]:
    """Store the end of an open session, freeze and tell what it used, in one transaction.

    `ended` has the end, state and quality it is to have; the quality may come out worse. An end
    in the past has readings after it, up to `seen_until`: registers then stood between those.
    """
    assert ended.end is not None
    until = max(ended.end, seen_until or ended.end)
    whole = build_use(tx, floor, parts.wraps, replace(ended, end=until), until)
    use = ended_at(whole, ended.end)
    closed = rows.close_session(tx, ended.id, ended.end, ended.state, use.quality, by)
    use_rows.freeze(tx, use)
    tell(tx, parts, floor, closed, use)
    note(tx, parts, by, "session.stop", closed, reason)
    return closed, use


def note(
    tx: Transaction,
    parts: SessionParts,
    by: str,
    action: str,
    session: Session,
    reason: str | None = None,
) -> None:
    """Leave a session in the audit trail, as it is after `action`."""
    after: dict[str, object] = {
        "machine": session.machine,
        "tenant": session.tenant,
        "job": session.job,
        "start": session.start.isoformat(),
        "end": session.end.isoformat() if session.end else None,
        "state": str(session.state),
    }
    if reason:
        after["reason"] = reason
    parts.trail.note(tx, by, action, session.id, after=after)


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


def _yields(running: Session, tenant: str, takeover: bool) -> bool:
    """Tell whether an open session makes room: only another tenant's, and only when told to."""
    return takeover and running.tenant != tenant


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
