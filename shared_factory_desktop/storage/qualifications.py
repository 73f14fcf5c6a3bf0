"""Qualifications as stored: never changed, only revoked, and the rules that ask for them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from shared_factory_desktop.domain.qualifications import Qualification, Scope
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.rows_rules import (
    QualificationRevocationRow,
    QualificationRow,
    QualificationRuleRow,
)


def add(tx: Transaction, qualification: Qualification, at: dt.datetime, by: str) -> str:
    """Store a qualification and give its id, `Q-000001` and on without gaps; its own is not used.

    Raises StorageFault (rule) where it ends before it begins.
    """
    new_id = f"Q-{counters.take(tx, 'qualification'):06d}"
    row = {
        "id": new_id,
        "tenant": qualification.tenant,
        "person": qualification.person,
        "scope": str(qualification.scope),
        "subject": qualification.subject,
        "valid_from": qualification.valid_from,
        "valid_to": qualification.valid_to,
        "certificate": qualification.certificate,
        "at": at,
        "added_by": by,
    }
    tx.add(QualificationRow, row)
    return new_id


def revoke(
    tx: Transaction, qualification_id: str, reason: str, at: dt.datetime, by: str
) -> Qualification:
    """Revoke a qualification, once; raises StorageFault (conflict) where there is none to
    revoke.
    """
    held = next((one for one in list_all(tx) if one.id == qualification_id), None)
    if held is None or held.revoked is not None:
        raise StorageFault(FaultCode.CONFLICT, qualification_id)
    row = {"qualification": held.id, "reason": reason, "at": at, "revoked_by": by}
    tx.add(QualificationRevocationRow, row)
    return held


def list_all(tx: Transaction, tenant: str | None = None) -> tuple[Qualification, ...]:
    """Give qualifications in the order they were added, revoked ones too."""
    revocations = select(
        QualificationRevocationRow.qualification, QualificationRevocationRow.reason
    )
    reasons = dict(tx.pairs(revocations))
    found = select(QualificationRow)
    if tenant is not None:
        found = found.where(QualificationRow.tenant == tenant)
    rows = tx.all(found.order_by(QualificationRow.at, QualificationRow.id))
    return tuple(_qualification(row, reasons.get(row.id)) for row in rows)


def rule(
    tx: Transaction, scope: Scope, subject: str, required: bool, at: dt.datetime, by: str
) -> None:
    """Store whether a machine or kind asks for a qualification from now on."""
    row = {
        "seq": counters.take(tx, "qualification-rule"),
        "scope": str(scope),
        "subject": subject,
        "required": required,
        "at": at,
        "ruled_by": by,
    }
    tx.add(QualificationRuleRow, row)


def rules(tx: Transaction) -> dict[tuple[Scope, str], bool]:
    """Give what was ruled last for each machine and kind that has a rule."""
    rows = tx.all(select(QualificationRuleRow).order_by(QualificationRuleRow.seq))
    return {(Scope(row.scope), row.subject): row.required for row in rows}


def _qualification(row: QualificationRow, revoked: str | None) -> Qualification:
    return Qualification(
        id=row.id,
        tenant=row.tenant,
        scope=Scope(row.scope),
        subject=row.subject,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        certificate=row.certificate,
        person=row.person,
        revoked=revoked,
    )
