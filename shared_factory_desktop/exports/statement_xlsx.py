"""A statement as an Excel workbook: a summary, lines, bands, gaps, machines; numbers as numbers."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import xlsxwriter

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.exports.table import by_machine, groups
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.xlsx_lines import write_details, write_lines, write_machine
from shared_factory_desktop.exports.xlsx_sheet import SAFE, Sheet, formats, sheet_name
from shared_factory_desktop.exports.xlsx_summary import write_gaps, write_summary
from shared_factory_desktop.words import Words

KEY = "xlsx"
SUFFIX = ".xlsx"
_SHEETS = ("summary", "lines", "details", "gaps")


def write(
    document: StatementDocument,
    target: Path,
    words: Words,
    progress: Progress,
    options: ExportOptions,  # noqa: ARG001 - every export is called alike; XLSX has no choices
) -> None:
    """Write the workbook; the same document gives the same bytes. Raises ExportFault."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, SAFE) as book:
        book.set_properties(
            {
                "title": words("exports.document-title", number=document.number or ""),
                "author": cleaned(document.seller.name),
                "created": created(document),
            }
        )
        shapes = formats(book)
        titles = [words(f"exports.xlsx.sheet-{name}") for name in _SHEETS]
        summary, lines, details, gaps = (Sheet(book, title, shapes) for title in titles)
        parts = groups(document)
        write_summary(summary, document, words)
        write_lines(lines, parts, words, progress)
        write_details(details, parts, words)
        write_gaps(gaps, document, words)
        taken = {title.casefold() for title in titles}
        for number, (machine, rows) in enumerate(by_machine(parts).items(), 1):
            fallback = words("exports.xlsx.sheet-machine", number=number)
            write_machine(Sheet(book, sheet_name(machine, taken, fallback), shapes), rows, words)
    progress(len(document.lines), len(document.lines))
    write_whole(target, buffer.getvalue())


def created(document: StatementDocument) -> dt.datetime:
    """Give the time of issue in UTC; a draft takes its period's end, never the clock's time."""
    if document.issued_at is not None:
        return document.issued_at.astimezone(dt.UTC).replace(tzinfo=None)
    return dt.datetime.combine(document.statement.end, dt.time())
