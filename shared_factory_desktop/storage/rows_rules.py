"""Rows of who may run what, when and for how much; private to storage, as in rows.py."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, Row


class QualificationRow(Row):
    """A tenant, or one person of it, may run a machine or a kind of machine; append-only."""

    __tablename__ = "qualification"
    __table_args__ = (Index("qualification_by_tenant", "tenant", "id"), STRICT)
    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    person: Mapped[str | None]
    scope: Mapped[str]
    subject: Mapped[str]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    certificate: Mapped[str]
    at: Mapped[dt.datetime]
    added_by: Mapped[str]


class QualificationRevocationRow(Row):
    """The end of a qualification before its time; append-only."""

    __tablename__ = "qualification_revocation"
    qualification: Mapped[str] = mapped_column(ForeignKey("qualification.id"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[dt.datetime]
    revoked_by: Mapped[str]


class QualificationRuleRow(Row):
    """Whether a machine or kind asks for a qualification; append-only, the newest counts."""

    __tablename__ = "qualification_rule"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scope: Mapped[str]
    subject: Mapped[str]
    required: Mapped[bool]
    at: Mapped[dt.datetime]
    ruled_by: Mapped[str]


class ReservationRow(Row):
    """A machine kept for a tenant over a span of time; append-only, never two at once."""

    __tablename__ = "reservation"
    __table_args__ = (Index("reservation_by_machine", "machine", "start_at"), STRICT)
    id: Mapped[str] = mapped_column(primary_key=True)
    machine: Mapped[str] = mapped_column(ForeignKey("machine.id"))
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    start_at: Mapped[dt.datetime]
    end_at: Mapped[dt.datetime]
    job: Mapped[str | None]
    grace_s: Mapped[int]
    at: Mapped[dt.datetime]
    made_by: Mapped[str]


class ReservationCancellationRow(Row):
    """A reservation given up; append-only."""

    __tablename__ = "reservation_cancellation"
    reservation: Mapped[str] = mapped_column(ForeignKey("reservation.id"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[dt.datetime]
    cancelled_by: Mapped[str]


class ReservationGraceRow(Row):
    """How long a machine waits for who reserved it; append-only, the newest counts."""

    __tablename__ = "reservation_grace"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    machine: Mapped[str] = mapped_column(ForeignKey("machine.id"))
    grace_s: Mapped[int]
    at: Mapped[dt.datetime]
    ruled_by: Mapped[str]


class WorkOrderRow(Row):
    """What a tenant has made: sessions name it as their job; append-only."""

    __tablename__ = "work_order"
    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    name: Mapped[str]
    value: Mapped[Decimal | None]
    target_pieces: Mapped[int | None]
    at: Mapped[dt.datetime]
    opened_by: Mapped[str]


class WorkOrderClosingRow(Row):
    """The end of a work order; append-only."""

    __tablename__ = "work_order_closing"
    work_order: Mapped[str] = mapped_column(ForeignKey("work_order.id"), primary_key=True)
    at: Mapped[dt.datetime]
    closed_by: Mapped[str]


class BudgetRow(Row):
    """What a contract may cost, `amount_fen` empty where that ended; append-only, the newest
    counts.
    """

    __tablename__ = "budget"
    __table_args__ = (Index("budget_by_contract", "contract", "seq"), STRICT)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    contract: Mapped[str]
    amount_fen: Mapped[int | None]
    period: Mapped[str]
    warn: Mapped[Decimal]
    at: Mapped[dt.datetime]
    set_by: Mapped[str]
