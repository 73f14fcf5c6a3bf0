"""The part of a floor that one tenant's statement was priced by: small enough to freeze with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from shared_factory_desktop.domain.floor import Floor, Machine
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.floor_write import write_floor
from shared_factory_desktop.domain.holidays import HolidayTable, HolidayYear, holiday_table
from shared_factory_desktop.domain.tariff import Tariff

_DATES = ("valid_from", "valid_to")


def reduced(floor: Floor, tenant: str, machines: Collection[str]) -> Floor:
    """Give what pricing a tenant's sessions on some machines needs, and nothing of other tenants.

    It is a floor like any other: written as a floor file it can be read and priced by again.
    """
    contracts = tuple(one for one in floor.contracts if one.tenant == tenant)
    named = {machine for contract in contracts for machine in contract.machines}
    tariffs = {contract.tariff for contract in contracts}
    versions = tuple(one for one in floor.tariffs if one.id in tariffs)
    kept = _machines(floor, {*named, *machines}, versions)
    calendars = {version.bands for version in versions}
    read = {meter for machine in kept for meter in machine.meters}
    meters = tuple(one for one in floor.meters if one.id in read)
    buses = {meter.bus for meter in meters}
    return replace(
        floor,
        buses=tuple(one for one in floor.buses if one.id in buses),
        meters=meters,
        machines=kept,
        tenants=tuple(one for one in floor.tenants if one.id == tenant),
        bands=tuple(one for one in floor.bands if one.id in calendars),
        tariffs=versions,
        contracts=contracts,
        platforms=(),
    )


def _machines(floor: Floor, ids: Collection[str], tariffs: Iterable[Tariff]) -> tuple[Machine, ...]:
    """Give machines by id, and for each measure that a tariff bills and none of them has the first
    that has it: a floor that lacks it would not be read again.
    """
    chosen = {one.id: one for one in floor.machines if one.id in ids}
    known = {measure.name for one in chosen.values() for measure in one.measures}
    asked = {charge.quantity for tariff in tariffs for charge in tariff.charges} - {None}
    for machine in floor.machines:
        names = {measure.name for measure in machine.measures}
        if (asked - known) & names:
            chosen[machine.id] = machine
            known |= names
    return tuple(one for one in floor.machines if one.id in chosen)


def terms_json(floor: Floor, years: Iterable[HolidayYear], now: dt.datetime) -> dict[str, Any]:
    """Write what a statement was priced by: the floor as a floor file's tables with dates as text,
    the holiday years its band calendars were read with, and until when running sessions count.
    """
    return {
        "floor": _dates_as_text(write_floor(floor)),
        "holidays": [_year_json(one) for one in years] if floor.bands else [],
        "now": now.isoformat(),
    }


def read_terms(terms: Mapping[str, Any]) -> tuple[Floor, HolidayTable, dt.datetime]:
    """Read what `terms_json` wrote; raises InputRefused where it was changed to be no floor."""
    floor = read_floor(_text_as_dates(terms["floor"]), "terms")
    years = [_read_year(one) for one in terms["holidays"]]
    return floor, holiday_table(years), dt.datetime.fromisoformat(terms["now"])


def _dates_as_text(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _dates_as_text(part) for key, part in value.items()}
    return [_dates_as_text(part) for part in value] if isinstance(value, list) else value


def _text_as_dates(value: Any, key: str = "") -> Any:
    if key in _DATES:
        return dt.date.fromisoformat(value)
    if isinstance(value, Mapping):
        return {name: _text_as_dates(part, name) for name, part in value.items()}
    return [_text_as_dates(part) for part in value] if isinstance(value, list) else value


def _year_json(one: HolidayYear) -> dict[str, Any]:
    return {
        "year": one.year,
        "rest_days": [day.isoformat() for day in sorted(one.rest_days)],
        "moved_workdays": [day.isoformat() for day in sorted(one.moved_workdays)],
        "source": one.source,
    }


def _read_year(written: Mapping[str, Any]) -> HolidayYear:
    rest, moved = (
        frozenset(map(dt.date.fromisoformat, written[name]))
        for name in ("rest_days", "moved_workdays")
    )
    return HolidayYear(written["year"], rest, moved, written["source"])
