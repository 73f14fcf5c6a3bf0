"""Sets text on a page: breaks lines as Chinese print does, fits figures, draws in colour."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on a canvas; y is the baseline, measured in points from the bottom of the page."""

    canvas: Canvas
    face: Face

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
        self.canvas.setFillColorRGB(*colour)
        self.canvas.setFont(NAME, size)
        if not strong:
            self.canvas.drawString(x, y, text)
            return
        self.canvas.saveState()  # these fonts come in one weight, so their outlines are drawn too
        self.canvas.setStrokeColorRGB(*colour)
        self.canvas.setLineWidth(size / 30)
        self.canvas.drawString(x, y, text, mode=2)
        self.canvas.restoreState()

    def rule(
        self, x: float, y: float, to: float, colour: Colour = RULE, weight: float = 0.4
    ) -> None:
        """Draw a horizontal line from x to `to`."""
        self.canvas.setStrokeColorRGB(*colour)
        self.canvas.setLineWidth(weight)
        self.canvas.line(x, y, to, y)

    def fill(self, x: float, y: float, width: float, height: float, colour: Colour = TINT) -> None:
        """Fill a rectangle whose lower left corner is (x, y)."""
        self.canvas.setFillColorRGB(*colour)
        self.canvas.rect(x, y, width, height, stroke=0, fill=1)

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw the outline of a rectangle whose lower left corner is (x, y)."""
        self.canvas.setStrokeColorRGB(*RULE)
        self.canvas.setLineWidth(0.6)
        self.canvas.rect(x, y, width, height, stroke=1, fill=0)

    def across(self, text: str, width: float, height: float) -> None:
        """Write `text` large and pale across the page, under what is drawn later."""
        self.canvas.saveState()
        self.canvas.translate(width / 2, height / 2)
        self.canvas.rotate(28)
        self.text(0, -40, text, 120, (0.925, 0.925, 0.925), "center")
        self.canvas.restoreState()
