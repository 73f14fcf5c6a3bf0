"""Rows of the tenants' ledger; private to storage, as in rows.py."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, Row


class LedgerTransactionRow(Row):
    """A balanced transaction of one tenant; append-only, chained, numbered without gaps."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        Index("ledger_by_tenant", "tenant", "seq"),
        Index("ledger_by_slip", "method", "reference"),
        STRICT,
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    event: Mapped[str]
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    booked_on: Mapped[dt.date]
    refers: Mapped[str | None]
    method: Mapped[str | None]
    reference: Mapped[str | None]
    reverses: Mapped[int | None] = mapped_column(ForeignKey("ledger_transaction.seq"), unique=True)
    reason: Mapped[str | None]
    booked_by: Mapped[str]
    hash: Mapped[str]


class LedgerLineRow(Row):
    """An amount on an account, a debit positive; stored before its transaction, which seals it."""

    __tablename__ = "ledger_line"
    __table_args__ = (Index("ledger_line_by_item", "account", "item"), STRICT)
    transaction_seq: Mapped[int] = mapped_column(
        ForeignKey("ledger_transaction.seq", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    item: Mapped[str]
    amount_fen: Mapped[int]


class VoucherRow(Row):
    """An innovation voucher as it was registered; append-only."""

    __tablename__ = "voucher"
    number: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    issuer: Mapped[str]
    face_fen: Mapped[int]
    share: Mapped[Decimal]
    expires: Mapped[dt.date]
    at: Mapped[dt.datetime]
    added_by: Mapped[str]


class VoucherRefusalRow(Row):
    """That whoever issued a voucher will not pay it; append-only."""

    __tablename__ = "voucher_refusal"
    voucher: Mapped[str] = mapped_column(ForeignKey("voucher.number"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[dt.datetime]
    refused_by: Mapped[str]
