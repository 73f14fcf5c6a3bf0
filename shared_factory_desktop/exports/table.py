"""A statement as a table people read: lines by machine, numbered, with subtotals and remarks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import Detail, DocumentLine, Line, StatementDocument


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
        prices = {detail.price for detail in self.line.details}
        return prices.pop() if len(prices) == 1 else None

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
    """The lines of one machine, in the statement's order; `machine_name` None: of the period."""

    machine_name: str | None
    rows: tuple[Row, ...]
    totals: Totals


def groups(document: StatementDocument) -> tuple[Group, ...]:
    """Bring lines together by machine, machines in order of their first line, the period's last."""
    by_machine: dict[str | None, list[DocumentLine]] = {}
    for entry in document.lines:
        by_machine.setdefault(entry.machine_name, []).append(entry)
    result: list[Group] = []
    number = 0
    for machine_name in sorted(by_machine, key=lambda name: name is None):
        entries = by_machine[machine_name]
        rows = tuple(
            Row(index, entry, notes(document, entry))
            for index, entry in enumerate(entries, number + 1)
        )
        number += len(rows)
        result.append(Group(machine_name, rows, totals(entry.line for entry in entries)))
    return tuple(result)


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


def notes(document: StatementDocument, entry: DocumentLine) -> tuple[str, ...]:
    """Give the codes of a line's remarks: suspect reading, late usage, part of a session."""
    codes = ["suspect"] if entry.suspect else []
    if entry.start is None:
        return tuple(codes)
    first, after = _bounds(document, entry.start.tzinfo)
    if entry.end is not None and entry.start < first and entry.end <= first:
        codes.append("late")
    elif entry.start < first or entry.end is None or entry.end > after:
        codes.append("partial")
    return tuple(codes)


def _bounds(
    document: StatementDocument, timezone: dt.tzinfo | None
) -> tuple[dt.datetime, dt.datetime]:
    start, end = document.statement.start, document.statement.end
    midnight = dt.time(tzinfo=timezone)
    return dt.datetime.combine(start, midnight), dt.datetime.combine(end, midnight)
