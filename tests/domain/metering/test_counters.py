"""A counter's story: what is use, what is a reset, what is nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.counters import (
    CounterMemory,
    CounterRule,
    Judgement,
    judge,
)
from shared_factory_desktop.domain.readings import Fault, Quality

START = dt.datetime(2026, 10, 8, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
METER = CounterRule(step=Decimal(10), max_rate=Decimal(6000))
COUNTER = CounterRule(step=Decimal(1), wrap=Decimal(65536), max_rate=Decimal(3600))


def story(rule: CounterRule, values: list[int]) -> list[Judgement]:
    """Judge one value a minute."""
    memory, verdicts = CounterMemory(), []
    for number, value in enumerate(values):
        verdict = judge(rule, memory, Decimal(value), START + number * MINUTE)
        memory = verdict.memory
        verdicts.append(verdict)
    return verdicts


def faults(rule: CounterRule, values: list[int]) -> list[Fault | None]:
    return [verdict.fault for verdict in story(rule, values)]


def test_rising_values_are_good() -> None:
    assert faults(METER, [1000, 1000, 1050, 1150]) == [None, None, None, None]


def test_a_momentary_zero_changes_nothing() -> None:
    assert faults(METER, [5000, 0, 5010]) == [None, Fault.IMPLAUSIBLE, None]


def test_a_fall_that_stays_is_a_reset_only_when_confirmed() -> None:
    assert faults(METER, [5000, 0, 10, 20, 30]) == [
        None,
        Fault.IMPLAUSIBLE,
        Fault.IMPLAUSIBLE,
        Fault.RESET,
        None,
    ]


def test_a_lifetime_total_is_never_booked_at_once() -> None:
    """A swapped meter shows 9 MWh: the jump is held, and confirmed it is a reset, not use."""
    verdicts = story(METER, [5000, 9_000_000, 9_000_010, 9_000_020, 9_000_030])
    assert [v.fault for v in verdicts[1:4]] == [
        Fault.IMPLAUSIBLE,
        Fault.IMPLAUSIBLE,
        Fault.RESET,
    ]
    assert verdicts[1].quality is Quality.SUSPECT
    assert verdicts[4].quality is Quality.GOOD


def test_a_wrap_at_a_possible_rate_is_a_roll_over() -> None:
    assert faults(COUNTER, [65530, 4, 14, 24])[-1] is Fault.ROLLOVER


def test_a_fall_too_far_from_the_wrap_is_a_reset() -> None:
    assert faults(COUNTER, [30000, 0, 10, 20])[-1] is Fault.RESET


def test_near_its_wrap_a_register_that_power_cuts_zero_is_only_believed_while_watched() -> None:
    """Ten minutes unwatched, a fall from near the wrap is as likely a power cut as a roll-over."""
    zeroed = CounterRule(step=Decimal(1), wrap=Decimal(65536), max_rate=Decimal(36000), resets=True)
    memory = CounterMemory(Decimal(65000), START)
    for second in range(3):
        at = START + 10 * MINUTE + dt.timedelta(seconds=second)
        verdict = judge(zeroed, memory, Decimal(5), at)
        memory = verdict.memory
    assert verdict.fault is Fault.RESET
    assert faults(zeroed, [65530, 4, 14, 24])[-1] is Fault.ROLLOVER


def test_one_step_is_always_possible() -> None:
    slow = CounterRule(step=Decimal(1000), max_rate=Decimal(1))
    assert faults(slow, [0, 1000, 2000]) == [None, None, None]


def test_scattered_values_are_never_confirmed() -> None:
    seen = faults(METER, [5000, 100, 90, 3000, 80, 70])
    assert set(seen[1:]) == {Fault.IMPLAUSIBLE}


@given(st.lists(st.integers(0, 20_000), min_size=2, max_size=30))
def test_accepted_use_is_never_negative_and_never_faster_than_possible(values: list[int]) -> None:
    memory, accepted = CounterMemory(), None
    for number, value in enumerate(values):
        at = START + number * MINUTE
        verdict = judge(METER, memory, Decimal(value), at)
        memory = verdict.memory
        if verdict.quality is not Quality.GOOD:
            accepted = None if verdict.fault is Fault.RESET else accepted
            continue
        if accepted is not None:
            before, since = accepted
            minutes = max((at - since) // MINUTE, 1)
            assert 0 <= value - before <= max(100 * minutes, 10)
        accepted = (value, at)


@pytest.mark.parametrize("value", [0, 65535])
def test_the_first_value_is_believed(value: int) -> None:
    assert faults(COUNTER, [value]) == [None]
