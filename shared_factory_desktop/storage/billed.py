"""What was billed of each session: by which statement, for which days, and what never was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.sessions import Session, SessionState
from shared_factory_desktop.storage import sessions
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import SessionRow, StatementRow
from shared_factory_desktop.storage.rows_billed import BilledSessionRow
from shared_factory_desktop.storage.rows_life import CreditedLineRow
from shared_factory_desktop.storage.statements import in_force

BILLED_STATES = (SessionState.OPEN, SessionState.CLOSED, SessionState.PROBLEM)


@dataclass(frozen=True, slots=True)
class Billed:
    """A session on a statement for the days from `start_on`; `settled`: nothing of it is left to
    bill.
    """

    session: str
    start_on: dt.date
    settled: bool


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """Days that are closed for a tenant by the statement `number`, or without one by a lock."""

    number: str | None
    period: Period


def note(tx: Transaction, number: str, billed: Iterable[Billed]) -> None:
    """Note which sessions a statement bills."""
    rows: list[dict[str, object]] = [
        {
            "statement": number,
            "session": one.session,
            "start_on": one.start_on,
            "settled": one.settled,
        }
        for one in billed
    ]
    tx.add(BilledSessionRow, *rows)


def unsettled(tx: Transaction, tenant: str, before: dt.datetime) -> tuple[Session, ...]:
    """Give a tenant's sessions that started before an instant and are not wholly billed."""
    settled = exists().where(
        BilledSessionRow.session == SessionRow.id, BilledSessionRow.settled, _counts()
    )
    found = select(SessionRow).where(
        SessionRow.tenant == tenant,
        SessionRow.start_at < before,
        SessionRow.state.in_([str(state) for state in BILLED_STATES]),
        ~settled,
    )
    rows = tx.all(found.order_by(SessionRow.start_at, SessionRow.id))
    return tuple(sessions.as_session(row) for row in rows)


def billed_from(tx: Transaction, session_ids: Sequence[str]) -> frozenset[tuple[str, dt.date]]:
    """Give for which days, by their first, each of some sessions was billed."""
    some = BilledSessionRow.session.in_(session_ids)
    found = select(BilledSessionRow.session, BilledSessionRow.start_on).where(some, _counts())
    return frozenset((session, start_on) for session, start_on in tx.pairs(found))


def closed_before(tx: Transaction, tenant: str, day: dt.date) -> tuple[ClosedPeriod, ...]:
    """Give the tenant's statements in force for days before a day, in their order."""
    found = select(StatementRow.number, StatementRow.start_on, StatementRow.end_on).where(
        StatementRow.tenant == tenant, StatementRow.end_on <= day, *in_force()
    )
    rows = tx.rows(found.order_by(StatementRow.start_on))
    return tuple(ClosedPeriod(number, Period(start, end)) for number, start, end in rows)


def lines_for(tx: Transaction, tenant: str, period: Period) -> list[Mapping[str, Any]]:
    """Give the lines that stand billed for just these days, as the pricing contract writes them.

    They are on the days' own statement and, late ones, on those after it; credited ones are left
    out.
    """
    found = select(StatementRow).where(
        StatementRow.tenant == tenant, StatementRow.start_on >= period.start, *in_force()
    )
    rows = tx.all(found.order_by(StatementRow.start_on, StatementRow.number))
    taken_back = select(CreditedLineRow.statement, CreditedLineRow.line)
    numbers = [row.number for row in rows]
    credited = set(tx.pairs(taken_back.where(CreditedLineRow.statement.in_(numbers))))
    days = [period.start.isoformat(), period.end.isoformat()]
    return [
        line
        for row in rows
        for number, line in enumerate(row.document["lines"], 1)
        if line.get("late", [row.start_on.isoformat(), row.end_on.isoformat()]) == days
        and (row.number, number) not in credited
    ]


def _counts() -> ColumnElement[bool]:
    """Give the condition under which what a statement billed counts: it was not cancelled."""
    return BilledSessionRow.statement.in_(select(StatementRow.number).where(*in_force()))
