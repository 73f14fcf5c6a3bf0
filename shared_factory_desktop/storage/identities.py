"""What meters call themselves: the number each was accepted under, and by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import MeterIdentityRow

_SERIES = "meter-identity"


@dataclass(frozen=True, slots=True)
class MeterIdentity:
    """The meter's own number as accepted; `at` UTC, `by` a user, `reason` in that user's words."""

    meter: str
    identity: str
    at: dt.datetime
    by: str
    reason: str


def latest(tx: Transaction, meters: Collection[str]) -> dict[str, MeterIdentity]:
    """Give the identity each of `meters` was accepted under last; those never seen are left out."""
    rows = select(MeterIdentityRow).where(MeterIdentityRow.meter.in_(meters))
    return {row.meter: _identity(row) for row in tx.all(rows.order_by(MeterIdentityRow.seq))}


def swaps(tx: Transaction, meters: Collection[str]) -> dict[str, dt.datetime]:
    """Give when another meter was last accepted in the place of each of `meters`, UTC.

    A meter that goes by its first number is left out.
    """
    seen: dict[str, MeterIdentityRow] = {}
    found: dict[str, dt.datetime] = {}
    rows = select(MeterIdentityRow).where(MeterIdentityRow.meter.in_(meters))
    for row in tx.all(rows.order_by(MeterIdentityRow.seq)):
        if row.meter in seen and seen[row.meter].identity != row.identity:
            found[row.meter] = row.at
        seen[row.meter] = row
    return found


def accept(tx: Transaction, meter: str, identity: str, by: str, reason: str) -> MeterIdentity:
    """Store that a meter goes by a number from now on. Raises StorageFault rule for an empty one.

    On PostgreSQL the server's clock dates it.
    """
    at = tx.shared_now()
    row = {
        "seq": counters.take(tx, _SERIES),
        "meter": meter,
        "identity": identity,
        "at": at,
        "accepted_by": by,
        "reason": reason,
    }
    tx.add(MeterIdentityRow, row)
    return MeterIdentity(meter, identity, at, by, reason)


def _identity(row: MeterIdentityRow) -> MeterIdentity:
    return MeterIdentity(row.meter, row.identity, row.at, row.accepted_by, row.reason)
