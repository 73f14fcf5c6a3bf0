"""The uncertainty budget, with the numbers of reference/billing 5.2 (JJF 1059.1)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared_factory_desktop.domain.calibration_uncertainty import (
    Distribution,
    Source,
    budget,
    budget_of_error,
    mean,
    scatter,
)
from shared_factory_desktop.domain.rounding import rounded, rounded_to_digits
from tests.domain.calibration.scene import instrument, standard


def numbers(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_the_budget_of_the_reference() -> None:
    found = budget(Decimal("0.020"), 10, Decimal("0.01"), Decimal("0.050"), Decimal(2))

    assert rounded(found.combined, 5) == Decimal("0.02595")
    assert str(rounded_to_digits(found.expanded, 2)) == "0.052"
    assert found.coverage == 2
    assert [
        (row.source, row.distribution, rounded(row.divisor, 4), rounded(row.contribution, 5))
        for row in found.components
    ] == [
        (Source.REPEATABILITY, Distribution.NORMAL, Decimal("3.1623"), Decimal("0.00632")),
        (Source.RESOLUTION, Distribution.RECTANGULAR, Decimal("1.7321"), Decimal("0.00289")),
        (Source.STANDARD, Distribution.NORMAL, Decimal("2.0000"), Decimal("0.02500")),
    ]
    assert [row.value for row in found.components] == numbers("0.020", "0.005", "0.050")


def test_a_difference_of_two_displayed_values_carries_both_steps() -> None:
    found = budget(Decimal(0), 4, Decimal("0.06"), Decimal(0), Decimal(2), difference=True)

    _, step, _ = found.components
    assert step.distribution is Distribution.TRIANGULAR
    assert rounded(step.contribution, 6) == Decimal("0.024495")  # 0.06/√6 = √2 · 0.06/(2√3)


def test_scatter_is_that_of_single_readings() -> None:
    assert mean(numbers("2", "4", "4", "4", "5", "5", "7", "9")) == 5
    assert rounded(scatter(numbers("1", "2", "3", "4")) or Decimal(0), 6) == Decimal("1.290994")
    assert scatter(numbers("7", "7", "7")) == 0


def test_a_single_reading_tells_nothing_of_scatter() -> None:
    found = budget_of_error(Decimal(100), numbers("101"), instrument(), standard())

    assert scatter(numbers("101")) is None
    assert [row.source for row in found.components] == [Source.RESOLUTION, Source.STANDARD]


def test_the_error_of_a_point_is_uncertain_by_shares_of_its_load() -> None:
    readings = numbers("-4.98", "-5.02")
    found = budget_of_error(Decimal(-5), readings, instrument(resolution="0.01"), standard("0.001"))

    repeated, step, compared = found.components
    assert rounded(repeated.value, 7) == Decimal("0.0056569")  # 0.0282843/5
    assert step.value == Decimal("0.001")  # half of 0.01, of 5
    assert compared.value == Decimal("0.001")
    # √(0.004² + 0.00057735² + 0.0005²) · 2
    assert rounded(found.expanded, 6) == Decimal("0.008145")


def test_a_register_is_read_twice_for_each_difference() -> None:
    momentary = budget_of_error(Decimal(50), numbers("50"), instrument("power_w"), standard())
    register = budget_of_error(Decimal(50), numbers("50"), instrument("energy_wh"), standard())

    assert momentary.components[0].distribution is Distribution.RECTANGULAR
    assert register.components[0].distribution is Distribution.TRIANGULAR
    assert register.expanded > momentary.expanded


def test_there_is_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="reference 0: expected a load other than 0"):
        budget_of_error(Decimal(0), numbers("1"), instrument(), standard())
