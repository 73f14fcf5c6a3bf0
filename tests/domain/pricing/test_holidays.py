"""A year of public holidays as a file: read whole, or refused with everything wrong in it."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest

from shared_factory_desktop.domain.holidays import (
    SHIPPED,
    STATE_COUNCIL,
    HolidayYear,
    holiday_table,
    read_holidays,
)
from shared_factory_desktop.domain.problems import InputRefused

YEAR = """
year = 2027
source = "国办发明电〔2026〕1号"
rest_days = [2027-01-01, 2027-01-02, 2027-01-03]
moved_workdays = [2027-01-09]
"""


def test_a_year_is_read_as_it_is_written() -> None:
    read = read_holidays(tomllib.loads(YEAR), "2027.toml")

    assert read == HolidayYear(
        2027,
        frozenset(dt.date(2027, 1, day) for day in (1, 2, 3)),
        frozenset({dt.date(2027, 1, 9)}),
        "国办发明电〔2026〕1号",
    )


def test_an_added_year_changes_no_other_and_a_repeated_one_replaces_its_own() -> None:
    added = read_holidays(tomllib.loads(YEAR), "2027.toml")
    amended = HolidayYear(2026, frozenset({dt.date(2026, 3, 4)}), frozenset(), "amended")

    table = holiday_table([*SHIPPED, added, amended])

    assert table.years == {2024, 2025, 2026, 2027}
    assert not table.is_workday(dt.date(2027, 1, 1))  # a Friday
    assert table.is_workday(dt.date(2027, 1, 9))  # a Saturday
    assert not table.is_workday(dt.date(2026, 3, 4))
    assert table.is_workday(dt.date(2026, 10, 1))  # only the amended notice counts
    for day in sorted(STATE_COUNCIL.rest_days | STATE_COUNCIL.moved_workdays):
        if day.year < 2026:
            assert table.is_workday(day) == STATE_COUNCIL.is_workday(day)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2027\n", '"2027"\n', [("year", "integer")]),
        ("2027\n", "1949\n", [("year", "range")]),
        ("rest_days = [", "holidays = [", [("rest_days", "missing"), ("holidays", "unknown-key")]),
        ("[2027-01-01, 2027-01-02, 2027-01-03]", "[]", [("rest_days", "dates")]),
        ("[2027-01-01, 2027-01-02, 2027-01-03]", "2027-01-01", [("rest_days", "dates")]),
        ("2027-01-02", '"2027-01-02"', [("rest_days[1]", "date")]),
        ("2027-01-02", "2027-01-02T00:00:00Z", [("rest_days[1]", "date")]),
        ("2027-01-02", "2028-01-02", [("rest_days[1]", "other-year")]),
        ("2027-01-02", "2027-01-01", [("rest_days[1]", "day-twice")]),
        ("2027-01-09", "2027-01-03", [("moved_workdays", "rest-and-worked")]),
        ("2027-01-09", "2027-01-08", [("moved_workdays", "worked-anyway")]),
        ('source = "国办发明电〔2026〕1号"', "", [("source", "missing")]),
        (
            "2027-01-09",
            "2027-01-08, 2026-01-10, 7",
            [
                ("moved_workdays[1]", "other-year"),
                ("moved_workdays[2]", "date"),
                ("moved_workdays", "worked-anyway"),
            ],
        ),
    ],
)
def test_everything_wrong_with_a_year_is_told_at_once(
    old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    assert old in YEAR

    with pytest.raises(InputRefused) as refused:
        read_holidays(tomllib.loads(YEAR.replace(old, new, 1)), "2027.toml")

    assert [(one.place, one.code) for one in refused.value.problems] == expected
    assert {one.file for one in refused.value.problems} == {"2027.toml"}
