"""A tariff and its band calendar as values: what a charge says, before anything is priced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Season:
    """Bands of some months: each band's times of day as [from, to) in minutes after midnight; 24 h
    exactly once.
    """

    months: tuple[int, ...]
    days: str  # all | workday | restday
    bands: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class BandCalendar:
    """One version of a time-of-use calendar; it holds until the next version of the same id."""

    id: str
    valid_from: dt.date
    seasons: tuple[Season, ...]
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge of a tariff (pricing contract, "A charge"); `params` is the frozen Params of the
    model's module.
    """

    id: str
    name: str
    basis: str  # time | pieces | value | quantity | session | period
    model: str  # a KEY of domain.charges.MODELS
    params: object
    clock: str | None = None
    counts: str = "good"
    quantity: str | None = None
    unit: str | None = None
    free: Decimal = Decimal(0)
    scope: str = "session"
    step: Decimal | None = None
    step_mode: str = "up"
    band_prices: Mapping[str, Decimal] = field(default_factory=dict)
    band_factors: Mapping[str, Decimal] = field(default_factory=dict)
    adder: Decimal = Decimal(0)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    tax_rate: Decimal = Decimal(0)
    tax_class: str | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a tariff; it holds until the next version of the same id."""

    id: str
    name: str
    valid_from: dt.date
    tax_mode: str  # inclusive | exclusive
    charges: tuple[Charge, ...]
    bands: str | None = None
