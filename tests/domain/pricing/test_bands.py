"""Which band each moment belongs to, and which days are worked."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.bands import BandTimeline, NoCalendar, calendar_problems
from shared_factory_desktop.domain.holidays import STATE_COUNCIL
from shared_factory_desktop.domain.instants import instant, microseconds
from shared_factory_desktop.domain.tariff import BandCalendar, Season
from tests.domain.pricing.scene import HEBEI_SOUTH, HOURLY, ZONE, at, charge, floor_of

BERLIN = ZoneInfo("Europe/Berlin")
CAIRO = ZoneInfo("Africa/Cairo")  # puts clocks on at midnight
YEAR = tuple(range(1, 13))
WHOLE_DAY = ((0, 1440),)

# What is not Monday to Friday as usual, counted by another published table of the same notices.
WEEKDAYS_OFF = """
2024-01-01 2024-02-12 2024-02-13 2024-02-14 2024-02-15 2024-02-16 2024-04-04 2024-04-05
2024-05-01 2024-05-02 2024-05-03 2024-06-10 2024-09-16 2024-09-17 2024-10-01 2024-10-02
2024-10-03 2024-10-04 2024-10-07 2025-01-01 2025-01-28 2025-01-29 2025-01-30 2025-01-31
2025-02-03 2025-02-04 2025-04-04 2025-05-01 2025-05-02 2025-05-05 2025-06-02 2025-10-01
2025-10-02 2025-10-03 2025-10-06 2025-10-07 2025-10-08 2026-01-01 2026-01-02 2026-02-16
2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23 2026-04-06 2026-05-01 2026-05-04
2026-05-05 2026-06-19 2026-09-25 2026-10-01 2026-10-02 2026-10-05 2026-10-06 2026-10-07
"""
WEEKENDS_WORKED = """
2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12
2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 2026-01-04 2026-02-14 2026-02-28
2026-05-09 2026-09-20 2026-10-10
"""

HEBEI = floor_of(
    charge(**HOURLY, price="1"), bands=[HEBEI_SOUTH], tariff={"bands": "hebei-south"}
).bands[0]
ZONES = ["Asia/Shanghai", "Europe/Berlin", "Africa/Cairo", "America/Sao_Paulo"]


def calendar(*bands: tuple[str, tuple[tuple[int, int], ...]]) -> BandCalendar:
    season = Season(YEAR, "all", bands)
    return BandCalendar("c", dt.date(2020, 1, 1), (season,))


def cut(
    line: BandTimeline, start: dt.datetime, end: dt.datetime, zone: ZoneInfo = ZONE
) -> list[tuple[str, str]]:
    """Give band and local start of each run."""
    runs = line.runs(microseconds(start), microseconds(end))
    return [(r.band, f"{instant(r.start_us).astimezone(zone):%m-%d %H:%M}") for r in runs]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("04-15 15:30", "04-15 16:30", [("flat", "04-15 15:30"), ("peak", "04-15 16:00")]),
        ("02-28 23:30", "03-01 00:30", [("flat", "02-28 23:30")]),  # one run over two seasons
        (
            "05-31 23:00",
            "06-01 02:00",
            [("peak", "05-31 23:00"), ("flat", "06-01 00:00"), ("valley", "06-01 01:00")],
        ),
        (
            "04-15 15:00",
            "04-15 16:00",
            [("flat", "04-15 15:00")],
        ),  # an edge begins
        ("04-15 15:30", "04-15 15:30", []),
    ],
)
def test_published_bands_of_southern_hebei(
    start: str, end: str, expected: list[tuple[str, str]]
) -> None:
    line = BandTimeline([HEBEI], ZONE, STATE_COUNCIL)
    assert cut(line, at(start), at(end)) == expected


@given(st.integers(0, 365 * 24 * 60), st.integers(1, 3 * 24 * 60), st.sampled_from(ZONES))
def test_each_minute_has_the_band_of_its_local_time(
    start_min: int, length_min: int, name: str
) -> None:
    zone = ZoneInfo(name)
    line = BandTimeline([HEBEI], zone, STATE_COUNCIL)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=start_min)
    end = start + dt.timedelta(minutes=length_min)
    runs = line.runs(microseconds(start), microseconds(end))
    assert [runs[0].start_us, *(run.end_us for run in runs)] == [
        *(run.start_us for run in runs),
        microseconds(end),
    ], "without gaps"
    assert all(a.band != b.band for a, b in pairwise(runs))
    for minute in range(0, length_min, 29):
        moment = start + dt.timedelta(minutes=minute)
        local = moment.astimezone(zone)
        season = next(s for s in HEBEI.seasons if local.month in s.months)
        of_day = local.hour * 60 + local.minute
        (band,) = [b for b, times in season.bands for low, high in times if low <= of_day < high]
        (run,) = [r for r in runs if r.start_us <= microseconds(moment) < r.end_us]
        assert run.band == band


def test_an_hour_that_comes_twice_has_its_band_twice() -> None:
    bands = (("valley", ((0, 150),)), ("peak", ((150, 1440),)))  # the edge is at 02:30
    line = BandTimeline([calendar(*bands)], BERLIN, STATE_COUNCIL)
    night = cut(line, at("10-25 00:00", BERLIN), at("10-25 12:00", BERLIN), BERLIN)
    assert night == [
        ("valley", "10-25 00:00"),
        ("peak", "10-25 02:30"),
        ("valley", "10-25 02:00"),
        ("peak", "10-25 02:30"),
    ]


def test_a_day_that_has_no_midnight() -> None:
    bands = (("valley", ((0, 120),)), ("peak", ((120, 1440),)))
    line = BandTimeline([calendar(*bands)], CAIRO, STATE_COUNCIL)
    spring = cut(line, at("04-23 22:00", CAIRO), at("04-24 12:00", CAIRO), CAIRO)
    assert spring == [("peak", "04-23 22:00"), ("valley", "04-24 01:00"), ("peak", "04-24 02:00")]


def test_a_day_before_the_first_version_has_no_band() -> None:
    line = BandTimeline([HEBEI], ZONE, STATE_COUNCIL)
    with pytest.raises(NoCalendar) as missing:
        line.runs(microseconds(at("2025-10-31 23:00")), microseconds(at("2025-11-01 01:00")))
    assert missing.value.day == dt.date(2025, 10, 31)


def test_the_published_holidays_and_moved_working_days() -> None:
    day = dt.date(2024, 1, 1)
    off: list[str] = []
    worked: list[str] = []
    while day.year < 2027:
        weekend = day.weekday() >= 5
        if STATE_COUNCIL.is_workday(day) == weekend:
            (worked if weekend else off).append(day.isoformat())
        day += dt.timedelta(days=1)
    assert (off, worked) == (WEEKDAYS_OFF.split(), WEEKENDS_WORKED.split())
    assert STATE_COUNCIL.years == {2024, 2025, 2026}


def test_a_moved_working_day_is_a_workday() -> None:
    seasons = (
        Season(YEAR, "workday", (("peak", WHOLE_DAY),)),
        Season(YEAR, "restday", (("valley", WHOLE_DAY),)),
    )
    line = BandTimeline([BandCalendar("c", dt.date(2020, 1, 1), seasons)], ZONE, STATE_COUNCIL)
    assert cut(line, at("10-07 12:00"), at("10-12 00:00")) == [
        ("valley", "10-07 12:00"),
        ("peak", "10-08 00:00"),  # Thursday to Saturday: the Saturday is worked
        ("valley", "10-11 00:00"),
    ]
    assert line.unlisted_years == set()


@pytest.mark.parametrize(
    ("bands", "expected"),
    [
        ({"flat": ["00:00-23:00"]}, [("c.season[0]", "band-gap", "23:00-24:00")]),
        ({"flat": ["01:00-24:00"]}, [("c.season[0]", "band-gap", "00:00-01:00")]),
        ({}, [("c.season[0]", "band-gap", "00:00-24:00")]),
        (
            {"flat": ["00:00-12:00"], "peak": ["11:30-24:00"]},
            [("c.season[0].peak", "band-overlap", "11:30-12:00")],
        ),
        (
            {"flat": ["00:00-24:00"], "peak": ["08:00-09:00", "10:00-11:00"]},
            [
                ("c.season[0].peak", "band-overlap", "08:00-09:00"),
                ("c.season[0].peak", "band-overlap", "10:00-11:00"),
            ],
        ),
        ({"flat": ["00:00-08:00", "08:00-24:00"]}, []),
    ],
)
def test_a_season_covers_the_day_exactly_once(
    bands: dict[str, list[str]], expected: list[tuple[str, str, str]]
) -> None:
    spans = tuple((band, tuple(map(minutes, texts))) for band, texts in bands.items())
    found = calendar_problems(calendar(*spans), "c")
    assert [(p.place, p.code, p.seen) for p in found] == expected


def minutes(text: str) -> tuple[int, int]:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return start, end


@pytest.mark.parametrize(
    ("seasons", "expected"),
    [
        ([(YEAR, "all")], []),
        ([(YEAR, "workday"), (YEAR, "restday")], []),
        ([(YEAR[:11], "all"), ((12,), "workday"), ((12,), "restday")], []),
        (
            [(YEAR[1:], "all")],
            [("month-uncovered", "1", "workday"), ("month-uncovered", "1", "restday")],
        ),
        ([(YEAR, "workday"), (YEAR[:11], "restday")], [("month-uncovered", "12", "restday")]),
        ([(YEAR, "all"), ((3,), "restday")], [("month-twice", "3", "restday")]),
        ([((1, *YEAR), "all")], [("month-twice", "1", "workday"), ("month-twice", "1", "restday")]),
    ],
)
def test_every_month_is_covered_once_for_each_type_of_day(
    seasons: list[tuple[tuple[int, ...], str]], expected: list[tuple[str, str, str]]
) -> None:
    made = tuple(Season(months, days, (("flat", WHOLE_DAY),)) for months, days in seasons)
    found = calendar_problems(BandCalendar("c", dt.date(2020, 1, 1), made), "c")
    assert [(p.code, p.seen, p.expected) for p in found] == expected
