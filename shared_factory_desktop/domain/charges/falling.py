"""Finds where more use of a charge can cost less, with the numbers, for who writes a tariff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from shared_factory_desktop.domain.bands import BANDS
from shared_factory_desktop.domain.charges import unit, volume
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.money import fen, yuan_text
from shared_factory_desktop.domain.problems import Problem
from shared_factory_desktop.domain.tables import item_place
from shared_factory_desktop.domain.tariff import Charge, Tariff

_A_LITTLE = tuple(Fraction(1, parts) for parts in (2, 10, 100, 1000, 1_000_000))


def falling_prices(tariffs: Iterable[Tariff]) -> Iterator[Problem]:
    """Give a warning for each place in tariffs at which more use costs less."""
    for tariff in tariffs:
        charges = f"{item_place('tariff', tariff.id)}.charge"
        for charge in tariff.charges:
            for found in falling(charge):
                yield Problem(f"{charges}.{charge.id}", found.code, found.seen, found.expected)


def falling(charge: Charge) -> Iterator[Problem]:
    """Give a warning for each place at which the price falls; `place` is the charge's id.

    Only volume tiers, a negative adder, and a step together with bands can do it. A package that
    is begun is paid whole, so packages never do.
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
    """Compare the whole of each tier with a little more, in the fen that a line would show."""
    for tier in params.tiers[:-1]:
        assert tier.up_to is not None, "only the last tier has no bound"
        for most, more in _around(charge, Fraction(tier.up_to) + Fraction(charge.free)):
            within, beyond = (_line_fen(charge, params, use) for use in (most, more))
            if beyond < within:
                seen, expected = _costs(charge, most, within), _costs(charge, more, beyond)
                yield Problem(charge.id, "volume-falls", seen, expected)
                break


def _around(charge: Charge, bound: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """Give the most that is billed up to a bound, and what little more is looked at.

    Steps and pieces are whole; of the rest half a unit is looked at first, then less.
    """
    step = Fraction(charge.step) if charge.step is not None else None
    if step is None and charge.basis == "pieces":
        step = Fraction(1)
    if step is None:
        yield from ((bound, bound + more) for more in _A_LITTLE)
    else:
        most = bound // step * step
        yield most, most + step


def _line_fen(charge: Charge, params: volume.Params, use: Fraction) -> int:
    """Price a session's whole use, with what is free and the limits of a line."""
    priced = volume.price(params, max(use - Fraction(charge.free), Fraction(0)))
    amount = priced[0].amount
    if charge.minimum is not None:
        amount = max(amount, Fraction(charge.minimum))
    if charge.maximum is not None:
        amount = min(amount, Fraction(charge.maximum))
    return fen(amount)


def _costs(charge: Charge, use: Fraction, cost_fen: int) -> str:
    return f"{plain(use)} {charge.unit}: {yuan_text(cost_fen)}"
