"""Innovation vouchers as stored; where one stands follows from the ledger."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from shared_factory_desktop.domain.ledger_vouchers import Voucher
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_ledger import VoucherRefusalRow, VoucherRow


def add(tx: Transaction, voucher: Voucher, at: dt.datetime, by: str) -> None:
    """Store a voucher; raises StorageFault (append-only, rule) where its number is stored."""
    row = {
        "number": voucher.number,
        "tenant": voucher.tenant,
        "issuer": voucher.issuer,
        "face_fen": voucher.face_fen,
        "share": voucher.share,
        "expires": voucher.expires,
        "at": at,
        "added_by": by,
    }
    tx.add(VoucherRow, row)


def refuse(tx: Transaction, number: str, reason: str, at: dt.datetime, by: str) -> None:
    """Store that whoever issued a voucher will not pay it."""
    tx.add(VoucherRefusalRow, {"voucher": number, "reason": reason, "at": at, "refused_by": by})


def get(tx: Transaction, number: str) -> Voucher | None:
    """Find a voucher by number."""
    row = tx.first(select(VoucherRow).where(VoucherRow.number == number))
    return _voucher(row) if row else None


def list_vouchers(tx: Transaction, tenant: str | None = None) -> tuple[Voucher, ...]:
    """Give vouchers, those first that expire first."""
    query = select(VoucherRow).order_by(VoucherRow.expires, VoucherRow.number)
    if tenant is not None:
        query = query.where(VoucherRow.tenant == tenant)
    return tuple(_voucher(row) for row in tx.all(query))


def refusals(tx: Transaction) -> dict[str, str]:
    """Give why each refused voucher was refused, by its number."""
    return dict(tx.pairs(select(VoucherRefusalRow.voucher, VoucherRefusalRow.reason)))


def _voucher(row: VoucherRow) -> Voucher:
    return Voucher(row.number, row.tenant, row.issuer, row.face_fen, row.share, row.expires)
