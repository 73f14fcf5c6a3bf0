"""Time-of-use bands: which band each moment belongs to, by calendar version, season and day type.

Local time of the factory decides. A run is an unbroken stretch of one band, over midnights too.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.holidays import HolidayTable
from shared_factory_desktop.domain.instants import SECOND_US, instant, microseconds
from shared_factory_desktop.domain.problems import Problem
from shared_factory_desktop.domain.tariff import BandCalendar, Season

BANDS = ("super_peak", "peak", "flat", "valley", "deep_valley")
DAY_TYPES = ("workday", "restday")

_DAY_MIN = 24 * 60
_MINUTE_US = 60 * SECOND_US
_DAY = dt.timedelta(days=1)
_MIDNIGHT = dt.time()


@dataclass(frozen=True, slots=True)
class Run:
    """An unbroken stretch of one band, in microseconds since 1970, end exclusive."""

    band: str
    start_us: int
    end_us: int


class NoCalendar(LookupError):
    """No version of the calendar holds on `day`, or it has no season for it."""

    def __init__(self, day: dt.date) -> None:
        self.day = day
        super().__init__(day.isoformat())


class BandTimeline:
    """One calendar in all its versions, laid along time; remembers the days it has cut.

    `unlisted_years` collects the years whose day types were asked for and are not published.
    """

    def __init__(
        self, versions: Sequence[BandCalendar], zone: ZoneInfo, holidays: HolidayTable
    ) -> None:
        self._versions = sorted(versions, key=attrgetter("valid_from"))
        self._zone = zone
        self._holidays = holidays
        self._days: dict[dt.date, tuple[Run, ...]] = {}
        self.unlisted_years: set[int] = set()

    def runs(self, start_us: int, end_us: int) -> list[Run]:
        """Cut [start, end) where the band changes; raises NoCalendar for a day without one."""
        found: list[Run] = []
        day = instant(start_us).astimezone(self._zone).date()
        while start_us < end_us and (not found or found[-1].end_us < end_us):
            for run in self._day(day):
                low, high = max(run.start_us, start_us), min(run.end_us, end_us)
                if low >= high:
                    continue
                if found and found[-1].band == run.band:
                    low = found.pop().start_us
                found.append(Run(run.band, low, high))
            day += _DAY
        return found

    def _day(self, day: dt.date) -> tuple[Run, ...]:
        runs = self._days.get(day)
        if runs is None:
            runs = self._days[day] = tuple(self._cut(day))
        return runs

    def _cut(self, day: dt.date) -> Iterator[Run]:
        """Cut one local day, each stretch of it that has one offset from UTC by itself."""
        spans = sorted(
            (start, end, band) for band, times in self._season(day).bands for start, end in times
        )
        naive_us = microseconds(dt.datetime.combine(day, _MIDNIGHT, dt.UTC))
        for start_us, end_us, offset_us in self._stretches(day):
            for start, end, band in spans:
                low = max(start_us, naive_us + start * _MINUTE_US - offset_us)
                high = min(end_us, naive_us + end * _MINUTE_US - offset_us)
                if low < high:
                    yield Run(band, low, high)

    def _stretches(self, day: dt.date) -> Iterator[tuple[int, int, int]]:
        """Give start, end and UTC offset: one stretch, or two where clocks are put on or back."""
        start_us = microseconds(dt.datetime.combine(day, _MIDNIGHT, self._zone))
        end_us = microseconds(dt.datetime.combine(day + _DAY, _MIDNIGHT, self._zone))
        first, last = self._offset_us(start_us), self._offset_us(end_us - 1)
        if first == last:
            yield start_us, end_us, first
            return
        changed = bisect_right(
            range(start_us, end_us, SECOND_US), False, key=lambda us: self._offset_us(us) != first
        )
        change_us = start_us + changed * SECOND_US
        yield start_us, change_us, first
        yield change_us, end_us, last

    def _offset_us(self, at_us: int) -> int:
        offset = instant(at_us).astimezone(self._zone).utcoffset()
        assert offset is not None
        return offset // dt.timedelta(microseconds=1)

    def _season(self, day: dt.date) -> Season:
        version = bisect_right(self._versions, day, key=attrgetter("valid_from"))
        if version:
            for season in self._versions[version - 1].seasons:
                if day.month in season.months and self._is_of(day, season.days):
                    return season
        raise NoCalendar(day)

    def _is_of(self, day: dt.date, days: str) -> bool:
        if days == "all":
            return True
        if day.year not in self._holidays.years:
            self.unlisted_years.add(day.year)
        return self._holidays.is_workday(day) == (days == "workday")


def calendar_problems(calendar: BandCalendar, place: str) -> Iterator[Problem]:
    """Find days that are not covered exactly once; `place` is the calendar's in its file."""
    for index, season in enumerate(calendar.seasons):
        yield from _season_problems(season, f"{place}.season[{index}]")
    for month in range(1, 13):
        for day_type in DAY_TYPES:
            covering = [
                season
                for season in calendar.seasons
                for listed in season.months
                if listed == month and season.days in ("all", day_type)
            ]
            if len(covering) != 1:
                code = "month-twice" if covering else "month-uncovered"
                yield Problem(f"{place}.season", code, str(month), day_type)


def _season_problems(season: Season, place: str) -> Iterator[Problem]:
    spans = sorted((start, end, band) for band, times in season.bands for start, end in times)
    covered = 0
    for start, end, band in [*spans, (_DAY_MIN, _DAY_MIN, "")]:
        if start > covered:
            yield Problem(place, "band-gap", _span_text(covered, start))
        elif start < covered:
            overlap = _span_text(start, min(covered, end))
            yield Problem(f"{place}.{band}", "band-overlap", overlap)
        covered = max(covered, end)


def _span_text(start: int, end: int) -> str:
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
