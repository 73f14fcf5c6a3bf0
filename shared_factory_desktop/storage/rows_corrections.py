"""Rows of what people changed about sessions afterwards; private to storage, as in rows.py."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, Row


class SessionCorrectionRow(Row):
    """A correction of one session, once, and the sessions that stand in for it; append-only."""

    __tablename__ = "session_correction"
    __table_args__ = (UniqueConstraint("session"), STRICT)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    session: Mapped[str] = mapped_column(ForeignKey("session.id"))
    kind: Mapped[str]
    successors: Mapped[Any]
    before: Mapped[Any]
    after: Mapped[Any]
    reason: Mapped[str]
    corrected_by: Mapped[str]
    at: Mapped[dt.datetime]


class SessionDisputeRow(Row):
    """A tenant's objection to a session, or its end; append-only, the newest counts."""

    __tablename__ = "session_dispute"
    __table_args__ = (Index("session_dispute_by_session", "session", "seq"), STRICT)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    session: Mapped[str] = mapped_column(ForeignKey("session.id"))
    step: Mapped[str]
    reason: Mapped[str]
    noted_by: Mapped[str]
    at: Mapped[dt.datetime]


class MachineRuleRow(Row):
    """How a machine's sessions end by themselves."""

    __tablename__ = "machine_rule"
    machine: Mapped[str] = mapped_column(ForeignKey("machine.id"), primary_key=True)
    idle_end_s: Mapped[int | None]
