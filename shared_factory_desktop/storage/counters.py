"""Gap-free numbers and chain ends, taken in the transaction that uses them: a rollback gives them
back.
"""

from __future__ import annotations

from sqlalchemy import select

from shared_factory_desktop.domain.chain import GENESIS
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import CounterRow


def last(tx: Transaction, name: str) -> tuple[int, str]:
    """Give the last number of a series, 0 for a new one, and the hash its chain ends with."""
    row = tx.first(select(CounterRow).where(CounterRow.name == name))
    return (row.last_seq, row.head or GENESIS) if row else (0, GENESIS)


def keep(tx: Transaction, name: str, last_seq: int, head: str | None = None) -> None:
    """Store the last number taken and, for a chain, its end."""
    tx.put(CounterRow, {"name": name}, {"last_seq": last_seq, "head": head})


def take(tx: Transaction, name: str) -> int:
    """Take the next number of a series; the first is 1."""
    number = last(tx, name)[0] + 1
    keep(tx, name, number)
    return number
