"""Each unit at the price of its own tier, and a flat sum for every tier reached."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from shared_factory_desktop.domain.charges.tiers import Tier, climb, read_tiers
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table

KEY = "graduated"
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
    """Price `quantity` units tier by tier, exactly."""
    return tuple(climb(params.tiers, quantity))
