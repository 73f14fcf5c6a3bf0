"""How far a measured error can be from the true one: an uncertainty budget after JJF 1059.1-2012
(GUM), from the readings' scatter, the meter's resolution and the standard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction

from shared_factory_desktop.domain.calibration import Instrument, Standard
from shared_factory_desktop.domain.floor import CUMULATIVE_QUANTITIES
from shared_factory_desktop.domain.rounding import Exact

COVERAGE = Decimal(2)  # k, about 95 %: what industry and trade report

_WORKING = Context(prec=40)


class Source(StrEnum):
    """Where a part of the uncertainty comes from."""

    REPEATABILITY = "repeatability"
    RESOLUTION = "resolution"
    STANDARD = "standard"


class Distribution(StrEnum):
    """What is assumed of the values within a part's bounds."""

    NORMAL = "normal"
    RECTANGULAR = "rectangular"
    TRIANGULAR = "triangular"


@dataclass(frozen=True, slots=True)
class Component:
    """One row of the budget: standard uncertainty `contribution` = `value` / `divisor`."""

    source: Source
    value: Decimal
    distribution: Distribution
    divisor: Decimal
    contribution: Decimal


@dataclass(frozen=True, slots=True)
class Budget:
    """The rows, their root sum of squares u_c, and the expanded uncertainty U = k · u_c."""

    components: tuple[Component, ...]
    combined: Decimal
    coverage: Decimal
    expanded: Decimal


def mean(readings: Sequence[Decimal]) -> Fraction:
    """Give the mean of one reading or more, exactly."""
    return sum(map(Fraction, readings), Fraction(0)) / len(readings)


def scatter(readings: Sequence[Decimal]) -> Decimal | None:
    """Give the experimental standard deviation of single readings (n − 1), in their unit; None of
    fewer than two, which tell nothing of it.
    """
    if len(readings) < 2:
        return None
    middle = mean(readings)
    squares = sum(((Fraction(one) - middle) ** 2 for one in readings), Fraction(0))
    return root(squares / (len(readings) - 1))


def root(square: Exact) -> Decimal:
    """Give the square root to 40 digits."""
    exact = Fraction(square)
    return _WORKING.sqrt(_WORKING.divide(Decimal(exact.numerator), Decimal(exact.denominator)))


def budget(
    deviation: Decimal | None,
    count: int,
    resolution: Decimal,
    standard: Decimal,
    coverage: Decimal,
    *,
    difference: bool = False,
) -> Budget:
    """Make the budget of a mean of `count` readings; every value in one unit.

    `deviation`: of single readings, s/√n.  `resolution`: δ, half of it rectangular, δ/(2√3); where
    each reading is a `difference` of two displayed values, δ triangular, δ/√6.  `standard`: its
    expanded uncertainty with `coverage` k, U/k.
    """
    parts = [
        _resolution(resolution, difference=difference),
        _component(Source.STANDARD, standard, Distribution.NORMAL, coverage),
    ]
    if deviation is not None:
        divisor = root(Fraction(count))
        parts.insert(0, _component(Source.REPEATABILITY, deviation, Distribution.NORMAL, divisor))
    combined = root(sum((Fraction(part.contribution) ** 2 for part in parts), Fraction(0)))
    expanded = _WORKING.multiply(COVERAGE, combined)
    return Budget(tuple(parts), combined, COVERAGE, expanded)


def budget_of_error(
    reference: Decimal, readings: Sequence[Decimal], instrument: Instrument, standard: Standard
) -> Budget:
    """Make the budget of the error at one point, every value a share of the reference.

    First order about no error: a share of the standard counts as the same share of the error.
    Raises ValueError for a reference of 0, of which nothing is a share.
    """
    if not reference:
        raise ValueError(f"reference {reference}: expected a load other than 0")
    load = abs(reference)
    deviation = scatter(readings)
    return budget(
        None if deviation is None else _WORKING.divide(deviation, load),
        len(readings),
        _WORKING.divide(instrument.resolution, load),
        standard.uncertainty,
        standard.coverage,
        difference=instrument.quantity in CUMULATIVE_QUANTITIES,
    )


def _resolution(step: Decimal, *, difference: bool) -> Component:
    if difference:
        divisor = root(Fraction(6))
        return _component(Source.RESOLUTION, step, Distribution.TRIANGULAR, divisor)
    half = _WORKING.divide(step, Decimal(2))
    return _component(Source.RESOLUTION, half, Distribution.RECTANGULAR, root(Fraction(3)))


def _component(
    source: Source, value: Decimal, distribution: Distribution, divisor: Decimal
) -> Component:
    return Component(source, value, distribution, divisor, _WORKING.divide(value, divisor))
