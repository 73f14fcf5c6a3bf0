"""The label that tells at the machine until when its meter is calibrated: 50 mm by 30 mm, with a
code to scan that leads to the certificate.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.domain.calibration import Verdict
from shared_factory_desktop.domain.certificate import CertificateDocument
from shared_factory_desktop.exports import certificate_words as say
from shared_factory_desktop.exports import fonts
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.exports.font_registry import one_at_a_time
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import (
    ACCENT,
    INK,
    MM,
    NEGATIVE,
    QUIET,
    Pen,
    fitted,
    wrapped,
)
from shared_factory_desktop.words import Words

LABEL_WIDTH, LABEL_HEIGHT = 50 * MM, 30 * MM
_MARGIN = 2.5 * MM  # the quiet zone of the code too: 4 of its modules (ISO/IEC 18004)
_CODE_SIDE = 14.5 * MM
_ROOM = LABEL_WIDTH - 2 * _MARGIN
_TITLE_SIZE, _NAME_SIZE, _SIZE = 8.5, 6.6, 6.2
_NAME_LINES = 2


class LabelPdf:
    """The label for the machine."""

    KEY = "label-pdf"
    SUFFIX = ".label.pdf"

    def write(
        self,
        certificate: CertificateDocument,
        target: Path,
        words: Words,
        progress: Progress,
        options: ExportOptions,
    ) -> None:
        """Write it with an embedded font; raises ExportFault."""
        progress(0, 1)
        with one_at_a_time:
            content = _render(certificate, words, options)
        write_whole(target, content)
        progress(1, 1)


def _render(document: CertificateDocument, words: Words, options: ExportOptions) -> bytes:
    face = fonts.find(options.font, options.font_folders)
    pdfmetrics.registerFont(face.font)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (LABEL_WIDTH, LABEL_HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(f"{words('certificate.label.name')} {cleaned(document.number)}")
    _Label(Pen(canvas, face), document, words).draw()
    canvas.save()
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class _Label:
    """Draws one label."""

    pen: Pen
    document: CertificateDocument
    words: Words

    def draw(self) -> None:
        """Draw state and laboratory, the machine's name, then facts beside the code."""
        pen, top = self.pen, LABEL_HEIGHT - _MARGIN
        state = self._state()
        title = self._checked(self.words(f"certificate.label.{state}"), "verdict")
        shade = ACCENT if state in (Verdict.PASS, Verdict.ADJUST) else NEGATIVE
        pen.text(_MARGIN, top - 7.5, title, _TITLE_SIZE, shade, strong=True)
        laboratory = self._checked(self.document.laboratory.name, "lab")
        room = _ROOM - pen.face.width(title, _TITLE_SIZE) - 6
        size = fitted(pen.face, laboratory, 5.4, room)
        pen.text(_MARGIN + _ROOM, top - 7.5, laboratory, size, QUIET, "right")
        for index, line in enumerate(self._machine_lines()):
            pen.text(_MARGIN, top - 15.5 - index * 7.6, line, _NAME_SIZE)
        for index, fact in enumerate(reversed(self._facts())):
            size = fitted(pen.face, fact, _SIZE, _ROOM - _CODE_SIDE - 6)
            pen.text(_MARGIN, _MARGIN + 1 + index * 9.2, fact, size, INK)
        if not self.document.draft:
            corner = LABEL_WIDTH - _MARGIN - _CODE_SIDE
            pen.code(corner, _MARGIN, say.scanned(self.document), _CODE_SIDE)
        pen.turn_page()

    def _state(self) -> str:
        return "draft" if self.document.draft else self.document.calibration.verdict

    def _machine_lines(self) -> tuple[str, ...]:
        """Break the machine's name; a very long one ends in an ellipsis."""
        lines = wrapped(
            self.pen.face, self._checked(self.document.machine, "machine"), _NAME_SIZE, _ROOM
        )
        if len(lines) <= _NAME_LINES:
            return lines
        return (*lines[: _NAME_LINES - 1], lines[_NAME_LINES - 1][:-1] + "…")

    def _facts(self) -> list[str]:
        """Give meter, certificate, dates; a draft and a rejected meter are valid until no day."""
        document, done = self.document, self.document.calibration
        performed = f"{say.local(document, done.performed_at):%Y-%m-%d}"
        facts = [
            ("meter", done.meter),
            ("certificate", document.number),
            ("performed", performed),
        ]
        if not document.draft and done.verdict is not Verdict.REJECT:
            facts.append(("valid-until", f"{done.valid_until:%Y-%m-%d}"))
        return [
            self._checked(self.words(f"certificate.label.fact.{code}", value=value), "meter")
            for code, value in facts
        ]

    def _checked(self, text: str, field: str) -> str:
        sound = say.printable(text)
        named = self.words(f"certificate.field.{field}")
        self.pen.face.check(sound, self.words("exports.place.field", field=named))
        return sound
