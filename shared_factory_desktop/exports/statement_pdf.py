"""A statement as a PDF to print, seal and send back: A4 landscape, the same bytes every time."""

from __future__ import annotations

import io
import threading
from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports import fonts
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.exports.pdf_frame import Frame
from shared_factory_desktop.exports.pdf_table import (
    HEAD_HEIGHT,
    WIDTH,
    TableRow,
    draw_head,
    draw_row,
    pages,
    table_rows,
)
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import Pen
from shared_factory_desktop.words import Words

KEY = "pdf"
SUFFIX = ".pdf"
PAGE_WIDTH, PAGE_HEIGHT = landscape(A4)
_LEFT = (PAGE_WIDTH - WIDTH) / 2
_TOP = PAGE_HEIGHT - 30
_FOOT = 20.0
_BOTTOM = 38.0
_one_at_a_time = threading.Lock()  # ReportLab keeps its fonts in one registry for all documents


def write(
    document: StatementDocument,
    target: Path,
    words: Words,
    progress: Progress,
    options: ExportOptions,
) -> None:
    """Write the statement with an embedded font; `progress` counts rows. Raises ExportFault."""
    with _one_at_a_time:
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
    pen = Pen(canvas, face)
    frame = Frame(pen, document, words, options, _LEFT, WIDTH)
    frame.check()
    rows = list(table_rows(document, words, face))
    room = _TOP - _BOTTOM - HEAD_HEIGHT
    dealt = pages(rows, room - frame.heading_height(), room, frame.closing_height())
    done = 0
    progress(done, len(rows))
    for number, page in enumerate(dealt, 1):
        _page(frame, page, number, len(dealt))
        done += len(page)
        progress(done, len(rows))
    canvas.save()
    return buffer.getvalue()


def _page(frame: Frame, rows: list[TableRow], number: int, count: int) -> None:
    pen = frame.pen
    if frame.document.number is None:
        pen.across(frame.words("exports.draft"), PAGE_WIDTH, PAGE_HEIGHT)
    y = _TOP
    if number == 1:
        frame.heading(y)
        y -= frame.heading_height()
    y = draw_head(pen, frame.words, _LEFT, y)
    for row in rows:
        y = draw_row(pen, row, _LEFT, y)
    if number == count:
        frame.closing(y)
    frame.foot(number, count, _FOOT)
    pen.canvas.showPage()
