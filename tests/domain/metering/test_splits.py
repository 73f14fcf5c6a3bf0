"""However a session is split, its parts use what the whole does, and no part uses less than 0."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.counters import CounterMemory, CounterRule, judge
from shared_factory_desktop.domain.readings import (
    Quality,
    Reading,
    Reason,
    State,
    StateChange,
)
from shared_factory_desktop.domain.sessions import Session
from shared_factory_desktop.domain.usage import Series, clock_s, measure, usage_of, used

START = dt.datetime(2026, 10, 8, tzinfo=dt.UTC)
RULE = CounterRule(Decimal(1), wrap=Decimal(1000), max_rate=Decimal(6000))  # 100 a minute


def at(minute: int) -> dt.datetime:
    return START + dt.timedelta(minutes=minute)


def minute_of(reading: Reading) -> int:
    return (reading.at - START) // dt.timedelta(minutes=1)


def judged(values: Sequence[int]) -> list[Reading]:
    """Judge one value a minute, as the recorder does."""
    memory, readings = CounterMemory(), []
    for minute, value in enumerate(values):
        verdict = judge(RULE, memory, Decimal(value), at(minute))
        memory = verdict.memory
        readings.append(
            Reading(
                "M-1",
                "energy_wh",
                Decimal(value),
                None,
                at(minute),
                verdict.quality,
                Reason.INTERVAL,
                verdict.fault,
            )
        )
    return readings


def series(readings: Sequence[Reading], start: int, end: int) -> Series:
    part = [r for r in readings if at(start) <= r.at <= at(end)]
    return measure(part, at(start), at(end), RULE.wrap).series


COUNTING = st.lists(st.integers(0, 90), min_size=2, max_size=40)
ANY = st.lists(st.integers(0, 999), min_size=2, max_size=40)
STATES = st.lists(
    st.tuples(st.integers(-5, 65), st.sampled_from(list(State))),
    max_size=12,
    unique_by=lambda change: change[0],
)


@given(COUNTING, st.data())
def test_the_parts_of_a_measure_add_up_over_any_split_and_roll_over(
    steps: list[int], data: st.DataObject
) -> None:
    total, shown = 0, [0]
    for step in steps:
        total += step
        shown.append(total % 1000)
    readings = [r for r in judged(shown) if r.quality is Quality.GOOD]
    last = len(shown) - 1
    cuts = data.draw(st.sets(st.sampled_from([minute_of(r) for r in readings])))
    bounds = sorted({0, last} | cuts)

    whole = used(series(readings, 0, last))
    parts = [used(series(readings, a, b)) for a, b in itertools.pairwise(bounds)]
    assert sum(parts) == whole
    assert whole == _counted(readings, steps)


def _counted(readings: Sequence[Reading], steps: Sequence[int]) -> int:
    """What truly was counted up to the last value that was believed."""
    return sum(steps[: minute_of(readings[-1])])


@given(ANY)
def test_whatever_a_register_shows_its_use_never_falls(values: list[int]) -> None:
    found = [value for _, value in series(judged(values), 0, len(values) - 1)]
    assert found == sorted(found)


@given(STATES, st.sets(st.integers(1, 59)))
def test_the_parts_of_the_clocks_add_up(found: list[tuple[int, State]], cuts: set[int]) -> None:
    changes = [StateChange("m", at(minute), state) for minute, state in sorted(found)]
    bounds = [0, *sorted(cuts), 60]

    def clocks(start: int, end: int) -> tuple[Decimal, Decimal]:
        session = Session("S", "m", "t", at(start), end=at(end))
        use = usage_of(session, changes, {}, {}, at(end))
        return clock_s(use.working), clock_s(use.powered)

    parts = [clocks(a, b) for a, b in itertools.pairwise(bounds)]
    whole = clocks(0, 60)
    assert (sum(w for w, _ in parts), sum(p for _, p in parts)) == whole
    assert whole[0] <= whole[1] <= 3600
