"""A statement as a table people read: lines by machine, numbered, with subtotals and remarks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import Detail, DocumentLine, Line, StatementDocument

Days = tuple[dt.date, dt.date]
Apart = tuple[Days | None, str | None]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of rounded lines, in fen."""

    list_fen: int
    discount_fen: int
    net_fen: int
    tax_fen: int
    gross_fen: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line with its number on the statement (from 1) and the codes of its remarks."""

    number: int
    entry: DocumentLine
    notes: tuple[str, ...]

    @property
    def line(self) -> Line:
        """The priced line."""
        return self.entry.line

    @property
    def price(self) -> Fraction | None:
        """The price of a unit in CNY, None where bands or tiers differ."""
        return unit_price(self.line)

    @property
    def single(self) -> Detail | None:
        """The only detail of a line that it says in full, so that it needs no row of its own."""
        if len(self.line.details) != 1:
            return None
        detail = self.line.details[0]
        whole = detail.quantity == self.line.quantity and fen(detail.amount) == self.line.list_fen
        return detail if whole else None


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one machine, in the statement's order; `machine_name` None: of the period.

    `late` is the closed period that all of them bill afterwards, None for those of the statement's.
    """

    machine_name: str | None
    rows: tuple[Row, ...]
    totals: Totals
    late: Days | None = None


@dataclass(frozen=True, slots=True)
class BandTotal:
    """What one charge comes to in one band, None outside any: charged units and list amount."""

    charge_name: str
    unit: str
    band: str | None
    quantity: Fraction
    list_fen: int


def groups(document: StatementDocument) -> tuple[Group, ...]:
    """Bring lines together by machine, machines in order of their first line, the period's last;
    then the late lines, oldest period first, in the same way, those of each period that make good
    metering errors after the others. Numbers run through.
    """
    found: dict[tuple[Apart, str | None], list[DocumentLine]] = {}
    for entry in document.lines:
        found.setdefault((apart(entry.line), entry.machine_name), []).append(entry)
    result: list[Group] = []
    number = 0
    for key in sorted(found, key=lambda key: (in_order(key[0]), key[1] is None)):
        (late, _), machine_name = key
        entries = found[key]
        rows = tuple(
            Row(index, entry, notes(document, entry))
            for index, entry in enumerate(entries, number + 1)
        )
        number += len(rows)
        result.append(Group(machine_name, rows, totals(entry.line for entry in entries), late))
    return tuple(result)


def apart(line: Line) -> Apart:
    """Give what parts lines from others on paper: their closed period, and the certificate by which
    they make a metering error good; both None for those of the statement's own period.
    """
    return line.late, line.correction


def in_order(key: Apart) -> tuple[tuple[dt.date, ...], str]:
    """Order the parts of a statement: its own period, then closed ones, oldest first."""
    return key[0] or (), key[1] or ""


def by_machine(parts: Iterable[Group]) -> dict[str, tuple[Row, ...]]:
    """Give all lines of each machine, its late ones last; lines of the period are left out."""
    found: dict[str, tuple[Row, ...]] = {}
    for part in parts:
        if part.machine_name is not None:
            found[part.machine_name] = found.get(part.machine_name, ()) + part.rows
    return found


def unit_price(line: Line) -> Fraction | None:
    """Give what a unit of a line costs in CNY, None where bands or tiers differ."""
    prices = {detail.price for detail in line.details}
    return prices.pop() if len(prices) == 1 else None


def totals(lines: Iterable[Line]) -> Totals:
    """Add up lines."""
    chosen = tuple(lines)
    return Totals(
        sum(line.list_fen for line in chosen),
        sum(line.discount_fen for line in chosen),
        sum(line.net_fen for line in chosen),
        sum(line.tax_fen for line in chosen),
        sum(line.gross_fen for line in chosen),
    )


def by_tax_rate(document: StatementDocument) -> tuple[tuple[Decimal, Totals], ...]:
    """Add up lines by tax rate, highest first."""
    lines = document.statement.lines
    rates = sorted({line.tax_rate for line in lines}, reverse=True)
    return tuple((rate, totals(line for line in lines if line.tax_rate == rate)) for rate in rates)


def by_band(rows: Iterable[Row]) -> tuple[BandTotal, ...]:
    """Add up lines by charge, unit and band, in order of first use; the list amounts of all bands
    add up to that of the lines.
    """
    quantities: dict[tuple[str, str, str | None], Fraction] = {}
    amounts: dict[tuple[str, str, str | None], int] = {}
    for row in rows:
        for band, quantity, amount_fen in _parts(row.line):
            key = (row.entry.charge_name, row.line.unit, band)
            quantities[key] = quantities[key] + quantity if key in quantities else quantity
            amounts[key] = amounts.get(key, 0) + amount_fen
    return tuple(BandTotal(*key, quantities[key], amounts[key]) for key in quantities)


def _parts(line: Line) -> Iterable[tuple[str | None, Fraction, int]]:
    """Give band, charged units and amount in fen of each part of a line."""
    if not line.details:
        return [(None, line.quantity, line.list_fen)]
    if len(line.details) == 1:
        [detail] = line.details
        return [(detail.band, detail.quantity, line.list_fen)]
    amounts = zip(line.details, line.details_fen, strict=True)
    return [(detail.band, detail.quantity, amount_fen) for detail, amount_fen in amounts]


def notes(document: StatementDocument, entry: DocumentLine) -> tuple[str, ...]:
    """Give the codes of a line's remarks: suspect reading, late usage, part of a session; of
    one that makes a metering error good, that alone.
    """
    if entry.line.correction is not None:
        return ("metering-correction",)
    late, partial = entry.line.late is not None, False
    if entry.start is not None:
        first, after = _bounds(document, entry.line, entry.start.tzinfo)
        if not late and entry.end is not None and entry.start < first and entry.end <= first:
            late = True  # issued by a version of the program that did not say so in the line
        else:
            partial = entry.start < first or entry.end is None or entry.end > after
    said = (("suspect", entry.suspect), ("late", late), ("partial", partial))
    return tuple(code for code, holds in said if holds)


def _bounds(
    document: StatementDocument, line: Line, timezone: dt.tzinfo | None
) -> tuple[dt.datetime, dt.datetime]:
    """Give the instants between which a line bills: its own closed period, or the statement's."""
    start, end = line.late or (document.statement.start, document.statement.end)
    midnight = dt.time(tzinfo=timezone)
    return dt.datetime.combine(start, midnight), dt.datetime.combine(end, midnight)
