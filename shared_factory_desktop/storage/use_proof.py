"""Proof that sessions are those whose frozen uses are billed: a session's row may change once, when
it closes, so that it has no seal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import column, select, table

from shared_factory_desktop.domain.chain import Finding
from shared_factory_desktop.storage.columns import instant
from shared_factory_desktop.storage.database import Transaction

_SESSION = table("session", *(column(c) for c in ("id", "machine", "tenant", "start_at", "end_at")))
_USE = table("session_use", column("session"), column("body"))


def unlike(tx: Transaction) -> Iterator[Finding]:
    """Give each ended session whose machine, tenant or times are not those of its frozen use."""
    joined = select(*_SESSION.c, _USE.c.body).join(_USE, _USE.c.session == _SESSION.c.id)
    for session, *stored, body in tx.rows(joined.where(_SESSION.c.end_at.is_not(None))):
        if _of_session(stored) != _of_use(body):
            yield Finding("session", session, "unlike-use")


def _of_session(stored: Sequence[Any]) -> tuple[object, ...] | None:
    machine, tenant, start, end = stored
    try:
        return machine, tenant, instant(start).isoformat(), instant(end).isoformat()
    except OverflowError:
        return ()


def _of_use(text: str) -> tuple[object, ...] | None:
    """Give what a session shares with its use; nothing where the use cannot be read."""
    try:
        body: Mapping[str, object] = json.loads(text)
        return tuple(body[name] for name in ("machine", "tenant", "start", "end"))
    except (ValueError, KeyError, TypeError):
        return None
