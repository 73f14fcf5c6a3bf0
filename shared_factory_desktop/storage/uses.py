"""What closed sessions used: frozen when they close or are imported, never built a second time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.documents import read_use, write_use
from shared_factory_desktop.storage.rows import SessionUseRow

_AT_ONCE = 500  # a database takes only so many parameters in one query


def freeze(tx: Transaction, use: SessionUse) -> None:
    """Store what a session used, in the transaction that closes it; readings that come later no
    longer change it.
    """
    tx.add(SessionUseRow, {"session": use.id, "body": write_use(use)})


def frozen_ids(tx: Transaction, session_ids: Sequence[str]) -> frozenset[str]:
    """Give which sessions' uses are stored."""
    found: set[str] = set()
    for first in range(0, len(session_ids), _AT_ONCE):
        some = SessionUseRow.session.in_(session_ids[first : first + _AT_ONCE])
        found.update(tx.all(select(SessionUseRow.session).where(some)))
    return frozenset(found)


def frozen(tx: Transaction, session_ids: Sequence[str]) -> dict[str, SessionUse]:
    """Give the stored uses of sessions by id; one still running, or closed before uses were
    frozen, has none.
    """
    found: dict[str, SessionUse] = {}
    for first in range(0, len(session_ids), _AT_ONCE):
        some = SessionUseRow.session.in_(session_ids[first : first + _AT_ONCE])
        rows = tx.pairs(select(SessionUseRow.session, SessionUseRow.body).where(some))
        found |= {session_id: read_use(body) for session_id, body in rows}
    return found
