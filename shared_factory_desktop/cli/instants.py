"""Reads instants and dates as people type them on the command line."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.problems import InputRefused, Problem


def local_instant(option: str, text: str, zone: ZoneInfo) -> dt.datetime:
    """Read an instant; one without offset is the factory's local time. Raises InputRefused."""
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        problem = Problem(option, "instant", text, "2026-10-08T08:00:00+08:00")
        raise InputRefused([problem]) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def local_day(option: str, text: str) -> dt.date:
    """Read a local date. Raises InputRefused."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputRefused([Problem(option, "date", text, "2026-10-08")]) from None
