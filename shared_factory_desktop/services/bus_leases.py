"""Who holds a bus: the holder's name tells its process, and a dead process holds nothing."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from shared_factory_desktop.storage import leases
from shared_factory_desktop.storage.database import Transaction

_READER = "-read-"


def agent_holder(workstation: str) -> str:
    """Name this process as the agent of a workstation."""
    return f"{workstation}:{os.getpid()}"


def reader_holder(workstation: str) -> str:
    """Name this thread as one that takes a bus for a single read."""
    return f"{workstation}:{os.getpid()}{_READER}{threading.get_ident()}"


def workstation_of(holder: str) -> str:
    """Give the workstation of a holder."""
    return holder.rpartition(":")[0]


def is_alive(pid: int) -> bool:
    """Tell whether a process of this computer lives; where that cannot be asked, it may."""
    if sys.platform == "win32":
        return True  # asking there would send it a signal: its silence must tell
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's process, but there
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True  # not on this system
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")  # ended, not yet waited for


def agent_owns(tx: Transaction, workstation: str, bus: str) -> bool:
    """Tell whether an agent reads a bus at this moment; frees it where that agent is dead."""
    free_dead(tx, workstation, bus)
    lease = leases.get(tx, bus)
    return lease is not None and lease.until > tx.shared_now() and _READER not in lease.holder


def free_dead(tx: Transaction, workstation: str, bus: str) -> None:
    """Give a bus back that a dead process of this workstation still holds."""
    lease = leases.get(tx, bus)
    if lease is None or lease.until <= tx.shared_now():
        return
    place, _, process = lease.holder.rpartition(":")
    pid = process.partition(_READER)[0]
    if place == workstation and pid.isdecimal() and not is_alive(int(pid)):
        leases.release(tx, lease)
