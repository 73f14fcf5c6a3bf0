"""Statements on paper: pages of a PDF as pictures, on the screen to look at, and to scale in print.

PDFium draws the pages (Qt's own reader of PDF is not among its essentials), one at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped] # it ships no types
from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPaintEngine, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrintPreviewDialog
from PySide6.QtWidgets import QWidget

LEAST_DPI, MOST_DPI = 200, 300
PREVIEW_DPI = 110  # enough to read at; all pages are in memory at once then, 1.2 MB for each A4
_POINTS_PER_INCH = 72
_pdfium = threading.Lock()  # the library keeps state of its own and knows no threads

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """A page in grey and its size on paper, in points of 1/72 inch."""

    image: QImage
    size: QSizeF


def pages(source: Path | bytes, dpi: int, progress: Progress) -> Iterator[PaperPage]:
    """Draw the pages of a PDF, a file or its content, one after the other; an exception of
    `progress` stops it.
    """
    with _pdfium:
        document = pypdfium2.PdfDocument(source)
    try:
        for index in range(len(document)):
            progress(index, len(document))
            with _pdfium:
                page = _drawn(document, index, dpi)
            yield page
        progress(len(document), len(document))
    finally:
        with _pdfium:
            document.close()


def fit_paper(printer: QPrinter, size: QSizeF) -> None:
    """Ask a printer for the paper of a page: its size, on its side where it is wider than high,
    with the corner of the sheet as origin.
    """
    upright = QSizeF(min(size.width(), size.height()), max(size.width(), size.height()))
    printer.setPageSize(
        QPageSize(upright, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.FuzzyMatch)
    )
    wide = size.width() > size.height()
    sides = QPageLayout.Orientation
    printer.setPageOrientation(sides.Landscape if wide else sides.Portrait)
    printer.setFullPage(True)


def print_pages(printer: QPrinter, drawn: Iterable[PaperPage]) -> int:
    """Put pages on paper at their size, smaller only where the chosen sheet is; gives their count.

    May run beside the window. An exception of `drawn` ends the job without what is left of it.
    """
    painter, count = QPainter(), 0
    try:
        for page in drawn:
            if not painter.isActive():
                painter.begin(printer)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            elif not printer.newPage():
                break
            painter.drawImage(_place(printer, page.size), page.image)
            count += 1
    except BaseException:
        printer.abort()
        raise
    finally:
        if painter.isActive():
            painter.end()
    return count


def print_pdf(source: Path | bytes, printer: QPrinter, progress: Progress) -> int:
    """Print a PDF, a page in memory at a time; gives the number of pages."""
    dpi = min(max(printer.resolution(), LEAST_DPI), MOST_DPI)
    return print_pages(printer, pages(source, dpi, progress))


class PrintPreview(QPrintPreviewDialog):
    """Shows pages as they will be on paper; once it closes, `wanted` tells whether to print them.

    What goes to the printer is drawn afterwards, finer and beside the window.
    """

    def __init__(self, drawn: tuple[PaperPage, ...], title: str, parent: QWidget) -> None:
        self.printer_ = QPrinter(QPrinter.PrinterMode.HighResolution)
        fit_paper(self.printer_, drawn[0].size)
        super().__init__(self.printer_, parent)
        self.wanted = False
        self._drawn = drawn
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.paintRequested.connect(self._paint)

    def _paint(self, printer: QPrinter) -> None:
        if printer.paintEngine().type() is QPaintEngine.Type.Picture:
            print_pages(printer, self._drawn)
        else:
            self.wanted = True


def _drawn(document: pypdfium2.PdfDocument, index: int, dpi: int) -> PaperPage:
    page = document[index]
    try:
        width, height = page.get_size()
        bitmap = page.render(scale=dpi / _POINTS_PER_INCH, grayscale=True)
        image = QImage(
            bytes(bitmap.buffer),
            bitmap.width,
            bitmap.height,
            bitmap.stride,
            QImage.Format.Format_Grayscale8,
        ).copy()
        bitmap.close()
        return PaperPage(image, QSizeF(width, height))
    finally:
        page.close()


def _place(printer: QPrinter, size: QSizeF) -> QRectF:
    """Give where a page goes, in dots of the printer from the corner of the sheet."""
    dots = printer.resolution() / _POINTS_PER_INCH
    sheet = printer.pageLayout().fullRectPoints()
    shrink = min(1.0, (sheet.width() + 1) / size.width(), (sheet.height() + 1) / size.height())
    return QRectF(0, 0, size.width() * dots * shrink, size.height() * dots * shrink)
