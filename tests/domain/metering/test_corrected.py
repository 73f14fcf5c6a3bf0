"""Registers corrected by calibrations, and past use by what a calibration found."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from shared_factory_desktop.domain.calibration_correction import Policy, affected_from
from shared_factory_desktop.domain.corrected import corrected, corrected_use
from shared_factory_desktop.domain.metering_correction import Finding, true_use
from shared_factory_desktop.domain.sessions import AppliedGain, Pieces, SessionUse
from shared_factory_desktop.domain.usage import Series, used

START = dt.datetime(2026, 11, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def gain(value: str | Decimal, at: dt.datetime = START, quantity: str = "energy_wh") -> AppliedGain:
    return AppliedGain("JZ-1", 1, "M-1", quantity, Decimal(value), at)


def series(*values: int | str, every: dt.timedelta = HOUR) -> Series:
    return tuple((START + index * every, Decimal(value)) for index, value in enumerate(values))


def session(registers: dict[str, Series], **changes: object) -> SessionUse:
    end = max(one[-1][0] for one in registers.values())
    use = SessionUse("S-1", "m", "t", START, end, readings=registers)
    return replace(use, **changes)  # type: ignore[arg-type]  # any field of a use


# an hour is cut into powers of two, so that no straight line needs more than 12 decimals
steps = st.integers(0, 4_000).map(lambda part: START + part * HOUR / 1000)
gains_ = st.lists(
    st.tuples(steps, st.decimals("0.9", "1.1", places=7)), max_size=4, unique_by=lambda one: one[0]
).map(lambda some: tuple(gain(value, at) for at, value in sorted(some, key=lambda one: one[0])))
registers_ = st.lists(st.integers(0, 10_000), min_size=2, max_size=5).map(
    lambda steps_: series(*(1000 + sum(steps_[: index + 1]) for index in range(len(steps_))))
)


def test_a_gain_counts_from_its_instant_on() -> None:
    read = series(1000000, 1010000, 1020000)

    found = corrected(read, [gain("1", START - DAY), gain("0.9957", START + HOUR)])

    assert found == series(1000000, 1010000, "1019957")


def test_a_gain_that_begins_between_two_readings_splits_the_straight_line() -> None:
    read = series(1000000, 1020000, every=2 * HOUR)

    found = corrected(read, [gain("0.9957", START + HOUR)])

    assert found == series(1000000, 1010000, "1019957")


def test_what_never_ends_has_twelve_decimals() -> None:
    read = series(0, 1, every=3 * HOUR)

    [_, (_, at_change), (_, end)] = corrected(read, [gain("2", START + HOUR)])

    assert at_change == Decimal("0.333333333333")
    assert end == Decimal("1.666666666667")


@given(registers_, gains_)
def test_gains_of_one_change_nothing(read: Series, gains: tuple[AppliedGain, ...]) -> None:
    assert corrected(read, [replace(one, gain=Decimal(1)) for one in gains]) == read


@given(registers_, gains_)
def test_a_corrected_register_never_falls(read: Series, gains: tuple[AppliedGain, ...]) -> None:
    found = corrected(read, gains)

    assert found[0] == read[0]
    assert found[-1][0] == read[-1][0]
    assert all(low <= high for (_, low), (_, high) in pairwise(found))


@given(registers_, gains_, st.data())
def test_what_is_split_at_any_value_adds_up(
    read: Series, gains: tuple[AppliedGain, ...], data: st.DataObject
) -> None:
    whole = corrected(read, gains)
    assume(len(whole) > 2)
    at = data.draw(st.integers(1, len(read) - 1)) if len(read) > 2 else 1

    parts = corrected(read[: at + 1], gains), corrected(read[at:], gains)

    assert sum(Fraction(used(part)) for part in parts) == Fraction(used(whole))


@given(registers_, st.decimals("0.9", "1.1", places=7))
def test_one_gain_multiplies_the_use(read: Series, value: Decimal) -> None:
    assert Fraction(used(corrected(read, [gain(value)]))) == Fraction(used(read)) * Fraction(value)


def test_a_use_tells_what_it_was_corrected_by_and_counts_whole_pieces() -> None:
    counted = gain("1.02", START - DAY, "pieces")
    use = session({"pieces": series(0, 40), "energy_wh": series(0, 9)}, pieces=Pieces(40, 2))

    found = corrected_use(use, {"pieces": [counted], "gas_l": [gain("2")]})

    assert found.gains == (counted,)
    assert found.pieces == Pieces(41, 2)  # 40.8 pieces
    assert found.readings["energy_wh"] == use.readings["energy_wh"]


LAST_TEST = START - 184 * DAY
FAST = Finding(
    "M-1", "energy_wh", Policy.HALF_TIME, Fraction(24, 1000), LAST_TEST, START, START - 92 * DAY
)


def before(days: int, *kwh: int, over: int) -> SessionUse:
    """Give a use that began some days before the finding, its values evenly `over` days."""
    first = START - days * DAY
    read = tuple(
        (first + index * over * DAY / (len(kwh) - 1), Decimal(1000 * value))
        for index, value in enumerate(kwh)
    )
    return SessionUse("S-1", "m", "t", first, read[-1][0], readings={"energy_wh": read})


def refund_kwh(use: SessionUse, finding: Finding) -> Fraction:
    found = true_use(use, ["energy_wh"], finding)
    change = used(use.readings["energy_wh"]) - used(found.readings["energy_wh"])
    return Fraction(change) / 1000


def test_half_of_the_time_gives_back_what_the_reference_says() -> None:
    assert refund_kwh(before(92, 0, 9200, over=92), FAST) == Fraction("215.625")
    assert refund_kwh(before(184, 0, 18400, over=184), FAST) == Fraction("215.625")
    assert refund_kwh(before(184, 0, 9200, over=92), FAST) == 0


def test_the_whole_time_and_an_even_drift_give_back_what_the_reference_says() -> None:
    whole = replace(FAST, policy=Policy.SINCE, since=LAST_TEST)
    drift = replace(FAST, policy=Policy.DRIFT, since=LAST_TEST)
    evenly = before(184, *range(0, 18401, 100), over=184)

    assert refund_kwh(evenly, whole) == Fraction("431.25")
    assert round(float(refund_kwh(before(184, 0, 18400, over=184), drift)), 2) == 217.33
    parted = refund_kwh(evenly, drift) - refund_kwh(before(184, 0, 18400, over=184), drift)
    assert abs(parted) < Fraction(1, 10**9)


def test_a_slow_meter_is_billed_afterwards() -> None:
    assert refund_kwh(before(92, 0, 9200, over=92), replace(FAST, error=Fraction(-8, 100))) == -800


def test_what_was_corrected_already_is_not_corrected_again() -> None:
    known = gain(Decimal("0.9765625"), LAST_TEST)  # 1/1.024: the meter erred as it did before
    billed = corrected_use(before(92, 0, 9200, over=92), {"energy_wh": [known]})

    assert refund_kwh(billed, FAST) == 0


def test_the_time_a_policy_affects() -> None:
    assert affected_from(Policy.HALF_TIME, LAST_TEST, START) == FAST.since
