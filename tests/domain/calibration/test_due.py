"""When a meter is to be calibrated again."""

from __future__ import annotations

import datetime as dt

import pytest

from shared_factory_desktop.domain.calibration_due import (
    DueState,
    days_left,
    due_state,
    months_after,
    next_due,
)

DUE = dt.date(2026, 11, 30)


@pytest.mark.parametrize(
    ("performed", "months", "due"),
    [
        ("2026-01-15", 12, "2027-01-15"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-01", 24, "2028-12-01"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-12-31", 12, "2027-12-31"),
    ],
)
def test_due_so_many_months_after_the_day_it_was_done(
    performed: str, months: int, due: str
) -> None:
    assert next_due(dt.date.fromisoformat(performed), months) == dt.date.fromisoformat(due)


def test_months_are_counted_back_as_well() -> None:
    assert months_after(dt.date(2026, 3, 31), -1) == dt.date(2026, 2, 28)
    assert months_after(dt.date(2026, 1, 10), -13) == dt.date(2024, 12, 10)
    noon = dt.datetime(2026, 8, 31, 12, 30, tzinfo=dt.UTC)
    assert months_after(noon, -6) == dt.datetime(2026, 2, 28, 12, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("today", "left", "state"),
    [
        ("2026-12-01", -1, DueState.OVERDUE),
        ("2026-11-30", 0, DueState.DUE_7),
        ("2026-11-23", 7, DueState.DUE_7),
        ("2026-11-22", 8, DueState.DUE_30),
        ("2026-10-31", 30, DueState.DUE_30),
        ("2026-10-30", 31, DueState.OK),
    ],
)
def test_the_last_day_still_counts(today: str, left: int, state: DueState) -> None:
    day = dt.date.fromisoformat(today)

    assert days_left(DUE, day) == left
    assert due_state(DUE, day) is state


def test_a_meter_never_calibrated_says_so() -> None:
    assert due_state(None, DUE) is DueState.NEVER
