"""Reads a floor file (parsed TOML) into a Floor, or refuses it with every problem it has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from shared_factory_desktop.domain import floor_checks, units
from shared_factory_desktop.domain.floor import (
    Bus,
    Contract,
    Factory,
    Floor,
    Machine,
    Meter,
    Platform,
    Tenant,
)
from shared_factory_desktop.domain.floor_checks import Profiles
from shared_factory_desktop.domain.floor_equipment import read_bus, read_machine, read_meter
from shared_factory_desktop.domain.floor_parties import (
    read_contract,
    read_factory,
    read_platform,
    read_tenant,
)
from shared_factory_desktop.domain.floor_tariffs import read_bands, read_tariff
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.tables import Table, quoted
from shared_factory_desktop.domain.tariff import BandCalendar, Tariff

FORMAT = 1

Item = Bus | Meter | Machine | Tenant | BandCalendar | Tariff | Contract | Platform
ItemT = TypeVar("ItemT", bound=Item)


def read_floor(
    data: Mapping[str, Any],
    file: str,
    base: Floor | None = None,
    frozen: frozenset[tuple[str, dt.date]] = frozenset(),
    profiles: Profiles | None = None,
    addressing: Mapping[str, str] = MappingProxyType({}),
    transports: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Floor:
    """Read a whole floor file, on top of the stored floor `base` where there is one.

    `data` is the parsed TOML, `file` the name to report. Items of the file replace those of `base`
    with the same id (tariffs and bands: id and `valid_from`), new ones are appended, references
    may point to either, and `[factory]` may be missing. `frozen` holds id and `valid_from` of the
    tariff versions that have priced an issued statement. `profiles` gives the quantities of each
    known meter profile, None leaves them unchecked; `addressing` tells what meters of a profile
    are reached by: `unit`, `address` or `none`; `transports` over which kinds of bus.

    Raises InputRefused with all problems of the file.
    """
    problems: list[Problem] = []
    root = Table(data, "", problems)
    read_format(root)
    written = Floor(
        factory=_factory(root, base),
        buses=tuple(read_bus(*entry) for entry in root.entries("bus")),
        meters=tuple(read_meter(*entry) for entry in root.entries("meter")),
        machines=tuple(read_machine(*entry) for entry in root.entries("machine")),
        tenants=tuple(read_tenant(*entry) for entry in root.entries("tenant")),
        bands=tuple(read_bands(*entry) for entry in root.entries("bands", version="valid_from")),
        tariffs=tuple(
            read_tariff(*entry) for entry in root.entries("tariff", version="valid_from")
        ),
        contracts=tuple(read_contract(*entry) for entry in root.entries("contract")),
        platforms=tuple(read_platform(*entry) for entry in root.entries("platform")),
    )
    root.close()
    floor = _merged(base, written) if base else written
    problems += floor_checks.floor_problems(floor, profiles, addressing, transports)
    if base:
        problems += floor_checks.frozen_problems(written, base, frozen)
    if not problems:  # a charge's unit is judged by what its measure counts: both must be known
        problems += units.measure_problems(floor)
    if problems:
        raise InputRefused(problem.in_file(file) for problem in problems)
    return floor


def read_format(root: Table) -> None:
    """Check `format = 1`, which every file of ours opens with."""
    written = root.raw("format")
    if written is None:
        root.problem("format", "missing")
    elif type(written) is not int or written != FORMAT:
        root.problem("format", "format", quoted(written), str(FORMAT))


def _factory(root: Table, base: Floor | None) -> Factory:
    table = root.table("factory", required=base is None)
    if table is None:
        return base.factory if base else Factory(id="", name="")
    factory = read_factory(table)
    table.close()
    return factory


def _merged(base: Floor, written: Floor) -> Floor:
    return Floor(
        factory=written.factory,
        buses=_over(base.buses, written.buses),
        meters=_over(base.meters, written.meters),
        machines=_over(base.machines, written.machines),
        tenants=_over(base.tenants, written.tenants),
        bands=_over(base.bands, written.bands),
        tariffs=_over(base.tariffs, written.tariffs),
        contracts=_over(base.contracts, written.contracts),
        platforms=_over(base.platforms, written.platforms),
    )


def _over(base: tuple[ItemT, ...], written: tuple[ItemT, ...]) -> tuple[ItemT, ...]:
    """Put written items over stored ones: an update keeps its place, what is new comes last."""
    items = {_identity(item): item for item in base}
    items |= {_identity(item): item for item in written}
    return tuple(items.values())


def _identity(item: Item) -> tuple[str, dt.date | None]:
    return (item.id, item.valid_from if isinstance(item, BandCalendar | Tariff) else None)
