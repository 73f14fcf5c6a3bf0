"""Writes a Floor as the tables of a floor file, so that reading them gives the same Floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from typing import Any

from shared_factory_desktop.domain.charges.reading import write_charge
from shared_factory_desktop.domain.floor import Bus, Floor
from shared_factory_desktop.domain.floor_read import FORMAT
from shared_factory_desktop.domain.tariff import Charge, Season

# Keys of the file that are not the field's name: lists of tables are named in the singular there.
_FLOOR_KEYS = {
    "buses": "bus",
    "meters": "meter",
    "machines": "machine",
    "tenants": "tenant",
    "tariffs": "tariff",
    "contracts": "contract",
    "platforms": "platform",
}
_ITEM_KEYS = {"measures": "measure", "class_": "class", "seasons": "season", "charges": "charge"}


def write_floor(floor: Floor) -> dict[str, Any]:
    """Give the floor as a parsed floor file: defaults left out, decimals as text.

    `read_floor(write_floor(floor), file)` equals any floor that `read_floor` gave.
    """
    return {"format": FORMAT, **_table(floor, _FLOOR_KEYS)}


def _table(item: Any, keys: Mapping[str, str] = _ITEM_KEYS) -> dict[str, Any]:
    table = {
        keys.get(field.name, field.name): _written(value)
        for field in fields(item)
        if (value := getattr(item, field.name)) != _default(field)
    }
    if isinstance(item, Bus) and item.transport == "http":
        table["tcp_port"] = item.tcp_port  # its default is not that of the field
    return table


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _written(value: Any) -> Any:
    if isinstance(value, Charge):
        return write_charge(value)
    if isinstance(value, Season):
        return _season(value)
    if is_dataclass(value):
        return _table(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return [_written(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _written(part) for key, part in value.items()}
    return value


def _season(season: Season) -> dict[str, Any]:
    times = {
        band: [f"{_clock(start)}-{_clock(end)}" for start, end in spans]
        for band, spans in season.bands
    }
    days = {} if season.days == "all" else {"days": season.days}
    return {"months": list(season.months), **days, **times}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
