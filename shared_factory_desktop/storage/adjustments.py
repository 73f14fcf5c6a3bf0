"""Metering corrections as stored: proposals, decisions, and the statements their lines stand on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import ReadingRow, StatementRow
from shared_factory_desktop.storage.rows_adjustments import (
    AdjustmentDecisionRow,
    AdjustmentLineRow,
    AdjustmentProposalRow,
)
from shared_factory_desktop.storage.statements import in_force

_PROPOSALS = "adjustment-proposal"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One line's difference. `statement` and `line` (from 1) say which was billed, `line` None for
    one that was not on it (a minimum that a refund brings up).

    `billed` is that line, `corrected` the same as it would have been, both as the pricing contract
    writes lines; `period` are the local dates [start, end) it bills.
    """

    tenant: str
    statement: str
    line: int | None
    period: tuple[dt.date, dt.date]
    billed: Mapping[str, Any]
    corrected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AdjustmentDecision:
    """Who decided, when (UTC); with a `reason` it was turned down."""

    reason: str | None
    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class AdjustmentProposal:
    """What calibration `certificate` changes of issued statements; open without a decision.

    `body` holds meter, quantity, policy, error and instants it was worked out with, as text.
    """

    id: int
    certificate: str
    version: int
    body: Mapping[str, str]
    items: tuple[Adjustment, ...]
    by: str
    at: dt.datetime
    decision: AdjustmentDecision | None = None

    @property
    def approved(self) -> bool:
        """Whether its lines are to stand on statements."""
        return self.decision is not None and self.decision.reason is None


@dataclass(frozen=True, slots=True)
class Due:
    """An approved line that waits for its statement; `position` in the proposal, from 1."""

    proposal: int
    position: int
    certificate: str
    item: Adjustment


def propose(
    tx: Transaction,
    certificate: str,
    version: int,
    body: Mapping[str, str],
    items: Sequence[Adjustment],
    by: str,
) -> AdjustmentProposal:
    """Store a proposal under the next number."""
    made = AdjustmentProposal(
        counters.take(tx, _PROPOSALS),
        certificate,
        version,
        body,
        tuple(items),
        by,
        tx.shared_now(),
    )
    row = {
        "id": made.id,
        "certificate": certificate,
        "version": version,
        "body": body,
        "items": [adjustment_json(item) for item in items],
        "at": made.at,
        "proposed_by": by,
    }
    tx.add(AdjustmentProposalRow, row)
    return made


def proposals(tx: Transaction, certificate: str | None = None) -> tuple[AdjustmentProposal, ...]:
    """Give every proposal with its decision, of one certificate or of all, in order."""
    found = select(AdjustmentProposalRow)
    if certificate is not None:
        found = found.where(AdjustmentProposalRow.certificate == certificate)
    decisions = {row.proposal: row for row in tx.all(select(AdjustmentDecisionRow))}
    rows = tx.all(found.order_by(AdjustmentProposalRow.id))
    return tuple(_proposal(row, decisions.get(row.id)) for row in rows)


def proposal(tx: Transaction, number: int) -> AdjustmentProposal | None:
    """Find a proposal."""
    row = tx.first(select(AdjustmentProposalRow).where(AdjustmentProposalRow.id == number))
    decision = select(AdjustmentDecisionRow).where(AdjustmentDecisionRow.proposal == number)
    return _proposal(row, tx.first(decision)) if row else None


def decide(tx: Transaction, number: int, by: str, reason: str | None = None) -> None:
    """Approve a proposal or, with a reason, turn it down; raises StorageFault (rule, append-only)
    where its author approves it, or something was decided before.
    """
    row = {"proposal": number, "reason": reason, "at": tx.shared_now(), "decided_by": by}
    tx.add(AdjustmentDecisionRow, row)


def due(tx: Transaction, tenant: str, before: dt.date) -> Iterator[Due]:
    """Give a tenant's approved lines of days before one that stand on no statement in force."""
    numbers = select(StatementRow.number).where(*in_force())
    placed = select(AdjustmentLineRow.proposal, AdjustmentLineRow.position)
    standing = set(tx.pairs(placed.where(AdjustmentLineRow.statement.in_(numbers))))
    for one in proposals(tx):
        for position, item in enumerate(one.items, 1) if one.approved else ():
            waits = (one.id, position) not in standing
            if waits and item.tenant == tenant and item.period[1] <= before:
                yield Due(one.id, position, one.certificate, item)


def place(tx: Transaction, statement: str, lines: Iterable[Due]) -> None:
    """Note that lines stand on a statement; raises StorageFault (rule) where one does on another
    that is in force, or was not approved.
    """
    rows: list[dict[str, object]] = [
        {"proposal": one.proposal, "position": one.position, "statement": statement}
        for one in lines
    ]
    tx.add(AdjustmentLineRow, *rows)


def placed(tx: Transaction, number: int) -> dict[int, str]:
    """Give the statement, in force or not, that each line of a proposal was last put on."""
    found = select(AdjustmentLineRow.position, AdjustmentLineRow.statement)
    found = found.where(AdjustmentLineRow.proposal == number)
    return dict(tx.pairs(found.order_by(AdjustmentLineRow.statement)))


def billing_after(tx: Transaction, day: dt.date) -> tuple[str, ...]:
    """Give the numbers of the statements in force that may bill days from `day` on, in order of
    issue.
    """
    found = select(StatementRow.number).where(StatementRow.end_on > day, *in_force())
    return tuple(tx.all(found.order_by(StatementRow.issued_at, StatementRow.number)))


def first_reading(tx: Transaction, meter: str, quantity: str) -> dt.datetime | None:
    """Give when a register was first read: it was installed by then."""
    found = select(func.min(ReadingRow.at))
    return tx.first(found.where(ReadingRow.meter == meter, ReadingRow.quantity == quantity))


def adjustment_json(item: Adjustment) -> dict[str, Any]:
    """Give a line's difference as JSON values."""
    return {
        "tenant": item.tenant,
        "statement": item.statement,
        "line": item.line,
        "period": [day.isoformat() for day in item.period],
        "billed": dict(item.billed),
        "corrected": dict(item.corrected),
    }


def read_adjustment(body: Mapping[str, Any]) -> Adjustment:
    """Give the difference that `adjustment_json` wrote."""
    start, end = map(dt.date.fromisoformat, body["period"])
    return Adjustment(
        body["tenant"],
        body["statement"],
        body["line"],
        (start, end),
        body["billed"],
        body["corrected"],
    )


def _proposal(
    row: AdjustmentProposalRow, decided: AdjustmentDecisionRow | None
) -> AdjustmentProposal:
    decision = None
    if decided is not None:
        decision = AdjustmentDecision(decided.reason, decided.decided_by, decided.at)
    return AdjustmentProposal(
        row.id,
        row.certificate,
        row.version,
        row.body,
        tuple(read_adjustment(item) for item in row.items),
        row.proposed_by,
        row.at,
        decision,
    )
