"""Public holidays with their moved working days, as the State Council publishes them each year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.tables import Table, shown

_SATURDAY = 5
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


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


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """One year as published; `source` names the document."""

    year: int
    rest_days: frozenset[dt.date]
    moved_workdays: frozenset[dt.date]
    source: str


def holiday_table(years: Iterable[HolidayYear]) -> HolidayTable:
    """Put years together; of one that comes twice the last counts, and nothing of the others."""
    last = {one.year: one for one in years}
    return HolidayTable(
        years=frozenset(last),
        rest_days=frozenset().union(*(one.rest_days for one in last.values())),
        moved_workdays=frozenset().union(*(one.moved_workdays for one in last.values())),
    )


def read_holidays(data: Mapping[str, Any], file: str) -> HolidayYear:
    """Read a year from parsed TOML: `year`, `rest_days`, `moved_workdays` (dates) and `source`.

    Rest days are all days of the holidays, weekends among them. Raises InputRefused with every
    problem of the file.
    """
    problems: list[Problem] = []
    table = Table(data, "", problems)
    year = table.integer("year", 0, _FIRST_YEAR, _LAST_YEAR, required=True)
    source = table.text("source", "", required=True)
    rest_days = frozenset(_listed(table, "rest_days", year, required=True))
    moved = frozenset(_listed(table, "moved_workdays", year, required=False))
    table.close()
    for day in sorted(moved):
        if day in rest_days:
            table.problem("moved_workdays", "rest-and-worked", day)
        elif day.weekday() < _SATURDAY:
            table.problem("moved_workdays", "worked-anyway", day)
    if problems:
        raise InputRefused(problem.in_file(file) for problem in problems)
    return HolidayYear(year, rest_days, moved, source)


def _listed(table: Table, key: str, year: int, required: bool) -> Iterator[dt.date]:
    """Read a list of days, each once and all of `year`; 0 for a year that could not be read."""
    written = table.raw(key)
    if written is None:
        if required:
            table.problem(key, "missing")
        return
    if not isinstance(written, list) or (required and not written):
        table.problem(key, "dates", shown(written), "[2027-01-01, 2027-01-02]")
        return
    seen: set[dt.date] = set()
    for index, day in enumerate(written):
        place = f"{key}[{index}]"
        if not isinstance(day, dt.date) or isinstance(day, dt.datetime):
            table.problem(place, "date", shown(day), "2027-01-31")
        elif year and day.year != year:
            table.problem(place, "other-year", day, str(year))
        elif day in seen:
            table.problem(place, "day-twice", day)
        else:
            seen.add(day)
            yield day


def _days(year: int, *texts: str) -> frozenset[dt.date]:
    """Read days written `MM-DD`, or `MM-DD..MM-DD` with both ends."""
    found: set[dt.date] = set()
    for text in texts:
        first, _, last = text.partition("..")
        start = dt.date.fromisoformat(f"{year}-{first}")
        end = dt.date.fromisoformat(f"{year}-{last or first}")
        found.update(start + dt.timedelta(days=n) for n in range((end - start).days + 1))
    return frozenset(found)


# 国务院办公厅关于部分节假日安排的通知: 国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号.
SHIPPED = (
    HolidayYear(
        2024,
        _days(
            2024,
            *("01-01", "02-10..02-17", "04-04..04-06", "05-01..05-05"),
            *("06-10", "09-15..09-17", "10-01..10-07"),
        ),
        _days(
            2024,
            *("02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"),
        ),
        "State Council, Guo Ban Fa Ming Dian [2023] No. 7",
    ),
    HolidayYear(
        2025,
        _days(
            2025,
            *("01-01", "01-28..02-04", "04-04..04-06", "05-01..05-05"),
            *("05-31..06-02", "10-01..10-08"),
        ),
        _days(2025, "01-26", "02-08", "04-27", "09-28", "10-11"),
        "State Council, Guo Ban Fa Ming Dian [2024] No. 12",
    ),
    HolidayYear(
        2026,
        _days(
            2026,
            *("01-01..01-03", "02-15..02-23", "04-04..04-06", "05-01..05-05"),
            *("06-19..06-21", "09-25..09-27", "10-01..10-07"),
        ),
        _days(2026, "01-04", "02-14", "02-28", "05-09", "09-20", "10-10"),
        "State Council, Guo Ban Fa Ming Dian [2025] No. 7",
    ),
)
STATE_COUNCIL = holiday_table(SHIPPED)
