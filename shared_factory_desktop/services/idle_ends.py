"""Ends sessions by themselves on machines that nobody works on any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.readings import State
from shared_factory_desktop.domain.sessions import Session, SessionState
from shared_factory_desktop.domain.usage import spans
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.sessions import SessionParts, end_session
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import corrections as rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage.database import Transaction

BY_ITSELF = "auto"
_AT_REST = (State.OFF, State.IDLE)
_POWERED = (State.IDLE, State.WORKING)


class IdleEnds:
    """After how long without work the sessions of each machine end by themselves."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts
        self._database = parts.database

    def set(self, actor: Actor, machine: str, after: dt.timedelta | None) -> None:
        """Let a machine's sessions end after so long without work, whole seconds; None: never."""
        require(actor, Permission.SET_UP)
        with self._database.write() as tx:
            floor = stored_floor(tx)
            known = floor.machine(machine)
            if known is None:
                raise refused(Kind.INPUT, "unknown-machine", machine=machine)
            if after is not None and known.state is None:
                raise refused(Kind.INPUT, "idle-stateless", machine=machine)
            old = rows.idle_ends(tx).get(machine)
            rows.end_idle_after(tx, machine, None if after is None else _seconds(after))
            self._parts.trail.note(
                tx, actor.name, "session.idle-end", machine, _noted(old), _noted(after)
            )

    def end_idle(self, buses: Collection[str]) -> tuple[str, ...]:
        """End the sessions whose machine has not worked for too long; gives their ids.

        Only machines whose state is read over one of `buses`: elsewhere others know it first. A
        session ends when the machine last worked, or where it never did, when it last had power
        or else began. One whose machine's state is unknown goes on.
        """
        now = self._parts.now()
        with self._database.read() as tx:
            rules = rows.idle_ends(tx)
            if not rules:
                return ()
            floor = stored_floor(tx)
            due = [_due(tx, machine, after, now) for machine, after in rules.items()]
        mine = [one for one in due if one is not None and _is_ours(floor, one, buses)]
        for ended in mine:
            with self._database.write() as tx:
                running = session_rows.open_on(tx, ended.machine)
                if running is not None and running.id == ended.id:
                    end_session(tx, self._parts, floor, ended, BY_ITSELF, "idle", now)
        return tuple(ended.id for ended in mine)


def _due(tx: Transaction, machine: str, after: dt.timedelta, now: dt.datetime) -> Session | None:
    """Give the machine's open session as it is to end, None where it goes on."""
    session = session_rows.open_on(tx, machine)
    if session is None:
        return None
    changes = state_rows.between(tx, machine, session.start, now)
    if not changes or changes[-1].state not in _AT_REST:
        return None
    working = spans(changes, (State.WORKING,), session.start, now)
    if now - (working[-1][1] if working else session.start) < after:
        return None
    used = working or spans(changes, _POWERED, session.start, now)
    return replace(session, end=used[-1][1] if used else session.start, state=SessionState.CLOSED)


def _is_ours(floor: Floor, session: Session, buses: Collection[str]) -> bool:
    """Tell a session of a known tenant whose machine's state is read over one of `buses`."""
    machine = floor.machine(session.machine)
    meter = floor.meter(machine.state.meter) if machine and machine.state else None
    known = floor.tenant(session.tenant) is not None
    return known and meter is not None and meter.bus in buses


def _seconds(after: dt.timedelta) -> int:
    return after // dt.timedelta(seconds=1)


def _noted(after: dt.timedelta | None) -> dict[str, object] | None:
    return None if after is None else {"after_s": _seconds(after)}
