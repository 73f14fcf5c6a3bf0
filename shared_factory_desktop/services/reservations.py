"""Reservations: the calendar of each machine, and what it means for who comes to start."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor, Machine, Tenant
from shared_factory_desktop.domain.problems import Cause, Kind, Refused, cause, refused
from shared_factory_desktop.domain.reservations import (
    Reservation,
    ReservationState,
    begins,
    holds,
    state_at,
)
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.work_orders import unfit_job
from shared_factory_desktop.storage import reservations as rows
from shared_factory_desktop.storage.database import Database, Transaction

SOON = dt.timedelta(hours=1)
_INSTANT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ReservationView:
    """A reservation and where it stands; instants in the factory's zone."""

    id: str
    machine: str
    tenant: str
    start: dt.datetime
    end: dt.datetime
    job: str | None
    grace_s: int
    state: ReservationState


class ReservationService:
    """Reservations of one factory's machines."""

    def __init__(self, database: Database, trail: Trail, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._trail = trail
        self._now = now

    def add(
        self,
        actor: Actor,
        machine: str,
        tenant: str,
        start: dt.datetime,
        end: dt.datetime,
        job: str | None = None,
    ) -> ReservationView:
        """Keep a machine for a tenant over [start, end); raises Refused with all reasons why not,
        each reservation in the way by name.
        """
        require(actor, Permission.RUN_SESSIONS)
        now = self._now()
        wanted = Reservation("", machine, tenant, start, end, job, made_by=actor.name)
        with self._database.write() as tx:
            floor = stored_floor(tx)
            causes = [*_unknown(floor, wanted), *unfit_job(tx, tenant, job)]
            if start < now or end <= start:
                causes.append(cause("reservation-span", start=start, end=end))
            elif not causes:
                taken = rows.holding(tx, machine, (start, end), now)
                causes += [_in_the_way(floor, other) for other in taken]
            if causes:
                raise Refused(Kind.INPUT, *causes)
            made = rows.add(tx, wanted, now)
            self._trail.note(tx, actor.name, "reservation.add", made.id, after=_told(made))
        return _view(floor, made, ReservationState.AHEAD)

    def cancel(self, actor: Actor, reservation_id: str, reason: str) -> None:
        """Give up what is left of a reservation; one that was begun is still billed whole.

        Raises Refused where nothing is left of it.
        """
        require(actor, Permission.RUN_SESSIONS)
        if not reason.strip():
            raise refused(Kind.INPUT, "rule-reason", id=reservation_id)
        now = self._now()
        with self._database.write() as tx:
            found = rows.get(tx, reservation_id)
            if found is None or not holds(found, rows.sessions_of(tx, found), now):
                raise refused(Kind.INPUT, "unknown-reservation", id=reservation_id)
            rows.cancel(tx, reservation_id, reason, now, actor.name)
            after = {"reason": reason}
            self._trail.note(tx, actor.name, "reservation.cancel", reservation_id, after=after)

    def list(
        self,
        actor: Actor,
        machine: str | None = None,
        start: dt.datetime | None = None,
        end: dt.datetime | None = None,
    ) -> tuple[ReservationView, ...]:
        """List the reservations partly in [start, end), by start: by default today's and later."""
        require(actor, Permission.VIEW)
        now = self._now()
        with self._database.read() as tx:
            floor = stored_floor(tx)
            midnight = now.astimezone(ZoneInfo(floor.factory.timezone))
            since = start or midnight.replace(hour=0, minute=0, second=0, microsecond=0)
            found = rows.between(tx, since, end or _FOREVER, machine)
            sessions = rows.sessions_of_each(tx, found)
        states = [state_at(*pair, now) for pair in zip(found, sessions, strict=True)]
        return tuple(_view(floor, *pair) for pair in zip(found, states, strict=True))

    def set_grace(self, actor: Actor, machine: str, minutes: int) -> None:
        """Let a machine wait so long for who reserves it from now on; made ones stay as they
        are.
        """
        require(actor, Permission.SET_UP)
        if minutes < 1:
            raise refused(Kind.INPUT, "grace", minutes=minutes)
        with self._database.write() as tx:
            if stored_floor(tx).machine(machine) is None:
                raise refused(Kind.INPUT, "unknown-machine", machine=machine)
            rows.set_grace(tx, machine, minutes * 60, self._now(), actor.name)
            after = {"grace_s": minutes * 60}
            self._trail.note(tx, actor.name, "reservation.grace", machine, after=after)


def kept_for_another(
    tx: Transaction, floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
) -> Sequence[Cause]:
    """Say for whom a machine is kept now, if not for this tenant; an Obstacle."""
    kept = rows.holding(tx, machine.id, (now, now + _INSTANT), now)
    return [_in_the_way(floor, other) for other in kept if other.tenant != tenant.id]


def kept_soon(
    tx: Transaction, floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
) -> Sequence[Cause]:
    """Warn of who comes within the hour."""
    zone = ZoneInfo(floor.factory.timezone)
    coming = rows.holding(tx, machine.id, (now, now + SOON), now)
    return [
        cause(
            "reserved-soon",
            machine=machine.id,
            id=other.id,
            tenant=other.tenant,
            start=f"{other.start.astimezone(zone):%H:%M}",
        )
        for other in coming
        if other.tenant != tenant.id and other.start > now
    ]


def begun_before(
    tx: Transaction, _floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
) -> Sequence[Cause]:
    """Warn who comes back into the own reserved time: that time is billed with the first session,
    what is used from now on apart from it.
    """
    mine = [
        one
        for one in rows.holding(tx, machine.id, (now, now + _INSTANT), now)
        if one.tenant == tenant.id
    ]
    first = [
        (one, session)
        for one, sessions in zip(mine, rows.sessions_of_each(tx, mine), strict=True)
        for session in sessions[:1]
        if begins(one, session) and session.end is not None
    ]
    return [
        cause("reserved-billed", machine=machine.id, id=one.id, session=session.id)
        for one, session in first
    ]


_FOREVER = dt.datetime.max.replace(tzinfo=dt.UTC) - dt.timedelta(days=2)


def _unknown(floor: Floor, wanted: Reservation) -> builtins.list[Cause]:
    causes = []
    if floor.machine(wanted.machine) is None:
        causes.append(cause("unknown-machine", machine=wanted.machine))
    if floor.tenant(wanted.tenant) is None:
        causes.append(cause("unknown-tenant", tenant=wanted.tenant))
    return causes


def _in_the_way(floor: Floor, other: Reservation) -> Cause:
    zone = ZoneInfo(floor.factory.timezone)
    return cause(
        "machine-reserved",
        machine=other.machine,
        id=other.id,
        tenant=other.tenant,
        start=f"{other.start.astimezone(zone):%Y-%m-%d %H:%M}",
        end=f"{other.end.astimezone(zone):%Y-%m-%d %H:%M}",
    )


def _told(made: Reservation) -> dict[str, object]:
    return {
        "machine": made.machine,
        "tenant": made.tenant,
        "start": made.start.isoformat(),
        "end": made.end.isoformat(),
        "job": made.job,
    }


def _view(floor: Floor, made: Reservation, state: ReservationState) -> ReservationView:
    zone = ZoneInfo(floor.factory.timezone)
    local = replace(made, start=made.start.astimezone(zone), end=made.end.astimezone(zone))
    return ReservationView(
        local.id,
        local.machine,
        local.tenant,
        local.start,
        local.end,
        local.job,
        local.grace_s,
        state,
    )
