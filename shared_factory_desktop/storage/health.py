"""How each bus and its devices do, as the agent that owns it last saw it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import HealthRow


@dataclass(frozen=True, slots=True)
class BusHealth:
    """A snapshot of one bus; `at` UTC, `body` JSON values."""

    bus: str
    workstation: str
    at: dt.datetime
    body: Mapping[str, object]


def save(tx: Transaction, workstation: str, bus: str, body: Mapping[str, object]) -> None:
    """Replace a bus's snapshot."""
    values = {"workstation": workstation, "at": tx.shared_now(), "body": body}
    tx.put(HealthRow, {"bus": bus}, values)


def list_buses(tx: Transaction) -> tuple[BusHealth, ...]:
    """Give the snapshots of all buses, by bus."""
    rows = tx.all(select(HealthRow).order_by(HealthRow.bus))
    return tuple(BusHealth(row.bus, row.workstation, row.at, row.body) for row in rows)
