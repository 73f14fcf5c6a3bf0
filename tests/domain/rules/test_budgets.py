"""Budgets: shares compared exactly, the days that count, and the days no statement covers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.budgets import Budget, BudgetPeriod, BudgetState, unbilled
from shared_factory_desktop.domain.periods import Period

MONTHLY = Budget("c-1", 100_000, BudgetPeriod.MONTH, Decimal("0.8"))
DAY0 = dt.date(2026, 1, 1)


def days(start: int, end: int) -> Period:
    return Period(DAY0 + dt.timedelta(start), DAY0 + dt.timedelta(end))


@pytest.mark.parametrize(
    ("spent_fen", "state"),
    [
        (0, BudgetState.ENOUGH),
        (79_999, BudgetState.ENOUGH),
        (80_000, BudgetState.NEAR),
        (99_999, BudgetState.NEAR),
        (100_000, BudgetState.SPENT),
        (100_001, BudgetState.SPENT),
    ],
)
def test_a_budget_warns_at_its_share_and_ends_at_its_amount(
    spent_fen: int, state: BudgetState
) -> None:
    assert MONTHLY.state(spent_fen) is state


def test_a_share_is_met_to_the_fen_where_a_binary_fraction_would_miss_it() -> None:
    assert Budget("c", 10, BudgetPeriod.MONTH, Decimal("0.7")).state(7) is BudgetState.NEAR
    assert Budget("c", 300, BudgetPeriod.MONTH, Decimal("0.57")).state(171) is BudgetState.NEAR


def test_a_month_is_the_calendar_month_and_a_total_begins_with_the_contract() -> None:
    total = Budget("c-1", 1, BudgetPeriod.TOTAL, Decimal(1))
    first, today = dt.date(2025, 11, 15), dt.date(2026, 12, 31)

    assert MONTHLY.window(first, today) == Period(dt.date(2026, 12, 1), dt.date(2027, 1, 1))
    assert total.window(first, today) == Period(first, dt.date(2027, 1, 1))


def test_days_that_were_billed_are_left_out_and_the_rest_is_cut_at_months() -> None:
    window = Period(dt.date(2026, 1, 15), dt.date(2026, 4, 1))
    billed = [Period(dt.date(2026, 2, 1), dt.date(2026, 2, 15))]

    assert [str(piece) for piece in unbilled(window, billed)] == [
        "2026-01-15..2026-02-01",
        "2026-02-15..2026-03-01",
        "2026-03",
    ]


@given(
    window=st.tuples(st.integers(0, 200), st.integers(1, 200)),
    billed=st.lists(st.tuples(st.integers(-50, 400), st.integers(1, 60)), max_size=6),
)
def test_each_day_of_the_window_is_billed_or_in_one_piece(
    window: tuple[int, int], billed: list[tuple[int, int]]
) -> None:
    first, last = window[0], window[0] + window[1]
    taken = {day for start, length in billed for day in range(start, start + length)}

    pieces = unbilled(days(first, last), [days(s, s + length) for s, length in billed])

    left = [(piece.start - DAY0).days + offset for piece in pieces for offset in range(piece.days)]
    assert left == [day for day in range(first, last) if day not in taken]
    assert all((p.end - dt.timedelta(1)).month == p.start.month for p in pieces)
