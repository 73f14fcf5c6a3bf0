"""A report as comma-separated values that a spreadsheet opens without running anything in it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from shared_factory_desktop.domain.reports.report import (
    Column,
    Report,
    Row,
    Say,
    Value,
    exact,
    shown,
    title,
)
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.exports.report_words import speaker
from shared_factory_desktop.exports.statement_csv import quoted
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.words import Words

FORMAT = "csv"
SUFFIX = ".csv"


def write(
    report: Report,
    target: Path,
    words: Words,
    options: ExportOptions,  # noqa: ARG001 - every export is called alike; CSV has no choices
) -> None:
    """Write titles, a record a row and the totals; figures exact, shares of one.

    UTF-8 with BOM, RFC 4180, all text quoted. Raises ExportFault.
    """
    say = speaker(words)
    titles = ",".join(quoted(title(column, say)) for column in report.columns)
    totals = (say("total"), *report.totals[1:])
    records = [titles, *(_record(report, row, say) for row in (*report.rows, totals))]
    write_whole(target, ("\r\n".join(records) + "\r\n").encode("utf-8-sig"))


def _record(report: Report, row: Row, say: Say) -> str:
    cells = zip(report.columns, row, strict=True)
    return ",".join(_cell(column, value, say) for column, value in cells)


def _cell(column: Column, value: Value, say: Say) -> str:
    if isinstance(value, int | Fraction):
        return exact(column.kind, value)
    return "" if value is None else quoted(shown(column, value, say))
