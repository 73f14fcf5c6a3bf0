"""A statement as a batch for the tax bureau's invoice portal, in the columns of an editable map."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from shared_factory_desktop import paths
from shared_factory_desktop.domain.statement import Party, StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions, Progress
from shared_factory_desktop.exports.einvoice_lines import InvoiceLine, invoice_lines
from shared_factory_desktop.exports.einvoice_map import ColumnMap, SheetRule, TaxClass, read_map
from shared_factory_desktop.exports.statement_xlsx import created
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.xlsx_sheet import SAFE, Column, Kind, Sheet, Value, formats
from shared_factory_desktop.words import Words

KEY = "einvoice"
SUFFIX = ".einvoice.xlsx"
_WIDTH = 18
_SPECIAL, _ORDINARY = "81", "82"  # 数电专票, 数电普票


@dataclass(frozen=True, slots=True)
class _Row:
    """What one row is filled from: the document, and of its invoice lines the one of `number`."""

    document: StatementDocument
    words: Words
    columns: ColumnMap
    lines: tuple[InvoiceLine, ...]
    number: int = 1

    @property
    def line(self) -> InvoiceLine:
        return self.lines[self.number - 1]

    @property
    def tax_class(self) -> TaxClass | None:
        return self.columns.tax_classes.get(self.line.tax_class or "")

    @property
    def red(self) -> bool:
        return self.document.refers_to is not None

    def yes(self, holds: bool) -> str:
        """Say yes or no as portals' templates do."""
        return self.words(f"exports.einvoice.{'yes' if holds else 'no'}")


Fill = Callable[[_Row], Value]


def _party(side: str) -> dict[str, tuple[Kind, Fill]]:
    """Give the fields of one side: `seller_name`, `buyer_uscc` and the like."""

    def field(name: str) -> Fill:
        return lambda row: getattr(_side(row.document, side), name)

    def joined(first: str, second: str) -> Fill:
        def fill(row: _Row) -> Value:
            party = _side(row.document, side)
            return " ".join(filter(None, (getattr(party, first), getattr(party, second)))) or None

        return fill

    fills = {name: field(name) for name in phrases.PARTY_FIELDS}
    fills["address_phone"] = joined("address", "phone")
    fills["bank_and_account"] = joined("bank", "bank_account")
    return {f"{side}_{name}": (Kind.TEXT, fill) for name, fill in fills.items()}


def _side(document: StatementDocument, side: str) -> Party:
    return document.seller if side == "seller" else document.buyer


def _type(row: _Row) -> str:
    """Give the kind of invoice: only who has a credit code can deduct the tax of a special one."""
    return _SPECIAL if row.document.buyer.uscc else _ORDINARY


def _remark(row: _Row) -> str:
    document = row.document
    period = phrases.period(row.words, document)
    said = row.words("exports.einvoice.remark", number=document.number, period=period)
    if document.refers_to is None:
        return said
    values = {"refers_to": document.refers_to, "reason": document.reason or ""}
    return said + row.words("exports.einvoice.remark-red", **values)


def _item_name(row: _Row) -> str:
    """Give `*short name*charge` as invoices print it, the charge alone without a tax class."""
    short = row.tax_class.short if row.tax_class else row.line.tax_class
    return f"*{short}*{row.line.charge_name}" if short else row.line.charge_name


