"""A report as an Excel workbook: a table of numbers with its totals, and a chart of it."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import xlsxwriter

from shared_factory_desktop.domain.reports.report import (
    Column,
    Kind,
    Report,
    Row,
    Say,
    Value,
    exact,
    shown,
    title,
)
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.exports.report_words import heading, made, period, speaker
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.words import Words

FORMAT = "xlsx"
SUFFIX = ".xlsx"
COLOURS = ("#1F6FEB", "#1A7F4B", "#B7791F", "#7A5AC7", "#2A9D9A", "#868F9B")
_HEAD_ROW = 4  # above it: what the report is about
_MOST_BARS = 60
_SETTINGS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_NUMBERS = {
    Kind.NAME: "@",
    Kind.COUNT: "#,##0",
    Kind.MONEY: "#,##0.00;[Red]-#,##0.00",
    Kind.HOURS: "#,##0.00",
    Kind.ENERGY: "#,##0.000",
    Kind.SHARE: "0.0%",
}


def write(
    report: Report,
    target: Path,
    words: Words,
    options: ExportOptions,  # noqa: ARG001 - every export is called alike; XLSX has no choices
) -> None:
    """Write the workbook; the same report gives the same bytes. Raises ExportFault."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _SETTINGS) as book:
        name = heading(words, report)
        book.set_properties(
            {
                "title": name,
                "author": cleaned(report.factory),
                "created": report.at.replace(tzinfo=None),
            }
        )
        page = book.add_worksheet(name)
        sheet = _Sheet(book, page, report, speaker(words))
        sheet.about((name, cleaned(report.factory), period(words, report), made(words, report)))
        sheet.table()
        sheet.chart()
    write_whole(target, buffer.getvalue())


class _Sheet:
    """The one worksheet of a report; every value is written by its type, text as nothing else."""

    def __init__(self, book: Any, page: Any, report: Report, say: Say) -> None:
        self._book = book
        self._page = page
        self._report = report
        self._say = say
        self._last = _HEAD_ROW + len(report.rows)

    def about(self, lines: tuple[str, ...]) -> None:
        """Write what the report is about over the table."""
        large = self._book.add_format({"bold": True, "font_size": 16})
        for row, line in enumerate(lines):
            self._page.write_string(row, 0, line, large if row == 0 else None)

    def table(self) -> None:
        """Write the frozen titles, the rows and the totals, which are values."""
        page, report = self._page, self._report
        head = self._book.add_format(
            {"bold": True, "bg_color": "#E8F0F3", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        for index, column in enumerate(report.columns):
            page.set_column(index, index, 28 if column.kind is Kind.NAME else 14)
            page.write_string(_HEAD_ROW, index, title(column, self._say), head)
        page.freeze_panes(_HEAD_ROW + 1, 1)
        plain_cells = self._formats({})
        for offset, row in enumerate(report.rows, 1):
            self._record(_HEAD_ROW + offset, row, plain_cells)
        totals = (self._say("total"), *report.totals[1:])
        self._record(self._last + 1, totals, self._formats({"bold": True, "top": 1}))
        page.autofilter(_HEAD_ROW, 0, self._last, len(report.columns) - 1)

    def chart(self) -> None:
        """Draw the rows as bars beside the table; of very many the first."""
        report, name = self._report, self._page.get_name()
        count = min(len(report.rows), _MOST_BARS)
        if not count:
            return
        kind = {"type": "bar"} | ({"subtype": "stacked"} if report.chart.stacked else {})
        chart = self._book.add_chart(kind)
        first, last = _HEAD_ROW + 1, _HEAD_ROW + count
        keys = [column.key for column in report.columns]
        for key, colour in zip(report.chart.series, COLOURS, strict=False):
            index = keys.index(key)
            chart.add_series(
                {
                    "name": [name, _HEAD_ROW, index],
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, index, last, index],
                    "fill": {"color": colour},
                }
            )
        chart.set_title({"name": self._say(f"title.{report.name}"), "overlay": False})
        chart.set_y_axis({"reverse": True})  # the first row on top, as in the table
        chart.set_legend({"position": "bottom"})
        bars = 1 if report.chart.stacked else len(report.chart.series)
        chart.set_size({"width": 720, "height": 180 + count * (14 + 10 * bars)})
        self._page.insert_chart(0, len(keys) + 1, chart)

    def _formats(self, style: dict[str, object]) -> dict[Kind, Any]:
        return {
            kind: self._book.add_format({"num_format": number, **style})
            for kind, number in _NUMBERS.items()
        }

    def _record(self, at: int, row: Row, formats: dict[Kind, Any]) -> None:
        for index, (column, value) in enumerate(zip(self._report.columns, row, strict=True)):
            if value is not None and self._put(at, index, column, value, formats):
                raise ExportFault(
                    "does-not-fit", sheet=self._page.get_name(), row=at + 1, column=index + 1
                )

    def _put(
        self, row: int, index: int, column: Column, value: Value, formats: dict[Kind, Any]
    ) -> int:
        """Write one cell; gives XlsxWriter's status, 0 for a cell that was taken."""
        if not isinstance(value, int | Fraction):
            text = cleaned(shown(column, value, self._say))
            return int(self._page.write_string(row, index, text, formats[Kind.NAME]))
        number = Decimal(exact(column.kind, value))
        return int(self._page.write_number(row, index, number, formats[column.kind]))
