"""The charge models: each module says which keys a charge of it takes and what a quantity costs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

from shared_factory_desktop.domain.charges import (
    flat,
    graduated,
    graduated_percentage,
    package,
    percentage,
    unit,
    volume,
)
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tables import Table


class Model(Protocol):
    """What a module of a charge model has.

    `ACCUMULATES`: at period scope a price hangs on what was used before in the period; otherwise
    each session is priced by itself. `price` gives the details of a total, whose amounts add up.
    """

    KEY: str
    ACCUMULATES: bool

    def read_params(self, table: Table) -> Any:
        """Read the model's own keys into its frozen Params; None where one is wrong."""

    def price(self, params: Any, quantity: Fraction) -> tuple[Detail, ...]:
        """Price a total of `quantity` units, exactly."""


MODELS: tuple[Model, ...] = (
    unit,
    graduated,
    volume,
    package,
    percentage,
    graduated_percentage,
    flat,
)


def model(key: str) -> Model:
    """Find a model by its key; raises KeyError."""
    return _BY_KEY[key]


_BY_KEY = {one.KEY: one for one in MODELS}
