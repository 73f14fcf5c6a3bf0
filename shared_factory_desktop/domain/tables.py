"""Reads one table of a parsed file field by field, collecting every problem instead of stopping at
the first.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, overload

from shared_factory_desktop.domain.decimals import parse_decimal, plain
from shared_factory_desktop.domain.problems import Problem

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SHOWN_CHARACTERS = 80


class WrittenFloat(float):
    """A float that remembers how the file wrote it, so that a refusal can quote `60.00`, not 60.0.

    Give it to a parser: `tomllib.loads(text, parse_float=WrittenFloat)`, the same for `json`.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        """Give the text of the file."""
        return self.text


class Table:
    """A view on one table: getters note what was asked for, `close` reports the other keys.

    A getter that finds a problem records it in the shared list and gives the default (or None),
    so that reading goes on and all errors are found in one pass.
    """

    def __init__(self, data: Mapping[str, Any], place: str, problems: list[Problem]) -> None:
        self.data = data
        self.place = place
        self.problems = problems
        self._asked: set[str] = set()

    def at(self, key: str) -> str:
        """Give the dotted place of a field."""
        return f"{self.place}.{shown(key)}" if self.place else shown(key)

    def problem(self, key: str, code: str, seen: object = "", expected: str = "") -> None:
        """Record a problem with one field."""
        text = shown(seen) if seen != "" else ""
        self.problems.append(Problem(self.at(key), code, text, expected))

    def has(self, key: str) -> bool:
        """Tell whether the field is written."""
        return key in self.data

    def raw(self, key: str) -> Any:
        """Give the parsed value as it is, or None, and count the key as known."""
        self._asked.add(key)
        return self.data.get(key)

    @overload
    def text(self, key: str, default: str, required: bool = False) -> str: ...
    @overload
    def text(self, key: str, default: None = None, required: bool = False) -> str | None: ...
    def text(self, key: str, default: str | None = None, required: bool = False) -> str | None:
        """Read a string of one line that is not blank."""
        value = self._present(key, required)
        if value is None:
            return default
        if not isinstance(value, str) or not value.strip() or _UNPRINTABLE.search(value):
            self.problem(key, "text", shown(value))
            return default
        return value

    @overload
    def identifier(self, key: str, default: str, required: bool = True) -> str: ...
    @overload
    def identifier(self, key: str, default: None = None, required: bool = True) -> str | None: ...
    def identifier(self, key: str, default: str | None = None, required: bool = True) -> str | None:
        """Read an id or a reference to one."""
        value = self._present(key, required)
        if value is None:
            return default
        if not isinstance(value, str) or not ID.match(value):
            self.problem(key, "identifier", shown(value), "[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
            return default
        return value

    @overload
    def choice(
        self, key: str, choices: Sequence[str], default: str, required: bool = False
    ) -> str: ...
    @overload
    def choice(
        self, key: str, choices: Sequence[str], default: None = None, required: bool = False
    ) -> str | None: ...
    def choice(
        self, key: str, choices: Sequence[str], default: str | None = None, required: bool = False
    ) -> str | None:
        """Read one of several words."""
        value = self._present(key, required)
        if value is None:
            return default
        if value not in choices:
            self.problem(key, "choice", shown(value), ", ".join(choices))
            return default
        return str(value)

    @overload
    def integer(
        self,
        key: str,
        default: int,
        low: int | None = None,
        high: int | None = None,
        required: bool = False,
    ) -> int: ...
    @overload
    def integer(
        self,
        key: str,
        default: None = None,
        low: int | None = None,
        high: int | None = None,
        required: bool = False,
    ) -> int | None: ...
    def integer(
        self,
        key: str,
        default: int | None = None,
        low: int | None = None,
        high: int | None = None,
        required: bool = False,
    ) -> int | None:
        """Read a whole number within [low, high]."""
        value = self._present(key, required)
        if value is None:
            return default
        expected = bounds(low, high)
        if not isinstance(value, int) or isinstance(value, bool):
            self.problem(key, "integer", quoted(value), expected or "0, 1, 2")
            return default
        if (low is not None and value < low) or (high is not None and value > high):
            self.problem(key, "range", value, expected)
            return default
        return value

    @overload
    def decimal(
        self,
        key: str,
        default: Decimal,
        low: Decimal | None = None,
        high: Decimal | None = None,
        required: bool = False,
        above: Decimal | None = None,
    ) -> Decimal: ...
    @overload
    def decimal(
        self,
        key: str,
        default: None = None,
        low: Decimal | None = None,
        high: Decimal | None = None,
        required: bool = False,
        above: Decimal | None = None,
    ) -> Decimal | None: ...
    def decimal(
        self,
        key: str,
        default: Decimal | None = None,
        low: Decimal | None = None,
        high: Decimal | None = None,
        required: bool = False,
        above: Decimal | None = None,
    ) -> Decimal | None:
        """Read a decimal written as text or an integer; a float is refused, saying how to write
        it.
        """
        value = self._present(key, required)
        if value is None:
            return default
        number = self.as_decimal(key, value)
        if number is None:
            return default
        if (low is not None and number < low) or (high is not None and number > high):
            self.problem(key, "range", value, bounds(low, high))
            return default
        if above is not None and number <= above:
            self.problem(key, "range", value, f"> {above}")
            return default
        return number

    @overload
    def date(self, key: str, default: dt.date, required: bool = False) -> dt.date: ...
    @overload
    def date(self, key: str, default: None = None, required: bool = False) -> dt.date | None: ...
    def date(
        self, key: str, default: dt.date | None = None, required: bool = False
    ) -> dt.date | None:
        """Read a TOML local date."""
        value = self._present(key, required)
        if value is None:
            return default
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            self.problem(key, "date", quoted(value), "2026-01-31")
            return default
        return value

    def tables(self, key: str, required: bool = False) -> list[Mapping[str, Any]]:
        """Read a list of tables."""
        value = self._present(key, required)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.problem(key, "tables", quoted(value))
            return []
        return value

    def texts(self, key: str, required: bool = False) -> tuple[str, ...]:
        """Read a list of strings."""
        value = self._present(key, required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(key, "texts", quoted(value))
            return ()
        return tuple(value)

    def entries(
        self, key: str, name: str = "id", version: str = "", label: str = ""
    ) -> Iterator[tuple[Table, str]]:
        """Open each table of a list at the place `key.<id>`, giving it with its id.

        Where `name` holds no id, its number stands for it: place `key[2]`, id `[2]`. Ids that come
        twice are problems; where items have versions, so is a `version` field that comes twice.
        `label` stands for the key in places. Each table is closed when the next is asked for.
        """
        seen: set[tuple[str, str]] = set()
        for index, data in enumerate(self.tables(key)):
            written = data.get(name)
            known = isinstance(written, str) and ID.match(written) is not None
            item_id = str(written) if known else f"[{index}]"
            table = Table(data, item_place(self.at(label or key), item_id), self.problems)
            table.identifier(name)
            identity = (item_id, shown(data.get(version)))
            if identity in seen and not version:
                table.problem(name, "duplicate", item_id)
            elif identity in seen and version in data:
                table.problem(version, "overlapping", data[version])
            seen.add(identity)
            yield table, item_id
            table.close()

    def table(self, key: str, required: bool = False) -> Table | None:
        """Open a sub-table, or give None where it is not written."""
        value = self._present(key, required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.problem(key, "table", quoted(value))
            return None
        return Table(value, self.at(key), self.problems)

    def as_decimal(self, key: str, value: object) -> Decimal | None:
        """Take a parsed value for a decimal, or record what is wrong with it under `key`."""
        if isinstance(value, float) and math.isfinite(value):
            self.problem(key, "float", value, _as_decimal_text(value))
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            self.problem(key, "decimal", shown(value))
            return None
        try:
            return parse_decimal(str(value))
        except ValueError:
            self.problem(key, "decimal", shown(value))
            return None

    def accept_rest(self) -> None:
        """Count all keys as known, where what they mean hangs on a field that could not be read."""
        self._asked.update(self.data)

    def close(self) -> None:
        """Report every key that no getter asked for."""
        for key in self.data:
            if key not in self._asked:
                self.problem(key, "unknown-key", key, ", ".join(sorted(self._asked)))

    def _present(self, key: str, required: bool) -> Any:
        value = self.raw(key)
        if value is None and required:
            self.problem(key, "missing")
        return value


def item_place(list_place: str, item_id: str) -> str:
    """Give the place of an item in a list of tables: `bus.rs485-1`, or `bus[2]` without an id."""
    return list_place + item_id if item_id.startswith("[") else f"{list_place}.{item_id}"


def shown(value: object) -> str:
    """Show a value as a person wrote it, on one line, cut where it is long."""
    text = value if isinstance(value, str) else _written(value)
    if not text.strip() or _UNPRINTABLE.search(text):
        text = repr(text)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def quoted(value: object) -> str:
    """Show a value whose type is what is wrong: text stands in quotes, as in the file."""
    return shown(f'"{value}"' if isinstance(value, str) else value)


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(quoted(part) for part in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {quoted(part)}" for key, part in value.items()) + "}"
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) and value.bit_length() > _SHOWN_CHARACTERS * 4:
        return hex(value)  # Python refuses to print thousands of decimal digits
    return repr(value)


def bounds(low: object, high: object) -> str:
    """Say a range: `1 to 247`, `>= 0`, `<= 1`."""
    if low is not None and high is not None:
        return f"{low} to {high}" if low != high else str(low)
    if low is not None:
        return f">= {low}"
    return f"<= {high}" if high is not None else ""


def _as_decimal_text(value: float) -> str:
    text = repr(value)
    try:
        parse_decimal(text)
    except ValueError:
        return shown(plain(Decimal(float.__repr__(value))))
    return text
