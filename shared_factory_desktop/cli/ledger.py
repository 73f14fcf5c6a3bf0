"""Commands about tenants' money: payment, deposit, prepaid, ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import click

from shared_factory_desktop.cli.amounts import typed_fen
from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.instants import local_day
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.ledger import Ageing, Booked, Method, Slip
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.services.ledger import AccountRow, TenantAccount

_tenant = click.option("--tenant", required=True, help="tenant id")
_amount = click.option("--amount", required=True, help="CNY")
_statement = click.option("--statement", help="its number, by default all open ones, oldest first")
_on = click.option("--on", help="local date, by default today")
_reason = click.option("--reason", required=True, help="why")
_AGES = ("to-30", "to-60", "to-90", "over-90")
_NOTHING = "-"


def slip_options(command: Callable[..., None]) -> Callable[..., None]:
    """Ask how money came or went, and for the number on the paper."""
    methods = click.Choice([str(method) for method in Method])
    command = click.option("--reference", required=True, help="number of the slip or receipt")(
        command
    )
    return click.option("--method", required=True, type=methods, help="how")(command)


def typed_slip(method: str, reference: str) -> Slip:
    """Read what `slip_options` asked for."""
    return Slip(Method(method), reference)


def typed_day(on: str | None) -> dt.date | None:
    """Read an optional day. Raises InputRefused."""
    return local_day("--on", on) if on else None


def answer(run: Run, booked: Sequence[Booked], json_: bool) -> None:
    """Print what was booked."""
    if json_:
        answer_json({"transactions": [_booked_json(one) for one in booked]})
        return
    for one in booked:
        event = run.words(f"ledger.event.{one.posting.event}")
        say(run.words("ledger.booked", seq=one.seq, event=event, tenant=one.posting.tenant))
        for line in aligned(
            ("", run.words(f"ledger.account.{entry.account}"), entry.item, grouped(amount))
            for entry in one.posting.entries
            for amount in [entry.amount_fen]
        ):
            say(line)


@click.group()
def payment() -> None:
    """Money that tenants pay and get back."""


@payment.command()
@_tenant
@_amount
@slip_options
@_statement
@_on
@as_json
@shared
@pass_run
def record(
    run: Run,
    tenant: str,
    amount: str,
    method: str,
    reference: str,
    statement: str | None,
    on: str | None,
    json_: bool,
) -> None:
    """Record money received; what no statement takes is prepaid."""
    amount_fen, slip = typed_fen("--amount", amount), typed_slip(method, reference)
    booked = run.services().ledger.pay(
        run.actor(), tenant, amount_fen, slip, statement, typed_day(on)
    )
    answer(run, [booked], json_)


@payment.command()
@_tenant
@_amount
@slip_options
@_reason
@_on
@as_json
@shared
@pass_run
def refund(
    run: Run,
    tenant: str,
    amount: str,
    method: str,
    reference: str,
    reason: str,
    on: str | None,
    json_: bool,
) -> None:
    """Give prepaid money back."""
    amount_fen, slip = typed_fen("--amount", amount), typed_slip(method, reference)
    booked = run.services().ledger.refund(
        run.actor(), tenant, amount_fen, slip, reason, typed_day(on)
    )
    answer(run, [booked], json_)


@payment.command(name="round-off")
@click.argument("statement", metavar="NO")
@_reason
@as_json
@shared
@pass_run
def round_off(run: Run, statement: str, reason: str, json_: bool) -> None:
    """Close a statement of which less than 1 CNY is open."""
    answer(run, [run.services().ledger.round_off(run.actor(), statement, reason)], json_)


@click.group()
def deposit() -> None:
    """Deposits of tenants."""


@deposit.command()
@_tenant
@_amount
@slip_options
@_on
@as_json
@shared
@pass_run
def take(
    run: Run, tenant: str, amount: str, method: str, reference: str, on: str | None, json_: bool
) -> None:
    """Record a deposit received."""
    amount_fen, slip = typed_fen("--amount", amount), typed_slip(method, reference)
    ledger = run.services().ledger
    answer(run, [ledger.take_deposit(run.actor(), tenant, amount_fen, slip, typed_day(on))], json_)


@deposit.command(name="return")
@_tenant
@_amount
@slip_options
@_on
@as_json
@shared
@pass_run
def return_(
    run: Run, tenant: str, amount: str, method: str, reference: str, on: str | None, json_: bool
) -> None:
    """Record a deposit given back."""
    amount_fen, slip = typed_fen("--amount", amount), typed_slip(method, reference)
    ledger = run.services().ledger
    answer(
        run, [ledger.return_deposit(run.actor(), tenant, amount_fen, slip, typed_day(on))], json_
    )


@deposit.command()
@_tenant
@_amount
@_statement
@_reason
@as_json
@shared
@pass_run
def offset(
    run: Run, tenant: str, amount: str, statement: str | None, reason: str, json_: bool
) -> None:
    """Pay statements from the deposit."""
    amount_fen = typed_fen("--amount", amount)
    booked = run.services().ledger.offset_deposit(
        run.actor(), tenant, amount_fen, reason, statement
    )
    answer(run, [booked], json_)


@click.group()
def prepaid() -> None:
    """Money that tenants leave in advance."""


@prepaid.command(name="top-up")
@_tenant
@_amount
@slip_options
@_on
@as_json
@shared
@pass_run
def top_up(
    run: Run, tenant: str, amount: str, method: str, reference: str, on: str | None, json_: bool
) -> None:
    """Record money received in advance."""
    amount_fen, slip = typed_fen("--amount", amount), typed_slip(method, reference)
    ledger = run.services().ledger
    answer(run, [ledger.top_up(run.actor(), tenant, amount_fen, slip, typed_day(on))], json_)


@prepaid.command()
@_tenant
@_statement
@as_json
@shared
@pass_run
def settle(run: Run, tenant: str, statement: str | None, json_: bool) -> None:
    """Pay statements from vouchers, then from the prepaid balance."""
    answer(run, run.services().vouchers.settle(run.actor(), tenant, statement), json_)


class _Accounts(click.Group):
    """A group whose first argument may be a tenant: `ledger TENANT` is `ledger show TENANT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `show` before what names no command."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Accounts)
def ledger() -> None:
    """A tenant's account: all transactions, balances, what is open and for how long."""


@ledger.command()
@click.argument("tenant")
@as_json
@shared
@pass_run
def show(run: Run, tenant: str, json_: bool) -> None:
    """Show a tenant's account."""
    account = run.services().ledger.account(run.actor(), tenant)
    if json_:
        answer_json(_account_json(account))
        return
    for line in _account_lines(run, account):
        say(line)


@ledger.command()
@click.argument("seq", type=int)
@_reason
@as_json
@shared
@pass_run
def reverse(run: Run, seq: int, reason: str, json_: bool) -> None:
    """Undo a transaction by another one."""
    answer(run, [run.services().ledger.reverse(run.actor(), seq, reason)], json_)


def _account_lines(run: Run, account: TenantAccount) -> list[str]:
    head = ("seq", "on", "event", "refers", "receivable", "prepaid", "reason")
    rows = [tuple(run.words(f"ledger.head.{name}") for name in head)]
    rows += [_cells(run, row) for row in account.rows]
    lines = aligned(rows)
    for name, fen in account.balances.items():
        if fen:
            label = run.words(f"ledger.account.{name}")
            lines.append(run.words("ledger.balance", account=label, amount=grouped(fen)))
    for item in account.open_items:
        values = {"statement": item.statement, "day": item.issued_on}
        lines.append(run.words("ledger.open", amount=grouped(item.open_fen), **values))
    if account.ageing.total_fen:
        ages = zip(_AGES, _ages_fen(account.ageing), strict=True)
        parts = (f"{run.words(f'ledger.age.{age}')} {grouped(fen)}" for age, fen in ages)
        lines.append(run.words("ledger.ages", ages=", ".join(parts)))
    exposure = account.exposure
    if exposure is not None and exposure.available_fen is not None:
        available, limit = grouped(exposure.available_fen), grouped(exposure.limit_fen or 0)
        lines.append(run.words("ledger.available", amount=available, limit=limit))
    return lines


def _cells(run: Run, row: AccountRow) -> tuple[str, ...]:
    posting = row.booked.posting
    about = posting.reverses or (posting.slip.reference if posting.slip else posting.refers)
    return (
        str(row.booked.seq),
        posting.on.isoformat(),
        run.words(f"ledger.event.{posting.event}"),
        str(about or _NOTHING),
        grouped(row.receivable_fen),
        grouped(row.prepaid_fen),
        posting.reason or "",
    )


def _account_json(account: TenantAccount) -> dict[str, Any]:
    exposure = account.exposure
    limit = exposure.limit_fen if exposure else None
    available = exposure.available_fen if exposure else None
    return {
        "tenant": account.tenant,
        "transactions": [
            {
                **_booked_json(row.booked),
                "receivable": yuan_text(row.receivable_fen),
                "prepaid": yuan_text(row.prepaid_fen),
            }
            for row in account.rows
        ],
        "balances": {str(name): yuan_text(fen) for name, fen in account.balances.items()},
        "open": [
            {
                "statement": item.statement,
                "issued_on": item.issued_on.isoformat(),
                "amount": yuan_text(item.open_fen),
            }
            for item in account.open_items
        ],
        "ageing": {
            age: yuan_text(fen) for age, fen in zip(_AGES, _ages_fen(account.ageing), strict=True)
        },
        "credit_limit": None if limit is None else yuan_text(limit),
        "available": None if available is None else yuan_text(available),
    }


def _booked_json(booked: Booked) -> dict[str, Any]:
    posting = booked.posting
    return {
        "seq": booked.seq,
        "at": booked.at.isoformat(),
        "on": posting.on.isoformat(),
        "event": str(posting.event),
        "refers": posting.refers,
        "method": str(posting.slip.method) if posting.slip else None,
        "reference": posting.slip.reference if posting.slip else None,
        "reverses": posting.reverses,
        "reason": posting.reason,
        "by": booked.by,
        "lines": [
            {
                "account": str(entry.account),
                "item": entry.item or None,
                "amount": yuan_text(entry.amount_fen),
            }
            for entry in posting.entries
        ],
    }


def _ages_fen(ages: Ageing) -> tuple[int, ...]:
    return ages.to_30_fen, ages.to_60_fen, ages.to_90_fen, ages.over_90_fen


COMMANDS = (payment, deposit, prepaid, ledger)
