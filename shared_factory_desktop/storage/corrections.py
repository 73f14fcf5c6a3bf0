"""What people changed about sessions: corrections with what stood before, disputes, and how
machines end sessions by themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from shared_factory_desktop.domain.sessions import Session
from shared_factory_desktop.storage import counters, credit_notes, statements
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import StatementRow
from shared_factory_desktop.storage.rows_corrections import (
    MachineRuleRow,
    SessionCorrectionRow,
    SessionDisputeRow,
)

_CORRECTIONS, _DISPUTES = "session-correction", "session-dispute"
_RAISED, _RESOLVED = "raised", "resolved"


@dataclass(frozen=True, slots=True)
class Correction:
    """One session's correction: `successors` stand in for it; `before` and `after` hold what was
    changed as JSON values, `kind` what that is (`tenant+job`, `split` …).
    """

    seq: int
    session: str
    kind: str
    successors: tuple[str, ...]
    before: Mapping[str, object]
    after: Mapping[str, object]
    reason: str
    by: str
    at: dt.datetime


def add(
    tx: Transaction,
    session: str,
    kind: str,
    successors: Sequence[str],
    before: Mapping[str, object],
    after: Mapping[str, object],
    reason: str,
    by: str,
) -> Correction:
    """Store a correction; raises StorageFault (session-closed) where the session has one."""
    stored = Correction(
        counters.take(tx, _CORRECTIONS),
        session,
        kind,
        tuple(successors),
        before,
        after,
        reason,
        by,
        tx.now(),
    )
    row = {
        "seq": stored.seq,
        "session": session,
        "kind": kind,
        "successors": [*successors],
        "before": before,
        "after": after,
        "reason": reason,
        "corrected_by": by,
        "at": stored.at,
    }
    tx.add(SessionCorrectionRow, row)
    return stored


def list_corrections(tx: Transaction) -> tuple[Correction, ...]:
    """Give all corrections, in the order they were made."""
    rows = tx.all(select(SessionCorrectionRow).order_by(SessionCorrectionRow.seq))
    return tuple(
        Correction(
            row.seq,
            row.session,
            row.kind,
            tuple(row.successors),
            row.before,
            row.after,
            row.reason,
            row.corrected_by,
            row.at,
        )
        for row in rows
    )


def dispute(tx: Transaction, session: str, reason: str, by: str) -> None:
    """Note that a tenant objects to a session."""
    _step(tx, session, _RAISED, reason, by)


def resolve(tx: Transaction, session: str, reason: str, by: str) -> None:
    """Note that a dispute is over."""
    _step(tx, session, _RESOLVED, reason, by)


def disputed(tx: Transaction) -> set[str]:
    """Give the ids of the sessions whose dispute is not resolved."""
    newest = select(func.max(SessionDisputeRow.seq)).group_by(SessionDisputeRow.session)
    found = select(SessionDisputeRow.session).where(
        SessionDisputeRow.seq.in_(newest), SessionDisputeRow.step == _RAISED
    )
    return set(tx.all(found))


def billable(tx: Transaction, sessions: Sequence[Session]) -> tuple[Session, ...]:
    """Give the sessions that drafts and issues may bill: those in no open dispute."""
    held = disputed(tx)
    return tuple(session for session in sessions if session.id not in held)


def billed(tx: Transaction, tenant: str, ends_after: dt.date) -> dict[str, str]:
    """Give, by session, the number of the tenant's statement in force that has lines of it which
    no credit note took back; of statements for days after `ends_after` or round it.
    """
    found = select(StatementRow.number, StatementRow.document).where(
        StatementRow.tenant == tenant, StatementRow.end_on > ends_after, *statements.in_force()
    )
    credited = credit_notes.all_credited(tx)
    return {
        line["session"]: number
        for number, document in tx.pairs(found.order_by(StatementRow.start_on.desc()))
        for position, line in enumerate(document.get("lines", ()), start=1)
        if line["session"] is not None and (number, position) not in credited
    }


def end_idle_after(tx: Transaction, machine: str, idle_end_s: int | None) -> None:
    """Store after how long without work a machine's session ends by itself; None: never."""
    tx.put(MachineRuleRow, {"machine": machine}, {"idle_end_s": idle_end_s})


def idle_ends(tx: Transaction) -> dict[str, dt.timedelta]:
    """Give, by machine, after how long without work its session ends by itself."""
    rows = tx.all(select(MachineRuleRow).where(MachineRuleRow.idle_end_s.is_not(None)))
    return {row.machine: dt.timedelta(seconds=row.idle_end_s or 0) for row in rows}


def _step(tx: Transaction, session: str, step: str, reason: str, by: str) -> None:
    row = {
        "seq": counters.take(tx, _DISPUTES),
        "session": session,
        "step": step,
        "reason": reason,
        "noted_by": by,
        "at": tx.now(),
    }
    tx.add(SessionDisputeRow, row)
