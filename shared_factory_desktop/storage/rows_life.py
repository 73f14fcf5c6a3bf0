"""Rows of what becomes of issued statements, and of closed periods; private to storage, as in
rows.py.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Dialect, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, Row


class Content(LargeBinary):
    """Bytes handed to the driver as they are: both drivers take them, and so do seals."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Wrap nothing."""


class StatementEventRow(Row):
    """A step in a statement's life; append-only."""

    __tablename__ = "statement_event"
    __table_args__ = (Index("statement_event_by_statement", "statement", "seq"), STRICT)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.number"))
    step: Mapped[str]
    body: Mapped[Any]
    reason: Mapped[str | None]
    at: Mapped[dt.datetime]
    noted_by: Mapped[str]


class AttachmentRow(Row):
    """A file that belongs to a statement, such as the scan of its sealed slip; append-only."""

    __tablename__ = "attachment"
    __table_args__ = (Index("attachment_by_statement", "statement", "id"), STRICT)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.number"))
    name: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(Content())
    at: Mapped[dt.datetime]
    attached_by: Mapped[str]


class CreditProposalRow(Row):
    """Lines of a statement (from 1) that somebody wants credited; append-only."""

    __tablename__ = "credit_proposal"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.number"))
    lines: Mapped[Any]
    reason: Mapped[str]
    at: Mapped[dt.datetime]
    proposed_by: Mapped[str]


class CreditDecisionRow(Row):
    """What was decided on a proposal: the credit note, or why there is none; append-only."""

    __tablename__ = "credit_decision"
    proposal: Mapped[int] = mapped_column(ForeignKey("credit_proposal.id"), primary_key=True)
    credit: Mapped[str | None] = mapped_column(ForeignKey("statement.number"))
    reason: Mapped[str | None]
    at: Mapped[dt.datetime]
    decided_by: Mapped[str]


class CreditedLineRow(Row):
    """A line of a statement (from 1) and the one credit note that takes it back; append-only."""

    __tablename__ = "credited_line"
    __table_args__ = (Index("credited_line_by_session", "session"), STRICT)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.number"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    session: Mapped[str | None]
    credit: Mapped[str] = mapped_column(ForeignKey("statement.number"))


class PeriodLockRow(Row):
    """Days [start_on, end_on) closed softly, hard, or opened again; append-only, of those that
    cover a day the newest counts.
    """

    __tablename__ = "period_lock"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    start_on: Mapped[dt.date]
    end_on: Mapped[dt.date]
    kind: Mapped[str]
    reason: Mapped[str]
    at: Mapped[dt.datetime]
    noted_by: Mapped[str]
