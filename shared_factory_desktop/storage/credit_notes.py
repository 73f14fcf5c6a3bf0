"""Credit notes on their way and issued: proposals, decisions, and which lines were taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_life import (
    CreditDecisionRow,
    CreditedLineRow,
    CreditProposalRow,
)

_PROPOSALS = "credit-proposal"


@dataclass(frozen=True, slots=True)
class CreditDecision:
    """Who decided, when (UTC): the number of the credit note, or why there is none."""

    credit: str | None
    reason: str | None
    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class CreditProposal:
    """Lines (from 1) of a statement that somebody wants taken back; open without a decision."""

    id: int
    statement: str
    lines: tuple[int, ...]
    reason: str
    by: str
    at: dt.datetime
    decision: CreditDecision | None = None


def propose(
    tx: Transaction, statement: str, lines: Iterable[int], reason: str, by: str
) -> CreditProposal:
    """Store a proposal under the next number."""
    made = CreditProposal(
        counters.take(tx, _PROPOSALS), statement, tuple(lines), reason, by, tx.shared_now()
    )
    row = {
        "id": made.id,
        "statement": statement,
        "lines": [*made.lines],
        "reason": reason,
        "at": made.at,
        "proposed_by": by,
    }
    tx.add(CreditProposalRow, row)
    return made


def proposals(tx: Transaction) -> tuple[CreditProposal, ...]:
    """Give every proposal with its decision, in order."""
    decisions = {row.proposal: row for row in tx.all(select(CreditDecisionRow))}
    rows = tx.all(select(CreditProposalRow).order_by(CreditProposalRow.id))
    return tuple(_proposal(row, decisions.get(row.id)) for row in rows)


def proposal(tx: Transaction, number: int) -> CreditProposal | None:
    """Find a proposal."""
    row = tx.first(select(CreditProposalRow).where(CreditProposalRow.id == number))
    decided = tx.first(select(CreditDecisionRow).where(CreditDecisionRow.proposal == number))
    return _proposal(row, decided) if row else None


def decide(
    tx: Transaction, number: int, by: str, credit: str | None = None, reason: str | None = None
) -> None:
    """Store the credit note a proposal led to, or why there is none; raises StorageFault (rule)
    where something was decided before.
    """
    row = {
        "proposal": number,
        "credit": credit,
        "reason": reason,
        "at": tx.shared_now(),
        "decided_by": by,
    }
    tx.add(CreditDecisionRow, row)


def take_back(
    tx: Transaction, statement: str, lines: Mapping[int, str | None], credit: str
) -> None:
    """Note that a credit note takes lines back, each with the session it bills; raises
    StorageFault (append-only, rule) where another did already, and stores nothing then.
    """
    rows = [
        {"statement": statement, "line": line, "session": session, "credit": credit}
        for line, session in lines.items()
    ]
    tx.add(CreditedLineRow, *rows)


def credited(tx: Transaction, statement: str) -> dict[int, str]:
    """Give the lines (from 1) of a statement that were taken back, each with its credit note."""
    found = select(CreditedLineRow.line, CreditedLineRow.credit)
    found = found.where(CreditedLineRow.statement == statement)
    return dict(tx.pairs(found.order_by(CreditedLineRow.line)))


def all_credited(tx: Transaction) -> frozenset[tuple[str, int]]:
    """Give every line that was taken back: statement and line (from 1)."""
    return frozenset(tx.pairs(select(CreditedLineRow.statement, CreditedLineRow.line)))


def was_credited(tx: Transaction, session: str) -> bool:
    """Tell whether a credit note has taken back a line of a session."""
    found = select(CreditedLineRow.line).where(CreditedLineRow.session == session)
    return tx.first(found) is not None


def _proposal(row: CreditProposalRow, decided: CreditDecisionRow | None) -> CreditProposal:
    decision = None
    if decided is not None:
        decision = CreditDecision(decided.credit, decided.reason, decided.decided_by, decided.at)
    return CreditProposal(
        row.id,
        row.statement,
        tuple(row.lines),
        row.reason,
        row.proposed_by,
        row.at,
        decision,
    )
