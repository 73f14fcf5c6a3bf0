"""GB/T 8170: a five goes to the even digit, and a value is rounded once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from shared_factory_desktop.domain.rounding import (
    kept,
    rounded,
    rounded_to_digits,
    rounded_to_interval,
    rounded_with_uncertainty,
)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        ("12.1498", 1, "12.1"),
        ("12.1498", 0, "12"),
        ("1.050", 1, "1.0"),
        ("0.35", 1, "0.4"),
        ("-0.0365", 3, "-0.036"),
        ("10.5002", 0, "11"),
        ("2.5", 0, "2"),
        ("3.5", 0, "4"),
        ("1268", -2, "1300"),
        ("2500", -3, "2000"),
        ("3500", -3, "4000"),
        ("15.4546", 0, "15"),  # not 15.4546 → 15.455 → 15.46 → 15.5 → 16
        ("0", 3, "0.000"),
        ("-0.0004", 2, "0.00"),
        ("123456789012345678901234567890.25", 1, "123456789012345678901234567890.2"),
    ],
)
def test_a_value_is_rounded_to_places(value: str, places: int, expected: str) -> None:
    assert str(rounded(Decimal(value), places)) == expected


def test_a_fraction_is_rounded_from_its_exact_value() -> None:
    assert rounded(Fraction(1, 3), 4) == Decimal("0.3333")
    assert rounded(Fraction(25, 1000) + Fraction(1, 10**60), 2) == Decimal("0.03")
    assert rounded(Fraction(25, 1000), 2) == Decimal("0.02")


@pytest.mark.parametrize(
    ("value", "interval", "expected"),
    [
        ("60.25", "0.5", "60.0"),
        ("60.28", "0.5", "60.5"),
        ("60.38", "0.5", "60.5"),
        ("-60.75", "0.5", "-61.0"),
        ("830", "20", "840"),
        ("842", "20", "840"),
        ("832", "20", "840"),
        ("-930", "20", "-920"),
        ("0.483", "0.05", "0.50"),
        ("0.47", "0.1", "0.5"),
        ("0.47", "2E+1", "0"),
    ],
)
def test_a_value_is_rounded_to_an_interval(value: str, interval: str, expected: str) -> None:
    assert str(rounded_to_interval(Decimal(value), Decimal(interval))) == expected


@pytest.mark.parametrize("interval", ["0", "-0.5", "NaN", "Infinity"])
def test_an_interval_is_above_zero(interval: str) -> None:
    with pytest.raises(ValueError, match="expected a number above 0"):
        rounded_to_interval(Decimal(1), Decimal(interval))


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("8.53459", 3, "8.53"),
        ("10.502", 3, "10.5"),
        ("0.05190", 2, "0.052"),
        ("9.96", 2, "10"),
        ("0.0996", 2, "0.10"),
        ("-0.0995", 2, "-0.10"),
        ("1254", 2, "1300"),
        ("0", 2, "0"),
    ],
)
def test_a_value_is_rounded_to_significant_digits(value: str, digits: int, expected: str) -> None:
    assert str(rounded_to_digits(Decimal(value), digits)) == expected


@pytest.mark.parametrize(
    ("value", "expanded", "reported"),
    [
        ("0.4800", "0.05190", ("0.480", "0.052")),
        ("-0.0365", "0.0996", ("-0.04", "0.10")),
        ("8984.375", "215.6", ("8980", "220")),
        ("12.345", "9.96", ("12", "10")),
    ],
)
def test_a_result_ends_where_its_uncertainty_does(
    value: str, expanded: str, reported: tuple[str, str]
) -> None:
    value_text, expanded_text = rounded_with_uncertainty(Decimal(value), Decimal(expanded))

    assert (str(value_text), str(expanded_text)) == reported


def test_a_kept_value_makes_no_false_tie() -> None:
    over_a_tie = Fraction(25, 1000) + Fraction(1, 10**30)

    assert rounded(kept(over_a_tie), 2) == Decimal("0.03")
    assert kept(Fraction(1, 8)) == Decimal("0.125")
