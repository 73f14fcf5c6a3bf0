"""Each part of the value at the rate of its own tier, and a flat sum for every tier reached."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.charges.tiers import Tier, climb, read_tiers
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

KEY = "graduated-percentage"
ACCUMULATES = True


@dataclass(frozen=True, slots=True)
class RateTier:
    """The part of the value up to `up_to` CNY at `rate`; `flat` is due once it is reached."""

    up_to: Decimal | None
    rate: Decimal
    flat: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Params:
    """Tiers in rising order; the last has no bound."""

    tiers: tuple[RateTier, ...]


def read_params(table: Table) -> Params | None:
    """Read the model's keys; None where one is wrong."""
    tiers = read_tiers(table, "rate")
    if tiers is None:
        return None
    return Params(tuple(RateTier(tier.up_to, tier.price, tier.flat) for tier in tiers))


def price(params: Params, quantity: Fraction) -> tuple[Detail, ...]:
    """Price a value of `quantity` CNY part by part, exactly."""
    tiers = (Tier(tier.up_to, tier.rate, tier.flat) for tier in params.tiers)
    return tuple(climb(tiers, quantity))
