"""Lines of a statement as tables: what was used, what it costs, and by which bands and tiers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from PySide6.QtWidgets import QVBoxLayout, QWidget

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import Detail, DocumentLine, Gap, Line, Statement
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.labels import label

_DETAILS_PX = 160
_GAPS_PX = 140


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line and its number on the statement, from 1: credit notes name it."""

    number: int
    document: DocumentLine

    @property
    def line(self) -> Line:
        """The priced line."""
        return self.document.line


def numbered(lines: Iterable[DocumentLine]) -> list[NumberedLine]:
    """Number lines in their order on the statement."""
    return [NumberedLine(number, line) for number, line in enumerate(lines, start=1)]


def lines_table(page: Page) -> Table[NumberedLine]:
    """Make the table of a statement's lines; amounts include tax."""
    word, words, palette = page.word, page.words, page.context.palette
    columns: tuple[Column[NumberedLine], ...] = (
        Column(word("line_start"), _start, lambda row: row.number),
        Column(
            word("line_machine"),
            lambda row: row.document.machine_name or formats.NOTHING,
            stretch=True,
        ),
        Column(
            word("line_charge"),
            lambda row: _charge(page, row.document),
            colour=lambda row: palette.idle_word if row.document.suspect or row.line.late else None,
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
    return Table(columns, lambda row: row.number, words("ui.copy"))


def gaps_table(page: Page) -> Table[Gap]:
    """Make the table of the stretches in which a register was not read as it should be."""
    word = page.word
    columns: tuple[Column[Gap], ...] = (
        Column(word("gap_meter"), lambda gap: gap.meter),
        Column(
            word("gap_quantity"),
            lambda gap: formats.measure_name(page.words, gap.quantity),
            stretch=True,
        ),
        Column(word("gap_code"), lambda gap: page.word(f"gap_{gap.code}")),
        Column(word("gap_start"), lambda gap: _minute(gap.start), lambda gap: gap.start),
        Column(word("gap_end"), lambda gap: _minute(gap.end), lambda gap: gap.end),
    )
    table = Table(
        columns, lambda gap: (gap.session, gap.quantity, gap.start), page.words("ui.copy")
    )
    table.setFixedHeight(_GAPS_PX)
    return table


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

    def show_line(self, row: NumberedLine | None) -> None:
        """Show the parts of a line; one of a single part shows none."""
        self.setVisible(row is not None and bool(row.line.details))
        if row is None:
            return
        tax = self._page.word(
            "line_sums",
            charge=_charge(self._page, row.document),
            job=row.document.job or formats.NOTHING,
            net=formats.amount(row.line.net_fen),
            tax=formats.amount(row.line.tax_fen),
        )
        self.title.setText(tax)
        self.table.set_rows(row.line.details)


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


def _place(detail: Detail) -> tuple[str | None, int | None, Fraction]:
    return (detail.band, detail.tier, detail.price)


def _charge(page: Page, row: DocumentLine) -> str:
    """Name what is charged, with a mark on what is in doubt and on what comes late (补计) or
    makes a metering error good (计量差错退补).
    """
    late, certificate = row.line.late, row.line.correction
    if certificate is not None:
        return f"{row.charge_name} · {page.word('metering_correction')} {certificate}"
    named = row.charge_name + (" ?" if row.suspect else "")
    return named if late is None else f"{named} · {page.word('late')} {late[0]:%Y-%m}"


def _start(row: NumberedLine) -> str:
    start = row.document.start
    return f"{row.number}.  {_minute(start) if start else formats.NOTHING}"


def _minute(when: dt.datetime) -> str:
    return when.strftime("%m-%d %H:%M")
