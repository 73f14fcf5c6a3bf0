"""A calibration certificate as a PDF to print and sign: A4 portrait, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.domain.certificate import CertificateDocument, certificate_sha256
from shared_factory_desktop.exports import fonts
from shared_factory_desktop.exports.certificate_blocks import Block, dealt
from shared_factory_desktop.exports.certificate_sections import Sections
from shared_factory_desktop.exports.certificate_setting import WIDTH, Setting
from shared_factory_desktop.exports.certificate_words import scanned
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.exports.font_registry import one_at_a_time
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import (
    ACCENT,
    INK,
    NEGATIVE,
    QUIET,
    Pen,
    fitted,
    wrapped,
)
from shared_factory_desktop.words import Words

PAGE_WIDTH, PAGE_HEIGHT = A4
_LEFT = (PAGE_WIDTH - WIDTH) / 2
_TOP = PAGE_HEIGHT - 40
_RUNNING = 22.0  # the line above every page after the first
_FOOT = 30.0
_BOTTOM = 52.0
_CODE_SIDE = 48.0
_LINE = 12.0


class CertificatePdf:
    """The certificate on paper."""

    KEY = "certificate-pdf"
    SUFFIX = ".pdf"

    def write(
        self,
        certificate: CertificateDocument,
        target: Path,
        words: Words,
        progress: Progress,
        options: ExportOptions,
    ) -> None:
        """Write it with an embedded font; `progress` counts pages. Raises ExportFault."""
        with one_at_a_time:
            content = _render(certificate, words, progress, options)
        write_whole(target, content)


def _render(
    document: CertificateDocument, words: Words, progress: Progress, options: ExportOptions
) -> bytes:
    face = fonts.find(options.font, options.font_folders)
    pdfmetrics.registerFont(face.font)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(f"{words('certificate.title')} {cleaned(document.number)}")
    canvas.setSubject(cleaned(document.number))
    canvas.setAuthor(cleaned(document.laboratory.name))
    _Paper(Pen(canvas, face), document, words).print(progress)
    canvas.save()
    return buffer.getvalue()


class _Paper:
    """Deals one certificate to pages and draws them."""

    def __init__(self, pen: Pen, document: CertificateDocument, words: Words) -> None:
        self._pen, self._document, self._words = pen, document, words
        setting = Setting(pen.face, words)
        self._blocks = Sections(document, words, setting).all()
        self._laboratory = self._laboratory_lines()
        self._sha256 = certificate_sha256(document)

    def print(self, progress: Progress) -> None:
        """Draw all pages; progress is told of each."""
        full = _TOP - _BOTTOM - _RUNNING
        pages = dealt(self._blocks, _TOP - _BOTTOM - self._title_height(), full)
        progress(0, len(pages))
        for number, blocks in enumerate(pages, 1):
            self._page(number, len(pages), blocks)
            progress(number, len(pages))

    def _page(self, number: int, count: int, blocks: Sequence[Block]) -> None:
        pen, y = self._pen, _TOP
        if self._document.draft:
            pen.across(self._words("exports.draft"), PAGE_WIDTH, PAGE_HEIGHT)
        if number == 1:
            self._title(y)
            y -= self._title_height()
        else:
            self._running(y)
            y -= _RUNNING
        for block in blocks:
            y = block.draw(pen, _LEFT, y, WIDTH)
        self._foot(number, count)
        pen.turn_page()

    def _laboratory_lines(self) -> list[str]:
        """Give the name and the address of who made the certificate, checked and broken."""
        place = self._words("exports.place.field", field=self._words("certificate.field.lab"))
        party = self._document.laboratory
        values = (party.name, party.address, party.phone)
        texts = [cleaned(value) for value in values if value]
        for text in (*texts, cleaned(self._document.number)):
            self._pen.face.check(text, place)
        room = WIDTH - _CODE_SIDE - 12
        return [line for text in texts for line in wrapped(self._pen.face, text, 9, room)]

    def _title_height(self) -> float:
        notes = (self._document.replaces is not None) + self._document.draft
        return max(len(self._laboratory) * _LINE, _CODE_SIDE) + 50 + notes * _LINE

    def _title(self, top: float) -> None:
        """Draw who made it, a code to scan, the title, the number and what it stands for."""
        pen, words, document = self._pen, self._words, self._document
        for index, line in enumerate(self._laboratory):
            pen.text(_LEFT, top - 9 - index * _LINE, line, 9, strong=index == 0)
        if not document.draft:
            pen.code(_LEFT + WIDTH - _CODE_SIDE, top - _CODE_SIDE, scanned(document), _CODE_SIDE)
        y = top - max(len(self._laboratory) * _LINE, _CODE_SIDE) - 20
        middle = _LEFT + WIDTH / 2
        pen.text(middle, y, words("certificate.title"), 20, ACCENT, "center", strong=True)
        y -= 20
        number = words("certificate.number", number=cleaned(document.number))
        pen.text(middle, y, number, 10.5, INK, "center")
        for text in self._notes():
            y -= _LINE
            pen.text(middle, y, text, 8.6, NEGATIVE, "center")

    def _notes(self) -> list[str]:
        """Say which certificate this one replaces, and that nobody answers for it yet."""
        words, document = self._words, self._document
        notes = [words("certificate.draft-note")] if document.draft else []
        if document.replaces:
            notes.append(words("certificate.replaces", number=cleaned(document.replaces)))
        return notes

    def _running(self, top: float) -> None:
        pen, words = self._pen, self._words
        name = cleaned(self._document.laboratory.name)
        size = fitted(pen.face, name, 8, WIDTH * 0.6)
        pen.text(_LEFT, top - 8, name, size, QUIET)
        pen.text(_LEFT + WIDTH, top - 8, words("certificate.title"), 8, QUIET, "right")
        pen.rule(_LEFT, top - 14, _LEFT + WIDTH)

    def _foot(self, page: int, pages: int) -> None:
        pen, words, document = self._pen, self._words, self._document
        pen.rule(_LEFT, _FOOT + 12, _LEFT + WIDTH)
        left = words("certificate.draft-note")
        if not document.draft:
            left = words("exports.fingerprint", sha256=self._sha256)
        pen.text(_LEFT, _FOOT, left, 6, QUIET)
        place = words("exports.page", number=cleaned(document.number), page=page, pages=pages)
        pen.text(_LEFT + WIDTH, _FOOT, place, 8, INK, "right")
