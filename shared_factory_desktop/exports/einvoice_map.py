"""Reads the column map of e-invoice batches: which sheet has which columns, and what fills them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.tables import Table

_FORMAT = 1
_TAX_CODE = re.compile(r"[0-9]{19}\Z")
_SHEET_NAME = re.compile(r"(?!')[^\[\]:*?/\\]{1,31}(?<!')\Z")


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """A column: its title, and the field that fills it or a text that always stands there."""

    title: str
    field: str | None
    constant: str | None


@dataclass(frozen=True, slots=True)
class SheetRule:
    """A sheet with a row for each `invoice` or each of its `lines`."""

    name: str
    rows: str
    columns: tuple[ColumnRule, ...]


@dataclass(frozen=True, slots=True)
class TaxClass:
    """What the tax office calls a tax class: its short name, and its code of 19 digits or None."""

    short: str
    code: str | None


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A whole map; `tax_classes` by the name that tariffs use."""

    sheets: tuple[SheetRule, ...]
    tax_classes: Mapping[str, TaxClass]


def read_map(file: Path, fields: Mapping[str, Sequence[str]]) -> ColumnMap:
    """Read a map; `fields` are those known for each kind of rows. Raises InputRefused with all that
    is wrong, naming file, key, what was seen and what was expected.
    """
    problems: list[Problem] = []
    table = Table(_parsed(file), "", problems)
    if table.integer("format", required=True) not in (None, _FORMAT):
        table.problem("format", "format", table.data["format"], str(_FORMAT))
    sheets = tuple(_sheets(table, fields))
    classes = dict(_tax_classes(table))
    if not sheets and not table.has("sheet"):
        table.problem("sheet", "missing")
    table.close()
    if problems:
        raise InputRefused(problem.in_file(file.name) for problem in problems)
    return ColumnMap(sheets, classes)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problem = Problem("", "unreadable", error.strerror or str(error), file=file.name)
    except UnicodeDecodeError as error:
        problem = Problem("", "encoding", str(error.start), file=file.name)
    except tomllib.TOMLDecodeError as error:
        problem = Problem("", "toml", str(error), file=file.name)
    raise InputRefused([problem])


def _named(table: Table, key: str, name: str, again: bool = False) -> Iterator[tuple[Table, str]]:
    """Open each table of a list at `key.<name>`, or `key[<number from 0>]` where it has no name.

    A name that comes twice is a problem unless `again`.
    """
    seen: set[str] = set()
    for index, data in enumerate(table.tables(key)):
        written = data.get(name)
        place = table.at(key)
        place = f"{place}.{written}" if isinstance(written, str) else f"{place}[{index}]"
        one = Table(data, place, table.problems)
        text = one.text(name, required=True) or ""
        if text.casefold() in seen and text and not again:
            one.problem(name, "duplicate", text)
        seen.add(text.casefold())
        yield one, text
        one.close()


def _sheets(table: Table, fields: Mapping[str, Sequence[str]]) -> Iterator[SheetRule]:
    for one, name in _named(table, "sheet", "name"):
        if name and not _SHEET_NAME.match(name):
            one.problem("name", "sheet-name", name, r"[ ] : * ? / \ '")
        rows = one.choice("rows", tuple(fields), required=True)
        known = (
            fields[rows] if rows else sorted({name for names in fields.values() for name in names})
        )
        columns = tuple(
            _column(column, title, known)
            for column, title in _named(one, "column", "title", again=True)
        )
        if not columns and not one.has("column"):
            one.problem("column", "missing")
        yield SheetRule(name, rows or "", columns)


def _column(column: Table, title: str, known: Sequence[str]) -> ColumnRule:
    """Read a column; portals' templates have titles that come twice."""
    field, constant = column.choice("field", known), column.text("constant")
    if column.has("field") and column.has("constant"):
        column.problem("constant", "not-both", "constant", "field")
    if not column.has("field") and not column.has("constant"):
        column.problem("field", "missing")
    return ColumnRule(title, field, constant)


def _tax_classes(table: Table) -> Iterator[tuple[str, TaxClass]]:
    for one, name in _named(table, "tax_class", "name"):
        code = one.text("code")
        if code is not None and not _TAX_CODE.match(code):
            one.problem("code", "tax-code", code, "19")
        yield name, TaxClass(one.text("short", required=True) or "", code)
