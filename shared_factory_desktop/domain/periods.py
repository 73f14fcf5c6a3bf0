"""Billing periods as the contracts write them: `2026-10` or `2026-10-01..2026-11-01`, local dates,
end exclusive.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.problems import InputRefused, Problem

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})\Z")
_RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})\Z")


@dataclass(frozen=True, slots=True)
class Period:
    """Local dates [start, end)."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days

    def instants(self, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
        """Give the period's bounds as instants: local midnights of `zone`."""
        midnight = dt.time(tzinfo=zone)
        return dt.datetime.combine(self.start, midnight), dt.datetime.combine(self.end, midnight)

    def __str__(self) -> str:
        """Write the period as the contracts do."""
        if self.start.day == 1 and self.end == _next_month(self.start):
            return f"{self.start:%Y-%m}"
        return f"{self.start}..{self.end}"


def read_period(text: str) -> Period:
    """Read a period; raises InputRefused naming the text and the two forms."""
    try:
        period = _read(text)
    except (ValueError, OverflowError):  # a day that is in no calendar
        period = None
    if period is None or period.start >= period.end:
        raise InputRefused([Problem("period", "period", text, "2026-10, 2026-10-01..2026-11-01")])
    return period


def _read(text: str) -> Period | None:
    month = _MONTH.match(text)
    if month:
        start = dt.date(int(month[1]), int(month[2]), 1)
        return Period(start, _next_month(start))
    days = _RANGE.match(text)
    if days:
        return Period(dt.date.fromisoformat(days[1]), dt.date.fromisoformat(days[2]))
    return None


def _next_month(start: dt.date) -> dt.date:
    return (start + dt.timedelta(days=31)).replace(day=1)
