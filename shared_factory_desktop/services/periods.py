"""Closing periods: soft and hard locks, opening again by a second person, grace for readings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.period_locks import LockKind, PeriodLock, in_force
from shared_factory_desktop.domain.periods import Period, read_period
from shared_factory_desktop.domain.problems import Kind, Refused, refused
from shared_factory_desktop.domain.sessions import Session, SessionUse
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, allowed, require
from shared_factory_desktop.storage import credit_notes
from shared_factory_desktop.storage import statement_life as rows
from shared_factory_desktop.storage.database import Database, Transaction

_DAY = dt.timedelta(days=1)
_INSTANT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LockView:
    """A lock or opening, and whether any days are locked by it still."""

    lock: PeriodLock
    counts: bool


class PeriodService:
    """Which periods of one factory are closed."""

    def __init__(self, database: Database, trail: Trail, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._trail = trail
        self._now = now

    def lock(self, actor: Actor, period: str, kind: LockKind, reason: str) -> PeriodLock:
        """Lock the days of a period that is over; raises Refused.

        Days that are locked hard are opened, or locked softly, by another person than who locked
        them.
        """
        require(actor, Permission.BILL)
        span = read_period(period)
        _refuse_silence(span, reason)
        with self._database.write() as tx:
            floor = stored_floor(tx)
            if kind is not LockKind.OPEN:
                refuse_running(floor, span, self._now())
            before = in_force(rows.locks(tx), span.start, span.end - _DAY)
            if kind is not LockKind.HARD:
                _refuse_own(actor, span, before)
            if kind is LockKind.OPEN and not before:
                raise refused(Kind.INPUT, "period-not-locked", period=span)
            made = rows.lock(tx, span, kind, reason.strip(), actor.name)
            self._trail.note(
                tx,
                actor.name,
                "period.open" if kind is LockKind.OPEN else "period.lock",
                str(span),
                before={"locks": [str(lock.kind) for lock in before]},
                after={"kind": str(kind), "reason": made.reason},
            )
        return made

    def list(self, actor: Actor) -> tuple[LockView, ...]:
        """List locks and openings, newest first."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            locks = rows.locks(tx)
        return tuple(LockView(lock, _counts(locks, lock)) for lock in reversed(locks))


def refuse_running(floor: Floor, span: Period, now: dt.datetime) -> None:
    """Refuse a period that is not over."""
    if span.instants(ZoneInfo(floor.factory.timezone))[1] > now:
        raise refused(Kind.INPUT, "not-over", period=span, end=span.end)


def refuse_issue(
    tx: Transaction, floor: Floor, span: Period, now: dt.datetime, grace_days: int
) -> None:
    """Refuse to issue statements for days that are not over or are locked hard, or, with
    `grace_days`, for which readings may still come in.
    """
    refuse_running(floor, span, now)
    ready = Period(span.start, span.end + dt.timedelta(days=grace_days))
    if ready.instants(ZoneInfo(floor.factory.timezone))[1] > now:
        raise refused(Kind.INPUT, "period-grace", period=span, until=ready.end)
    for lock in in_force(rows.locks(tx), span.start, span.end - _DAY):
        if lock.kind is LockKind.HARD:
            raise _closed("period-hard", lock, period=span)


def refuse_change(
    tx: Transaction, actor: Actor, zone: ZoneInfo, session: Session | SessionUse
) -> None:
    """Refuse to change a session of locked days: nobody may under a hard lock, only managers under
    a soft one.

    What a credit note took back is on no statement of the locked days any more and may change.
    """
    for lock in _locks(tx, zone, session):
        if lock.kind is LockKind.HARD and not credit_notes.was_credited(tx, session.id):
            raise _closed("session-hard", lock, session=session.id)
        if lock.kind is LockKind.SOFT:
            _refuse_others(actor, lock, session)


def refuse_addition(
    tx: Transaction, actor: Actor, zone: ZoneInfo, session: Session | SessionUse
) -> None:
    """Refuse to bring a session into locked days to all but managers; under a hard lock it changes
    nothing there: it is late, and stands on the next open statement (补计).
    """
    for lock in _locks(tx, zone, session):
        _refuse_others(actor, lock, session)


def _locks(tx: Transaction, zone: ZoneInfo, session: Session | SessionUse) -> Sequence[PeriodLock]:
    end = max(session.start, (session.end or session.start) - _INSTANT)
    first, last = (at.astimezone(zone).date() for at in (session.start, end))
    found = in_force(rows.locks(tx), first, last)
    return [lock for lock in found if lock.kind is not LockKind.OPEN]


def _refuse_others(actor: Actor, lock: PeriodLock, session: Session | SessionUse) -> None:
    if not allowed(actor, Permission.BILL):
        raise refused(
            Kind.NOT_ALLOWED,
            "period-soft",
            session=session.id,
            period=lock.period,
            user=actor.name,
            role=actor.role,
        )


def _closed(code: str, lock: PeriodLock, **values: object) -> Refused:
    return refused(Kind.INPUT, code, locked=lock.period, by=lock.by, **values)


def _refuse_silence(span: Period, reason: str) -> None:
    if not reason.strip():
        raise refused(Kind.INPUT, "period-reason", period=span)


def _refuse_own(actor: Actor, span: Period, before: list[PeriodLock]) -> None:
    """Refuse to open again what the same person locked hard."""
    for lock in before:
        if lock.kind is LockKind.HARD and lock.by == actor.name:
            raise refused(Kind.NOT_ALLOWED, "period-own-lock", period=span, user=actor.name)


def _counts(locks: tuple[PeriodLock, ...], lock: PeriodLock) -> bool:
    found = in_force(locks, lock.period.start, lock.period.end - _DAY)
    return any(one.seq == lock.seq for one in found)
