"""Stated uncertainties hold: about 95 of 100 simulated calibrations find the planted error within
theirs.
"""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.calibration import Point, Rule
from shared_factory_desktop.domain.calibration_decision import point_of
from shared_factory_desktop.domain.calibration_fit import Model, coefficients, fit, pairs_of
from shared_factory_desktop.domain.rounding import rounded
from tests.domain.calibration.scene import instrument, standard

PLANTED = Decimal("0.008")
LOADS = ("500", "1250", "2500", "5000", "10000")
READINGS = 10
SEEDS = range(300)


def calibrated(seed: int) -> list[Point]:
    """Compare a meter that shows 0.8 % too much, in whole watts, with a standard of U = 0.1 %."""
    chance = random.Random(seed)
    standard_off = chance.gauss(0, 0.0005)
    return [compared(chance, Decimal(load), standard_off) for load in LOADS]


def compared(chance: random.Random, load: Decimal, standard_off: float) -> Point:
    shown = [
        rounded(load * (1 + PLANTED) * (1 + Decimal(chance.gauss(0, 0.001))), 0)
        for _ in range(READINGS)
    ]
    reference = rounded(load * (1 + Decimal(standard_off)), 3)
    name = f"{load} W"
    meter = instrument(resolution="1")
    return point_of(name, reference, shown, meter, standard("0.001"), Rule.ZONES)


def test_the_error_is_within_its_uncertainty_as_often_as_stated() -> None:
    points = [one for seed in SEEDS for one in calibrated(seed)]
    hits = sum(abs(one.error - PLANTED) <= one.expanded for one in points)

    assert Fraction(92, 100) <= Fraction(hits, len(points)) <= Fraction(98, 100)


def test_the_gain_is_within_its_uncertainty_as_often_as_stated() -> None:
    true = 1 / (1 + PLANTED)
    hits = 0
    for seed in SEEDS:
        found = coefficients(fit(Model.GAIN, pairs_of(calibrated(seed))), standard("0.001"))
        hits += abs(found.gain - true) <= 2 * found.gain_u

    assert Fraction(92, 100) <= Fraction(hits, len(SEEDS)) <= Fraction(98, 100)
