"""Statements on paper: printed to PDF by Qt, and measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pytest
from PySide6.QtGui import QImage
from PySide6.QtPrintSupport import QPrinter, QPrintPreviewWidget
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from reportlab.lib.pagesizes import A4, A5, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.ui import printing
from shared_factory_desktop.ui.printing import PREVIEW_DPI, PaperPage, PrintPreview
from shared_factory_desktop.ui.tasks import Cancelled

pytestmark = pytest.mark.slow

SEAL_MM, LEFT_MM, BOTTOM_MM = 40, 200, 30
PAGES = 3


def quiet(_done: int, _of: int) -> None:
    """Nobody watches how far it is."""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """Three sheets of A4 on their side, on each a black square of 40 mm."""
    file = tmp_path / "paper.pdf"
    canvas = Canvas(str(file), pagesize=landscape(A4))
    for _ in range(PAGES):
        canvas.rect(LEFT_MM * mm, BOTTOM_MM * mm, SEAL_MM * mm, SEAL_MM * mm, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return file


def printer_to(file: Path, like: Path) -> QPrinter:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(file))
    first = next(iter(printing.pages(like, PREVIEW_DPI, quiet)))
    printing.fit_paper(printer, first.size)
    return printer


def dark_box_mm(page: PaperPage, dpi: int) -> tuple[float, float, float, float]:
    """Measure the dark part of a page: left, top, width and height in mm."""
    image, dot_mm = page.image, 25.4 / dpi
    dots, step = bytes(image.constBits()), image.bytesPerLine()
    rows = [dots[y * step : y * step + image.width()] for y in range(image.height())]
    high = [y for y, row in enumerate(rows) if min(row) < 128]
    wide = [x for x, column in enumerate(zip(*rows, strict=True)) if min(column) < 128]
    width, height = wide[-1] + 1 - wide[0], high[-1] + 1 - high[0]
    return wide[0] * dot_mm, high[0] * dot_mm, width * dot_mm, height * dot_mm


@pytest.mark.usefixtures("qapp")
def test_forty_millimetres_stay_forty(paper: Path, tmp_path: Path) -> None:
    printed = tmp_path / "printed.pdf"

    count = printing.print_pdf(paper, printer_to(printed, paper), quiet)

    assert count == PAGES
    again = list(printing.pages(printed, PREVIEW_DPI, quiet))
    assert len(again) == PAGES
    for page in again:
        assert page.size.width() == pytest.approx(297 * mm, abs=1)
        assert page.size.height() == pytest.approx(210 * mm, abs=1)
    left, top, width, height = dark_box_mm(again[0], PREVIEW_DPI)
    assert (width, height) == pytest.approx((SEAL_MM, SEAL_MM), abs=0.5)
    assert (left, top) == pytest.approx((LEFT_MM, 210 - BOTTOM_MM - SEAL_MM), abs=0.5)


@pytest.mark.usefixtures("qapp")
def test_what_is_printed_has_200_dots_an_inch_at_least(paper: Path, tmp_path: Path) -> None:
    printed = tmp_path / "printed.pdf"

    printing.print_pdf(paper, printer_to(printed, paper), quiet)

    document = pypdfium2.PdfDocument(printed)
    (image,) = document[0].get_objects()
    assert isinstance(image, pypdfium2.PdfImage)
    width, _height = image.get_px_size()
    document.close()
    assert width >= 297 / 25.4 * 200


@pytest.mark.usefixtures("qapp")
def test_a_smaller_sheet_holds_the_whole_page(paper: Path, tmp_path: Path) -> None:
    printed, small = tmp_path / "printed.pdf", tmp_path / "small.pdf"
    sheet = Canvas(str(small), pagesize=landscape(A5))
    sheet.showPage()
    sheet.save()

    printing.print_pdf(paper, printer_to(printed, small), quiet)

    first = next(iter(printing.pages(printed, PREVIEW_DPI, quiet)))
    assert first.size.width() == pytest.approx(210 * mm, abs=1)
    _left, _top, width, height = dark_box_mm(first, PREVIEW_DPI)
    shrunk = SEAL_MM * 148 / 210
    assert (width, height) == pytest.approx((shrunk, shrunk), abs=0.5)


@pytest.mark.usefixtures("qapp")
def test_a_job_that_is_stopped_prints_nothing_more(paper: Path, tmp_path: Path) -> None:
    seen: list[int] = []

    def stop_at_second(done: int, _of: int) -> None:
        seen.append(done)
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        printing.print_pdf(paper, printer_to(tmp_path / "printed.pdf", paper), stop_at_second)

    assert seen == [0, 1]


@pytest.mark.usefixtures("qapp")
def test_one_page_is_in_memory_at_a_time(paper: Path, tmp_path: Path) -> None:
    alive: list[QImage] = []

    def one_by_one() -> Iterator[PaperPage]:
        for page in printing.pages(paper, PREVIEW_DPI, quiet):
            alive.append(page.image)
            yield page
            alive.remove(page.image)
            assert alive == []

    assert printing.print_pages(printer_to(tmp_path / "p.pdf", paper), one_by_one()) == PAGES


def test_the_preview_shows_the_pages_and_leaves_printing_to_later(
    paper: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    drawn = tuple(printing.pages(paper, PREVIEW_DPI, quiet))
    preview = PrintPreview(drawn, "DZ-1", parent)
    (view,) = preview.findChildren(QPrintPreviewWidget)
    preview.show()
    qtbot.waitUntil(lambda: view.pageCount() == PAGES)
    assert view.orientation().name == "Landscape"
    assert not preview.wanted

    preview.printer_.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    preview.printer_.setOutputFileName(str(tmp_path / "printed.pdf"))
    view.print_()
    preview.accept()

    assert preview.wanted
    assert printing.print_pdf(paper, preview.printer_, quiet) == PAGES
    assert len(list(printing.pages(tmp_path / "printed.pdf", 20, quiet))) == PAGES
