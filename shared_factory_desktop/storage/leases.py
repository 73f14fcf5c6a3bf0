"""Who may read a bus: a lease with an end and an epoch that every take-over raises, so that two
agents never both count.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Update, select, update

from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import AgentRow, LeaseRow


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of `holder` (one running agent, not just its workstation) to a bus, `until` UTC."""

    bus: str
    holder: str
    epoch: int
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """An agent's last sign of life."""

    workstation: str
    pid: int
    at: dt.datetime
    version: str


def acquire(tx: Transaction, bus: str, holder: str, duration: dt.timedelta) -> Lease | None:
    """Take a bus that is free or whose lease has run out, under a new epoch; None while another
    holds it.

    On PostgreSQL the server's clock decides, on SQLite the injected one.
    """
    now = tx.shared_now()
    current = get(tx, bus)
    if current is not None and current.until > now and current.holder != holder:
        return None
    lease = Lease(bus, holder, current.epoch + 1 if current else 1, now + duration)
    values = {"holder": holder, "epoch": lease.epoch, "until": lease.until}
    tx.put(LeaseRow, {"bus": bus}, values)
    return lease


def renew(tx: Transaction, lease: Lease, duration: dt.timedelta) -> Lease | None:
    """Prolong a lease; None where another has taken the bus over meanwhile."""
    until = tx.shared_now() + duration
    if tx.run(_own(lease).values(until=until)) == 0:
        return None
    return Lease(lease.bus, lease.holder, lease.epoch, until)


def release(tx: Transaction, lease: Lease) -> None:
    """Give a bus back at once; the epoch stays, so that it is never used twice."""
    tx.run(_own(lease).values(until=tx.shared_now()))


def get(tx: Transaction, bus: str) -> Lease | None:
    """Give a bus's lease, run out or not."""
    row = tx.first(select(LeaseRow).where(LeaseRow.bus == bus))
    return Lease(row.bus, row.holder, row.epoch, row.until) if row else None


def beat(tx: Transaction, workstation: str, pid: int, version: str) -> None:
    """Store a sign of life of a workstation's agent."""
    values = {"pid": pid, "at": tx.shared_now(), "version": version}
    tx.put(AgentRow, {"workstation": workstation}, values)


def heartbeat(tx: Transaction, workstation: str) -> Heartbeat | None:
    """Give the last sign of life of a workstation's agent."""
    row = tx.first(select(AgentRow).where(AgentRow.workstation == workstation))
    return Heartbeat(row.workstation, row.pid, row.at, row.version) if row else None


def _own(lease: Lease) -> Update:
    return update(LeaseRow).where(
        LeaseRow.bus == lease.bus, LeaseRow.holder == lease.holder, LeaseRow.epoch == lease.epoch
    )
