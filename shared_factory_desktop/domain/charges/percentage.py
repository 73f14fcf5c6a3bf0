"""A share of the value made, and a fixed sum per session."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import exact
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

KEY = "percentage"
ACCUMULATES = False

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Params:
    """`rate` is the share (0.013 for 1.3 %), `fixed` in CNY per session."""

    rate: Decimal
    fixed: Decimal = _ZERO


def read_params(table: Table) -> Params | None:
    """Read the model's keys; None where one is wrong."""
    rate = table.decimal("rate", low=_ZERO, required=True)
    fixed = table.decimal("fixed", _ZERO, low=_ZERO)
    return None if rate is None else Params(rate, fixed)


def price(params: Params, quantity: Fraction) -> tuple[Detail, ...]:
    """Price a value of `quantity` CNY of one session, exactly."""
    rate = exact(params.rate)
    return (Detail(None, None, quantity, rate, quantity * rate + exact(params.fixed)),)
