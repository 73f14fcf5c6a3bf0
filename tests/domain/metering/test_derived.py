"""Counters made from samples: exact, never falling, never more than the time that passed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.derived import (
    INTEGRAL,
    ON_TIME,
    STEP,
    DerivedMemory,
    DerivedRule,
    advance,
    resume,
)

START = dt.datetime(2026, 10, 8, tzinfo=dt.UTC)
POLL = dt.timedelta(seconds=1)
CHARGE = DerivedRule(INTEGRAL)
ARC = DerivedRule(ON_TIME, 3, Decimal(20), Decimal(15), Decimal("0.5"), Decimal("0.5"))
SLOW_ARC = DerivedRule(ON_TIME, 3, Decimal(20), Decimal(15), Decimal(2), Decimal(3))
CONTACT = DerivedRule(ON_TIME)

Samples = Sequence[tuple[int, str | None]]  # (milliseconds, value)


def at(milliseconds: int) -> dt.datetime:
    return START + dt.timedelta(milliseconds=milliseconds)


def take(
    rule: DerivedRule, samples: Samples, memory: DerivedMemory | None = None
) -> tuple[DerivedMemory, list[Decimal | None], list[int]]:
    """Take samples; give the memory, the totals and the instants that gapped."""
    memory = memory or DerivedMemory()
    totals, gaps = [], []
    for millisecond, text in samples:
        value = None if text is None else Decimal(text)
        memory, total, gapped = advance(rule, memory, value, at(millisecond), POLL)
        totals.append(total)
        gaps += [millisecond] if gapped else []
    return memory, totals, gaps


def total(rule: DerivedRule, samples: Samples) -> Decimal | None:
    return take(rule, samples)[1][-1]


def test_an_hour_at_1500_a_is_1500_ah() -> None:
    samples = [(second * 1000, "1500") for second in range(3601)]

    assert total(CHARGE, samples) == 1500


def test_a_ramp_counts_its_mean() -> None:
    assert total(CHARGE, [(0, "0"), (1000, "3600"), (2000, "3600")]) == Decimal("1.5")


def test_a_current_that_flows_back_counts_nothing() -> None:
    assert total(CHARGE, [(0, "-100"), (1000, "-100"), (2000, "-3600")]) == 0


@pytest.mark.parametrize(("hole_ms", "charge", "gaps"), [(3000, "3", []), (3001, "0", [3001])])
def test_a_hole_longer_than_three_polls_counts_nothing_and_is_told(
    hole_ms: int, charge: str, gaps: list[int]
) -> None:
    _, totals, gapped = take(CHARGE, [(0, "3600"), (hole_ms, "3600")])

    assert (totals[-1], gapped) == (Decimal(charge), gaps)


def test_missing_values_are_no_samples_but_the_hole_they_leave_is_judged() -> None:
    short = [(0, "3600"), (1000, None), (2000, None), (3000, "3600")]
    long = [(0, "3600"), (1000, None), (2000, None), (3000, None), (4000, "3600"), (5000, "3600")]

    _, short_totals, short_gaps = take(CHARGE, short)
    _, long_totals, long_gaps = take(CHARGE, long)

    assert short_totals == [0, None, None, 3]
    assert short_gaps == []
    assert long_totals == [0, None, None, None, 0, 1]
    assert long_gaps == [4000]


def test_a_restart_goes_on_from_the_stored_total_and_tells_the_unknown_time() -> None:
    _, totals, gaps = take(CHARGE, [(0, "3600"), (1000, "3600")], resume(Decimal("41.5")))

    assert totals == [Decimal("41.5"), Decimal("42.5")]
    assert gaps == [0]


def test_the_very_first_sample_is_no_gap() -> None:
    _, totals, gaps = take(CHARGE, [(0, "3600")])

    assert totals == [0]
    assert gaps == []


def test_a_clock_set_back_counts_nothing_then_goes_on() -> None:
    _, totals, gaps = take(CHARGE, [(0, "3600"), (5000, "1"), (2000, "3600"), (3000, "3600")])

    assert totals == [0, 0, 0, 1]
    assert gaps == [5000, 2000]


def test_an_instant_told_twice_counts_once() -> None:
    samples = [(0, "3600"), (1000, "3600"), (1000, "9999"), (2000, "3600")]

    _, totals, gaps = take(CHARGE, samples)

    assert totals == [0, 1, 1, 2]
    assert gaps == []


def test_an_arc_lasts_from_its_first_sample_on_to_its_first_sample_off() -> None:
    samples = [(0, "0"), (1000, "180"), (2000, "180"), (3000, "180"), (4000, "0"), (5000, "0")]

    assert take(ARC, samples)[1] == [0, 0, 1, 2, 3, 3]


def test_thresholds_have_hysteresis() -> None:
    values = ["19.9", "20", "15", "19.9", "14.9", "19.9", "15"]
    samples = [(1000 * number, value) for number, value in enumerate(values)]

    assert total(ARC, samples) == 3


def test_a_spark_shorter_than_the_least_time_is_no_arc() -> None:
    spark = [(0, "0"), (1000, "180"), (2000, "0"), (3000, "0")]
    weld = [(0, "0"), (1000, "180"), (2000, "180"), (3000, "180"), (4000, "0")]

    assert take(SLOW_ARC, spark)[1] == [0, 0, 0, 0]
    assert take(SLOW_ARC, weld)[1] == [0, 0, 0, 2, 3]


def test_a_break_shorter_than_the_least_time_is_part_of_the_arc() -> None:
    start = [(0, "180"), (1000, "180"), (2000, "180")]
    bridged = [*start, (3000, "0"), (4000, "0"), (5000, "180")]
    ended = [*start, (3000, "0"), (4000, "0"), (5000, "0"), (6000, "0"), (7000, "180")]

    assert take(SLOW_ARC, bridged)[1] == [0, 0, 2, 3, 3, 5]
    assert take(SLOW_ARC, ended)[1] == [0, 0, 2, 3, 3, 3, 3, 3]


def test_an_arc_over_a_hole_counts_what_was_seen() -> None:
    samples = [(0, "180"), (1000, "180"), (60_000, "180"), (61_000, "180")]

    _, totals, gaps = take(ARC, samples)

    assert totals == [0, 1, 1, 2]
    assert gaps == [60_000]


def test_a_total_is_rounded_down_but_nothing_is_lost_on_the_way() -> None:
    samples = [(second * 1000, "0.001") for second in range(3601)]

    _, totals, _ = take(CHARGE, samples)

    assert totals[4] == Decimal("0.000001")  # 4 ms of 1 A: 0.00000111 Ah
    assert totals[-1] == Decimal("0.001")


values = st.decimals(-500, 500, places=2).map(str)
steps_ms = st.integers(1, 5000)


@st.composite
def series(draw: st.DrawFn) -> Samples:
    now, found = 0, []
    for step, value in draw(st.lists(st.tuples(steps_ms, st.none() | values), max_size=40)):
        now += step
        found.append((now, value))
    return found


rules = st.sampled_from([CHARGE, ARC, SLOW_ARC, CONTACT])


@given(rules, series(), st.integers(0, 40))
def test_a_series_taken_in_two_parts_counts_the_same(
    rule: DerivedRule, samples: Samples, cut: int
) -> None:
    memory, head, _ = take(rule, samples[:cut])

    assert take(rule, samples)[1] == head + take(rule, samples[cut:], memory)[1]


@given(rules, series())
def test_a_total_never_falls(rule: DerivedRule, samples: Samples) -> None:
    totals = [each for each in take(rule, samples)[1] if each is not None]

    assert totals == sorted(totals)
    assert all(each >= 0 and each % STEP == 0 for each in totals)


@given(st.sampled_from([ARC, SLOW_ARC, CONTACT]), series())
def test_on_time_is_never_more_than_the_time_that_passed(
    rule: DerivedRule, samples: Samples
) -> None:
    known_ms = [millisecond for millisecond, value in samples if value is not None]
    seen_ms = sum(end - start for start, end in pairwise(known_ms) if end - start <= 3000)

    memory, _, _ = take(rule, samples)

    assert (memory.total or 0) <= Fraction(seen_ms, 1000)


@given(series())
def test_the_integral_is_the_trapezoid_of_the_pairs_close_enough(samples: Samples) -> None:
    known = [(ms, max(Fraction(value), Fraction(0))) for ms, value in samples if value is not None]
    expected = sum(
        (
            (first + second) / 2 * (end - start) / 3_600_000
            for (start, first), (end, second) in pairwise(known)
            if end - start <= 3000
        ),
        Fraction(0),
    )

    assert (take(CHARGE, samples)[0].total or 0) == expected


@given(st.integers(0, 3600), st.integers(0, 3600), st.integers(1, 999))
def test_a_sample_on_the_straight_line_between_two_changes_nothing(
    first: int, last: int, middle_ms: int
) -> None:
    between = Decimal(first) + Decimal(last - first) * middle_ms / 1000
    ends = [(0, str(first)), (1000, str(last))]

    assert take(CHARGE, ends)[0].total == (
        take(CHARGE, [ends[0], (middle_ms, str(between)), ends[1]])[0].total
    )


runs = st.tuples(st.sampled_from(["14.9", "15.1", "19.9", "20.1"]), st.integers(1, 40))


@given(st.lists(runs, min_size=2, max_size=12))
def test_chatter_switches_no_oftener_than_the_least_times_allow(
    chatter: list[tuple[str, int]],
) -> None:
    memory, turned_on = DerivedMemory(), []
    samples = [value for value, length in chatter for _ in range(length)]
    for number, value in enumerate(samples):
        was_on, instant = memory.on, at(100 * number)
        memory, _, _ = advance(SLOW_ARC, memory, Decimal(value), instant, POLL)
        turned_on += [instant] if memory.on and not was_on else []

    # Each further turning on takes 3 s of off, then 2 s of on, before it counts.
    assert all(later - earlier >= dt.timedelta(seconds=5) for earlier, later in pairwise(turned_on))
