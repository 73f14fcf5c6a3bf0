"""Sessions as stored: one open per machine, closed once, never changed after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select, update

from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.documents import write_use
from shared_factory_desktop.storage.faults import FaultCode, MachineBusy, StorageFault
from shared_factory_desktop.storage.rows import AutomationRow, SessionRow, SessionUseRow

_AT_ONCE = 500  # a database takes only so many parameters in one query
_SERIES = "session"


@dataclass(frozen=True, slots=True)
class Automation:
    """Whose session opens by itself when the machine starts to work."""

    machine: str
    tenant: str
    job: str | None = None
    enabled: bool = True


def open_session(tx: Transaction, session: Session) -> Session:
    """Store a new open session and give it with its id, `S-000001` and on without gaps.

    Raises MachineBusy where the machine has an open one.
    """
    if open_on(tx, session.machine) is not None:
        raise MachineBusy(session.machine)
    opened = replace(session, id=_next_id(tx), state=SessionState.OPEN, end=None, ended_by=None)
    tx.add(SessionRow, _values(opened))
    return opened


def close_session(
    tx: Transaction,
    session_id: str,
    end: dt.datetime,
    state: SessionState,
    quality: Quality,
    ended_by: str,
) -> Session:
    """Close an open session as `closed` or `problem`; raises StorageFault (session-closed) for
    one that is not open.
    """
    change = update(SessionRow).where(SessionRow.id == session_id, SessionRow.state == "open")
    values = {"end_at": end, "state": str(state), "quality": str(quality), "ended_by": ended_by}
    closed = get(tx, session_id) if tx.run(change.values(**values)) else None
    if closed is None:
        raise StorageFault(FaultCode.SESSION_CLOSED, session_id)
    return closed


def mark_corrected(tx: Transaction, session_id: str) -> None:
    """Take a closed session out of billing, another one stands in for it; its data stay."""
    change = update(SessionRow).where(SessionRow.id == session_id)
    if tx.run(change.values(state=str(SessionState.CORRECTED))) == 0:
        raise StorageFault(FaultCode.CONFLICT, session_id)


def stand_in(tx: Transaction, session: Session, use: SessionUse) -> tuple[Session, SessionUse]:
    """Store an ended session and what it used, both under the next id: it stands in for one that
    was corrected.
    """
    session_id = _next_id(tx)
    stored, frozen = replace(session, id=session_id), replace(use, id=session_id)
    tx.add(SessionRow, _values(stored))
    tx.add(SessionUseRow, {"session": session_id, "body": write_use(frozen)})
    return stored, frozen


def import_use(tx: Transaction, use: SessionUse, state: SessionState, by: str) -> bool:
    """Store a session recorded elsewhere with what it used; False where it is stored already.

    A session still running (`end` None) is opened. Raises StorageFault (conflict) where the id
    is stored with other contents, MachineBusy.
    """
    stored = tx.first(select(SessionUseRow.body).where(SessionUseRow.session == use.id))
    if stored is not None and stored == write_use(use):
        return False
    if stored is not None or get(tx, use.id) is not None:
        raise StorageFault(FaultCode.CONFLICT, use.id)
    if use.end is None and open_on(tx, use.machine) is not None:
        raise MachineBusy(use.machine)
    session = Session(
        id=use.id,
        machine=use.machine,
        tenant=use.tenant,
        start=use.start,
        job=use.job,
        end=use.end,
        state=state if use.end else SessionState.OPEN,
        quality=use.quality,
        started_by=by,
        ended_by=by if use.end else None,
    )
    tx.add(SessionRow, _values(session))
    tx.add(SessionUseRow, {"session": use.id, "body": write_use(use)})
    return True


def get(tx: Transaction, session_id: str) -> Session | None:
    """Find a session by id."""
    row = tx.first(select(SessionRow).where(SessionRow.id == session_id))
    return as_session(row) if row else None


def named(tx: Transaction, session_ids: Sequence[str]) -> tuple[Session, ...]:
    """Give the sessions of some ids that there are, in the order of the ids."""
    found: dict[str, Session] = {}
    for first in range(0, len(session_ids), _AT_ONCE):
        some = SessionRow.id.in_(session_ids[first : first + _AT_ONCE])
        found |= {row.id: as_session(row) for row in tx.all(select(SessionRow).where(some))}
    return tuple(found[session_id] for session_id in session_ids if session_id in found)


def open_on(tx: Transaction, machine: str) -> Session | None:
    """Give the machine's open session."""
    found = select(SessionRow).where(SessionRow.machine == machine, SessionRow.state == "open")
    row = tx.first(found)
    return as_session(row) if row else None


def list_sessions(
    tx: Transaction,
    states: Sequence[SessionState] = tuple(SessionState),
    machine: str | None = None,
    tenant: str | None = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    quality: Quality | None = None,
) -> tuple[Session, ...]:
    """Give sessions by start and id; with `start` and `end` those that lie partly in [start, end)
    (pricing contract, fine print 7).
    """
    found = select(SessionRow).where(SessionRow.state.in_([str(state) for state in states]))
    if quality is not None:
        found = found.where(SessionRow.quality == str(quality))
    if machine is not None:
        found = found.where(SessionRow.machine == machine)
    if tenant is not None:
        found = found.where(SessionRow.tenant == tenant)
    if start is not None:
        ends_inside = or_(SessionRow.end_at.is_(None), SessionRow.end_at > start)
        found = found.where(or_(ends_inside, SessionRow.start_at >= start))
    if end is not None:
        found = found.where(SessionRow.start_at < end)
    rows = tx.all(found.order_by(SessionRow.start_at, SessionRow.id))
    return tuple(as_session(row) for row in rows)


def as_session(row: SessionRow) -> Session:
    """Give the session of a row."""
    return Session(
        id=row.id,
        machine=row.machine,
        tenant=row.tenant,
        start=row.start_at,
        job=row.job,
        end=row.end_at,
        state=SessionState(row.state),
        quality=Quality(row.quality),
        started_by=row.started_by,
        ended_by=row.ended_by,
    )


def set_automation(tx: Transaction, automation: Automation) -> None:
    """Store how sessions open by themselves on a machine."""
    values = {
        "tenant": automation.tenant,
        "job": automation.job,
        "enabled": automation.enabled,
    }
    tx.put(AutomationRow, {"machine": automation.machine}, values)


def automations(tx: Transaction) -> tuple[Automation, ...]:
    """Give how sessions open by themselves, by machine."""
    rows = tx.all(select(AutomationRow).order_by(AutomationRow.machine))
    return tuple(Automation(row.machine, row.tenant, row.job, row.enabled) for row in rows)


def _next_id(tx: Transaction) -> str:
    """Take the next number; an id that an import brought along is passed over."""
    while True:
        session_id = f"S-{counters.take(tx, _SERIES):06d}"
        if get(tx, session_id) is None:
            return session_id


def _values(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "machine": session.machine,
        "tenant": session.tenant,
        "start_at": session.start,
        "job": session.job,
        "end_at": session.end,
        "state": str(session.state),
        "quality": str(session.quality),
        "started_by": session.started_by,
        "ended_by": session.ended_by,
    }
