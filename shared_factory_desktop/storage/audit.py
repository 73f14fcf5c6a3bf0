"""The audit trail: who did what, each entry chained to the one before."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import column, select

from shared_factory_desktop.domain.chain import (
    ChainEntry,
    ChainProblem,
    breaks,
    canonical_json,
    link,
)
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.columns import as_stored, instant
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import AuditRow

CHAIN = "audit"
_BODY = (
    "seq",
    "at",
    "actor",
    "workstation",
    "action",
    "object",
    "before",
    "after",
    "result",
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry; `at` UTC, `before` and `after` what changed as JSON values, `hash` hex."""

    seq: int
    at: dt.datetime
    user: str
    workstation: str
    action: str
    object_id: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    result: str
    hash: str


def append(
    tx: Transaction,
    user: str,
    workstation: str,
    action: str,
    object_id: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    result: str = "done",
) -> AuditEntry:
    """Append one entry to the chain."""
    last_seq, head = counters.last(tx, CHAIN)
    row = AuditRow(
        seq=last_seq + 1,
        at=tx.now(),
        actor=user,
        workstation=workstation,
        action=action,
        object=object_id,
        before=before,
        after=after,
        result=result,
    )
    body = _body(row)
    row.hash = link(head, body)
    tx.add(AuditRow, {**body, "at": row.at, "hash": row.hash})
    counters.keep(tx, CHAIN, row.seq, row.hash)
    return _entry(row)


def newest(tx: Transaction, limit: int) -> tuple[AuditEntry, ...]:
    """Give the newest entries, newest first."""
    query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
    return tuple(_entry(row) for row in tx.all(query))


def head(tx: Transaction) -> tuple[int, str]:
    """Give the number and the hash the chain ends with: what a checkpoint tells a platform."""
    return counters.last(tx, CHAIN)


def verify(tx: Transaction) -> Iterator[ChainProblem]:
    """Walk the whole trail and give each place where it does not hold."""
    rows = tx.rows(as_stored("audit", (*_BODY, "hash")).order_by(column("seq")))
    entries = (ChainEntry(row[0], _stored_body(row), row[-1]) for row in rows)
    yield from breaks(CHAIN, entries, *counters.last(tx, CHAIN))


def told(tx: Transaction, action: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Give number, object and `after` of the entries of an action, in order; what cannot be read
    is left out: `verify` finds it.
    """
    query = as_stored("audit", ("seq", "object", "after")).where(column("action") == action)
    for seq, object_id, after in tx.rows(query.order_by(column("seq"))):
        try:
            body = json.loads(after or "null")
        except ValueError:
            continue
        if isinstance(body, dict):
            yield seq, object_id, body


def _stored_body(row: Sequence[Any]) -> dict[str, object]:
    """Give what the hash covers from the columns as they lie there; nothing for a row that says
    what we never write.
    """
    body = dict(zip(_BODY, row, strict=False))
    try:
        body["at"] = instant(body["at"]).isoformat()
        for name in ("before", "after"):
            text = body[name]
            body[name] = None if text is None else json.loads(text)
            if text is not None and canonical_json(body[name]) != text:
                return {}
    except (ValueError, TypeError, OverflowError):
        return {}
    return body


def _body(row: AuditRow) -> dict[str, object]:
    return {
        "seq": row.seq,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "workstation": row.workstation,
        "action": row.action,
        "object": row.object,
        "before": row.before,
        "after": row.after,
        "result": row.result,
    }


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        row.seq,
        row.at,
        row.actor,
        row.workstation,
        row.action,
        row.object,
        row.before,
        row.after,
        row.result,
        row.hash,
    )
