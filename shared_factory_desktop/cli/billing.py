"""Commands about statements: draft, issue, list, export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared_factory_desktop.cli.context import (
    Run,
    answer_json,
    as_json,
    note,
    pass_run,
    say,
    shared,
    warn,
)
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.domain.statement_json import price_document

_tenant = click.option("--tenant", required=True, help="tenant id")
_period = click.option("--period", required=True, help="2026-10 or 2026-10-01..2026-11-01")


@click.group()
def statement() -> None:
    """Bills of tenants."""


@statement.command()
@_tenant
@_period
@as_json
@shared
@pass_run
def draft(run: Run, tenant: str, period: str, json_: bool) -> None:
    """Show what a statement would say; nothing is stored."""
    document = run.services().billing.draft(run.actor(), tenant, period)
    priced = document.statement
    _answer(run, document, price_document([priced], priced.start, priced.end) if json_ else None)


@statement.command()
@_tenant
@_period
@as_json
@shared
@pass_run
def issue(run: Run, tenant: str, period: str, json_: bool) -> None:
    """Issue a statement: it gets its number and is frozen."""
    billing = run.services().billing
    document = billing.issue(run.actor(), tenant, period)
    _answer(run, document, billing.as_json(document) if json_ else None)


@statement.command(name="list")
@as_json
@shared
@pass_run
def list_(run: Run, json_: bool) -> None:
    """List issued statements."""
    rows = run.services().billing.list(run.actor())
    if json_:
        answer_json(
            {
                "statements": [
                    {
                        "number": row.number,
                        "tenant": row.tenant,
                        "period": [str(row.start), str(row.end)],
                        "issued_at": row.issued_at.isoformat(),
                        "net": yuan_text(row.net_fen),
                        "tax": yuan_text(row.tax_fen),
                        "gross": yuan_text(row.gross_fen),
                        "sha256": row.sha256,
                    }
                    for row in rows
                ]
            }
        )
        return
    for row in rows:
        say(f"{row.number}  {row.tenant}  {row.start}..{row.end}  ￥{grouped(row.gross_fen)}")


@statement.command()
@click.argument("number")
@click.option("--to", "kinds", default="pdf", help="pdf, xlsx, csv; several with commas")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="folder to write to")
@shared
@pass_run
def export(run: Run, number: str, kinds: str, out: Path) -> None:
    """Write an issued statement as files."""
    chosen = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    made = run.services().billing.export(run.actor(), number, chosen, out, lambda _done, _all: None)
    for file in made:
        say(str(file))


def _answer(run: Run, document: StatementDocument, json_: Mapping[str, Any] | None) -> None:
    """Print a statement, in the JSON given or in lines to read."""
    warn(run, document.warnings)
    if json_ is not None:
        answer_json(json_)
        return
    if document.number:
        say(document.number)
    for row in document.lines:
        line = row.line
        say(f"{line.session or '-'}  {row.charge_name}  ￥{grouped(line.gross_fen)}")
    say(f"￥{grouped(document.statement.gross_fen)}  {document.gross_uppercase}")
    if any(row.suspect for row in document.lines):
        note(run.words("cli.suspect-lines"))


COMMANDS = (statement,)
