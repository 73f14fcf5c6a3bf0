"""Changes of machines' states as stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from shared_factory_desktop.domain.readings import Quality, State, StateChange
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import StateChangeRow


def append(tx: Transaction, workstation: str, changes: Sequence[StateChange]) -> None:
    """Store changes in order."""
    if not changes:
        return
    series = f"state-change:{workstation}"
    first = counters.last(tx, series)[0] + 1
    rows = [
        {
            "workstation": workstation,
            "seq": seq,
            "machine": change.machine,
            "at": change.at,
            "state": str(change.state),
            "quality": str(change.quality),
        }
        for seq, change in enumerate(changes, first)
    ]
    tx.add(StateChangeRow, *rows)
    counters.keep(tx, series, first + len(changes) - 1)


def between(
    tx: Transaction, machine: str, start: dt.datetime, end: dt.datetime
) -> tuple[StateChange, ...]:
    """Give a machine's changes in [start, end) by time, after the last one at or before `start`."""
    before = last(tx, machine, start)
    within = (
        select(StateChangeRow)
        .where(StateChangeRow.machine == machine)
        .where(StateChangeRow.at > start, StateChangeRow.at < end)
        .order_by(StateChangeRow.at, StateChangeRow.workstation, StateChangeRow.seq)
    )
    return (*((before,) if before else ()), *(_change(row) for row in tx.all(within)))


def last(tx: Transaction, machine: str, at_most: dt.datetime | None = None) -> StateChange | None:
    """Give a machine's newest change, up to and including an instant if given."""
    found = select(StateChangeRow).where(StateChangeRow.machine == machine)
    if at_most is not None:
        found = found.where(StateChangeRow.at <= at_most)
    row = tx.first(found.order_by(StateChangeRow.at.desc(), StateChangeRow.seq.desc()))
    return _change(row) if row else None


def _change(row: StateChangeRow) -> StateChange:
    return StateChange(row.machine, row.at, State(row.state), Quality(row.quality))
