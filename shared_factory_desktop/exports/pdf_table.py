"""The detail table of a statement PDF: columns, rows with wrapped cells, rows on pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared_factory_desktop.domain.allocation import allocate
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.money import fen, grouped
from shared_factory_desktop.domain.statement import DocumentLine, StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.fonts import Face
from shared_factory_desktop.exports.table import Group, Row, Totals, groups, totals
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import (
    ACCENT,
    INK,
    LEADING,
    NEGATIVE,
    QUIET,
    RULE,
    TINT,
    Align,
    Colour,
    Pen,
    fitted,
    wrapped,
)
from shared_factory_desktop.words import Words

SIZE = 7.2
HEAD_SIZE = 7.0
GAP = 3.0  # between the text of neighbouring columns
PADDING = 2.6  # above and below the text of a row
HEAD_HEIGHT = 2 * HEAD_SIZE * LEADING + 2 * PADDING
_TALLEST = 20  # lines of one cell; a taller row goes on in another


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its width in points, how its cells stand."""

    key: str
    width: float
    align: Align = "left"
    figure: bool = False  # a number is made smaller to fit, never broken


COLUMNS = (
    Column("number", 26, "center", figure=True),
    Column("time", 77, figure=True),
    Column("machine", 66),
    Column("job", 64),
    Column("item", 70),
    Column("band", 42),
    Column("unit", 26, "center"),
    Column("quantity", 54, "right", figure=True),
    Column("price", 44, "right", figure=True),
    Column("list", 53, "right", figure=True),
    Column("discount", 46, "right", figure=True),
    Column("net", 53, "right", figure=True),
    Column("tax_rate", 26, "right", figure=True),
    Column("tax", 47, "right", figure=True),
    Column("gross", 56, "right", figure=True),
    Column("notes", 38, "center"),
)
WIDTH = sum(column.width for column in COLUMNS)
_LABEL_WIDTH = sum(column.width for column in COLUMNS[:8])


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row ready to draw: the lines of each cell, or a label over the first columns."""

    cells: dict[str, tuple[str, ...]]
    label: tuple[str, ...] = ()
    quiet: bool = False  # a band or tier under its line
    follows: bool = False  # not to be parted from the row before it

    @property
    def height(self) -> float:
        """Height in points."""
        lines = max(map(len, (*self.cells.values(), self.label)))
        return lines * SIZE * LEADING + 2 * self.padding

    @property
    def padding(self) -> float:
        """Points above and below the text; the parts of a line stand close to it."""
        return 0.6 if self.quiet else PADDING


def table_rows(document: StatementDocument, words: Words, face: Face) -> Iterator[TableRow]:
    """Lay out every row of the table, machine by machine, the total last; raises ExportFault."""
    for group in groups(document):
        for row in group.rows:
            yield from _line(row, words, face)
            yield from _details(row, words, face)
        yield _subtotal(group, words, face)
    label = words("exports.total", count=len(document.lines))
    yield TableRow(_sums(totals(document.statement.lines)), (label,))


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


def draw_head(pen: Pen, words: Words, x: float, top: float) -> float:
    """Draw the head of the columns under `top`; gives the y below it."""
    pen.fill(x, top - HEAD_HEIGHT, WIDTH, HEAD_HEIGHT)
    for column in COLUMNS:
        room = column.width - GAP
        lines = wrapped(pen.face, words(f"exports.column.{column.key}"), HEAD_SIZE, room)
        y = top - PADDING - HEAD_SIZE - (2 - min(len(lines), 2)) * HEAD_SIZE * LEADING / 2
        for line in lines:
            at = _anchor(column, x)
            pen.text(at, y, line, fitted(pen.face, line, HEAD_SIZE, room), ACCENT, column.align)
            y -= HEAD_SIZE * LEADING
        x += column.width
    return top - HEAD_HEIGHT


def draw_row(pen: Pen, row: TableRow, x: float, top: float) -> float:
    """Draw a row under `top`; gives the y below it."""
    bottom = top - row.height
    strong = bool(row.label)
    if strong:
        pen.fill(x, bottom, WIDTH, row.height, TINT)
    if not row.quiet:
        pen.rule(x, top, x + WIDTH, RULE)
    baseline = top - row.padding - SIZE * 0.9
    for index, line in enumerate(row.label):
        y = baseline - index * SIZE * LEADING
        pen.text(x + GAP, y, line, SIZE, ACCENT)
    for column in COLUMNS:
        for index, line in enumerate(row.cells.get(column.key, ())):
            size = fitted(pen.face, line, SIZE, column.width - GAP)
            y = baseline - index * SIZE * LEADING
            pen.text(_anchor(column, x), y, line, size, _colour(row, column, line), column.align)
        x += column.width
    return bottom


def _line(row: Row, words: Words, face: Face) -> Iterator[TableRow]:
    entry, line = row.entry, row.line
    unit = phrases.known(words, "unit", line.unit)
    basis = phrases.known(words, "basis", line.unit)
    texts = {
        "machine": cleaned(entry.machine_name),
        "job": cleaned(entry.job),
        "item": f"{cleaned(entry.charge_name)} / {basis}",
        "band": phrases.band(words, row.single) if row.single else "",
        "unit": unit,
        "notes": phrases.remarks(words, row.notes),
    }
    for key, text in texts.items():
        place = words(
            "exports.place.line", number=row.number, column=words(f"exports.column.{key}")
        )
        face.check(text, place)
    cells = {column.key: _cell(column, texts, face) for column in COLUMNS if column.key in texts}
    cells |= _sums(totals([line]))
    cells["number"] = (str(row.number),)
    cells["time"] = _times(entry, words)
    cells["quantity"] = (plain(line.quantity),)
    cells["price"] = () if row.price is None else (plain(row.price),)
    cells["tax_rate"] = (phrases.percent(line.tax_rate),)
    tallest = max(map(len, cells.values()))
    for start in range(0, tallest, _TALLEST):
        yield TableRow({key: cell[start : start + _TALLEST] for key, cell in cells.items()})


def _details(row: Row, words: Words, face: Face) -> Iterator[TableRow]:
    line = row.line
    if row.single or not line.details:
        return
    inside = fen(sum((detail.amount for detail in line.details), Fraction(0)))
    # A difference of one fen is rounding; a larger one is what a minimum or cap made of the line.
    adjustment = line.list_fen - inside if abs(line.list_fen - inside) > 1 else 0
    unit = (phrases.known(words, "unit", line.unit),)
    amounts = allocate([d.amount * 100 for d in line.details], line.list_fen - adjustment)
    room = next(column.width for column in COLUMNS if column.key == "band") - GAP
    for index, (detail, amount) in enumerate(zip(line.details, amounts, strict=True)):
        name = phrases.band(words, detail) or words("exports.charged")
        place = words("exports.place.line", number=row.number, column=words("exports.column.band"))
        face.check(name, place)
        cells = {
            "band": wrapped(face, name, SIZE, room),
            "unit": unit,
            "quantity": (plain(detail.quantity),),
            "price": (plain(detail.price),),
            "list": (grouped(amount),),
        }
        yield TableRow(cells, quiet=True, follows=index == 0)
    if adjustment:
        label = wrapped(face, words("exports.adjustment"), SIZE, room)
        yield TableRow({"band": label, "list": (grouped(adjustment),)}, quiet=True, follows=True)


def _subtotal(group: Group, words: Words, face: Face) -> TableRow:
    name, count = cleaned(group.machine_name), len(group.rows)
    code = "exports.subtotal" if group.machine_name is not None else "exports.subtotal-none"
    label = words(code, machine=name, count=count)
    lines = wrapped(face, label, SIZE, _LABEL_WIDTH - 2 * GAP)[:_TALLEST]
    return TableRow(_sums(group.totals), lines, follows=True)


def _sums(sums: Totals) -> dict[str, tuple[str, ...]]:
    return {
        "list": (grouped(sums.list_fen),),
        "discount": (grouped(sums.discount_fen),),
        "net": (grouped(sums.net_fen),),
        "tax": (grouped(sums.tax_fen),),
        "gross": (grouped(sums.gross_fen),),
    }


def _times(entry: DocumentLine, words: Words) -> tuple[str, ...]:
    if entry.start is None:
        return ()
    if entry.end is None:
        return (phrases.instant(entry.start), f"– {words('exports.running')}")
    if entry.start.date() == entry.end.date():
        return (f"{entry.start:%Y-%m-%d}", f"{entry.start:%H:%M:%S}–{entry.end:%H:%M:%S}")
    return (phrases.instant(entry.start), f"– {phrases.instant(entry.end)}")


def _cell(column: Column, texts: dict[str, str], face: Face) -> tuple[str, ...]:
    text = texts[column.key]
    return wrapped(face, text, SIZE, column.width - GAP) if text else ()


def _chunks(rows: Sequence[TableRow]) -> Iterator[list[TableRow]]:
    chunk: list[TableRow] = []
    for row in rows:
        if chunk and not row.follows:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def _anchor(column: Column, x: float) -> float:
    if column.align == "center":
        return x + column.width / 2
    return x + column.width - GAP / 2 if column.align == "right" else x + GAP / 2


def _colour(row: TableRow, column: Column, text: str) -> Colour:
    if column.figure and text.startswith("-"):
        return NEGATIVE
    return QUIET if row.quiet else INK
