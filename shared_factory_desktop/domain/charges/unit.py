"""So much for each unit; the only model whose price may differ by time-of-use band."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import exact
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table
from shared_factory_desktop.domain.tariff import Charge

KEY = "unit"
ACCUMULATES = False


@dataclass(frozen=True, slots=True)
class Params:
    """`price` in CNY per unit."""

    price: Decimal


def read_params(table: Table) -> Params | None:
    """Read the model's keys; None where one is wrong."""
    price = table.decimal("price", low=Decimal(0), required=True)
    return None if price is None else Params(price)


def price(params: Params, quantity: Fraction) -> tuple[Detail, ...]:
    """Price `quantity` units, exactly."""
    each = exact(params.price)
    return (Detail(None, None, quantity, each, quantity * each),)


def price_in(charge: Charge, band: str | None) -> Fraction:
    """Give the price of a unit in a band, None where bands make no difference.

    `band_prices` name it; else it is the price times the band's factor plus the adder.
    """
    assert isinstance(charge.params, Params), "prices by band go with this model only"
    if band is not None and band in charge.band_prices:
        return exact(charge.band_prices[band])
    factor = charge.band_factors.get(band, 1) if band is not None else 1
    return exact(charge.params.price) * Fraction(factor) + Fraction(charge.adder)
