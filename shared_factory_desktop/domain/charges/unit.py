"""So much for each unit; the only model whose price may differ by time-of-use band."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

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
    each = Fraction(params.price)
    return (Detail(None, None, quantity, each, quantity * each),)
