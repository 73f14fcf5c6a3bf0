"""Finds where more use of a charge can cost less, with the numbers, for who writes a tariff."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from shared_factory_desktop.domain.bands import BANDS
from shared_factory_desktop.domain.charges import unit, volume
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.problems import Problem
from shared_factory_desktop.domain.tariff import Charge


def falling(charge: Charge) -> Iterator[Problem]:
    """Give a warning for each place at which the price falls; `place` is the charge's id.

    Only volume tiers, a negative adder, and a step together with bands can do it.
    """
    if isinstance(charge.params, volume.Params):
        yield from _volume_falls(charge, charge.params)
    elif isinstance(charge.params, unit.Params):
        prices = unit_prices(charge)
        for band, each in prices.items():
            if each < 0:
                yield Problem(charge.id, "negative-price", plain(each), band or "")
        spread = max(prices.values()) - min(prices.values())
        if charge.step is not None and spread:
            step = f"{plain(charge.step)} {charge.unit}"
            lost = plain(Fraction(charge.step) * spread)
            yield Problem(charge.id, "step-in-bands", step, lost)


def unit_prices(charge: Charge) -> dict[str | None, Fraction]:
    """Give the price of a unit in each band, or under None where bands make no difference."""
    if not (charge.band_prices or charge.band_factors):
        return {None: unit.price_in(charge, None)}
    return {band: unit.price_in(charge, band) for band in BANDS}


def _volume_falls(charge: Charge, params: volume.Params) -> Iterator[Problem]:
    for tier, following in pairwise(params.tiers):
        assert tier.up_to is not None, "only the last tier has no bound"
        bound = Fraction(tier.up_to)
        at_bound = bound * Fraction(tier.price) + Fraction(tier.flat)
        beyond = bound * Fraction(following.price) + Fraction(following.flat)
        if beyond < at_bound:
            seen = f"{plain(bound)} {charge.unit}: {plain(at_bound)}"
            yield Problem(charge.id, "volume-falls", seen, plain(beyond))
