"""Proposed changes of prices, and what was decided about each: both kept for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_tariffs import TariffDecisionRow, TariffDraftRow

_SERIES = "tariff-draft"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who approved or rejected a proposal, when (UTC) and, where it was rejected, why."""

    approved: bool
    by: str
    at: dt.datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of prices as the text of a floor file; `file` is the name of the one it came in,
    `at` UTC. Without a decision it is still open.
    """

    number: int
    file: str
    text: str
    sha256: str
    by: str
    at: dt.datetime
    decision: Decision | None = None


def propose(tx: Transaction, file: str, text: str, by: str) -> Proposal:
    """Store a proposal under the next number; one that is open with the same text is given back
    instead.
    """
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    for proposal in proposals(tx):
        if proposal.decision is None and proposal.sha256 == sha256:
            return proposal
    number = counters.take(tx, _SERIES)
    proposed = Proposal(number, file, text, sha256, by, tx.shared_now())
    row = {
        "number": proposed.number,
        "file": file,
        "body": text,
        "sha256": sha256,
        "proposed_by": by,
        "proposed_at": proposed.at,
    }
    tx.add(TariffDraftRow, row)
    return proposed


def proposals(tx: Transaction) -> tuple[Proposal, ...]:
    """Give every proposal with its decision, in order of number."""
    decisions = {row.draft: row for row in tx.all(select(TariffDecisionRow))}
    drafts = tx.all(select(TariffDraftRow).order_by(TariffDraftRow.number))
    return tuple(_proposal(row, decisions.get(row.number)) for row in drafts)


def proposal(tx: Transaction, number: int) -> Proposal | None:
    """Find a proposal by its number."""
    draft = tx.first(select(TariffDraftRow).where(TariffDraftRow.number == number))
    decided = tx.first(select(TariffDecisionRow).where(TariffDecisionRow.draft == number))
    return _proposal(draft, decided) if draft else None


def decide(
    tx: Transaction, number: int, by: str, approved: bool, reason: str | None = None
) -> None:
    """Store what was decided. Raises StorageFault where something was decided before."""
    row = {
        "draft": number,
        "approved": approved,
        "decided_by": by,
        "decided_at": tx.shared_now(),
        "reason": reason,
    }
    tx.add(TariffDecisionRow, row)


def _proposal(row: TariffDraftRow, decided: TariffDecisionRow | None) -> Proposal:
    decision = None
    if decided is not None:
        decision = Decision(
            decided.approved, decided.decided_by, decided.decided_at, decided.reason
        )
    return Proposal(
        row.number, row.file, row.body, row.sha256, row.proposed_by, row.proposed_at, decision
    )
