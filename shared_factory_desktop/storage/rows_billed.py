"""Rows of what was billed of each session; private to storage, as in rows.py."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, ReadingRow, Row

# Written out as the index has it: SQLite takes a partial index for no condition but its own.
NOT_GOOD = text("quality <> 'good'")


class BilledSessionRow(Row):
    """A session on a statement, for the days from `start_on`; `settled` where it ended in them."""

    __tablename__ = "billed_session"
    __table_args__ = (Index("billed_session_by_session", "session"), STRICT)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.number"), primary_key=True)
    session: Mapped[str] = mapped_column(ForeignKey("session.id"), primary_key=True)
    start_on: Mapped[dt.date] = mapped_column(primary_key=True)
    settled: Mapped[bool]


Index(
    "reading_not_good",
    ReadingRow.meter,
    ReadingRow.quantity,
    ReadingRow.at,
    sqlite_where=NOT_GOOD,
    postgresql_where=NOT_GOOD,
)
