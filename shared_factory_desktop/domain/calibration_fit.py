"""The line that turns what a meter indicates into what is true, by least squares.

Reference y on indicated x: y = b·x through the origin, or y = a + b·x.  Sums are exact fractions;
only the square roots are cut, at 40 digits.  Formulas: reference/billing 5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from shared_factory_desktop.domain.calibration import Coefficients, Point, Standard
from shared_factory_desktop.domain.calibration_uncertainty import mean, root
from shared_factory_desktop.domain.floor import CUMULATIVE_QUANTITIES
from shared_factory_desktop.domain.rounding import Exact, kept, rounded

COEFFICIENT_PLACES = 7

Pair = tuple[Exact, Exact]  # indicated, reference


class Model(StrEnum):
    """Which line is fitted."""

    GAIN = "gain"
    GAIN_OFFSET = "gain-offset"


class CannotFit(ValueError):
    """Points through which no line can be laid; `code` says of what there are too few, `seen` of
    them, and at least `needed` are expected.

    `few-points`: a scatter needs one more than the line has coefficients.  `few-loads`: all points
    have the same indication (or none other than 0).
    """

    def __init__(self, code: str, seen: int, needed: int) -> None:
        self.code = code
        self.seen = seen
        self.needed = needed
        super().__init__(f"{code}: {seen}, expected at least {needed}")


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted line; `residuals` r = y − a − b·x in the order of the points, `deviation` their s,
    `gain_u` and `offset_u` the standard uncertainties that the residuals show.
    """

    model: Model
    gain: Fraction
    offset: Fraction
    residuals: tuple[Fraction, ...]
    deviation: Decimal
    gain_u: Decimal
    offset_u: Decimal


def models_of(quantity: str) -> tuple[Model, ...]:
    """Give the lines that can be fitted to a quantity: a register's differences know no offset."""
    return (Model.GAIN,) if quantity in CUMULATIVE_QUANTITIES else (Model.GAIN, Model.GAIN_OFFSET)


def pairs_of(points: Sequence[Point]) -> tuple[Pair, ...]:
    """Give each point's mean indication with its reference."""
    return tuple((mean(point.indicated), point.reference) for point in points)


def fit(model: Model, pairs: Sequence[Pair]) -> Fit:
    """Fit a line through at least two points, three with an offset; raises CannotFit."""
    xs = [Fraction(x) for x, _ in pairs]
    ys = [Fraction(y) for _, y in pairs]
    needed = 2 if model is Model.GAIN else 3
    if len(pairs) < needed:
        raise CannotFit("few-points", len(pairs), needed)
    return _through_origin(xs, ys) if model is Model.GAIN else _with_offset(xs, ys)


def coefficients(fitted: Fit, standard: Standard) -> Coefficients:
    """Give the coefficients as they are recorded, applied and printed: to 7 decimals.

    The standard's own uncertainty, which moves all points alike and so shows in no residual, is
    part of the gain's: u² = u(b)² + (b·U/k)².
    """
    common = fitted.gain * Fraction(standard.uncertainty) / Fraction(standard.coverage)
    gain_u = root(Fraction(fitted.gain_u) ** 2 + common**2)
    return Coefficients(
        gain=rounded(fitted.gain, COEFFICIENT_PLACES),
        offset=rounded(fitted.offset, COEFFICIENT_PLACES),
        gain_u=rounded(gain_u, COEFFICIENT_PLACES),
        offset_u=rounded(fitted.offset_u, COEFFICIENT_PLACES),
    )


def corrected_value(coefficients: Coefficients, indicated: Decimal) -> Decimal:
    """Give the corrected value of a momentary indication, offset + gain · x, in its unit."""
    exact = Fraction(coefficients.offset) + Fraction(coefficients.gain) * Fraction(indicated)
    return kept(exact)


def _through_origin(xs: list[Fraction], ys: list[Fraction]) -> Fit:
    """Fit b = Σxy/Σx², u(b) = s/√Σx², s² = Σr²/(n − 1)."""
    squares = _products(xs, xs)
    if not squares:
        raise CannotFit("few-loads", 0, 1)
    gain = _products(xs, ys) / squares
    residuals = tuple(y - gain * x for x, y in zip(xs, ys, strict=True))
    variance = _products(residuals, residuals) / (len(xs) - 1)
    return Fit(
        model=Model.GAIN,
        gain=gain,
        offset=Fraction(0),
        residuals=residuals,
        deviation=root(variance),
        gain_u=root(variance / squares),
        offset_u=Decimal(0),
    )


def _with_offset(xs: list[Fraction], ys: list[Fraction]) -> Fit:
    """Fit b = Sxy/Sxx, a = ȳ − b·x̄, u(b) = s/√Sxx, u(a) = s√(1/n + x̄²/Sxx), s² = Σr²/(n − 2)."""
    count = len(xs)
    middle, height = sum(xs, Fraction(0)) / count, sum(ys, Fraction(0)) / count
    spread = [x - middle for x in xs]
    squares = _products(spread, spread)
    if not squares:
        raise CannotFit("few-loads", 1, 2)
    gain = _products(spread, ys) / squares
    offset = height - gain * middle
    residuals = tuple(y - offset - gain * x for x, y in zip(xs, ys, strict=True))
    variance = _products(residuals, residuals) / (count - 2)
    return Fit(
        model=Model.GAIN_OFFSET,
        gain=gain,
        offset=offset,
        residuals=residuals,
        deviation=root(variance),
        gain_u=root(variance / squares),
        offset_u=root(variance * (Fraction(1, count) + middle**2 / squares)),
    )


def _products(ones: Sequence[Fraction], others: Sequence[Fraction]) -> Fraction:
    return sum((one * other for one, other in zip(ones, others, strict=True)), Fraction(0))
