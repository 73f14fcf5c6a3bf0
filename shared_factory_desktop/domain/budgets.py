"""Budgets: what a contract may cost in a month or in all, and how much of that is spent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from shared_factory_desktop.domain.periods import Period


class BudgetPeriod(StrEnum):
    """Over what a budget runs."""

    MONTH = "month"
    TOTAL = "total"


class BudgetState(StrEnum):
    """What a budget lets happen."""

    ENOUGH = "enough"
    NEAR = "near"  # the warning share is reached
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a contract may cost, gross fen; `warn` is the share at which to say so."""

    contract: str
    amount_fen: int
    period: BudgetPeriod
    warn: Decimal

    def share(self, spent_fen: int) -> Fraction:
        """Give which part of the budget is spent; above 1 it is overspent."""
        return Fraction(spent_fen, self.amount_fen)

    def state(self, spent_fen: int) -> BudgetState:
        """Say what the budget lets happen once so much is spent."""
        share = self.share(spent_fen)
        if share >= 1:
            return BudgetState.SPENT
        return BudgetState.NEAR if share >= Fraction(self.warn) else BudgetState.ENOUGH

    def window(self, first: dt.date, today: dt.date) -> Period:
        """Give the local days that count: this month, or from `first` to the end of this month."""
        month = this_month(today)
        if self.period is BudgetPeriod.MONTH:
            return month
        return Period(min(first, month.start), month.end)


def this_month(day: dt.date) -> Period:
    """Give the calendar month of a local day."""
    start = day.replace(day=1)
    return Period(start, (start + dt.timedelta(days=31)).replace(day=1))


def unbilled(window: Period, billed: list[Period]) -> list[Period]:
    """Give the days of a window that no statement covers, cut at the ends of months.

    A monthly fee is due once in each of the pieces, as in the statements that will be issued.
    """
    gaps: list[Period] = []
    start = window.start
    for taken in sorted(billed, key=lambda one: one.start):
        if start < taken.start:
            gaps += _by_month(Period(start, min(taken.start, window.end)))
        start = max(start, taken.end)
    return gaps + (_by_month(Period(start, window.end)) if start < window.end else [])


def _by_month(period: Period) -> list[Period]:
    pieces = []
    start = period.start
    while start < period.end:
        end = min(this_month(start).end, period.end)
        pieces.append(Period(start, end))
        start = end
    return pieces
