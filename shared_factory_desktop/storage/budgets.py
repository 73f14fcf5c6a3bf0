"""Budgets as stored: each change is a new row, the newest counts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from shared_factory_desktop.domain.budgets import Budget, BudgetPeriod
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_rules import BudgetRow


def set_budget(tx: Transaction, budget: Budget, at: dt.datetime, by: str) -> None:
    """Store what a contract may cost from now on."""
    _add(tx, budget, budget.amount_fen, at, by)


def lift(tx: Transaction, budget: Budget, at: dt.datetime, by: str) -> None:
    """Store that a contract has no budget any more."""
    _add(tx, budget, None, at, by)


def list_budgets(tx: Transaction) -> tuple[Budget, ...]:
    """Give the budgets that are in force, by contract."""
    rows = tx.all(select(BudgetRow).order_by(BudgetRow.seq))
    newest = {row.contract: row for row in rows}
    in_force = (_budget(row) for _, row in sorted(newest.items()))
    return tuple(budget for budget in in_force if budget is not None)


def get(tx: Transaction, contract: str) -> Budget | None:
    """Find the budget of a contract."""
    found = select(BudgetRow).where(BudgetRow.contract == contract)
    row = tx.first(found.order_by(BudgetRow.seq.desc()))
    return _budget(row) if row else None


def _budget(row: BudgetRow) -> Budget | None:
    """Give the budget that a row sets; None where it lifts one."""
    if row.amount_fen is None:
        return None
    return Budget(row.contract, row.amount_fen, BudgetPeriod(row.period), row.warn)


def _add(tx: Transaction, budget: Budget, amount_fen: int | None, at: dt.datetime, by: str) -> None:
    row = {
        "seq": counters.take(tx, "budget"),
        "contract": budget.contract,
        "amount_fen": amount_fen,
        "period": str(budget.period),
        "warn": budget.warn,
        "at": at,
        "set_by": by,
    }
    tx.add(BudgetRow, row)
