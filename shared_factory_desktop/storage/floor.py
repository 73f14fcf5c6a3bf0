"""The floor as stored: one row an item, each as its table of the floor file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, false, select, type_coerce, update

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.floor_read import FORMAT, read_floor
from shared_factory_desktop.domain.floor_write import write_floor
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import (
    FloorItemRow,
    MachineRow,
    PlatformRow,
    Row,
    StatementTariffRow,
    TenantRow,
)

_FACTORY = "factory"
_VERSIONED = ("bands", "tariff")  # the id repeats, with another valid_from
_DATE = "$date"  # JSON has no dates
_PLACE = "database"  # the "file" in a problem of a stored floor
_REFERRED_TO: dict[str, type[Row]] = {"machine": MachineRow, "tenant": TenantRow}


def save_floor(tx: Transaction, floor: Floor) -> None:
    """Store a whole floor; what is not in it any more is retired, as old records refer to it.

    A platform that is new, or back, is owed every record there is.
    """
    tx.run(update(FloorItemRow).values(retired=True))
    for position, (kind, item) in enumerate(_items(write_floor(floor))):
        valid_from = str(item["valid_from"]) if kind in _VERSIONED else ""
        key = {"kind": kind, "id": item["id"], "valid_from": valid_from}
        values = {"position": position, "retired": False, "body": _tagged(item)}
        tx.put(FloorItemRow, key, values)
        if kind in _REFERRED_TO:
            _remember(tx, _REFERRED_TO[kind], item["id"])
    tx.run(update(PlatformRow).values(retired=True))
    for platform in floor.platforms:
        tx.put(PlatformRow, {"id": platform.id}, {"retired": False})
        outbox.owe_all(tx, platform.id)


def load_floor(tx: Transaction) -> Floor | None:
    """Give the stored floor, None before the first import."""
    query = select(FloorItemRow.kind, type_coerce(FloorItemRow.body, Text))
    query = query.where(FloorItemRow.retired.is_(false())).order_by(FloorItemRow.position)
    return _read(tuple((kind, body) for kind, body in tx.pairs(query)))


@lru_cache(maxsize=4)  # read anew in every transaction, and nearly always the same
def _read(items: tuple[tuple[str, str], ...]) -> Floor | None:
    """Read a floor from its items' kinds and bodies, as they are stored."""
    data: dict[str, Any] = {"format": FORMAT}
    for kind, body in items:
        item = _untagged(json.loads(body))
        if kind == _FACTORY:
            data[_FACTORY] = item
        else:
            data.setdefault(kind, []).append(item)
    return read_floor(data, _PLACE) if _FACTORY in data else None


def used_tariffs(tx: Transaction) -> frozenset[tuple[str, dt.date]]:
    """Give id and `valid_from` of the tariff versions that priced an issued statement."""
    query = select(StatementTariffRow.tariff, StatementTariffRow.valid_from).distinct()
    return frozenset(tx.pairs(query))


def _items(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, tables in data.items():
        if isinstance(tables, dict):
            yield kind, tables
        elif isinstance(tables, list):
            yield from ((kind, table) for table in tables)


def _remember(tx: Transaction, row: type[Row], item_id: str) -> None:
    if tx.first(select(row).where(row.__table__.c.id == item_id)) is None:
        tx.add(row, {"id": item_id})


def _tagged(value: Any) -> Any:
    if isinstance(value, dt.date):
        return {_DATE: value.isoformat()}
    if isinstance(value, dict):
        return {key: _tagged(part) for key, part in value.items()}
    return [_tagged(part) for part in value] if isinstance(value, list) else value


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_DATE}:
            return dt.date.fromisoformat(value[_DATE])
        return {key: _untagged(part) for key, part in value.items()}
    return [_untagged(part) for part in value] if isinstance(value, list) else value
