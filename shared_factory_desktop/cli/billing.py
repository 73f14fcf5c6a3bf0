"""Commands that make statements: draft, issue, export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
from shared_factory_desktop.cli.progress import progress
from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.domain.periods import read_period
from shared_factory_desktop.domain.problems import Cause
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.domain.statement_json import price_document, statement_document
from shared_factory_desktop.services.billing import Outcome
from shared_factory_desktop.services.wording import explain

_tenant = click.option("--tenant", help="tenant id; without it all tenants")
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
def draft(run: Run, tenant: str | None, period: str, json_: bool) -> None:
    """Show what statements would say; nothing is stored."""
    billing = run.services().billing
    if tenant is None:
        outcomes = billing.draft_all(run.actor(), period, progress)
        _answer_all(run, period, outcomes, _drafted if json_ else None)
        return
    document = billing.draft(run.actor(), tenant, period)
    priced = document.statement
    _answer(run, document, price_document([priced], priced.start, priced.end) if json_ else None)


@statement.command()
@_tenant
@_period
@click.option("--now", "at_once", is_flag=True, help="without waiting for late readings")
@as_json
@shared
@pass_run
def issue(run: Run, tenant: str | None, period: str, at_once: bool, json_: bool) -> None:
    """Issue statements: each gets its number and is frozen."""
    billing = run.services().billing
    if tenant is None:
        outcomes = billing.issue_all(run.actor(), period, progress, at_once)
        _answer_all(run, period, outcomes, billing.as_json if json_ else None)
        return
    document = billing.issue(run.actor(), tenant, period, at_once)
    _answer(run, document, billing.as_json(document) if json_ else None)


@statement.command()
@click.argument("number")
@click.option(
    "--to",
    "kinds",
    default="pdf",
    help="pdf, xlsx, csv, bundle, einvoice; several with commas",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="folder to write to")
@shared
@pass_run
def export(run: Run, number: str, kinds: str, out: Path) -> None:
    """Write an issued statement as files."""
    chosen = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    made = run.services().exporting.export(run.actor(), number, chosen, out, progress)
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
        text = f"{line.session or '-'}  {row.charge_name}  ￥{grouped(line.gross_fen)}"
        why = line.correction and run.words(
            "exports.note.metering-correction", certificate=line.correction
        )
        say(f"{text}  {why}" if why else text)
    say(f"￥{grouped(document.statement.gross_fen)}  {document.gross_uppercase}")
    if any(row.suspect for row in document.lines):
        note(run.words("cli.suspect-lines"))


def _answer_all(
    run: Run,
    period: str,
    outcomes: Iterable[Outcome],
    write: Callable[[StatementDocument], Mapping[str, Any]] | None,
) -> None:
    """Print the statements of all tenants, as one JSON document of what `write` gives or a line
    each; what keeps a tenant from having one is told, and the exit status is then 1.
    """
    span, written = read_period(period), []
    warnings: dict[Cause, None] = {}
    for outcome in outcomes:
        if outcome.error is not None:
            run.status = 1
            for line in explain(run.words, outcome.error):
                note(line)
        if outcome.document is None:
            continue
        warnings |= dict.fromkeys(outcome.document.warnings)
        if write is not None:
            written.append(write(outcome.document))
        else:
            say(_summary(outcome.document))
    warn(run, warnings)
    if write is not None:
        answer_json(price_document([], span.start, span.end) | {"statements": written})


def _summary(document: StatementDocument) -> str:
    """Give a statement in one line: number if it has one, tenant, total."""
    statement = document.statement
    told = (document.number, statement.tenant, f"￥{grouped(statement.gross_fen)}")
    return "  ".join(filter(None, told))


def _drafted(document: StatementDocument) -> Mapping[str, Any]:
    return statement_document(document.statement)


COMMANDS = (statement,)
