"""The lines a certificate is set in, and how they are dealt to pages: a block is one line of print
across the page that knows its height.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared_factory_desktop.exports.fonts import Face
from shared_factory_desktop.exports.typesetting import (
    INK,
    LEADING,
    TINT,
    Align,
    Colour,
    Pen,
    fitted,
    wrapped,
)

SIZE = 8.6
_TOGETHER = 8  # a cell of more lines may be parted between pages


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in a room `width` points wide at `x`; a figure is made smaller to fit, never broken."""

    x: float
    width: float
    text: str
    align: Align = "left"
    figure: bool = False
    colour: Colour = INK
    size: float = SIZE
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One line: its cells hang `drop` points under its top.

    `joined`: not to be parted from the next block; `head`: what is repeated where this begins a
    page.
    """

    height: float
    cells: tuple[Cell, ...] = ()
    drop: float = 0
    joined: bool = False
    tinted: bool = False
    ruled: bool = False
    head: tuple[Block, ...] = ()

    def draw(self, pen: Pen, x: float, top: float, width: float) -> float:
        """Draw it `width` points wide under `top`; gives the y below it."""
        if self.tinted:
            pen.fill(x, top - self.height, width, self.height, TINT)
        for cell in self.cells:
            share = {"left": 0.0, "center": 0.5, "right": 1.0}[cell.align]
            place = x + cell.x + share * cell.width
            size = fitted(pen.face, cell.text, cell.size, cell.width)
            baseline = top - self.drop - cell.size
            pen.text(place, baseline, cell.text, size, cell.colour, cell.align, cell.strong)
        if self.ruled:
            pen.rule(x, top - self.height, x + width)
        return top - self.height


def row(
    face: Face,
    cells: Sequence[Cell],
    padding: float = 2.0,
    tinted: bool = False,
    ruled: bool = False,
    head: tuple[Block, ...] = (),
) -> tuple[Block, ...]:
    """Break cells into as many lines as the longest needs, `padding` above and below them."""
    broken = [_lines(face, cell) for cell in cells]
    count = max(map(len, broken))
    leading = max(cell.size for cell in cells) * LEADING
    blocks = []
    for index in range(count):
        above = padding if index == 0 else 0.0
        last = index == count - 1
        blocks.append(
            Block(
                height=above + leading + (padding if last else 0.0),
                cells=tuple(
                    replace(cell, text=lines[index])
                    for cell, lines in zip(cells, broken, strict=True)
                    if index < len(lines)
                ),
                drop=above,
                joined=not last and count <= _TOGETHER,
                tinted=tinted,
                ruled=ruled and last,
                head=head,
            )
        )
    return tuple(blocks)


def joined(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Keep blocks together, and with the block that comes next."""
    return tuple(replace(block, joined=True) for block in blocks)


def together(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Keep the lines of a short section on one page."""
    *before, last = blocks
    return (*joined(before), last)


def dealt(blocks: Sequence[Block], first: float, full: float) -> list[list[Block]]:
    """Deal blocks to pages with `first` and then `full` points of room, in order."""
    pages: list[list[Block]] = [[]]
    room = first
    for group in _groups(blocks, full):
        height = sum(block.height for block in group)
        if height > room and pages[-1]:
            pages.append([*group[0].head])
            room = full - sum(block.height for block in group[0].head)
        pages[-1].extend(group)
        room -= height
    return pages


def _groups(blocks: Sequence[Block], full: float) -> Iterator[list[Block]]:
    """Give blocks that stay together; what no page holds is parted after all."""
    group: list[Block] = []
    for block in blocks:
        if group and sum(one.height for one in (*group, block)) > full:
            yield group
            group = []
        group.append(block)
        if not block.joined:
            yield group
            group = []
    if group:
        yield group


def _lines(face: Face, cell: Cell) -> tuple[str, ...]:
    if cell.figure:
        return (cell.text,)
    return wrapped(face, cell.text, cell.size, cell.width)
