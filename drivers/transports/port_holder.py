"""Tells which other program has a serial port open, where the system shows it."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_TERMINAL_MASTER = "ptmx"


def port_holder(device: str) -> str | None:
    """Name the program of another process that has `device` open, such as `octoprint (812)`.

    None where there is none or the system does not show it: Linux shows the processes of the same
    user, or all to root; other systems do not lend a port twice.
    """
    wanted = os.path.realpath(device)
    for process in _PROC.glob("[0-9]*"):
        if process.name != str(os.getpid()) and _has_open(process, wanted):
            return f"{_program(process)} ({process.name})"
    return None


def _has_open(process: Path, wanted: str) -> bool:
    try:
        targets = [os.readlink(link) for link in (process / "fd").iterdir()]
    except OSError:  # gone meanwhile, or another user's
        return False
    # The program at a pseudo-terminal's other end keeps this end open as well; it is no rival.
    return wanted in targets and not any(each.endswith(_TERMINAL_MASTER) for each in targets)


def _program(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return "process"
