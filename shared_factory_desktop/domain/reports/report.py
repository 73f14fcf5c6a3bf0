"""A report as a value: typed columns, rows, totals and what of it is drawn; and what it is made
from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.decimals import fixed, half_up, plain
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.holidays import STATE_COUNCIL, HolidayTable
from shared_factory_desktop.domain.ledger import OpenItem
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.sessions import SessionUse, Span
from shared_factory_desktop.domain.statement import Line


class Kind(StrEnum):
    """What a column holds; figures are exact, rounded only where people read them."""

    NAME = "name"
    COUNT = "count"
    MONEY = "money"  # integer fen
    HOURS = "hours"
    ENERGY = "energy"  # kWh
    SHARE = "share"  # of one


@dataclass(frozen=True, slots=True)
class Code:
    """A name that the languages have a word for: `reports.value.<code>`."""

    code: str


Figure = int | Fraction
Value = str | Code | Figure | None
Row = tuple[Value, ...]
Say = Callable[[str], str]
"""Gives the word for a code of the catalogue `reports`."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `reports.column.<key>` is its title."""

    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Chart:
    """Which columns are drawn as bars, one group or stack for each row."""

    series: tuple[str, ...]
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A table over a period; the first column names the rows, `totals` has a value a column.

    `at` is when it was made, in the factory's zone; two reports made of the same are equal.
    """

    name: str
    factory: str
    period: Period
    at: dt.datetime
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: Row
    chart: Chart

    def figures(self, key: str, rows: Iterable[Row] | None = None) -> tuple[Figure, ...]:
        """Give a column's numbers, of all rows or of some; an empty cell counts as 0."""
        index = [column.key for column in self.columns].index(key)
        cells = [row[index] for row in (self.rows if rows is None else rows)]
        return tuple(cell if isinstance(cell, int | Fraction) else 0 for cell in cells)

    def column(self, key: str) -> Column:
        """Find a column by its key."""
        return next(column for column in self.columns if column.key == key)

    def drawn(self, most: int) -> tuple[Row, ...]:
        """Give the rows to draw, in the table's order: the `most` that are longest."""
        lengths = zip(*(self.figures(key) for key in self.chart.series), strict=True)
        length = [sum(abs(figure) for figure in figures) for figures in lengths]
        longest = sorted(range(len(self.rows)), key=lambda index: -length[index])[:most]
        return tuple(self.rows[index] for index in sorted(longest))


@dataclass(frozen=True, slots=True)
class Billed:
    """An issued statement or credit note: its lines, each with the machine it is for, if any.

    It counts wholly in the period that `day`, the last of its own, lies in.
    """

    tenant: str
    day: dt.date
    lines: tuple[tuple[Line, str | None], ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """What reports are made from, each part fetched when it is asked for.

    `machines` are ids with names; `uses` and `reserved` give what lies partly in the period, of
    one machine, `open_items` what is to be paid now of a tenant's statements.
    """

    floor: Floor
    period: Period
    now: dt.datetime
    machines: tuple[tuple[str, str], ...]
    billed: Callable[[], Sequence[Billed]]
    uses: Callable[[str], Sequence[SessionUse]]
    reserved: Callable[[str], Sequence[Span]]
    open_items: Callable[[str], Sequence[OpenItem]]
    holidays: HolidayTable = STATE_COUNCIL

    @property
    def zone(self) -> ZoneInfo:
        """The factory's zone, whose midnights bound the period."""
        return ZoneInfo(self.floor.factory.timezone)

    @property
    def within(self) -> Span:
        """The period's bounds as instants."""
        return self.period.instants(self.zone)

    def report(
        self, name: str, columns: Sequence[Column], rows: Iterable[Row], totals: Row, chart: Chart
    ) -> Report:
        """Put a report on these sources together."""
        at = self.now.astimezone(self.zone)
        factory = self.floor.factory.name
        return Report(name, factory, self.period, at, tuple(columns), tuple(rows), totals, chart)


@dataclass(frozen=True, slots=True)
class Definition:
    """A report that can be asked for; one of `money` is for those who bill."""

    name: str
    build: Callable[[Sources], Report]
    money: bool


def title(column: Column, say: Say) -> str:
    """Say what a column holds, with its unit."""
    name = say(f"column.{column.key}")
    if column.kind in (Kind.NAME, Kind.COUNT, Kind.SHARE):
        return name
    return f"{name} ({say(f'unit.{column.kind}')})"


def shown(column: Column, value: Value, say: Say) -> str:
    """Write a cell for people: rounded, thousands separated, empty where there is nothing."""
    if isinstance(value, Code):
        return say(f"value.{value.code}")
    if value is None or isinstance(value, str):
        return value or ""
    return rounded(column.kind, value)


def rounded(kind: Kind, value: Figure) -> str:
    """Write a figure for people: `1,234.50`, `12.25`, `0.417`, `37.5%`."""
    if kind is Kind.MONEY:
        return grouped(int(value))
    if kind is Kind.SHARE:
        return f"{fixed(half_up(Fraction(value) * 100, 1), 1)}%"
    if kind is Kind.COUNT:
        return f"{int(value):,}"
    places = 3 if kind is Kind.ENERGY else 2
    whole, part = fixed(half_up(Fraction(value), places), places).split(".")
    return f"{int(whole):,}.{part}"  # never below 0, whose sign int() would lose


def rough(kind: Kind, value: Figure) -> str:
    """Write a round figure for an axis: without places where it has none, money in CNY."""
    if kind is Kind.SHARE:
        return rounded(kind, value)
    return f"{Decimal(plain(Fraction(value, 100) if kind is Kind.MONEY else value)):,f}"


def exact(kind: Kind, value: Figure) -> str:
    """Write a figure for machines: money in CNY, the rest to at most 12 decimals."""
    return yuan_text(int(value)) if kind is Kind.MONEY else plain(value)


def report_json(report: Report) -> dict[str, object]:
    """Give a report as scripts read it: decimals as text, counts as numbers."""
    keyed = [_keyed(report, row) for row in report.rows]
    return {
        "report": report.name,
        "period": [str(report.period.start), str(report.period.end)],
        "at": report.at.isoformat(),
        "columns": [{"key": one.key, "kind": str(one.kind)} for one in report.columns],
        "rows": keyed,
        "totals": _keyed(report, report.totals),
    }


def _keyed(report: Report, row: Row) -> dict[str, object]:
    cells = zip(report.columns, row, strict=True)
    return {column.key: _scripted(column.kind, value) for column, value in cells}


def _scripted(kind: Kind, value: Value) -> object:
    if isinstance(value, Code):
        return value.code
    if value is None or isinstance(value, str) or kind is Kind.COUNT:
        return value
    return exact(kind, value)
