"""What becomes of issued statements, kept for ever: steps, attached files, locks on periods."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import defer

from shared_factory_desktop.domain.period_locks import LockKind, PeriodLock, hard_periods
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.statement_life import Event, Step
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_life import (
    AttachmentRow,
    PeriodLockRow,
    StatementEventRow,
)

_EVENTS, _ATTACHMENTS, _LOCKS = "statement-event", "attachment", "period-lock"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a statement, without its content; `sha256` of it, `at` UTC."""

    id: int
    statement: str
    name: str
    media_type: str
    sha256: str
    by: str
    at: dt.datetime


def note(
    tx: Transaction,
    statement: str,
    step: Step,
    values: Mapping[str, str],
    reason: str | None,
    by: str,
) -> Event:
    """Store a step of a statement's life."""
    event = Event(
        counters.take(tx, _EVENTS), statement, step, dict(values), reason, by, tx.shared_now()
    )
    row = {
        "seq": event.seq,
        "statement": statement,
        "step": str(step),
        "body": dict(values),
        "reason": reason,
        "at": event.at,
        "noted_by": by,
    }
    tx.add(StatementEventRow, row)
    return event


def events(tx: Transaction, statement: str | None = None) -> tuple[Event, ...]:
    """Give the steps of one statement, or of all, in order."""
    found = select(StatementEventRow).order_by(StatementEventRow.seq)
    if statement is not None:
        found = found.where(StatementEventRow.statement == statement)
    return tuple(
        Event(row.seq, row.statement, Step(row.step), row.body, row.reason, row.noted_by, row.at)
        for row in tx.all(found)
    )


def attach(
    tx: Transaction, statement: str, name: str, media_type: str, content: bytes, by: str
) -> Attachment:
    """Store a file; raises StorageFault (rule) for an empty one or one beyond 20 MiB."""
    attached = Attachment(
        counters.take(tx, _ATTACHMENTS),
        statement,
        name,
        media_type,
        hashlib.sha256(content).hexdigest(),
        by,
        tx.shared_now(),
    )
    row = {
        "id": attached.id,
        "statement": statement,
        "name": name,
        "media_type": media_type,
        "sha256": attached.sha256,
        "content": content,
        "at": attached.at,
        "attached_by": by,
    }
    tx.add(AttachmentRow, row)
    return attached


def attachments(tx: Transaction, statement: str) -> tuple[Attachment, ...]:
    """Give the files of a statement, in order."""
    found = select(AttachmentRow).where(AttachmentRow.statement == statement)
    without_content = found.options(defer(AttachmentRow.content))
    return tuple(_attachment(row) for row in tx.all(without_content.order_by(AttachmentRow.id)))


def content(tx: Transaction, attachment: int) -> tuple[Attachment, bytes] | None:
    """Find a file with what is in it; whether that is what was stored is for the caller to see."""
    row = tx.first(select(AttachmentRow).where(AttachmentRow.id == attachment))
    return (_attachment(row), row.content) if row else None


def lock(tx: Transaction, period: Period, kind: LockKind, reason: str, by: str) -> PeriodLock:
    """Lock the days of a period, or open them again; from now on this counts for them."""
    locked = PeriodLock(counters.take(tx, _LOCKS), period, kind, reason, by, tx.shared_now())
    row = {
        "seq": locked.seq,
        "start_on": period.start,
        "end_on": period.end,
        "kind": str(kind),
        "reason": reason,
        "at": locked.at,
        "noted_by": by,
    }
    tx.add(PeriodLockRow, row)
    return locked


def locks(tx: Transaction) -> tuple[PeriodLock, ...]:
    """Give every lock and opening, in order."""
    return tuple(
        PeriodLock(
            row.seq,
            Period(row.start_on, row.end_on),
            LockKind(row.kind),
            row.reason,
            row.noted_by,
            row.at,
        )
        for row in tx.all(select(PeriodLockRow).order_by(PeriodLockRow.seq))
    )


def hard_locked(tx: Transaction) -> tuple[Period, ...]:
    """Give the spans of local days that are locked hard, in order."""
    return hard_periods(locks(tx))


def _attachment(row: AttachmentRow) -> Attachment:
    return Attachment(
        row.id, row.statement, row.name, row.media_type, row.sha256, row.attached_by, row.at
    )
