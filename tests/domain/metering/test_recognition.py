"""Off, idle and working are told apart, and a flicker changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from shared_factory_desktop.domain.floor import StateRule
from shared_factory_desktop.domain.readings import State
from shared_factory_desktop.domain.recognition import Recognition, recognise, state_of

START = dt.datetime(2026, 10, 8, tzinfo=dt.UTC)
RULE = StateRule("M-1", "power_w", idle_from=Decimal(20), working_from=Decimal(150), hold_s=5)


def changes(samples: Sequence[tuple[int, int | None]]) -> list[tuple[int, State]]:
    """Take samples of (second, watt) and give the changes as (second, state)."""
    memory, found = Recognition(), []
    for second, watt in samples:
        value = None if watt is None else Decimal(watt)
        memory, change = recognise("m", RULE, memory, value, START + dt.timedelta(seconds=second))
        if change:
            found.append((int((change.at - START).total_seconds()), change.state))
    return found


def test_thresholds_are_inclusive() -> None:
    assert state_of(RULE, Decimal("19.99")) is State.OFF
    assert state_of(RULE, Decimal(20)) is State.IDLE
    assert state_of(RULE, Decimal(150)) is State.WORKING
    assert state_of(RULE, None) is State.UNKNOWN


def test_a_change_counts_from_its_first_sample_once_held() -> None:
    samples = [(0, 0), (10, 200), (12, 200), (14, 200), (15, 200)]
    assert changes(samples) == [(0, State.OFF), (10, State.WORKING)]


def test_a_flicker_changes_nothing() -> None:
    assert changes([(0, 200), (10, 0), (13, 200), (20, 0), (24, 200)]) == [(0, State.WORKING)]


def test_passing_through_idle_dates_each_state_from_its_own_first_sample() -> None:
    samples = [(0, 0), (10, 50), (12, 200), (17, 200)]
    assert changes(samples) == [(0, State.OFF), (12, State.WORKING)]


def test_silence_becomes_unknown_and_stops_the_clock_where_it_began() -> None:
    samples = [(0, 200), (10, None), (14, None), (15, None)]
    assert changes(samples) == [(0, State.WORKING), (10, State.UNKNOWN)]
