"""All units at the price of the tier that holds the total, and that tier's flat sum."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from shared_factory_desktop.domain.charges.tiers import Tier, read_tiers
from shared_factory_desktop.domain.decimals import exact
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

KEY = "volume"
ACCUMULATES = True


@dataclass(frozen=True, slots=True)
class Params:
    """Tiers in rising order; the last has no bound."""

    tiers: tuple[Tier, ...]


def read_params(table: Table) -> Params | None:
    """Read the model's keys; None where one is wrong."""
    tiers = read_tiers(table, "price")
    return None if tiers is None else Params(tiers)


def price(params: Params, quantity: Fraction) -> tuple[Detail, ...]:
    """Price `quantity` units at one tier, exactly; a total equal to a bound is inside."""
    for number, tier in enumerate(params.tiers, 1):
        if tier.up_to is None or quantity <= exact(tier.up_to):
            each = exact(tier.price)
            return (Detail(None, number, quantity, each, quantity * each + exact(tier.flat)),)
    return ()
