"""The lines of a statement as rows of its PDF: by machine with subtotals, late usage apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from shared_factory_desktop.domain.allocation import allocate
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.money import fen, grouped
from shared_factory_desktop.domain.statement import DocumentLine, StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.fonts import Face
from shared_factory_desktop.exports.pdf_table import (
    GAP,
    SIZE,
    TALLEST,
    Column,
    Table,
    TableRow,
    split,
)
from shared_factory_desktop.exports.table import (
    Group,
    Row,
    Totals,
    apart,
    by_band,
    groups,
    in_order,
    totals,
)
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import wrapped
from shared_factory_desktop.words import Words

Cells = dict[str, tuple[str, ...]]
Days = tuple[dt.date, dt.date]

COLUMNS = (
    Column("number", 26, "center", figure=True),
    Column("time", 76, figure=True),
    Column("job", 62),
    Column("machine", 64),
    Column("item", 67),
    Column("band", 42),
    Column("unit", 26, "center"),
    Column("quantity", 53, "right", figure=True),
    Column("price", 43, "right", figure=True),
    Column("list", 53, "right", figure=True),
    Column("discount", 44, "right", figure=True),
    Column("net", 53, "right", figure=True),
    Column("tax_rate", 26, "right", figure=True),
    Column("tax", 47, "right", figure=True),
    Column("gross", 56, "right", figure=True),
    Column("notes", 38, "center"),
)
_BY_KEY = {column.key: column for column in COLUMNS}
_LABEL_WIDTH = sum(column.width for column in COLUMNS[:6])


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of the period itself, or (`late`) of one closed period that are billed afterwards, or
    make good by certificate `correction` what was billed for it.
    """

    late: Days | None
    correction: str | None
    groups: tuple[Group, ...]


def sections(document: StatementDocument) -> tuple[Section, ...]:
    """Part late lines from the others, oldest period first; line numbers run through."""
    parts = {apart(entry.line) for entry in document.lines}
    result: list[Section] = []
    before = 0
    for part in sorted(parts, key=in_order):
        lines = tuple(entry for entry in document.lines if apart(entry.line) == part)
        found = groups(replace(document, lines=lines))
        result.append(Section(*part, tuple(_renumbered(group, before) for group in found)))
        before += len(lines)
    return tuple(result)


def line_table(words: Words) -> Table:
    """Give the table of the statement's lines in a language."""
    return Table(COLUMNS, tuple(words(f"exports.head.{column.key}") for column in COLUMNS))


def line_rows(document: StatementDocument, words: Words, face: Face) -> Iterator[TableRow]:
    """Lay out every row of the table, the total last; raises ExportFault."""
    for section in sections(document):
        follows = section.late is not None
        if section.late is not None:
            title = "late" if section.correction is None else "correction"
            values = {
                "certificate": section.correction,
                "period": phrases.days(words, section.late),
            }
            yield TableRow({}, (words(f"exports.pdf.{title}", **values),))
        for group in section.groups:
            for row in group.rows:
                first, *more = _line(row, words, face)
                yield replace(first, follows=follows)
                yield from more
                yield from _details(row, words, face)
                follows = False
            yield _subtotal(group, words, face)
            yield from _bands(group, words, face)
        if section.late is not None:
            late = totals(row.line for group in section.groups for row in group.rows)
            yield TableRow(_sums(late), (words(f"exports.pdf.{title}-total"),), follows=True)
    label = words("exports.total", count=len(document.lines))
    yield TableRow(_sums(totals(document.statement.lines)), (label,))


def _renumbered(group: Group, before: int) -> Group:
    rows = tuple(replace(row, number=row.number + before) for row in group.rows)
    return replace(group, rows=rows)


