"""Whether a point conforms to its limit, given how uncertain it is, and what to do with the meter.

Decision rules of ILAC-G8:09/2019; which one is used is agreed before calibrating and reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from shared_factory_desktop.domain.calibration import (
    Coefficients,
    Decision,
    Instrument,
    Point,
    Rule,
    Standard,
    Verdict,
)
from shared_factory_desktop.domain.calibration_fit import corrected_value
from shared_factory_desktop.domain.calibration_uncertainty import (
    COVERAGE,
    budget_of_error,
    mean,
    scatter,
)
from shared_factory_desktop.domain.rounding import Exact, kept

ACCEPTED = (Decision.PASS, Decision.CONDITIONAL_PASS)


class Ground(StrEnum):
    """Why a verdict is proposed."""

    CONDITIONAL = "conditional"  # within its limit, by less than the uncertainty
    OUTSIDE = "outside"  # beyond what the rule accepts
    SCATTER = "scatter"  # single readings scatter beyond the limit, which no gain mends
    NON_LINEAR = "non-linear"  # still not accepted after the best line


@dataclass(frozen=True, slots=True)
class Proposal:
    """A verdict with its grounds, each with the nominal of its point; `adjusted` are the points as
    the coefficients would leave them.
    """

    verdict: Verdict
    grounds: tuple[tuple[Ground, str], ...]
    adjusted: tuple[Point, ...]


def decide(rule: Rule, error: Exact, limit: Exact, expanded: Exact) -> Decision:
    """Decide on an error of either sign against ±`limit`; all shares, or all in one unit.

    Simple acceptance: |e| ≤ TL.  Guard band w = U: |e| ≤ TL − U.  Zones: pass up to TL − U,
    conditional pass up to TL, conditional fail up to TL + U, beyond that fail.
    """
    size, allowed, band = abs(Fraction(error)), Fraction(limit), Fraction(expanded)
    if rule is Rule.SIMPLE:
        return Decision.PASS if size <= allowed else Decision.FAIL
    if size <= allowed - band:
        return Decision.PASS
    if rule is Rule.GUARD_BAND or size > allowed + band:
        return Decision.FAIL
    return Decision.CONDITIONAL_PASS if size <= allowed else Decision.CONDITIONAL_FAIL


def point_of(
    nominal: str,
    reference: Decimal,
    readings: Sequence[Decimal],
    instrument: Instrument,
    standard: Standard,
    rule: Rule,
) -> Point:
    """Judge one load: error of the readings' mean, its expanded uncertainty, the decision.

    Raises ValueError for a reference of 0 (an error is a share of it) or no reading.
    """
    if not readings:
        raise ValueError("0 readings: expected at least 1")
    expanded = kept(Fraction(budget_of_error(reference, readings, instrument, standard).expanded))
    error = error_of(reference, readings)
    return Point(
        nominal=nominal,
        reference=reference,
        indicated=tuple(readings),
        error=kept(error),
        limit=instrument.limit,
        expanded=expanded,
        decision=decide(rule, error, instrument.limit, expanded),
    )


def error_of(reference: Decimal, readings: Sequence[Decimal]) -> Fraction:
    """Give the error of the readings' mean, (x̄ − y)/y as a share."""
    return mean(readings) / Fraction(reference) - 1


def propose(
    as_found: Sequence[Point], rule: Rule, coefficients: Coefficients | None = None
) -> Proposal:
    """Propose what to do with a meter found so; `coefficients`: of the best line, None without.

    Pass where the rule accepts every point, unless a gain lifts the conditional ones to a pass.
    Adjust where the coefficients bring every point to be accepted.  Reject where they do not, or
    where twice the standard deviation of single readings is beyond the limit.
    """
    adjusted = tuple(adjusted_point(one, coefficients, rule) for one in as_found)
    scattered = tuple((Ground.SCATTER, one.nominal) for one in as_found if _scatters(one))
    if scattered:
        return Proposal(Verdict.REJECT, scattered, adjusted)
    grounds = tuple(
        (Ground.CONDITIONAL if one.decision in ACCEPTED else Ground.OUTSIDE, one.nominal)
        for one in as_found
        if one.decision is not Decision.PASS
    )
    if all(ground is Ground.CONDITIONAL for ground, _ in grounds):
        mended = grounds and all(one.decision is Decision.PASS for one in adjusted)
        return Proposal(Verdict.ADJUST if mended else Verdict.PASS, grounds, adjusted)
    bent = tuple(
        (Ground.NON_LINEAR, one.nominal) for one in adjusted if one.decision not in ACCEPTED
    )
    if bent:
        return Proposal(Verdict.REJECT, grounds + bent, adjusted)
    return Proposal(Verdict.ADJUST, grounds, adjusted)


def adjusted_point(point: Point, coefficients: Coefficients | None, rule: Rule) -> Point:
    """Give a point as the coefficients would leave it, with the uncertainty it was found with."""
    if coefficients is None:
        return point
    readings = tuple(corrected_value(coefficients, one) for one in point.indicated)
    error = error_of(point.reference, readings)
    decision = decide(rule, error, point.limit, point.expanded)
    return replace(point, indicated=readings, error=kept(error), decision=decision)


def _scatters(point: Point) -> bool:
    deviation = scatter(point.indicated)
    return deviation is not None and COVERAGE * deviation > point.limit * abs(point.reference)
