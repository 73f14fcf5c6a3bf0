"""A table of a PDF: columns, rows of wrapped cells, rows dealt to pages, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared_factory_desktop.exports.fonts import Face
from shared_factory_desktop.exports.typesetting import (
    ACCENT,
    INK,
    LEADING,
    NEGATIVE,
    QUIET,
    TINT,
    Align,
    Colour,
    Pen,
    fitted,
    wrapped,
)

SIZE = 7.2
HEAD_SIZE = 7.0
GAP = 4.0  # between the text of neighbouring columns
PADDING = 2.6  # above and below the text of a row
HEAD_HEIGHT = 2 * HEAD_SIZE * LEADING + 2 * PADDING
WIDTH = 776.0  # of every table, so that pages look alike
TALLEST = 20  # lines of one cell; a taller row goes on in another


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its width in points, how its cells stand."""

    key: str
    width: float
    align: Align = "left"
    figure: bool = False  # a number is made smaller to fit, never broken

    def wrap(self, text: str, face: Face) -> tuple[str, ...]:
        """Break a cell's text into lines of this column; no text, no lines."""
        return wrapped(face, text, SIZE, self.width - GAP) if text else ()

    def place(self, left: float, taken: float) -> float:
        """Give the x at which a text `taken` points wide begins in this column at `left`."""
        spare = self.width - taken
        if self.align == "center":
            return left + spare / 2
        return left + (spare - GAP / 2 if self.align == "right" else GAP / 2)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row ready to draw: the lines of each cell, or a label over the first columns."""

    cells: Mapping[str, tuple[str, ...]]
    label: tuple[str, ...] = ()
    quiet: bool = False  # a part of what stands above it
    follows: bool = False  # not to be parted from the row before it

    @property
    def height(self) -> float:
        """Height in points."""
        lines = max(len(self.label), *map(len, self.cells.values()), 1)
        return lines * SIZE * LEADING + 2 * self.padding

    @property
    def padding(self) -> float:
        """Points above and below the text; the parts of a line stand close to it."""
        return 0.6 if self.quiet else PADDING

    def colour(self, column: Column, text: str) -> Colour:
        """Give the colour of a cell's text."""
        if column.figure and text.startswith("-"):
            return NEGATIVE
        return QUIET if self.quiet else INK


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with their titles, WIDTH points wide in all."""

    columns: tuple[Column, ...]
    titles: tuple[str, ...]

    def head(self, pen: Pen, x: float, top: float) -> float:
        """Draw the titles under `top`; gives the y below them."""
        pen.fill(x, top - HEAD_HEIGHT, WIDTH, HEAD_HEIGHT)
        for column, title in zip(self.columns, self.titles, strict=True):
            room = column.width - GAP
            lines = wrapped(pen.face, title, HEAD_SIZE, room)
            y = top - PADDING - HEAD_SIZE - (2 - min(len(lines), 2)) * HEAD_SIZE * LEADING / 2
            for line in lines:
                size = fitted(pen.face, line, HEAD_SIZE, room)
                pen.text(column.place(x, pen.face.width(line, size)), y, line, size, ACCENT)
                y -= HEAD_SIZE * LEADING
            x += column.width
        return top - HEAD_HEIGHT

    def row(self, pen: Pen, row: TableRow, x: float, top: float) -> float:
        """Draw a row under `top`; gives the y below it."""
        bottom = top - row.height
        if row.label and not row.quiet:
            pen.fill(x, bottom, WIDTH, row.height, TINT)
        if not row.quiet:
            pen.rule(x, top, x + WIDTH)
        baseline = top - row.padding - SIZE * 0.9
        for index, line in enumerate(row.label):
            shade = QUIET if row.quiet else ACCENT
            pen.text(x + GAP, baseline - index * SIZE * LEADING, line, SIZE, shade)
        for column in self.columns:
            for index, line in enumerate(row.cells.get(column.key, ())):
                taken, size, room = pen.face.width(line, SIZE), SIZE, column.width - GAP
                if taken > room:
                    taken, size = room, SIZE * room / taken
                y = baseline - index * SIZE * LEADING
                pen.text(column.place(x, taken), y, line, size, row.colour(column, line))
            x += column.width
        return bottom


def split(cells: Mapping[str, tuple[str, ...]]) -> Iterator[TableRow]:
    """Give one row, or several where a cell has more than TALLEST lines."""
    for start in range(0, max(map(len, cells.values())), TALLEST):
        yield TableRow({key: cell[start : start + TALLEST] for key, cell in cells.items()})


def pages(
    rows: Sequence[TableRow], first: float, full: float, closing: float
) -> list[list[TableRow]]:
    """Deal rows to pages with `first` and then `full` points of room; the last row keeps `closing`.

    A page takes at least one row, even where that row is taller than its room.
    """
    result: list[list[TableRow]] = [[]]
    room = first
    for chunk in _chunks(rows):
        height = sum(row.height for row in chunk)
        needed = height + (closing if chunk[-1] is rows[-1] else 0)
        if needed > room and (result[-1] or room < full):
            result.append([])
            room = full
        result[-1].extend(chunk)
        room -= height
    return result


def _chunks(rows: Sequence[TableRow]) -> Iterator[list[TableRow]]:
    chunk: list[TableRow] = []
    for row in rows:
        if chunk and not row.follows:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk
