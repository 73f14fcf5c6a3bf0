"""Which tables are sealed, and what the seal of a row is: a hash of what lies in the database.

A table that is only ever added to has either a chain of its own or seals: one chain of the hashes
of its rows, written by the unit of work that adds them (storage/database.py), so that no module
that stores something has to think of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Dialect, Table

from shared_factory_desktop.domain.chain import canonical_json

CHAIN = "seal"
CHAINED = ("audit", "ledger_transaction", "reading", CHAIN)
SEALED = (
    "state_change",
    "session_use",
    "session_correction",
    "session_dispute",
    "statement",
    "statement_tariff",
    "record",
    "receipt",
    "meter_identity",
    "machine_job",
    "tariff_draft",
    "tariff_decision",
    "holiday_year",
    "qualification",
    "qualification_revocation",
    "qualification_rule",
    "reservation",
    "reservation_cancellation",
    "reservation_grace",
    "work_order",
    "work_order_closing",
    "budget",
    "statement_event",
    "attachment",
    "credit_proposal",
    "credit_decision",
    "credited_line",
    "period_lock",
    "ledger_line",
    "voucher",
    "voucher_refusal",
    "billed_session",
    "instrument",
    "reference_standard",
    "calibration",
    "calibration_review",
    "calibration_attachment",
    "adjustment_proposal",
    "adjustment_decision",
    "adjustment_line",
)


def digest(stored: Mapping[str, Any]) -> str:
    """Give the hash of a row from its columns as they lie in the database, lower-case hex.

    An empty column does not count, so that a later version may add columns; truth values count as
    0 and 1, as SQLite keeps them; of bytes, their SHA-256.
    """
    plain = {name: _plain(value) for name, value in stored.items() if value is not None}
    return hashlib.sha256(canonical_json(plain).encode()).hexdigest()


def seals(
    table: Table, rows: Iterable[Mapping[str, Any]], dialect: Dialect
) -> Iterator[dict[str, str]]:
    """Give the seals of rows that are about to be stored, as columns of the table of seals."""
    binders = {
        column.name: column.type.dialect_impl(dialect).bind_processor(dialect)
        for column in table.columns
    }
    key = [column.name for column in table.primary_key]
    for row in rows:
        stored = {
            name: bind(row[name]) if bind else row[name]
            for name, bind in binders.items()
            if row.get(name) is not None
        }
        yield {
            "subject": table.name,
            "key": "/".join(str(stored[name]) for name in key),
            "sha256": digest(stored),
        }


def _plain(value: Any) -> object:
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    return int(value) if isinstance(value, bool) else value