def _line(row: Row, words: Words, face: Face) -> Iterator[TableRow]:
    entry, line = row.entry, row.line
    basis = phrases.known(words, "basis", line.unit)
    texts = {
        "job": cleaned(entry.job or line.session),
        "machine": cleaned(entry.machine_name),
        "item": f"{cleaned(entry.charge_name)} / {basis}",
        "band": phrases.band(words, row.single) if row.single else "",
        "unit": phrases.known(words, "unit", line.unit),
        "notes": "" if line.correction else phrases.remarks(words, row.notes),  # said above
    }
    for key, text in texts.items():
        _check(row, key, text, words, face)
    cells: Cells = {key: _BY_KEY[key].wrap(text, face) for key, text in texts.items()}
    cells |= _sums(totals([line]))
    cells["number"] = (str(row.number),)
    cells["time"] = _times(entry, words)
    cells["quantity"] = (plain(line.quantity),)
    cells["price"] = () if row.price is None else (plain(row.price),)
    cells["tax_rate"] = (phrases.percent(line.tax_rate),)
    yield from split(cells)


def _check(row: Row, key: str, text: str, words: Words, face: Face) -> None:
    if not face.has(text):
        column = words(f"exports.head.{key}")
        face.check(text, words("exports.place.line", number=row.number, column=column))


def _details(row: Row, words: Words, face: Face) -> Iterator[TableRow]:
    """Lay out the bands or tiers of a line that one row cannot say; in fen they add up to it."""
    line = row.line
    if row.single is not None or not line.details:
        return
    inside = fen(sum((detail.amount for detail in line.details), Fraction(0)))
    adjustment = line.list_fen - inside if abs(line.list_fen - inside) > 1 else 0
    unit = (phrases.known(words, "unit", line.unit),)
    amounts = allocate([d.amount * 100 for d in line.details], line.list_fen - adjustment)
    for index, (detail, amount) in enumerate(zip(line.details, amounts, strict=True)):
        name = phrases.band(words, detail) or words("exports.charged")
        _check(row, "band", name, words, face)
        cells = {
            "band": _BY_KEY["band"].wrap(name, face),
            "unit": unit,
            "quantity": (plain(detail.quantity),),
            "price": (plain(detail.price),),
            "list": (grouped(amount),),
        }
        yield TableRow(cells, quiet=True, follows=index == 0)
    if adjustment:
        label = _BY_KEY["band"].wrap(words("exports.adjustment"), face)
        yield TableRow({"band": label, "list": (grouped(adjustment),)}, quiet=True, follows=True)


def _subtotal(group: Group, words: Words, face: Face) -> TableRow:
    name, count = cleaned(group.machine_name), len(group.rows)
    code = "exports.subtotal" if group.machine_name is not None else "exports.subtotal-none"
    label = words(code, machine=name, count=count)
    lines = wrapped(face, label, SIZE, _LABEL_WIDTH - 2 * GAP)[:TALLEST]
    return TableRow(_sums(group.totals), lines, follows=True)


def _bands(group: Group, words: Words, face: Face) -> Iterator[TableRow]:
    """Part a machine's list amount by charge and band, where there are any bands."""
    found = by_band(group.rows)
    if all(part.band is None for part in found):
        return
    for part in found:
        band = words("exports.pdf.no-band")
        if part.band is not None:
            band = phrases.known(words, "band", part.band)
        name = f"{cleaned(part.charge_name)} {band}"
        cells: Cells = {
            "unit": (phrases.known(words, "unit", part.unit),),
            "quantity": (plain(part.quantity),),
            "list": (grouped(part.list_fen),),
        }
        label = wrapped(
            face, words("exports.pdf.of-which", part=name), SIZE, _LABEL_WIDTH - 2 * GAP
        )
        yield TableRow(cells, label[:TALLEST], quiet=True, follows=True)


def _sums(sums: Totals) -> Cells:
    return {
        "list": (grouped(sums.list_fen),),
        "discount": (grouped(sums.discount_fen),),
        "net": (grouped(sums.net_fen),),
        "tax": (grouped(sums.tax_fen),),
        "gross": (grouped(sums.gross_fen),),
    }


def _times(entry: DocumentLine, words: Words) -> tuple[str, ...]:
    if entry.start is None:
        return phrases.span(entry.line.late) if entry.line.late else ()
    if entry.end is None:
        return (phrases.instant(entry.start), f"– {words('exports.running')}")
    if entry.start.date() == entry.end.date():
        return (f"{entry.start:%Y-%m-%d}", f"{entry.start:%H:%M:%S}–{entry.end:%H:%M:%S}")
    return (phrases.instant(entry.start), f"– {phrases.instant(entry.end)}")
