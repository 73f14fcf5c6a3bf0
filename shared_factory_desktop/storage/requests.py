"""What a window asks of the agent that owns a bus, and the answers: they meet only here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import RequestRow


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked, for example "read meter `subject` `count` times"; instants UTC, `answer`
    JSON values.
    """

    id: int
    kind: str
    bus: str
    subject: str
    count: int
    reason: str
    asked_by: str
    asked_at: dt.datetime
    taken_by: str | None = None
    answered_at: dt.datetime | None = None
    answer: Mapping[str, object] | None = None


def ask(
    tx: Transaction, kind: str, bus: str, subject: str, count: int, reason: str, user: str
) -> int:
    """Ask the owner of a bus for something; gives the number to look for the answer by."""
    number = counters.take(tx, "request")
    row = {
        "id": number,
        "kind": kind,
        "bus": bus,
        "subject": subject,
        "count": count,
        "reason": reason,
        "asked_by": user,
        "asked_at": tx.shared_now(),
    }
    tx.add(RequestRow, row)
    return number


def take(tx: Transaction, workstation: str, buses: Sequence[str]) -> Request | None:
    """Take the oldest waiting request for one of `buses`; nobody else gets it."""
    waiting = select(RequestRow).where(RequestRow.taken_at.is_(None), RequestRow.bus.in_(buses))
    row = tx.first(waiting.order_by(RequestRow.id))
    if row is None:
        return None
    values = {"taken_by": workstation, "taken_at": tx.shared_now()}
    tx.run(update(RequestRow).where(RequestRow.id == row.id).values(**values))
    return get(tx, row.id)


def answer(tx: Transaction, number: int, body: Mapping[str, object]) -> None:
    """Answer a request; the first answer stays."""
    unanswered = update(RequestRow).where(RequestRow.id == number, RequestRow.answered_at.is_(None))
    tx.run(unanswered.values(answer=body, answered_at=tx.shared_now()))


def get(tx: Transaction, number: int) -> Request | None:
    """Give a request with its answer, if it has one yet."""
    row = tx.first(select(RequestRow).where(RequestRow.id == number))
    if row is None:
        return None
    return Request(
        row.id,
        row.kind,
        row.bus,
        row.subject,
        row.count,
        row.reason,
        row.asked_by,
        row.asked_at,
        row.taken_by,
        row.answered_at,
        row.answer,
    )


def waiting(tx: Transaction, buses: Sequence[str]) -> bool:
    """Tell whether a request for one of `buses` waits to be taken."""
    found = select(RequestRow).where(RequestRow.taken_at.is_(None), RequestRow.bus.in_(buses))
    return tx.first(found) is not None