_INVOICE: Mapping[str, tuple[Kind, Fill]] = {
    "serial": (Kind.TEXT, lambda row: row.document.number),
    "type": (Kind.TEXT, _type),
    "type_name": (Kind.TEXT, lambda row: row.words(f"exports.einvoice.type-{_type(row)}")),
    "natural_person": (Kind.TEXT, lambda row: row.yes(not row.document.buyer.uscc)),
    "red": (Kind.TEXT, lambda row: row.yes(row.red)),
    "refers_to": (Kind.TEXT, lambda row: row.document.refers_to),
    "reason": (Kind.TEXT, lambda row: row.document.reason),
    **_party("seller"),
    **_party("buyer"),
    "issued": (Kind.TEXT, lambda row: phrases.issued(row.document)),
    "period": (Kind.TEXT, lambda row: phrases.period(row.words, row.document)),
    "currency": (Kind.TEXT, lambda row: row.document.statement.currency),
    "tax_included": (Kind.TEXT, lambda row: row.yes(False)),
    "line_count": (Kind.COUNT, lambda row: len(row.lines)),
    "net": (Kind.MONEY, lambda row: row.document.statement.net_fen),
    "tax": (Kind.MONEY, lambda row: row.document.statement.tax_fen),
    "gross": (Kind.MONEY, lambda row: row.document.statement.gross_fen),
    "remark": (Kind.TEXT, _remark),
}
_LINES: Mapping[str, tuple[Kind, Fill]] = {
    "serial": _INVOICE["serial"],
    "line_number": (Kind.COUNT, lambda row: row.number),
    "nature": (Kind.TEXT, lambda _row: "0"),  # an ordinary line; discounts are inside amounts
    "item": (Kind.TEXT, _item_name),
    "charge": (Kind.TEXT, lambda row: row.line.charge_name),
    "tax_class": (Kind.TEXT, lambda row: row.line.tax_class),
    "tax_code": (Kind.TEXT, lambda row: row.tax_class.code if row.tax_class else None),
    "unit": (Kind.TEXT, lambda row: phrases.known(row.words, "unit", row.line.unit)),
    "quantity": (Kind.FIGURE, lambda row: row.line.quantity),
    "price": (Kind.FIGURE, lambda row: row.line.price),
    "net": (Kind.MONEY, lambda row: row.line.net_fen),
    "tax_rate": (Kind.SHARE, lambda row: row.line.tax_rate),
    "tax": (Kind.MONEY, lambda row: row.line.tax_fen),
    "gross": (Kind.MONEY, lambda row: row.line.net_fen + row.line.tax_fen),
    "tax_included": _INVOICE["tax_included"],
}
FIELDS: Mapping[str, Mapping[str, tuple[Kind, Fill]]] = {"invoice": _INVOICE, "lines": _LINES}


def write(
    document: StatementDocument,
    target: Path,
    words: Words,  # noqa: ARG001 - every export is called alike; portals read Chinese only
    progress: Progress,
    options: ExportOptions,
) -> None:
    """Write the batch of one invoice, the same bytes every time.

    Raises ExportFault where no invoice can be made of the statement, InputRefused with all that is
    wrong with the column map.
    """
    if document.number is None:
        raise ExportFault("einvoice-draft")
    columns = column_map(options.einvoice_map)
    steps = 1 + len(columns.sheets)
    progress(0, steps)
    lines = invoice_lines(document)
    if not lines:
        raise ExportFault("einvoice-empty")
    row = _Row(document, Words("zh_CN"), columns, lines)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, SAFE) as book:
        author = cleaned(document.seller.name)
        book.set_properties({"author": author, "created": created(document)})
        shapes = formats(book)
        for done, rule in enumerate(columns.sheets, 1):
            progress(done, steps)
            _fill(Sheet(book, rule.name, shapes), rule, row)
    progress(steps, steps)
    write_whole(target, buffer.getvalue())


def column_map(own: Path | None) -> ColumnMap:
    """Read the factory's own map where there is one, else the shipped one; raises InputRefused."""
    chosen = own if own is not None and own.exists() else shipped_map()
    return read_map(chosen, {rows: tuple(fields) for rows, fields in FIELDS.items()})


def shipped_map() -> Path:
    """Give the map that comes with the program."""
    return paths.resources() / "templates" / "einvoice.toml"


def _fill(sheet: Sheet, rule: SheetRule, row: _Row) -> None:
    """Write a sheet of the map."""
    fields = FIELDS[rule.rows]
    sheet.head(
        [
            Column(one.title, _WIDTH, fields[one.field][0] if one.field else Kind.TEXT)
            for one in rule.columns
        ]
    )
    count = len(row.lines) if rule.rows == "lines" else 1
    for number in range(1, count + 1):
        at = _Row(row.document, row.words, row.columns, row.lines, number)
        sheet.record(
            [fields[one.field][1](at) if one.field else one.constant for one in rule.columns]
        )
