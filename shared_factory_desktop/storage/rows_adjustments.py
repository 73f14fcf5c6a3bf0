"""Rows of metering corrections after a calibration; private to storage, as in rows.py."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, Row


class AdjustmentProposalRow(Row):
    """What a calibration changes of issued statements, by line; append-only."""

    __tablename__ = "adjustment_proposal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["certificate", "version"], ["calibration.number", "calibration.version"]
        ),
        Index("adjustment_proposal_by_certificate", "certificate", "id"),
        STRICT,
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    certificate: Mapped[str]
    version: Mapped[int]
    body: Mapped[Any]
    items: Mapped[Any]
    at: Mapped[dt.datetime]
    proposed_by: Mapped[str]


class AdjustmentDecisionRow(Row):
    """Another person's word on a proposal: approved, or with a reason turned down; append-only."""

    __tablename__ = "adjustment_decision"
    proposal: Mapped[int] = mapped_column(ForeignKey("adjustment_proposal.id"), primary_key=True)
    reason: Mapped[str | None]
    at: Mapped[dt.datetime]
    decided_by: Mapped[str]


class AdjustmentLineRow(Row):
    """A line of a proposal (from 1) and the statement it stands on; append-only."""

    __tablename__ = "adjustment_line"
    __table_args__ = (Index("adjustment_line_by_statement", "statement"), STRICT)
    proposal: Mapped[int] = mapped_column(ForeignKey("adjustment_proposal.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.number"), primary_key=True)
