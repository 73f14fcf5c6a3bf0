"""A statement as a PDF to print, seal and send back: A4 landscape, the same bytes every time."""

from __future__ import annotations

import io
from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports import fonts
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.exports.font_registry import one_at_a_time
from shared_factory_desktop.exports.pdf_closing import Closing
from shared_factory_desktop.exports.pdf_frame import Frame
from shared_factory_desktop.exports.pdf_gaps import gap_rows, gap_table
from shared_factory_desktop.exports.pdf_heading import Heading
from shared_factory_desktop.exports.pdf_lines import line_rows, line_table
from shared_factory_desktop.exports.pdf_table import HEAD_HEIGHT, WIDTH, Table, TableRow, pages
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import ACCENT, QUIET, Pen
from shared_factory_desktop.words import Words

KEY = "pdf"
SUFFIX = ".pdf"
PAGE_WIDTH, PAGE_HEIGHT = landscape(A4)
LEFT = 47.0  # the strip for the seal across pages is on the binding side
_TOP = PAGE_HEIGHT - 30
_FOOT = 20.0
_BOTTOM = 38.0
_ROOM = _TOP - _BOTTOM - HEAD_HEIGHT
_NOTE = 34.0  # title and explanation above the gaps


def write(
    document: StatementDocument,
    target: Path,
    words: Words,
    progress: Progress,
    options: ExportOptions,
) -> None:
    """Write the statement with an embedded font; `progress` counts rows. Raises ExportFault."""
    with one_at_a_time:
        content = _render(document, words, progress, options)
    write_whole(target, content)


def _render(
    document: StatementDocument, words: Words, progress: Progress, options: ExportOptions
) -> bytes:
    face = fonts.find(options.font, options.font_folders)
    pdfmetrics.registerFont(face.font)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1)
    title = words("exports.document-title", number=document.number or words("exports.draft"))
    canvas.setTitle(title)
    canvas.setSubject(document.number or words("exports.draft"))
    canvas.setAuthor(cleaned(document.seller.name))
    frame = Frame(Pen(canvas, face), document, words, options, LEFT, WIDTH)
    frame.check()
    _Paper(frame, progress).print()
    canvas.save()
    return buffer.getvalue()


class _Paper:
    """Deals one statement to pages and draws them: its lines, the closing, the gaps."""

    def __init__(self, frame: Frame, progress: Progress) -> None:
        self._frame = frame
        self._heading, self._closing = Heading(frame), Closing(frame)
        document, words, face = frame.document, frame.words, frame.pen.face
        first, closing = _ROOM - self._heading.height(), self._closing.height()
        self._lines = pages(list(line_rows(document, words, face)), first, _ROOM, closing)
        left = (first if len(self._lines) == 1 else _ROOM) - closing - _NOTE - HEAD_HEIGHT
        left -= sum(row.height for row in self._lines[-1])
        self._gaps = pages(list(gap_rows(document, words, face)), left, _ROOM - _NOTE, 0)
        self._progress = progress

    def print(self) -> None:
        """Draw all pages; progress is told of each."""
        line_pages, gap_pages = len(self._lines), len(self._gaps)
        count = line_pages + gap_pages - 1  # gaps begin on the page of the closing
        total = sum(map(len, (*self._lines, *self._gaps)))
        done = 0
        self._progress(done, total)
        for number in range(1, count + 1):
            lines = self._lines[number - 1] if number <= line_pages else []
            gaps = self._gaps[number - line_pages] if number >= line_pages else []
            self._page(number, count, lines, gaps)
            done += len(lines) + len(gaps)
            self._progress(done, total)

    def _page(self, number: int, count: int, lines: list[TableRow], gaps: list[TableRow]) -> None:
        frame, y = self._frame, _TOP
        if frame.document.number is None:
            frame.pen.across(frame.words("exports.draft"), PAGE_WIDTH, PAGE_HEIGHT)
        if number == 1:
            self._heading.draw(y)
            y -= self._heading.height()
        if lines:
            y = self._table(line_table(frame.words), lines, y)
        if number == len(self._lines):
            self._closing.draw(y)
            y -= self._closing.height()
        if gaps:
            self._note(y)
            self._table(gap_table(frame.words), gaps, y - _NOTE)
        frame.straddle(number, count, _BOTTOM, _TOP)
        frame.foot(number, count, _FOOT)
        frame.pen.turn_page()

    def _table(self, table: Table, rows: list[TableRow], y: float) -> float:
        y = table.head(self._frame.pen, LEFT, y)
        for row in rows:
            y = table.row(self._frame.pen, row, LEFT, y)
        return y

    def _note(self, top: float) -> None:
        pen, words = self._frame.pen, self._frame.words
        pen.text(LEFT, top - 12, words("exports.pdf.gaps-title"), 10, ACCENT, strong=True)
        pen.text(LEFT, top - 25, words("exports.pdf.gaps-note"), 6.8, QUIET)
