"""A statement as an Excel workbook: a summary, the lines and their bands, numbers as numbers."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import xlsxwriter

from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.statement import Party, StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions, Progress
from shared_factory_desktop.exports.table import Group, Row, Totals, groups, totals
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.words import Words

KEY = "xlsx"
SUFFIX = ".xlsx"
# Column of the sheet of lines, and its width in characters.
LINE_COLUMNS = {
    "number": 7, "session": 16, "start": 19, "end": 19, "machine": 22, "job": 20, "charge": 20,
    "tax_class": 18, "basis": 10, "unit": 8, "quantity": 14, "price": 12, "list": 14,
    "discount": 12, "net": 14, "tax_rate": 8, "tax": 12, "gross": 14, "notes": 12,
}  # fmt: skip
DETAIL_COLUMNS = {
    "number": 7, "session": 16, "machine": 22, "charge": 20, "band": 14, "unit": 8,
    "quantity": 18, "price": 14, "amount": 18,
}  # fmt: skip
Value = str | int | Decimal | Fraction | dt.datetime | None


def write(
    document: StatementDocument,
    target: Path,
    words: Words,
    progress: Progress,
    options: ExportOptions,  # noqa: ARG001 - every export is called alike; XLSX has no choices
) -> None:
    """Write the workbook; the same document gives the same bytes. Raises ExportFault."""
    buffer = io.BytesIO()
    settings = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, settings) as book:
        book.set_properties(
            {
                "title": words("exports.document-title", number=document.number or ""),
                "author": cleaned(document.seller.name),
                "created": _created(document),
            }
        )
        formats = _formats(book)
        parts = groups(document)
        _summary(_Sheet(book, words("exports.sheet-summary"), formats), document, words)
        _lines(_Sheet(book, words("exports.sheet-lines"), formats), parts, words, progress)
        _details(_Sheet(book, words("exports.sheet-details"), formats), parts, words)
    progress(len(document.lines), len(document.lines))
    write_whole(target, buffer.getvalue())


class _Sheet:
    """A worksheet that writes each value by its type and takes no text for anything but text."""

    def __init__(self, book: Any, name: str, formats: dict[str, Any]) -> None:
        self.page = book.add_worksheet(name)
        self.name = name
        self.formats = formats
        self.row = 0

    def put(self, column: int, value: Value, style: str | None = None) -> None:
        """Write one cell of the current row; raises ExportFault for what a sheet cannot hold."""
        page, at = self.page, (self.row, column)
        if value is None:
            return
        if isinstance(value, str):
            status = page.write_string(*at, cleaned(value), self.formats[style or "text"])
        elif isinstance(value, dt.datetime):
            local = value.replace(tzinfo=None)
            status = page.write_datetime(*at, local, self.formats["instant"])
        else:
            number = Decimal(plain(value)) if isinstance(value, Fraction) else value
            status = page.write_number(*at, number, self.formats[style or "number"])
        if status:
            raise ExportFault("does-not-fit", sheet=self.name, row=self.row + 1, column=column + 1)

    def head(self, columns: dict[str, int], words: Words) -> None:
        """Write a frozen head row and set the column widths."""
        for index, (name, width) in enumerate(columns.items()):
            self.page.set_column(index, index, width)
            self.put(index, words(f"exports.column.{name}"), "head")
        self.page.freeze_panes(1, 0)
        self.row += 1

    def record(self, columns: dict[str, int], cells: dict[str, Value], total: bool = False) -> None:
        """Write one row by column name."""
        for index, name in enumerate(columns):
            self.put(index, cells.get(name), _style(name, cells.get(name), total))
        self.row += 1


def _summary(sheet: _Sheet, document: StatementDocument, words: Words) -> None:
    sheet.page.set_column(0, 0, 26)
    sheet.page.set_column(1, 1, 64)
    statement = document.statement
    sums = totals(statement.lines)
    title = "exports.title" if document.number else "exports.title-draft"
    fields: list[tuple[str, Value, str | None]] = [
        (words(title), None, None),
        (words("exports.field.number"), document.number or words("exports.draft-note"), None),
        (words("exports.field.period"), phrases.period(words, document), None),
        (words("exports.field.issued_at"), phrases.issued(document), None),
        (words("exports.field.timezone"), document.timezone, None),
        (words("exports.field.currency"), _currency(words, statement.currency), None),
        *_party(words, "seller", document.seller),
        *_party(words, "buyer", document.buyer),
        (words("exports.field.lines"), len(document.lines), "number"),
        *(
            (words(f"exports.summary.{name}"), _yuan(fen), "money")
            for name, fen in _amounts(sums).items()
        ),
        (words("exports.total-capitals"), document.gross_uppercase, None),
        (words("exports.field.sha256"), document.sha256, None),
    ]
    for label, value, style in fields:
        sheet.put(0, label, "title" if sheet.row == 0 else "label")
        sheet.put(1, value, style)
        sheet.row += 1


def _party(words: Words, side: str, party: Party) -> list[tuple[str, Value, str | None]]:
    """Give a party's fields; long digit strings stay text, or Excel would round them."""
    return [
        (
            f"{words(f'exports.party.{side}')} {words(f'exports.party.{field}')}",
            getattr(party, field),
            None,
        )
        for field in phrases.PARTY_FIELDS
    ]


