"""What reports ask of the database: statements by the day they end, and who used which machine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import or_, select

from shared_factory_desktop.storage import statements
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import SessionRow, StatementRow
from shared_factory_desktop.storage.statements import IssuedStatement

_AT_ONCE = 500  # a database takes only so many parameters in one query


def ended_within(tx: Transaction, start: dt.date, end: dt.date) -> Iterator[IssuedStatement]:
    """Give the statements and credit notes whose last day lies in [start, end), in order of
    issue, one at a time.
    """
    found = select(StatementRow.number).where(
        StatementRow.end_on > start, StatementRow.end_on <= end
    )
    for number in tx.all(found.order_by(StatementRow.issued_at, StatementRow.number)):
        statement = statements.get(tx, number)
        assert statement is not None  # nothing removes a statement
        yield statement


def machines_of(tx: Transaction, sessions: Sequence[str]) -> dict[str, str]:
    """Give the machine of each session by id."""
    found: dict[str, str] = {}
    for first in range(0, len(sessions), _AT_ONCE):
        some = SessionRow.id.in_(sessions[first : first + _AT_ONCE])
        found |= dict(tx.pairs(select(SessionRow.id, SessionRow.machine).where(some)))
    return found


def used_machines(tx: Transaction, start: dt.datetime, end: dt.datetime) -> Sequence[str]:
    """Give the ids of the machines with sessions that lie partly in [start, end)."""
    inside = or_(SessionRow.end_at.is_(None), SessionRow.end_at > start)
    found = select(SessionRow.machine).where(SessionRow.start_at < end, inside)
    return tx.all(found.distinct().order_by(SessionRow.machine))
