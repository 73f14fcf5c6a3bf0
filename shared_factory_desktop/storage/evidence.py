"""What proves an issued statement, as it is stored: readings with links, audit entry, numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from shared_factory_desktop.domain.chain import GENESIS
from shared_factory_desktop.storage import readings as reading_rows
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import AuditRow, ReadingRow, StatementRow

_HASH = "hash"


def readings(
    tx: Transaction, meter: str, quantity: str, start: dt.datetime, end: dt.datetime
) -> list[dict[str, object]]:
    """Give a register's readings over [start, end] with their neighbours: all that their hashes
    cover, as text and integers, with `previous` and `hash`.
    """
    found = reading_rows.between(tx, meter, quantity, start, end)
    if not found:
        return []
    earlier = aliased(ReadingRow)
    before = and_(earlier.workstation == ReadingRow.workstation, earlier.seq == ReadingRow.seq - 1)
    query = (
        select(ReadingRow, earlier.hash)
        .outerjoin(earlier, before)
        .where(
            ReadingRow.meter == meter,
            ReadingRow.quantity == quantity,
            ReadingRow.at >= found[0].at,
            ReadingRow.at <= found[-1].at,
        )
        .order_by(ReadingRow.workstation, ReadingRow.seq)
    )
    return [_reading(row, previous or GENESIS) for row, previous in tx.pairs(query)]


def issue_entry(tx: Transaction, number: str) -> dict[str, Any] | None:
    """Give the audit entry of a statement's issue as `entry`, `previous` and `hash`."""
    issued = select(AuditRow).where(AuditRow.action == "statement.issue", AuditRow.object == number)
    row = tx.first(issued)
    if row is None:
        return None
    previous = tx.first(select(AuditRow.hash).where(AuditRow.seq == row.seq - 1))
    body = {c.name: getattr(row, c.name) for c in AuditRow.__table__.columns if c.name != _HASH}
    entry = body | {"at": row.at.isoformat()}
    return {"entry": entry, "previous": previous or GENESIS, _HASH: row.hash}


def numbers(tx: Transaction, number: str) -> list[dict[str, object]]:
    """Give the numbers of a statement's series up to its own, with their hashes and nothing else:
    that none is missing shows without telling of other tenants.
    """
    own = tx.first(select(StatementRow).where(StatementRow.number == number))
    if own is None:
        return []
    series = select(StatementRow).where(
        StatementRow.series == own.series, StatementRow.seq <= own.seq
    )
    return [
        {"seq": row.seq, "number": row.number, "sha256": row.sha256}
        for row in tx.all(series.order_by(StatementRow.seq))
    ]


def _reading(row: ReadingRow, previous: str) -> dict[str, object]:
    body = {c.name: getattr(row, c.name) for c in ReadingRow.__table__.columns}
    value = None if row.value is None else f"{row.value:f}"
    return body | {"value": value, "at": row.at.isoformat(), "previous": previous}
