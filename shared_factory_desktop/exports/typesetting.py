"""Sets text on a page: breaks lines as Chinese print does, fits figures, draws in colour."""

from __future__ import annotations

import re
from typing import Literal

from reportlab.graphics.barcode.qr import QrCode
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.exports.fonts import NAME, Face

Align = Literal["left", "center", "right"]
Colour = tuple[float, float, float]
INK: Colour = (0.13, 0.15, 0.18)
QUIET: Colour = (0.42, 0.45, 0.49)
RULE: Colour = (0.80, 0.83, 0.85)
TINT: Colour = (0.93, 0.955, 0.965)
ACCENT: Colour = (0.08, 0.33, 0.42)
NEGATIVE: Colour = (0.72, 0.11, 0.11)
MM = 72 / 25.4
LEADING = 1.32
# A piece that a line may end after: one wide character with the marks that must not begin a line,
# a run of Latin letters or digits up to a joint, or blanks.
_PIECE = re.compile(
    r"[\u2e80-\U0010ffff][，。、；：？！）》」』】％]*|[^\s\u2e80-\U0010ffff]+?(?:[-_/.,;]+|(?=[\s\u2e80-\U0010ffff]|$))|\s+"
)


def wrapped(face: Face, text: str, size: float, width: float) -> tuple[str, ...]:
    """Break `text` into lines no wider than `width` points; a word too long is cut anywhere."""
    if face.width(text, size) <= width:
        return (text,)
    lines: list[str] = []
    line = ""
    for piece in _pieces(face, text, size, width):
        if line and face.width(line + piece.rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return (*lines, line.rstrip())


def _pieces(face: Face, text: str, size: float, width: float) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        pieces.extend([piece] if face.width(piece, size) <= width else piece)
    return pieces


def fitted(face: Face, text: str, size: float, width: float) -> float:
    """Give the size, at most `size`, at which `text` is no wider than `width` points."""
    natural = face.width(text, size)
    return size if natural <= width else size * width / natural


class Pen:
    """Draws on a canvas; y is the baseline, measured in points from the bottom of the page.

    Plain text of a page is gathered and written in one piece when the page is turned, with a change
    of size or colour only where there is one: a long table is mostly text.
    """

    def __init__(self, canvas: Canvas, face: Face) -> None:
        self.canvas = canvas
        self.face = face
        self._begin()

    def _begin(self) -> None:
        self._words = self.canvas.beginText()
        self._size = 0.0
        self._colour: Colour | None = None

    def turn_page(self) -> None:
        """End the page and begin another."""
        self.canvas.drawText(self._words)
        self.canvas.showPage()
        self._begin()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: Colour = INK,
        align: Align = "left",
        strong: bool = False,
    ) -> None:
        """Draw one line, `x` its left end, middle or right end; `strong` thickens the strokes."""
        if not text:
            return
        if align != "left":
            x -= self.face.width(text, size) / (2 if align == "center" else 1)
        if strong:
            self._thick(x, y, text, size, colour)
            return
        self._choose(size, colour)
        self._words.setTextOrigin(x, y)
        self._words.textOut(text)

    def upward(self, x: float, y: float, text: str, size: float, colour: Colour = QUIET) -> None:
        """Draw one line that reads from bottom to top, its middle at y."""
        self._choose(size, colour)
        self._words.setTextTransform(0, 1, -1, 0, x, y - self.face.width(text, size) / 2)
        self._words.textOut(text)

    def _choose(self, size: float, colour: Colour) -> None:
        if size != self._size:
            self._words.setFont(NAME, size)
            self._size = size
        if colour != self._colour:
            self._words.setFillColorRGB(*colour)
            self._colour = colour

    def _thick(self, x: float, y: float, text: str, size: float, colour: Colour) -> None:
        """Draw outlines too: these fonts come in one weight."""
        self.canvas.saveState()
        self.canvas.setFillColorRGB(*colour)
        self.canvas.setStrokeColorRGB(*colour)
        self.canvas.setLineWidth(size / 30)
        self.canvas.setFont(NAME, size)
        self.canvas.drawString(x, y, text, mode=2)
        self.canvas.restoreState()

    def rule(
        self, x: float, y: float, to: float, colour: Colour = RULE, weight: float = 0.4
    ) -> None:
        """Draw a horizontal line from x to `to`."""
        self.canvas.setStrokeColorRGB(*colour)
        self.canvas.setLineWidth(weight)
        self.canvas.line(x, y, to, y)

    def dashes(self, x: float, y: float, top: float) -> None:
        """Draw a dashed vertical line from y to `top`."""
        self.canvas.saveState()
        self.canvas.setStrokeColorRGB(*QUIET)
        self.canvas.setLineWidth(0.6)
        self.canvas.setDash(4, 3)
        self.canvas.line(x, y, x, top)
        self.canvas.restoreState()

    def fill(self, x: float, y: float, width: float, height: float, colour: Colour = TINT) -> None:
        """Fill a rectangle whose lower left corner is (x, y)."""
        self.canvas.setFillColorRGB(*colour)
        self.canvas.rect(x, y, width, height, stroke=0, fill=1)

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw the outline of a rectangle whose lower left corner is (x, y)."""
        self.canvas.setStrokeColorRGB(*RULE)
        self.canvas.setLineWidth(0.6)
        self.canvas.rect(x, y, width, height, stroke=1, fill=0)

    def code(self, x: float, y: float, text: str, side: float) -> None:
        """Draw a QR code (ISO/IEC 18004, level M) in a square with lower left corner (x, y)."""
        self.canvas.saveState()
        self.canvas.setFillColorRGB(0, 0, 0)
        QrCode(text, width=side, height=side, qrBorder=0, qrLevel="M").drawOn(self.canvas, x, y)
        self.canvas.restoreState()

    def across(self, text: str, width: float, height: float) -> None:
        """Write `text` large and pale across the page, under what is drawn later."""
        self.canvas.saveState()
        self.canvas.translate(width / 2, height / 2)
        self.canvas.rotate(28)
        self.canvas.setFillColorRGB(0.925, 0.925, 0.925)
        self.canvas.setFont(NAME, 120)
        self.canvas.drawCentredString(0, -40, text)
        self.canvas.restoreState()
