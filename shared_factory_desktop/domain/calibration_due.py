"""When a meter is to be calibrated next: so many months after the day it really was, and how near
that day has come.
"""

from __future__ import annotations

import calendar
import datetime as dt
from enum import StrEnum
from typing import TypeVar

SOON_DAYS = 7
AHEAD_DAYS = 30

_Day = TypeVar("_Day", dt.date, dt.datetime)


class DueState(StrEnum):
    """How near the day is on which a calibration ceases to hold."""

    NEVER = "never"  # not calibrated yet
    OVERDUE = "overdue"
    DUE_7 = "due-7"
    DUE_30 = "due-30"
    OK = "ok"


def months_after(day: _Day, months: int) -> _Day:
    """Give the same day so many months later (earlier where negative), or the last day of a month
    too short for it: one month after 31 January is 28 or 29 February.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def next_due(performed: dt.date, interval_months: int) -> dt.date:
    """Give the last day on which a calibration holds, counted from the day it was really done,
    in the factory's time zone, not from the day it was due.
    """
    return months_after(performed, interval_months)


def days_left(due: dt.date, today: dt.date) -> int:
    """Give how many days remain; 0 on the last one, negative once overdue."""
    return (due - today).days


def due_state(due: dt.date | None, today: dt.date) -> DueState:
    """Tell how near `due` is, the last day on which the calibration holds; None: there is none."""
    if due is None:
        return DueState.NEVER
    left = days_left(due, today)
    if left < 0:
        return DueState.OVERDUE
    if left <= SOON_DAYS:
        return DueState.DUE_7
    return DueState.DUE_30 if left <= AHEAD_DAYS else DueState.OK
