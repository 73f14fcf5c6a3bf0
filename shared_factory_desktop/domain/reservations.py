"""Reservations: machines kept for tenants, lost where nobody comes, and the time they bill."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared_factory_desktop.domain.sessions import Session, SessionState, Span

DEFAULT_GRACE_S = 900


class ReservationState(StrEnum):
    """Where a reservation stands."""

    AHEAD = "ahead"
    WAITING = "waiting"  # its time has come, its tenant has not, the grace runs
    BEGUN = "begun"
    OVER = "over"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Reservation:
    """A machine kept for a tenant over [start, end), UTC.

    It is lost where no session of the tenant has begun on the machine `grace_s` seconds after its
    start; `cancelled_at` is when it was given up.
    """

    id: str
    machine: str
    tenant: str
    start: dt.datetime
    end: dt.datetime
    job: str | None = None
    grace_s: int = DEFAULT_GRACE_S
    made_by: str = ""
    cancelled_at: dt.datetime | None = None

    @property
    def lost_at(self) -> dt.datetime:
        """The instant by which a session must have begun."""
        grace_ends = self.start + dt.timedelta(seconds=self.grace_s)
        given_up = self.cancelled_at or self.end
        return min(grace_ends, self.end, given_up)


def touches(session: Session, reservation: Reservation) -> bool:
    """Tell whether a session lies partly in a reservation's time (as pricing contract, fine
    print 7, has it of a period).
    """
    ends_inside = session.end is None or session.end > reservation.start
    return session.start < reservation.end and (ends_inside or session.start >= reservation.start)


def begins(reservation: Reservation, session: Session) -> bool:
    """Tell whether a session uses a reservation: it ran at the start, or began in the grace."""
    stays = session.end is None or session.end > reservation.start
    return (
        session.state is not SessionState.CORRECTED
        and (session.machine, session.tenant) == (reservation.machine, reservation.tenant)
        and max(session.start, reservation.start) < reservation.lost_at
        and (stays or session.start >= reservation.start)
    )


def state_at(
    reservation: Reservation, sessions: Iterable[Session], now: dt.datetime
) -> ReservationState:
    """Say where a reservation stands; `sessions` are those of its machine around it."""
    if reservation.cancelled_at is not None:
        return ReservationState.CANCELLED
    if now < reservation.start:
        return ReservationState.AHEAD
    if any(begins(reservation, session) for session in sessions):
        return ReservationState.BEGUN if now < reservation.end else ReservationState.OVER
    return ReservationState.WAITING if now < reservation.lost_at else ReservationState.NO_SHOW


def holds(reservation: Reservation, sessions: Iterable[Session], now: dt.datetime) -> bool:
    """Tell whether a reservation still keeps others from its time."""
    return state_at(reservation, sessions, now) in (
        ReservationState.AHEAD,
        ReservationState.WAITING,
        ReservationState.BEGUN,
    )


def reserved_span(
    session: Session, reservations: Sequence[Reservation], sessions: Sequence[Session]
) -> Span | None:
    """Give the reserved time that a session answers for; None without any.

    A reservation belongs to the first session, by (start, id), that began it, so that it is billed
    once however often its tenant stops and starts. Reservations that follow one another without
    a gap are one; of others only the first counts.
    """
    mine = [
        reservation
        for reservation in sorted(reservations, key=lambda one: one.start)
        if begins(reservation, session) and not _has_earlier(session, reservation, sessions)
    ]
    if not mine:
        return None
    start, end = mine[0].start, mine[0].end
    for reservation in mine[1:]:
        if reservation.start == end:
            end = reservation.end
    return start, end


def _has_earlier(session: Session, reservation: Reservation, sessions: Sequence[Session]) -> bool:
    place = (session.start, session.id)
    return any((other.start, other.id) < place and begins(reservation, other) for other in sessions)
