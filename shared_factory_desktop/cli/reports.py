"""The command about reports: income, utilisation, electricity, indicators, shown or written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.reports import REPORTS
from shared_factory_desktop.domain.reports.report import Report, Row, report_json, shown, title

_NAMES = ", ".join(definition.name for definition in REPORTS)


@click.command(help=f"Show a report, or write it as files. NAME is one of: {_NAMES}.")
@click.argument("name")
@click.option("--period", required=True, help="2026-10 or 2026-10-01..2026-11-01")
@click.option("--to", "kinds", help="xlsx, pdf, csv; several with commas")
@click.option("--out", type=click.Path(path_type=Path), help="folder to write to")
@as_json
@shared
@pass_run
def report(
    run: Run, name: str, period: str, kinds: str | None, out: Path | None, json_: bool
) -> None:
    """Show a report, or write it as files."""
    reports, actor = run.services().reports, run.actor()
    if kinds is None and out is not None:
        raise refused(Kind.INPUT, "report-format", known="xlsx, pdf, csv")
    made = reports.report(actor, name, period)
    if kinds is not None:
        chosen = [kind.strip() for kind in kinds.split(",") if kind.strip()]
        files = [str(file) for file in reports.export(actor, made, chosen, out or Path())]
        _answer(json_, {"files": files}, files)
    else:
        _answer(json_, report_json(made), aligned(_lines(run, made)))


def _answer(json_: bool, document: dict[str, object], lines: Iterable[str]) -> None:
    """Print a document for scripts, or lines to read."""
    if json_:
        answer_json(document)
        return
    for line in lines:
        say(line)


def _lines(run: Run, made: Report) -> list[list[str]]:
    """Give titles, rows and totals as cells to print."""

    def word(code: str) -> str:
        return run.words(f"reports.{code}")

    def cells(row: Row) -> list[str]:
        return [shown(one, value, word) for one, value in zip(made.columns, row, strict=True)]

    titles = [title(column, word) for column in made.columns]
    totals = cells((word("total"), *made.totals[1:]))
    return [titles, *(cells(row) for row in made.rows), totals]


COMMANDS = (report,)
