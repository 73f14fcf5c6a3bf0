"""Tiers of prices, each up to a bound, as the tiered charge models read and climb them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import exact
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` at `price` CNY each; `flat` is due once it is reached."""

    up_to: Decimal | None
    price: Decimal
    flat: Decimal = _ZERO


def read_tiers(table: Table, price_key: str) -> tuple[Tier, ...] | None:
    """Read `tiers`, priced by `price_key`; None where anything is wrong with them."""
    known_problems = len(table.problems)
    written = table.tables("tiers", required=True)
    if table.has("tiers") and table.data["tiers"] == []:
        table.problem("tiers", "missing")
    tiers: list[Tier] = []
    for index, data in enumerate(written):
        row = Table(data, table.at(f"tiers[{index}]"), table.problems)
        tiers.append(_tier(row, price_key, tiers, last=index == len(written) - 1))
        row.close()
    return tuple(tiers) if len(table.problems) == known_problems else None


def climb(tiers: Iterable[Tier], quantity: Fraction) -> Iterator[Detail]:
    """Price each unit at its own tier; one detail per tier reached, the first even at 0 units."""
    left = quantity
    below = Fraction(0)
    for number, tier in enumerate(tiers, 1):
        bound = None if tier.up_to is None else exact(tier.up_to)
        full = bound is not None and quantity > bound
        units = bound - below if bound is not None and full else left
        each = exact(tier.price)
        amount = units * each
        yield Detail(None, number, units, each, amount + exact(tier.flat) if tier.flat else amount)
        if bound is None or not full:
            return
        left, below = quantity - bound, bound


def _tier(row: Table, price_key: str, below: list[Tier], last: bool) -> Tier:
    up_to = row.decimal("up_to", above=_ZERO, required=not last)
    if last and up_to is not None:
        row.problem("up_to", "last-tier-open", up_to)
    elif up_to is not None and below and below[-1].up_to is not None and up_to <= below[-1].up_to:
        row.problem("up_to", "tier-order", up_to, f"> {below[-1].up_to}")
    price = row.decimal(price_key, _ZERO, low=_ZERO, required=True)
    return Tier(up_to, price, row.decimal("flat", _ZERO, low=_ZERO))