def _lines(sheet: _Sheet, parts: Sequence[Group], words: Words, progress: Progress) -> None:
    sheet.head(LINE_COLUMNS, words)
    count = sum(len(part.rows) for part in parts)
    progress(0, count)
    for part in parts:
        for row in part.rows:
            sheet.record(LINE_COLUMNS, _line_cells(row, words))
        progress(sheet.row - 1, count)
    sheet.page.autofilter(0, 0, sheet.row - 1, len(LINE_COLUMNS) - 1)
    sums = totals(row.line for part in parts for row in part.rows)
    cells: dict[str, Value] = {"number": words("exports.total-word"), **_money(sums)}
    sheet.record(LINE_COLUMNS, cells, total=True)


def _line_cells(row: Row, words: Words) -> dict[str, Value]:
    entry, line = row.entry, row.line
    return {
        "number": row.number,
        "session": line.session,
        "start": entry.start,
        "end": entry.end,
        "machine": entry.machine_name,
        "job": entry.job,
        "charge": entry.charge_name,
        "tax_class": entry.tax_class,
        "basis": phrases.known(words, "basis", line.unit),
        "unit": phrases.known(words, "unit", line.unit),
        "quantity": line.quantity,
        "price": row.price,
        "tax_rate": line.tax_rate,
        "notes": phrases.remarks(words, row.notes) or None,
        **_money(totals([line])),
    }


def _details(sheet: _Sheet, parts: Sequence[Group], words: Words) -> None:
    sheet.head(DETAIL_COLUMNS, words)
    for row in (row for part in parts for row in part.rows):
        for detail in row.line.details:
            cells: dict[str, Value] = {
                "number": row.number,
                "session": row.line.session,
                "machine": row.entry.machine_name,
                "charge": row.entry.charge_name,
                "band": phrases.band(words, detail) or None,
                "unit": phrases.known(words, "unit", row.line.unit),
                "quantity": detail.quantity,
                "price": detail.price,
                "amount": detail.amount,
            }
            sheet.record(DETAIL_COLUMNS, cells)
    sheet.page.autofilter(0, 0, max(sheet.row - 1, 0), len(DETAIL_COLUMNS) - 1)


def _amounts(sums: Totals) -> dict[str, int]:
    return {
        "list": sums.list_fen,
        "discount": sums.discount_fen,
        "net": sums.net_fen,
        "tax": sums.tax_fen,
        "gross": sums.gross_fen,
    }


def _money(sums: Totals) -> dict[str, Value]:
    return {name: _yuan(fen) for name, fen in _amounts(sums).items()}


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _currency(words: Words, code: str) -> str:
    return phrases.known(words, "currency", code)


def _created(document: StatementDocument) -> dt.datetime:
    """Give the time of issue in UTC; a draft takes its period's end, never the clock's time."""
    if document.issued_at is not None:
        return document.issued_at.astimezone(dt.UTC).replace(tzinfo=None)
    return dt.datetime.combine(document.statement.end, dt.time())


def _style(column: str, value: Value, total: bool) -> str | None:
    if column in ("list", "discount", "net", "tax", "gross"):
        return "total" if total else "money"
    if column == "tax_rate" and isinstance(value, Decimal):
        return "percent" if value * 100 == int(value * 100) else "fine-percent"
    return "label" if total and isinstance(value, str) else None


def _formats(book: Any) -> dict[str, Any]:
    money = {"num_format": "#,##0.00;[Red]-#,##0.00"}
    return {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "label": book.add_format({"bold": True}),
        "head": book.add_format({"bold": True, "bg_color": "#E8F0F3", "bottom": 1}),
        "text": book.add_format({"num_format": "@"}),
        "number": book.add_format(),
        "money": book.add_format(money),
        "total": book.add_format({**money, "bold": True, "top": 1}),
        "percent": book.add_format({"num_format": "0%"}),
        "fine-percent": book.add_format({"num_format": "0.0##%"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
