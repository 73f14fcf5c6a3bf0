"""Starting, stopping and listing sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.corrections import ended_at
from shared_factory_desktop.domain.floor import Factory, Floor, Tenant
from shared_factory_desktop.domain.happenings import pseudonym, session_closed
from shared_factory_desktop.domain.problems import Kind, Refused, refused
from shared_factory_desktop.domain.readings import Quality, Reason
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from shared_factory_desktop.domain.usage import clock_s
from shared_factory_desktop.domain.usage_file import read_usage
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.periods import refuse_addition
from shared_factory_desktop.services.pricing import read_json
from shared_factory_desktop.services.session_readings import MachineRead, ReadNow, read_machine
from shared_factory_desktop.services.start_rules import Obstacle, against_start, unknown
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import Wraps, build_use, measures_of, use_of, uses_of
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage import sessions as rows
from shared_factory_desktop.storage import uses as use_rows
from shared_factory_desktop.storage.database import Database, Transaction

CostNow = Callable[[Floor, SessionUse, dt.datetime], int | None]


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
    which a session ended its tenant may object to it. A session open for over `forgotten_open`
    without work for over `forgotten_idle` is one whose log-out was forgotten.
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
    forgotten_open: dt.timedelta = dt.timedelta(hours=12)
    forgotten_idle: dt.timedelta = dt.timedelta(hours=2)


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
            machine = stored_floor(tx).machine(machine_id)
        read = MachineRead()
        if machine is not None:
            read = read_machine(self._parts.read_now, machine, Reason.START)
        started, by = read.at or self._parts.now(), actor.name
        quality = Quality.SUSPECT if read.causes else Quality.GOOD
        session = Session("", machine_id, tenant_id, started, job, quality=quality, started_by=by)
        with self._database.write() as tx:
            floor, now = stored_floor(tx), self._parts.now()
            causes = against_start(tx, floor, session, takeover, self._parts.obstacles, now)
            hindered = causes if without_readings else [*causes, *read.causes]
            if hindered:
                raise Refused(Kind.INPUT if causes else Kind.UNREACHABLE, *hindered)
            self._make_room(tx, floor, actor, session, read)
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
        read = read_machine(self._parts.read_now, machine, Reason.STOP)
        if read.out_of_reach:  # it runs on: who asks again may find the line free
            raise Refused(Kind.UNREACHABLE, *read.out_of_reach)
        end = max(read.at or self._parts.now(), session.start)
        closed = _stopped(session, end, read)
        with self._database.write() as tx:
            closed, use = end_session(
                tx, self._parts, floor, closed, actor.name, missing=read.missing
            )
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
                refuse_addition(tx, actor, ZoneInfo(floor.factory.timezone), use)
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
            causes = unknown(floor, machine, tenant)
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

    def _make_room(
        self, tx: Transaction, floor: Floor, actor: Actor, session: Session, read: MachineRead
    ) -> None:
        """End the session that another one takes the machine over from, by the same readings."""
        running = rows.open_on(tx, session.machine)
        if running is not None:
            taken = _stopped(running, session.start, read)
            parts, by = self._parts, actor.name
            end_session(tx, parts, floor, taken, by, "takeover", missing=read.missing)


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
        raise Refused(Kind.INPUT, *unknown(floor, session.machine, session.tenant))
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
    missing: Collection[str] = (),
) -> tuple[Session, SessionUse]:
    """Store the end of an open session, freeze and tell what it used, in one transaction.

    `ended` has the end, state and quality it is to have; the quality may come out worse. An end
    in the past has readings after it, up to `seen_until`: registers then stood between those.
    `missing` are the measures that could not be read at the end; they are left out, not guessed.
    """
    assert ended.end is not None
    until = max(ended.end, seen_until or ended.end)
    whole = build_use(tx, floor, parts.wraps, replace(ended, end=until), until, missing)
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


def _stopped(session: Session, end: dt.datetime, read: MachineRead) -> Session:
    """Give an open session as it is to end; what could not be read makes it a problem."""
    if not read.causes:
        return replace(session, end=end, state=SessionState.CLOSED)
    return replace(session, end=end, state=SessionState.PROBLEM, quality=Quality.SUSPECT)


def _states(open_only: bool, problem_only: bool) -> tuple[SessionState, ...]:
    if problem_only:
        return (SessionState.PROBLEM,)
    return (SessionState.OPEN,) if open_only else tuple(SessionState)
