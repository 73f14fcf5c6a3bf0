"""A worksheet of typed columns: each value is written as what it is, text never as a formula."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.money import yuan_text
from shared_factory_desktop.exports.contract import ExportFault
from shared_factory_desktop.exports.text import cleaned

Value = str | int | Fraction | Decimal | dt.datetime | None
# A workbook in which text is text, whatever it looks like.
SAFE = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_DIGITS = 15  # a cell holds a double: decimals of so many digits come back as they were written
_NAME_LENGTH = 31
_NAME_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


class Kind(StrEnum):
    """What a column holds: TEXT, COUNT (int), MONEY (int, fen), FIGURE (exact), SHARE, INSTANT."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    FIGURE = "figure"
    SHARE = "share"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its width in characters, and what it holds."""

    title: str
    width: int
    kind: Kind = Kind.TEXT


class Sheet:
    """Writes records from the top down; raises ExportFault for what no cell can hold."""

    def __init__(self, book: Any, name: str, formats: dict[str, Any]) -> None:
        self.page = book.add_worksheet(name)
        self.row = 0
        self._name = name
        self._formats = formats
        self._writers = {kind: self._writer(kind, "") for kind in Kind}
        self._strong = {kind: self._writer(kind, "strong-") for kind in Kind}
        self._columns: list[Callable[[int, int, Any], int]] = []
        self._totals: list[Callable[[int, int, Any], int]] = []

    def head(self, columns: Sequence[Column]) -> None:
        """Write a head row and take the columns' kinds; the first is frozen and sets the widths."""
        for index, column in enumerate(columns):
            self.page.write_string(self.row, index, column.title, self._formats["head"])
            if self.row == 0:
                self.page.set_column(index, index, column.width)
        if self.row == 0:
            self.page.freeze_panes(1, 0)
        self._columns = [self._writers[column.kind] for column in columns]
        self._totals = [self._strong[column.kind] for column in columns]
        self.row += 1

    def record(self, values: Sequence[Value], total: bool = False) -> None:
        """Write one row, a value a column; None leaves a cell empty."""
        row = self.row
        for index, write in enumerate(self._totals if total else self._columns):
            value = values[index]
            if value is not None and write(row, index, value):
                raise self._does_not_fit(index)
        self.row += 1

    def field(self, label: str, value: Value, kind: Kind = Kind.TEXT) -> None:
        """Write a label and its value."""
        self.page.write_string(self.row, 0, cleaned(label), self._formats["label"])
        if value is not None and self._writers[kind](self.row, 1, value):
            raise self._does_not_fit(1)
        self.row += 1

    def title(self, text: str) -> None:
        """Write a title over the whole sheet."""
        self.page.write_string(self.row, 0, cleaned(text), self._formats["title"])
        self.row += 1

    def filter(self, columns: int) -> None:
        """Offer filters on the records written so far under the first row."""
        self.page.autofilter(0, 0, max(self.row - 1, 0), columns - 1)

    def _does_not_fit(self, column: int) -> ExportFault:
        place = {"sheet": self._name, "row": self.row + 1, "column": column + 1}
        return ExportFault("does-not-fit", **place)

    def _writer(self, kind: Kind, weight: str) -> Callable[[int, int, Any], int]:
        """Give what writes one kind of value at (row, column); its answer is 0 where it fits."""
        string, number, instant = (
            self.page.write_string,
            self.page.write_number,
            self.page.write_datetime,
        )
        style = self._formats[f"{weight}{kind}"]
        text, fine = self._formats[f"{weight}text"], self._formats["fine-share"]

        def write_money(row: int, column: int, fen: int) -> Any:
            if -(10**_DIGITS) < fen < 10**_DIGITS:
                return number(row, column, fen / 100, style)
            return string(row, column, yuan_text(fen), text)

        def write_figure(row: int, column: int, value: Fraction) -> Any:
            shown = figure(value)
            if isinstance(shown, str):
                return string(row, column, shown, text)
            return number(row, column, shown, style)

        def write_share(row: int, column: int, share: Decimal) -> Any:
            whole = share * 100 == share * 100 // 1
            return number(row, column, share, style if whole else fine)

        writers: dict[Kind, Callable[[int, int, Any], int]] = {
            Kind.TEXT: lambda row, column, value: string(row, column, cleaned(value), style),
            Kind.COUNT: lambda row, column, value: number(row, column, value, style),
            Kind.MONEY: write_money,
            Kind.FIGURE: write_figure,
            Kind.SHARE: write_share,
            Kind.INSTANT: lambda row, column, value: instant(
                row, column, value.replace(tzinfo=None), style
            ),
        }
        return writers[kind]


@lru_cache(maxsize=4096)
def figure(value: Fraction) -> float | str:
    """Give a number as a cell holds it, or its exact text where a double would lose digits.

    What does not terminate is rounded in any case, so it stays a number that people can add up.
    """
    text = plain(value)
    digits = text.lstrip("-").replace(".", "").strip("0")
    if len(digits) <= _DIGITS or Fraction(text) != value:
        return value.numerator / value.denominator
    return text


def formats(book: Any) -> dict[str, Any]:
    """Make the cell formats of a workbook, once each: `<kind>`, `strong-<kind>`, heads, titles."""
    money = "#,##0.00;[Red]-#,##0.00"
    shapes = {
        Kind.TEXT: {"num_format": "@"},
        Kind.COUNT: {},
        Kind.MONEY: {"num_format": money},
        Kind.FIGURE: {},
        Kind.SHARE: {"num_format": "0%"},
        Kind.INSTANT: {"num_format": "yyyy-mm-dd hh:mm:ss"},
    }
    made = {str(kind): book.add_format(shape) for kind, shape in shapes.items()}
    for kind, shape in shapes.items():
        made[f"strong-{kind}"] = book.add_format({**shape, "bold": True, "top": 1})
    made["fine-share"] = book.add_format({"num_format": "0.0##%"})
    made["head"] = book.add_format({"bold": True, "bg_color": "#E8F0F3", "bottom": 1})
    made["label"] = book.add_format({"bold": True})
    made["title"] = book.add_format({"bold": True, "font_size": 16})
    return made


def sheet_name(wished: str, taken: set[str], fallback: str) -> str:
    """Give a name a sheet may have, like none in `taken` whatever the case, and take it.

    At most 31 UTF-16 units, none of []:*?/\\, no apostrophe at an end (Excel's rules).
    """
    clean = " ".join(cleaned(wished).translate(_NAME_FORBIDDEN).split()).strip("' ")
    stem = clean if clean and clean.casefold() != "history" else fallback
    name, count = _cut(stem, _NAME_LENGTH), 1
    while name.casefold() in taken:
        count += 1
        mark = f" ({count})"
        name = _cut(stem, _NAME_LENGTH - len(mark)) + mark
    taken.add(name.casefold())
    return name


def _cut(text: str, units: int) -> str:
    """Cut a text to so many UTF-16 units, never in the middle of a character."""
    whole = text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore")
    return whole.rstrip("' ")
