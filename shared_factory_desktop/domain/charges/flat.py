"""One sum, whatever was used."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import exact
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

KEY = "flat"
ACCUMULATES = False


@dataclass(frozen=True, slots=True)
class Params:
    """`price` in CNY, once."""

    price: Decimal


def read_params(table: Table) -> Params | None:
    """Read the model's keys; None where one is wrong."""
    price = table.decimal("price", low=Decimal(0), required=True)
    return None if price is None else Params(price)


def price(params: Params, quantity: Fraction) -> tuple[Detail, ...]:
    """Give the sum; `quantity` is only shown."""
    amount = exact(params.price)
    return (Detail(None, None, quantity, amount, amount),)
