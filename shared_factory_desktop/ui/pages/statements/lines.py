"""Lines of a statement as tables: what was used, what it costs, and by which bands and tiers."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from PySide6.QtWidgets import QVBoxLayout, QWidget

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import Detail, DocumentLine, Statement
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.labels import label

_DETAILS_PX = 160


def lines_table(page: Page) -> Table[DocumentLine]:
    """Make the table of a statement's lines; amounts include tax."""
    word, words, palette = page.word, page.words, page.context.palette
    columns: tuple[Column[DocumentLine], ...] = (
        Column(word("line_start"), _start, lambda row: row.start),
        Column(word("line_machine"), lambda row: row.machine_name or formats.NOTHING, stretch=True),
        Column(
            word("line_charge"),
            lambda row: row.charge_name + (" ?" if row.suspect else ""),
            colour=lambda row: palette.idle_word if row.suspect else None,
        ),
        Column(
            word("line_quantity"),
            lambda row: (
                f"{formats.exact_quantity(row.line.quantity)} {formats.unit(words, row.line.unit)}"
            ),
            lambda row: row.line.quantity,
            right=True,
        ),
        Column(
            word("line_amount"),
            lambda row: formats.amount(row.line.gross_fen),
            lambda row: row.line.gross_fen,
            right=True,
        ),
    )
    return Table(columns, _identity, words("ui.copy"))


class DetailsTable(QWidget):
    """What one line is made of: quantity, price and amount in each band and tier."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self.title = label("", "quiet", wrap=True)
        self.table: Table[Detail] = Table(_detail_columns(page), _place, page.words("ui.copy"))
        self.table.setFixedHeight(_DETAILS_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.table)
        self.hide()

    def show_line(self, line: DocumentLine | None) -> None:
        """Show the parts of a line; one of a single part shows none."""
        self.setVisible(line is not None and bool(line.line.details))
        if line is None:
            return
        tax = self._page.word(
            "line_sums",
            charge=line.charge_name,
            job=line.job or formats.NOTHING,
            net=formats.amount(line.line.net_fen),
            tax=formats.amount(line.line.tax_fen),
        )
        self.title.setText(tax)
        self.table.set_rows(line.line.details)


def totals(page: Page, statement: Statement) -> str:
    """Write the three totals of a statement."""
    return page.word(
        "sums",
        net=formats.amount(statement.net_fen),
        tax=formats.amount(statement.tax_fen),
        gross=formats.amount(statement.gross_fen),
    )


def _detail_columns(page: Page) -> tuple[Column[Detail], ...]:
    word = page.word
    return (
        Column(word("band"), lambda d: formats.band(page.words, d.band), stretch=True),
        Column(word("tier"), lambda d: formats.NOTHING if d.tier is None else str(d.tier)),
        Column(
            word("line_quantity"),
            lambda d: formats.exact_quantity(d.quantity),
            lambda d: d.quantity,
            right=True,
        ),
        Column(
            word("price"),
            lambda d: f"¥ {formats.exact_quantity(d.price)}",
            lambda d: d.price,
            right=True,
        ),
        Column(
            word("detail_amount"),
            lambda d: formats.amount(fen(d.amount)),
            lambda d: d.amount,
            right=True,
        ),
    )


def _identity(row: DocumentLine) -> tuple[str | None, str, str, dt.datetime | None]:
    return (row.line.session, row.line.contract, row.line.charge, row.start)


def _place(detail: Detail) -> tuple[str | None, int | None, Fraction]:
    return (detail.band, detail.tier, detail.price)


def _start(row: DocumentLine) -> str:
    return row.start.strftime("%m-%d %H:%M") if row.start else formats.NOTHING
