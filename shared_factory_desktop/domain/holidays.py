"""Public holidays with their moved working days, as the State Council publishes them each year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class HolidayTable:
    """Which years are published, which days are holidays, which weekend days are worked instead."""

    years: frozenset[int]
    rest_days: frozenset[dt.date]
    moved_workdays: frozenset[dt.date]

    def is_workday(self, day: dt.date) -> bool:
        """Tell whether a day is worked; in a year not in the table Monday to Friday are."""
        if day in self.rest_days:
            return False
        return day in self.moved_workdays or day.weekday() < _SATURDAY


def _span(first: str, last: str) -> frozenset[dt.date]:
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return frozenset(start + dt.timedelta(days=n) for n in range((end - start).days + 1))


def _days(*texts: str) -> frozenset[dt.date]:
    return frozenset(dt.date.fromisoformat(text) for text in texts)


# 国务院办公厅关于部分节假日安排的通知:
# 2024: 国办发明电〔2023〕7号; 2025: 国办发明电〔2024〕12号; 2026: 国办发明电〔2025〕7号.
STATE_COUNCIL = HolidayTable(
    years=frozenset({2024, 2025, 2026}),
    rest_days=frozenset().union(
        _span("2024-01-01", "2024-01-01"),
        _span("2024-02-10", "2024-02-17"),
        _span("2024-04-04", "2024-04-06"),
        _span("2024-05-01", "2024-05-05"),
        _span("2024-06-10", "2024-06-10"),
        _span("2024-09-15", "2024-09-17"),
        _span("2024-10-01", "2024-10-07"),
        _span("2025-01-01", "2025-01-01"),
        _span("2025-01-28", "2025-02-04"),
        _span("2025-04-04", "2025-04-06"),
        _span("2025-05-01", "2025-05-05"),
        _span("2025-05-31", "2025-06-02"),
        _span("2025-10-01", "2025-10-08"),
        _span("2026-01-01", "2026-01-03"),
        _span("2026-02-15", "2026-02-23"),
        _span("2026-04-04", "2026-04-06"),
        _span("2026-05-01", "2026-05-05"),
        _span("2026-06-19", "2026-06-21"),
        _span("2026-09-25", "2026-09-27"),
        _span("2026-10-01", "2026-10-07"),
    ),
    moved_workdays=_days(
        *("2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11"),
        *("2024-09-14", "2024-09-29", "2024-10-12"),
        *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
        *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    ),
)
