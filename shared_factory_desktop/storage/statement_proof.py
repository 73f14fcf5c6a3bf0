"""Which statements there are, read so that no row can stop the proof of the others."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import column

from shared_factory_desktop.domain.chain import Finding, finding
from shared_factory_desktop.storage import statements
from shared_factory_desktop.storage.columns import as_stored
from shared_factory_desktop.storage.database import Transaction


def numbers(tx: Transaction) -> tuple[str, ...]:
    """Give the numbers of all statements and credit notes, series after series."""
    found = as_stored("statement", ("number",)).order_by(column("series"), column("seq"))
    return tuple(number for (number,) in tx.rows(found))


def verify(tx: Transaction) -> Iterator[Finding]:
    """Give each gap in the numbers and each document that is not what its hash says; `unreadable`
    where a row holds what we never write, so that the walk ends there.
    """
    try:
        for problem in statements.verify(tx):
            yield finding(problem)
    except (ValueError, TypeError, OverflowError):
        yield Finding("statement", "*", "unreadable")
