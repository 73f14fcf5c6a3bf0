"""Sets the words of a certificate in lines: headings, facts in two columns, tables, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared_factory_desktop.exports.certificate_blocks import SIZE, Block, Cell, joined, row
from shared_factory_desktop.exports.certificate_words import NOTHING, printable
from shared_factory_desktop.exports.fonts import Face
from shared_factory_desktop.exports.typesetting import ACCENT, INK, QUIET, Align
from shared_factory_desktop.words import Words

WIDTH = 499.0
_LABEL = 84.0
_GAP = 6.0
_HEADING_SIZE = 10.0
_SMALL = 7.8
_NOTE = 7.4
_SIGNING = 26.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its key, its width in points, how its cells stand (right: figures)."""

    key: str
    width: float
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Setting:
    """Sets checked text WIDTH points wide; every method raises ExportFault for a missing glyph."""

    face: Face
    words: Words

    def heading(self, code: str) -> tuple[Block, ...]:
        """Set the title of a section, to stand with what follows it."""
        text = self._checked(self.words(f"certificate.section.{code}"), f"section.{code}")
        cell = Cell(0, WIDTH, text, colour=ACCENT, size=_HEADING_SIZE, strong=True)
        space = Block(7, joined=True)
        return (space, *joined(row(self.face, [cell], padding=2.4, ruled=True)))

    def facts(self, pairs: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
        """Set labels with their values, two of them side by side."""
        half = WIDTH / 2
        blocks: list[Block] = []
        for index in range(0, len(pairs), 2):
            cells = [
                cell
                for side, (code, value) in enumerate(pairs[index : index + 2])
                for cell in self._fact(code, value, side * half, half)
            ]
            blocks.extend(row(self.face, cells, padding=1.2))
        return tuple(blocks)

    def wide(self, code: str, value: str) -> tuple[Block, ...]:
        """Set one label with its value across the page."""
        return row(self.face, self._fact(code, value, 0, WIDTH), padding=1.2)

    def note(self, text: str) -> tuple[Block, ...]:
        """Set a sentence of ours, small."""
        cell = Cell(0, WIDTH, self._checked(text, "note"), colour=QUIET, size=_NOTE)
        return row(self.face, [cell], padding=1.4)

    def text(self, code: str, value: str) -> tuple[Block, ...]:
        """Set a text somebody wrote, across the page."""
        return row(self.face, [Cell(0, WIDTH, self._checked(value, f"section.{code}"))])

    def table_head(self, columns: Sequence[Column], **values: str) -> tuple[Block, ...]:
        """Set the titles of a table; `values` fill them."""
        titles = [self.words(f"certificate.column.{column.key}", **values) for column in columns]
        cells = self._cells(columns, titles, head=True)
        return joined(row(self.face, cells, padding=2.6, tinted=True))

    def table_row(
        self, columns: Sequence[Column], values: Mapping[str, str], head: tuple[Block, ...]
    ) -> tuple[Block, ...]:
        """Set a row; `head` is repeated where it begins a page."""
        cells = self._cells(columns, [values[column.key] for column in columns], head=False)
        return row(self.face, cells, padding=2.6, ruled=True, head=head)

    def signature(self, code: str, name: str, sign: str) -> tuple[Block, ...]:
        """Set who answers for the certificate, with room to sign."""
        third = WIDTH / 3
        rest = Cell(third * 2, third, self._checked(sign, f"field.{code}"), colour=QUIET)
        cells = [*self._fact(code, name, 0, third * 2 - _GAP), rest]
        return (Block(_SIGNING - 12, joined=True), *row(self.face, cells, ruled=True))

    def end_mark(self, text: str) -> Block:
        """Set the line after which nothing follows."""
        return Block(
            30, (Cell(0, WIDTH, self._checked(text, "note"), "center", colour=QUIET),), drop=14
        )

    def _fact(self, code: str, value: str, x: float, width: float) -> list[Cell]:
        label = self._checked(self.words(f"certificate.field.{code}"), f"field.{code}")
        text = self._checked(value, f"field.{code}") or NOTHING
        room = width - _LABEL - _GAP
        return [
            Cell(x, _LABEL - _GAP, label, colour=QUIET),
            Cell(x + _LABEL, room, text, size=SIZE),
        ]

    def _cells(self, columns: Sequence[Column], texts: Sequence[str], head: bool) -> list[Cell]:
        cells: list[Cell] = []
        x = 0.0
        for column, text in zip(columns, texts, strict=True):
            checked = self._checked(text, f"place.{column.key}")
            room, figure = column.width - _GAP, column.align == "right" and not head
            colour = ACCENT if head else INK
            left = x + _GAP / 2
            cells.append(Cell(left, room, checked, column.align, figure, colour, _SMALL))
            x += column.width
        return cells

    def _checked(self, text: str, place: str) -> str:
        """Give text on one line; raises ExportFault where the font cannot print it."""
        sound = printable(text)
        if not self.face.has(sound):
            field = self.words(f"certificate.{place}")
            self.face.check(sound, self.words("exports.place.field", field=field))
        return sound
