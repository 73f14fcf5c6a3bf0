"""Reservations: begun, lost or given up, and the reserved time each session answers for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.reservations import (
    Reservation,
    ReservationState,
    begins,
    holds,
    reserved_span,
    state_at,
)
from shared_factory_desktop.domain.sessions import Session, SessionState

EIGHT = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
KEPT = Reservation("R-1", "printer-1", "anping", EIGHT, EIGHT + 120 * MINUTE)


def at(minutes: int) -> dt.datetime:
    return EIGHT + minutes * MINUTE


def session(start: int, end: int | None, name: str = "S-1", tenant: str = "anping") -> Session:
    state = SessionState.OPEN if end is None else SessionState.CLOSED
    stop = None if end is None else at(end)
    return Session(name, "printer-1", tenant, at(start), end=stop, state=state)


@pytest.mark.parametrize(
    ("sessions", "minute", "state"),
    [
        ([], -1, ReservationState.AHEAD),
        ([], 0, ReservationState.WAITING),
        ([], 14, ReservationState.WAITING),
        ([], 15, ReservationState.NO_SHOW),
        ([session(14, None)], 15, ReservationState.BEGUN),
        ([session(15, None)], 15, ReservationState.NO_SHOW),
        ([session(-5, None)], 3, ReservationState.BEGUN),
        ([session(0, 0)], 15, ReservationState.BEGUN),
        ([session(-5, 0)], 3, ReservationState.WAITING),
        ([session(2, 3)], 90, ReservationState.BEGUN),
        ([session(2, 3)], 120, ReservationState.OVER),
        ([session(2, None, tenant="renze")], 15, ReservationState.NO_SHOW),
        ([replace(session(2, 3), state=SessionState.CORRECTED)], 15, ReservationState.NO_SHOW),
    ],
)
def test_a_reservation_is_lost_where_nobody_comes_in_time(
    sessions: list[Session], minute: int, state: ReservationState
) -> None:
    assert state_at(KEPT, sessions, at(minute)) is state


def test_a_lost_or_cancelled_reservation_keeps_nobody_away() -> None:
    assert holds(KEPT, [], at(14))
    assert not holds(KEPT, [], at(15))
    assert not holds(replace(KEPT, cancelled_at=at(-60)), [], at(-50))


def test_a_short_reservation_is_lost_at_its_end() -> None:
    short = replace(KEPT, end=at(10))

    assert state_at(short, [session(11, None)], at(12)) is ReservationState.NO_SHOW


def test_who_comes_after_giving_up_did_not_reserve() -> None:
    given_up = replace(KEPT, cancelled_at=at(-60))
    left_early = replace(KEPT, cancelled_at=at(30))

    assert not begins(given_up, session(0, 60))
    assert begins(left_early, session(0, 30))


def test_the_reserved_time_is_billed_once_however_often_its_tenant_stops() -> None:
    first, second = session(5, 20, "S-1"), session(40, 60, "S-2")

    assert reserved_span(first, [KEPT], [first, second]) == (KEPT.start, KEPT.end)
    assert reserved_span(second, [KEPT], [first, second]) is None


def test_reservations_without_a_gap_are_one() -> None:
    following = replace(KEPT, id="R-2", start=KEPT.end, end=at(180))
    apart = replace(KEPT, id="R-3", start=at(200), end=at(240))
    whole = session(0, 300)

    assert reserved_span(whole, [apart, following, KEPT], [whole]) == (KEPT.start, at(180))


@given(
    cuts=st.lists(st.integers(-100, 300), min_size=2, max_size=12, unique=True),
    grace=st.integers(1, 200),
)
def test_of_all_sessions_at_most_one_answers_for_a_reservation(cuts: list[int], grace: int) -> None:
    kept = replace(KEPT, grace_s=grace * 60)
    spans = list(pairwise(sorted(cuts)))[::2]
    sessions = [session(start, end, f"S-{n}") for n, (start, end) in enumerate(spans)]

    answers = [one for one in sessions if reserved_span(one, [kept], sessions) is not None]

    begun = state_at(kept, sessions, at(1000)) is ReservationState.OVER
    assert len(answers) == int(begun)
