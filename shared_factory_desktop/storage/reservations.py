"""Reservations as stored: never two at once on a machine, never changed, only cancelled."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select

from shared_factory_desktop.domain import reservations as domain
from shared_factory_desktop.domain.reservations import DEFAULT_GRACE_S, Reservation, touches
from shared_factory_desktop.domain.sessions import Session, Span
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_rules import (
    ReservationCancellationRow,
    ReservationGraceRow,
    ReservationRow,
)

_INSTANT = dt.timedelta(microseconds=1)  # a span that is empty meets nothing


def add(tx: Transaction, wanted: Reservation, at: dt.datetime) -> Reservation:
    """Store a reservation made at `at`, and give it with its id, `R-000001` and on without gaps.

    The machine's grace is written into it: a later change of that rule changes no reservation.
    Raises StorageFault (rule) where another one that still holds overlaps it.
    """
    made = replace(
        wanted,
        id=f"R-{counters.take(tx, 'reservation'):06d}",
        grace_s=grace_s(tx, wanted.machine),
        cancelled_at=None,
    )
    row = {
        "id": made.id,
        "machine": made.machine,
        "tenant": made.tenant,
        "start_at": made.start,
        "end_at": made.end,
        "job": made.job,
        "grace_s": made.grace_s,
        "at": at,
        "made_by": made.made_by,
    }
    tx.add(ReservationRow, row)
    return made


def cancel(tx: Transaction, reservation_id: str, reason: str, at: dt.datetime, by: str) -> None:
    """Give a reservation up, once."""
    row = {"reservation": reservation_id, "reason": reason, "at": at, "cancelled_by": by}
    tx.add(ReservationCancellationRow, row)


def get(tx: Transaction, reservation_id: str) -> Reservation | None:
    """Find a reservation by id."""
    row = tx.first(select(ReservationRow).where(ReservationRow.id == reservation_id))
    return _reservation(row, _cancelled(tx, [row.id])) if row else None


def between(
    tx: Transaction, start: dt.datetime, end: dt.datetime, machine: str | None = None
) -> tuple[Reservation, ...]:
    """Give the reservations that lie partly in [start, end), cancelled ones too, by start."""
    found = select(ReservationRow).where(ReservationRow.start_at < end)
    found = found.where(ReservationRow.end_at > start)
    if machine is not None:
        found = found.where(ReservationRow.machine == machine)
    rows = tx.all(found.order_by(ReservationRow.start_at, ReservationRow.id))
    cancelled = _cancelled(tx, [row.id for row in rows])
    return tuple(_reservation(row, cancelled) for row in rows)


def sessions_of(tx: Transaction, reservation: Reservation) -> tuple[Session, ...]:
    """Give the sessions of the tenant on the machine that touch a reservation's time."""
    return sessions_of_each(tx, [reservation])[0]


def sessions_of_each(
    tx: Transaction, reservations: Sequence[Reservation]
) -> list[tuple[Session, ...]]:
    """Give the sessions of each of some reservations, in their order, by one query."""
    if not reservations:
        return []
    sessions = session_rows.list_sessions(
        tx,
        machine=_only(one.machine for one in reservations),
        tenant=_only(one.tenant for one in reservations),
        start=min(one.start for one in reservations),
        end=max(one.end for one in reservations),
    )
    of = defaultdict(list)
    for session in sessions:
        of[session.machine, session.tenant].append(session)
    return [
        tuple(s for s in of[one.machine, one.tenant] if touches(s, one)) for one in reservations
    ]


def holding(tx: Transaction, machine: str, span: Span, now: dt.datetime) -> tuple[Reservation, ...]:
    """Give the reservations of a machine that keep others from some of a span, by start."""
    found = between(tx, *span, machine)
    each = zip(found, sessions_of_each(tx, found), strict=True)
    return tuple(one for one, sessions in each if domain.holds(one, sessions, now))


def reserved_span(tx: Transaction, session: Session) -> Span | None:
    """Give the reserved time that a session answers for; None without any.

    One that runs answers for the reservations that have begun by now.
    """
    end = session.end or tx.now()
    found = between(tx, session.start, max(end, session.start + _INSTANT), session.machine)
    mine = [reservation for reservation in found if domain.begins(reservation, session)]
    if not mine:
        return None
    start, last = min(one.start for one in mine), max(one.end for one in mine)
    others = session_rows.list_sessions(
        tx, machine=session.machine, tenant=session.tenant, start=start, end=last
    )
    return domain.reserved_span(session, mine, others)


def set_grace(tx: Transaction, machine: str, grace: int, at: dt.datetime, by: str) -> None:
    """Store how many seconds a machine waits for who reserves it from now on."""
    seq = counters.take(tx, "reservation-grace")
    row = {"seq": seq, "machine": machine, "grace_s": grace, "at": at, "ruled_by": by}
    tx.add(ReservationGraceRow, row)


def grace_s(tx: Transaction, machine: str) -> int:
    """Give how many seconds a machine waits for who reserves it."""
    found = select(ReservationGraceRow.grace_s).where(ReservationGraceRow.machine == machine)
    ruled = tx.first(found.order_by(ReservationGraceRow.seq.desc()))
    return DEFAULT_GRACE_S if ruled is None else ruled


def _only(values: Iterable[str]) -> str | None:
    """Give the value that all share, None where they differ."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _cancelled(tx: Transaction, ids: Iterable[str]) -> dict[str, dt.datetime]:
    given_up = select(ReservationCancellationRow.reservation, ReservationCancellationRow.at)
    return dict(tx.pairs(given_up.where(ReservationCancellationRow.reservation.in_(list(ids)))))


def _reservation(row: ReservationRow, cancelled: dict[str, dt.datetime]) -> Reservation:
    return Reservation(
        id=row.id,
        machine=row.machine,
        tenant=row.tenant,
        start=row.start_at,
        end=row.end_at,
        job=row.job,
        grace_s=row.grace_s,
        made_by=row.made_by,
        cancelled_at=cancelled.get(row.id),
    )
