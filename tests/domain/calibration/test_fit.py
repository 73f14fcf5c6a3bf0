"""The line through the points of a calibration, with the numbers of reference/billing 5.2."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from shared_factory_desktop.domain.calibration_fit import (
    CannotFit,
    Model,
    coefficients,
    corrected_value,
    fit,
    models_of,
    pairs_of,
)
from shared_factory_desktop.domain.rounding import rounded
from tests.domain.calibration.scene import INDICATED, REFERENCE, point, standard

WORKED = [(Decimal(x), Decimal(y)) for x, y in zip(INDICATED, REFERENCE, strict=True)]


def pairs(*texts: tuple[str, str]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(x), Decimal(y)) for x, y in texts]


def test_gain_and_offset_of_the_reference() -> None:
    line = fit(Model.GAIN_OFFSET, WORKED)

    assert rounded(line.gain, 7) == Decimal("0.9956985")
    assert rounded(line.offset, 7) == Decimal("-0.0003980")
    assert rounded(line.deviation, 7) == Decimal("0.0010907")
    assert rounded(line.gain_u, 6) == Decimal("0.000137")
    assert rounded(line.offset_u, 6) == Decimal("0.000845")


def test_gain_through_the_origin_of_the_reference() -> None:
    line = fit(Model.GAIN, WORKED)

    assert rounded(line.gain, 7) == Decimal("0.9956457")
    assert rounded(line.deviation, 7) == Decimal("0.0009789")
    assert rounded(line.gain_u, 8) == Decimal("0.00007118")
    assert line.offset == 0
    assert line.offset_u == 0


def test_residuals_are_what_the_line_leaves() -> None:
    line = fit(Model.GAIN_OFFSET, WORKED)

    assert [rounded(one, 6) for one in line.residuals] == [
        Decimal(text) for text in ("0.000398", "-0.000797", "0.000996", "-0.001195", "0.000598")
    ]
    assert sum(line.residuals) == 0


def test_residuals_of_a_line_with_one_point_off_it() -> None:
    line = fit(Model.GAIN_OFFSET, pairs(("0", "1"), ("1", "3"), ("2", "8")))

    assert (line.gain, line.offset) == (Fraction(7, 2), Fraction(1, 2))
    assert line.residuals == (Fraction(1, 2), Fraction(-1), Fraction(1, 2))
    assert line.deviation**2 == pytest.approx(Decimal("1.5"), rel=Decimal("1e-30"))


def test_points_give_the_mean_of_their_readings() -> None:
    points = [point("2.5", "2.511", "2.512", "2.513"), point("5", "5.021")]

    assert pairs_of(points) == ((Decimal("2.512"), Decimal("2.5")), (Decimal("5.021"), Decimal(5)))


def test_coefficients_are_recorded_to_seven_decimals_with_the_standard_in_the_gain() -> None:
    recorded = coefficients(fit(Model.GAIN_OFFSET, WORKED), standard("0.0005"))

    assert recorded.gain == Decimal("0.9956985")
    assert recorded.offset == Decimal("-0.0003980")
    # √(0.00013736² + (0.9956985 · 0.0005 / 2)²)
    assert recorded.gain_u == Decimal("0.0002843")
    assert recorded.offset_u == Decimal("0.0008449")
    assert str(recorded.offset) == "-0.0003980"


def test_a_reading_is_corrected_by_offset_and_gain() -> None:
    recorded = coefficients(fit(Model.GAIN_OFFSET, WORKED), standard())

    assert corrected_value(recorded, Decimal("10.043")) == Decimal("9.9994020355")
    assert corrected_value(recorded, Decimal(0)) == Decimal("-0.0003980")


def test_a_register_has_no_offset() -> None:
    assert models_of("energy_wh") == (Model.GAIN,)
    assert models_of("pieces") == (Model.GAIN,)
    assert models_of("power_w") == (Model.GAIN, Model.GAIN_OFFSET)


@pytest.mark.parametrize(
    ("model", "points", "code", "seen", "needed"),
    [
        (Model.GAIN, pairs(), "few-points", 0, 2),
        (Model.GAIN, pairs(("1", "1")), "few-points", 1, 2),
        (Model.GAIN_OFFSET, pairs(("1", "1"), ("2", "2")), "few-points", 2, 3),
        (Model.GAIN, pairs(("0", "1"), ("0", "2")), "few-loads", 0, 1),
        (Model.GAIN_OFFSET, pairs(("5", "1"), ("5", "2"), ("5", "3")), "few-loads", 1, 2),
    ],
)
def test_points_that_tell_no_line_are_refused_with_what_is_needed(
    model: Model, points: list[tuple[Decimal, Decimal]], code: str, seen: int, needed: int
) -> None:
    with pytest.raises(CannotFit, match=f"{code}: {seen}, expected at least {needed}") as caught:
        fit(model, points)

    assert (caught.value.code, caught.value.seen, caught.value.needed) == (code, seen, needed)
    assert isinstance(caught.value, ValueError)
