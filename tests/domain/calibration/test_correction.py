"""What past use is corrected by, with the numbers of reference/billing 5.3."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from shared_factory_desktop.domain.calibration_correction import (
    Policy,
    affected_from,
    correction,
    factor_at,
    factor_over,
    found_error,
    within_limits,
)
from shared_factory_desktop.domain.decimals import half_up
from shared_factory_desktop.domain.rounding import rounded
from tests.domain.calibration.scene import point

LAST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
FOUND = LAST + dt.timedelta(days=184)
HALF = LAST + dt.timedelta(days=92)
ERROR = Decimal("0.024")


def test_half_of_the_time_refunds_what_the_reference_says() -> None:
    refund = correction(Decimal(9200), ERROR)

    assert affected_from(Policy.HALF_TIME, LAST, FOUND) == HALF
    assert refund == Fraction("-215.625")
    assert 9200 + refund == Fraction("8984.375")
    assert 9200 * factor_at(Policy.HALF_TIME, ERROR, LAST, FOUND, HALF) == Fraction("8984.375")
    assert half_up(-refund * Fraction("0.65"), 2) == 14016


def test_the_full_period_refunds_twice_as_much() -> None:
    assert affected_from(Policy.SINCE, LAST, FOUND, known=LAST) == LAST
    assert correction(Decimal(18400), ERROR) == Fraction("-431.25")


def test_a_drift_refunds_the_integral_over_even_use() -> None:
    factor = factor_over(Policy.DRIFT, ERROR, LAST, FOUND, LAST, FOUND)

    assert affected_from(Policy.DRIFT, LAST, FOUND) == LAST
    assert rounded(18400 * (1 - factor), 2) == Decimal("217.33")
    assert rounded(18400 * factor, 20) == rounded(Decimal("18182.67040660896562406592"), 20)


def test_a_meter_that_registered_too_little_is_charged_for() -> None:
    assert correction(Decimal(980), Decimal("-0.02")) == 20
    assert factor_at(Policy.SINCE, Decimal("-0.02"), LAST, FOUND, HALF) == Fraction(50, 49)
    assert factor_over(Policy.DRIFT, Decimal("-0.02"), LAST, FOUND, LAST, FOUND) > 1


def test_a_drift_grows_evenly_and_no_further_than_what_was_found() -> None:
    def error(at: dt.datetime) -> Fraction:
        return 1 / factor_at(Policy.DRIFT, ERROR, LAST, FOUND, at) - 1

    assert error(LAST - dt.timedelta(days=1)) == 0
    assert error(LAST) == 0
    assert error(HALF) == Fraction("0.012")
    assert error(FOUND) == Fraction("0.024")
    assert error(FOUND + dt.timedelta(hours=2)) == Fraction("0.024")


def test_a_drift_over_two_stretches_adds_up() -> None:
    whole = factor_over(Policy.DRIFT, ERROR, LAST, FOUND, LAST, FOUND)
    earlier = factor_over(Policy.DRIFT, ERROR, LAST, FOUND, LAST, HALF)
    later = factor_over(Policy.DRIFT, ERROR, LAST, FOUND, HALF, FOUND)

    assert rounded((earlier + later) / 2 - whole, 30) == 0
    assert earlier > whole > later


def test_before_the_last_test_and_after_the_finding_a_drift_stands_still() -> None:
    ramp = FOUND - LAST
    drifted = factor_over(Policy.DRIFT, ERROR, LAST, FOUND, LAST, FOUND)
    over = factor_over(Policy.DRIFT, ERROR, LAST, FOUND, LAST - ramp, FOUND + ramp)

    assert over == (1 + drifted + Fraction(1000, 1024)) / 3
    assert factor_over(Policy.DRIFT, ERROR, LAST, FOUND, FOUND, FOUND + ramp) == Fraction(
        1000, 1024
    )
    assert factor_over(Policy.DRIFT, ERROR, LAST, FOUND, HALF, HALF) == 1 / Fraction("1.012")


def test_a_whole_error_is_even_over_any_time() -> None:
    assert factor_over(Policy.HALF_TIME, ERROR, LAST, FOUND, HALF, FOUND) == Fraction(1000, 1024)


def test_nothing_is_corrected_by_the_policy_that_says_so() -> None:
    assert affected_from(Policy.NONE, LAST, FOUND) is None
    assert factor_at(Policy.NONE, ERROR, LAST, FOUND, HALF) == 1
    assert factor_over(Policy.NONE, ERROR, LAST, FOUND, LAST, FOUND) == 1


def test_no_policy_reaches_further_back_than_its_cap() -> None:
    capped = dt.datetime(2026, 6, 4, tzinfo=dt.UTC)  # one month before 4 July

    assert affected_from(Policy.DRIFT, LAST, FOUND, cap_months=1) == capped
    assert affected_from(Policy.HALF_TIME, LAST, FOUND, cap_months=1) == capped
    assert affected_from(Policy.HALF_TIME, LAST, FOUND, cap_months=6) == HALF
    assert affected_from(Policy.SINCE, LAST, FOUND, 1, HALF) == capped


def test_months_are_counted_in_the_time_zone_of_the_finding() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    found = dt.datetime(2026, 3, 31, tzinfo=shanghai)
    start = affected_from(Policy.DRIFT, dt.datetime(2025, 1, 1, tzinfo=dt.UTC), found, 6)

    assert start == dt.datetime(2025, 9, 30, tzinfo=shanghai)
    assert start.tzinfo is dt.UTC


def test_a_known_cause_is_taken_but_not_from_before_the_last_test() -> None:
    cause = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)

    assert affected_from(Policy.SINCE, LAST, FOUND, known=cause) == cause
    assert affected_from(Policy.SINCE, LAST, FOUND, known=LAST - dt.timedelta(days=9)) == LAST


@pytest.mark.parametrize("known", [None, FOUND + dt.timedelta(seconds=1)])
def test_a_cause_is_known_up_to_the_finding(known: dt.datetime | None) -> None:
    with pytest.raises(ValueError, match="expected an instant up to"):
        affected_from(Policy.SINCE, LAST, FOUND, known=known)


def test_the_last_test_is_before_the_finding() -> None:
    with pytest.raises(ValueError, match="expected none after"):
        affected_from(Policy.DRIFT, FOUND, LAST)


def test_a_meter_that_registers_nothing_tells_no_quantity() -> None:
    with pytest.raises(ValueError, match="expected more than -1"):
        correction(Decimal(0), Decimal(-1))


def test_found_in_the_moment_of_the_last_test_the_whole_error_counts() -> None:
    earlier = LAST - dt.timedelta(days=1)

    assert factor_at(Policy.DRIFT, ERROR, LAST, LAST, LAST) == Fraction(1000, 1024)
    assert factor_at(Policy.DRIFT, ERROR, LAST, LAST, earlier) == 1


def test_one_error_stands_for_all_points_as_the_gain_does() -> None:
    assert found_error([point("100", "102.4")]) == Fraction("0.024")
    assert found_error([point("5", "5.12"), point("10", "10.24")]) == Fraction("0.024")
    # Σx²/Σxy − 1 = (1.1² + 10.1²)/(1.1 · 1 + 10.1 · 10) − 1: heavy loads weigh more
    weighed = found_error([point("1", "1.1"), point("10", "10.1")])
    assert weighed == Fraction("103.22") / Fraction("102.1") - 1
    assert rounded(weighed, 4) == Decimal("0.0110")


def test_points_without_load_tell_no_error() -> None:
    with pytest.raises(ValueError, match="expected one with a load"):
        found_error([point("1", "0")])


def test_within_its_limits_a_meter_is_not_corrected() -> None:
    inside, edge, beyond = point("10", "10.05"), point("10", "9.9"), point("10", "10.11")

    assert within_limits([inside, edge])
    assert not within_limits([inside, beyond])
    assert not within_limits([inside, point("10", "9.89")])


def test_bills_made_with_a_gain_in_force_are_right_where_the_product_is() -> None:
    found = [point("5", "5.15"), point("10", "10.3")]
    gain = Decimal(1) / Decimal("1.03")

    assert not within_limits(found)
    assert within_limits(found, gain)
    assert rounded(found_error(found, gain), 20) == 0
    assert found_error(found, Decimal("0.98")) == Fraction("0.0094")
