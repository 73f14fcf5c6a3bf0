"""So much for each package begun."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import exact
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

KEY = "package"
ACCUMULATES = True


@dataclass(frozen=True, slots=True)
class Params:
    """`price` in CNY per package of `size` units."""

    price: Decimal
    size: Decimal


def read_params(table: Table) -> Params | None:
    """Read the model's keys; None where one is wrong."""
    price = table.decimal("price", low=Decimal(0), required=True)
    size = table.decimal("size", above=Decimal(0), required=True)
    return None if price is None or size is None else Params(price, size)


def price(params: Params, quantity: Fraction) -> tuple[Detail, ...]:
    """Price the packages that hold `quantity` units; the detail shows units and package price."""
    each = exact(params.price)
    packages = math.ceil(quantity / exact(params.size))
    return (Detail(None, None, quantity, each, packages * each),)
