"""Commands about what tenants have made and may spend: job, budget."""

from __future__ import annotations

import click

from shared_factory_desktop.cli.amounts import typed_decimal, typed_fen
from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.budgets import BudgetPeriod
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.services.budgets import BudgetView
from shared_factory_desktop.services.work_orders import WorkOrderView

_contract = click.argument("contract")


@click.group()
def job() -> None:
    """Work orders that sessions name."""


@job.command(name="add")
@click.argument("job_id", metavar="ID")
@click.option("--tenant", required=True, help="tenant id")
@click.option("--name", required=True, help="what is made")
@click.option("--value", help="declared value in CNY")
@click.option("--target-pieces", type=click.IntRange(min=1), help="pieces to make")
@shared
@pass_run
def add_job(
    run: Run, job_id: str, tenant: str, name: str, value: str | None, target_pieces: int | None
) -> None:
    """Open a work order."""
    declared = typed_decimal("--value", value) if value is not None else None
    order = WorkOrder(job_id, tenant, name, declared, target_pieces)
    run.services().work_orders.add(run.actor(), order)
    say(run.words("rules.job-opened", job=job_id))


@job.command(name="close")
@click.argument("job_id", metavar="ID")
@shared
@pass_run
def close_job(run: Run, job_id: str) -> None:
    """Close a work order."""
    run.services().work_orders.close(run.actor(), job_id)
    say(run.words("rules.job-closed", job=job_id))


@job.command(name="list")
@click.option("--open", "open_only", is_flag=True, help="only those not closed")
@as_json
@shared
@pass_run
def list_jobs(run: Run, open_only: bool, json_: bool) -> None:
    """List work orders with the pieces made of each."""
    views = run.services().work_orders.list(run.actor(), open_only)
    if json_:
        answer_json({"jobs": [_job_json(view) for view in views]})
        return
    for line in aligned(_job_cells(run, view) for view in views) if views else ():
        say(line)


@click.group()
def budget() -> None:
    """What contracts may cost."""


@budget.command(name="set")
@_contract
@click.option("--amount", required=True, help="CNY, gross")
@click.option("--period", required=True, type=click.Choice([str(p) for p in BudgetPeriod]))
@click.option("--warn", default="0.8", show_default=True, help="share at which to warn")
@shared
@pass_run
def set_budget(run: Run, contract: str, amount: str, period: str, warn: str) -> None:
    """Say what a contract may cost; nobody starts on it once that is spent."""
    amount_fen = typed_fen("--amount", amount)
    share = typed_decimal("--warn", warn)
    run.services().budgets.set(run.actor(), contract, amount_fen, BudgetPeriod(period), share)
    say(run.words("rules.budget-set", contract=contract, amount=grouped(amount_fen)))


@budget.command(name="lift")
@_contract
@shared
@pass_run
def lift_budget(run: Run, contract: str) -> None:
    """Let a contract cost what it may."""
    run.services().budgets.lift(run.actor(), contract)
    say(run.words("rules.budget-lifted", contract=contract))


@budget.command(name="list")
@as_json
@shared
@pass_run
def list_budgets(run: Run, json_: bool) -> None:
    """List budgets with what is spent of each."""
    views = run.services().budgets.list(run.actor())
    if json_:
        answer_json({"budgets": [_budget_json(view) for view in views]})
        return
    for line in aligned(_budget_cells(run, view) for view in views) if views else ():
        say(line)


def _job_cells(run: Run, view: WorkOrderView) -> list[str]:
    order = view.order
    code = "rules.pieces" if order.target_pieces is None else "rules.pieces-of"
    pieces = run.words(code, made=view.made, target=order.target_pieces)
    left_out = run.words("rules.uncounted", count=view.uncounted) if view.uncounted else "-"
    value = plain(order.value) if order.value is not None else "-"
    state = run.words("rules.job.closed" if order.closed_at else "rules.job.open")
    return [order.id, order.tenant, order.name, value, pieces, left_out, state]


def _job_json(view: WorkOrderView) -> dict[str, object]:
    order = view.order
    return {
        "id": order.id,
        "tenant": order.tenant,
        "name": order.name,
        "value": plain(order.value) if order.value is not None else None,
        "target_pieces": order.target_pieces,
        "pieces": view.made,
        "sessions_without_pieces": view.uncounted,
        "state": "closed" if order.closed_at else "open",
    }


def _budget_cells(run: Run, view: BudgetView) -> list[str]:
    budget = view.budget
    amount = grouped(budget.amount_fen)
    spent = (
        run.words("rules.spent-unknown", amount=amount)
        if view.spent_fen is None
        else run.words("rules.spent", spent=grouped(view.spent_fen), amount=amount)
    )
    period = run.words(f"rules.budget.{budget.period}")
    state = run.words(f"rules.budget.{view.state or 'unknown'}")
    return [budget.contract, view.tenant, spent, period, state]


def _budget_json(view: BudgetView) -> dict[str, object]:
    return {
        "contract": view.budget.contract,
        "tenant": view.tenant,
        "amount": yuan_text(view.budget.amount_fen),
        "period": str(view.budget.period),
        "warn": plain(view.budget.warn),
        "spent": None if view.spent_fen is None else yuan_text(view.spent_fen),
        "state": str(view.state) if view.state else None,
    }


COMMANDS = (job, budget)
