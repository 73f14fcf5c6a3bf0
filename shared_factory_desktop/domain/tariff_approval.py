"""Which part of a set-up's change touches prices and so waits until a second person approves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from shared_factory_desktop.domain.floor import Contract, Floor
from shared_factory_desktop.domain.tariff import BandCalendar, Tariff

ItemT = TypeVar("ItemT", BandCalendar, Tariff, Contract)


def held_back(before: Floor | None, after: Floor) -> tuple[Floor, Floor | None]:
    """Split a change: what may be stored at once, and what waits, None where nothing does.

    New and changed tariff versions wait, and with them new and changed calendars that tariffs go
    by, whose bands are prices too, and contracts for tariffs of which no version is stored yet.
    """
    stored = before or Floor(after.factory)
    in_use = {tariff.bands for tariff in (*stored.tariffs, *after.tariffs)}
    known = {tariff.id for tariff in stored.tariffs}
    tariffs = changed(stored.tariffs, after.tariffs)
    bands = [one for one in changed(stored.bands, after.bands) if one.id in in_use]
    contracts = [
        one for one in changed(stored.contracts, after.contracts) if one.tariff not in known
    ]
    if not (tariffs or bands):
        return after, None
    at_once = replace(
        after,
        tariffs=_without(tariffs, stored.tariffs, after.tariffs),
        bands=_without(bands, stored.bands, after.bands),
        contracts=_without(contracts, stored.contracts, after.contracts),
    )
    waiting = Floor(
        after.factory, bands=tuple(bands), tariffs=tuple(tariffs), contracts=tuple(contracts)
    )
    return at_once, waiting


def changed(stored: Sequence[ItemT], items: Sequence[ItemT]) -> list[ItemT]:
    """Give the items that are new or not what is stored of them."""
    known = {_identity(one): one for one in stored}
    return [one for one in items if known.get(_identity(one)) != one]


def _without(
    held: Sequence[ItemT], stored: Sequence[ItemT], items: Sequence[ItemT]
) -> tuple[ItemT, ...]:
    """Give the items with those held as they are stored, if they are."""
    known = {_identity(one): one for one in stored}
    waiting = {_identity(one) for one in held}
    kept = [known.get(_identity(one)) if _identity(one) in waiting else one for one in items]
    return tuple(one for one in kept if one is not None)


def _identity(item: BandCalendar | Tariff | Contract) -> tuple[str, dt.date | None]:
    return item.id, None if isinstance(item, Contract) else item.valid_from
