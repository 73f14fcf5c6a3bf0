"""A report as a PDF: its chart, then its table, A4 landscape, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.domain.reports.report import (
    Column,
    Kind,
    Report,
    Row,
    Value,
    shown,
    title,
)
from shared_factory_desktop.exports import fonts
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.exports.font_registry import one_at_a_time
from shared_factory_desktop.exports.report_bars import Bars
from shared_factory_desktop.exports.report_words import heading, made, period, speaker
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import (
    ACCENT,
    INK,
    NEGATIVE,
    QUIET,
    TINT,
    Align,
    Pen,
    fitted,
    wrapped,
)
from shared_factory_desktop.words import Words

FORMAT = "pdf"
SUFFIX = ".pdf"
PAGE_WIDTH, PAGE_HEIGHT = landscape(A4)
_LEFT = 36.0
_WIDTH = PAGE_WIDTH - 2 * _LEFT
_TOP = PAGE_HEIGHT - 36
_BOTTOM = 40.0
_HEADING = 58.0
_NAMES = 0.24  # of the width
_SIZE = 8.4
_LINE = 11.0
_PAD = 4.0
Cells = tuple[tuple[str, ...], ...]


def write(report: Report, target: Path, words: Words, options: ExportOptions) -> None:
    """Write the report with an embedded font; raises ExportFault."""
    with one_at_a_time:
        content = _render(report, words, options)
    write_whole(target, content)


def _render(report: Report, words: Words, options: ExportOptions) -> bytes:
    face = fonts.find(options.font, options.font_folders)
    pdfmetrics.registerFont(face.font)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(heading(words, report))
    canvas.setAuthor(cleaned(report.factory))
    _Paper(Pen(canvas, face), report, words).draw()
    canvas.save()
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class _Paper:
    """Draws the pages of one report."""

    pen: Pen
    report: Report
    words: Words

    def draw(self) -> None:
        bars = Bars(self.pen, self.report, speaker(self.words), _LEFT, _WIDTH)
        head = self._cells([title(one, speaker(self.words)) for one in self.report.columns])
        rows = [self._row(row) for row in self.report.rows]
        total = self._row((self.words("reports.total"), *self.report.totals[1:]))
        first = _TOP - _BOTTOM - _HEADING - bars.height - 12 - _height(head)
        dealt = _dealt([*rows, total], first, _TOP - _BOTTOM - _height(head))
        for number, page in enumerate(dealt, 1):
            y = _TOP
            if number == 1:
                self._heading(y)
                bars.draw(y - _HEADING)
                y -= _HEADING + bars.height + 12
            y = self._line(head, y, tinted=True)
            for cells in page:
                y = self._line(cells, y, strong=cells is total)
            self._foot(number, len(dealt))
            self.pen.turn_page()

    def _heading(self, top: float) -> None:
        pen, words, report = self.pen, self.words, self.report
        factory = cleaned(report.factory)
        pen.face.check(factory, words("reports.place.factory"))
        size = fitted(pen.face, factory, 10, _WIDTH / 2)
        pen.text(_LEFT, top - 16, heading(words, report), 18, ACCENT, strong=True)
        pen.text(_LEFT, top - 34, period(words, report), 9.5, INK)
        pen.text(_LEFT + _WIDTH, top - 16, factory, size, INK, "right")
        pen.text(_LEFT + _WIDTH, top - 34, made(words, report), 8, QUIET, "right")
        pen.rule(_LEFT, top - 44, _LEFT + _WIDTH)

    def _row(self, row: Row) -> Cells:
        return self._cells(
            [self._text(one, value) for one, value in zip(self.report.columns, row, strict=True)]
        )

    def _text(self, column: Column, value: Value) -> str:
        say = speaker(self.words)
        text = cleaned(shown(column, value, say))
        place = self.words("reports.place.cell", column=title(column, say))
        self.pen.face.check(text, place)
        return text

    def _cells(self, texts: Sequence[str]) -> Cells:
        """Break each text into the lines of its cell."""
        rooms = self._widths()
        return tuple(
            wrapped(self.pen.face, text, _SIZE, width - 2 * _PAD) if text else ()
            for text, width in zip(texts, rooms, strict=True)
        )

    def _widths(self) -> list[float]:
        figures = (1 - _NAMES) * _WIDTH / max(len(self.report.columns) - 1, 1)
        return [
            _NAMES * _WIDTH if column.kind is Kind.NAME else figures
            for column in self.report.columns
        ]

    def _line(self, cells: Cells, top: float, tinted: bool = False, strong: bool = False) -> float:
        """Draw a row downward from `top`; gives where the next begins."""
        height, x = _height(cells), _LEFT
        if tinted:
            self.pen.fill(_LEFT, top - height, _WIDTH, height, TINT)
        for column, width, lines in zip(self.report.columns, self._widths(), cells, strict=True):
            named = column.kind is Kind.NAME
            anchor = x + _PAD if named else x + width - _PAD
            for index, text in enumerate(lines):
                y = top - _PAD - _SIZE - index * _LINE + 1
                colour = NEGATIVE if not named and text.startswith("-") else INK
                align: Align = "left" if named else "right"
                self.pen.text(anchor, y, text, _SIZE, colour, align, strong)
            x += width
        self.pen.rule(_LEFT, top - height, _LEFT + _WIDTH)
        return top - height

    def _foot(self, page: int, pages: int) -> None:
        place = self.words("reports.page", page=page, pages=pages)
        self.pen.text(_LEFT + _WIDTH, 22, place, 8, QUIET, "right")


def _height(cells: Cells) -> float:
    return max(map(len, cells), default=1) * _LINE + 2 * _PAD


def _dealt(rows: Sequence[Cells], first: float, full: float) -> list[list[Cells]]:
    """Deal rows to pages with `first` and then `full` points of room, one at least to a page."""
    pages: list[list[Cells]] = [[]]
    room = first
    for cells in rows:
        if _height(cells) > room and pages[-1]:
            pages.append([])
            room = full
        pages[-1].append(cells)
        room -= _height(cells)
    return pages
