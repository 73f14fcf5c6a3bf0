"""Reads a profile's TOML table key by key and collects every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_DECIMAL = re.compile(r"-?\d{1,20}(\.\d{1,20})?")
_HEX = re.compile(r"([0-9A-F]{2})+")


@dataclass(frozen=True, slots=True)
class ProfileProblem:
    """One place of a profile file that is wrong: where, what stands there, what should."""

    place: str
    seen: str
    expected: str

    def __str__(self) -> str:
        """Tell the problem in one line."""
        return f"{self.place}: {self.seen}; expected {self.expected}"


class Table:
    """One table of the file; wrong values become problems and a harmless stand-in."""

    def __init__(self, place: str, content: Mapping[str, Any], problems: list[ProfileProblem]):
        self._place = place
        self._content = content
        self._problems = problems
        self._known: set[str] = set()

    def problem(self, key: str, seen: str, expected: str) -> None:
        """Note that `key` of this table is wrong."""
        self._problems.append(ProfileProblem(f"{self._place}: {key}", seen, expected))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the table gives."""
        return tuple(self._content)

    def has(self, key: str) -> bool:
        """Tell whether the table gives `key`."""
        return key in self._content

    def finish(self) -> None:
        """Report the keys that nobody asked for."""
        for key in self._content:
            if key not in self._known:
                expected = f"one of {', '.join(sorted(self._known))}"
                self.problem(key, "unknown key", expected)

    def text(self, key: str) -> str:
        """Read a text that must be there."""
        value = self._get(key, "a text")
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self.problem(key, repr(value), "a text")
        return value if isinstance(value, str) else ""

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Read one of `allowed`; "" when wrong."""
        expected = f"one of {', '.join(allowed)}"
        value = self._get(key, expected, default)
        if value is not None and value not in allowed:
            self.problem(key, repr(value), expected)
        return value if isinstance(value, str) and value in allowed else ""

    def integer(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """Read a whole number from `least` to `most`; `least` when wrong."""
        expected = f"a whole number from {least} to {most}"
        value = self._get(key, expected, default)
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        if value is not None and not good:
            self.problem(key, repr(value), expected)
        return value if good else least

    def decimal(
        self, key: str, default: str | None = None, *, least: Decimal | None = None
    ) -> Decimal:
        """Read a decimal above 0, or from `least`, as text or whole number; 1 when wrong.

        TOML's own decimals are binary floats, hence not exact.
        """
        bound = "above 0" if least is None else f"of at least {least}"
        expected = f'a decimal {bound} as text, such as "0.1"'
        value = self._get(key, expected, default)
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        good = bool(_DECIMAL.fullmatch(text)) and (
            Decimal(text) > 0 if least is None else Decimal(text) >= least
        )
        if value is not None and not good:
            self.problem(key, repr(value), expected)
        return Decimal(text) if good else Decimal(1)

    def codes(self, key: str, allowed: tuple[str, ...]) -> dict[str, str]:
        """Read a table from upper-case hex to one of `allowed`; empty when missing."""
        inner = self.table(key)
        for raw in inner.keys:
            if not _HEX.fullmatch(raw):
                self.problem(key, repr(raw), "bytes as upper-case hex")
        return {raw: inner.choice(raw, allowed) for raw in inner.keys}

    def table(self, key: str) -> Table:
        """Read an inner table; empty when missing."""
        value = self._get(key, "a table", {})
        if not isinstance(value, dict):
            self.problem(key, repr(value), f"[{key}]")
            value = {}
        return Table(f"{self._place}: {key}", value, self._problems)

    def tables(self, key: str, *, required: bool) -> list[Table]:
        """Read a list of tables; at least one when `required`."""
        value = self._get(key, f"[[{key}]]", None if required else [])
        good = isinstance(value, list) and all(isinstance(each, dict) for each in value)
        if value is not None and (not good or (required and not value)):
            self.problem(key, repr(value), f"[[{key}]]")
        rows = value if good and value else []
        return [
            Table(f"{self._place}: {key} {number}", row, self._problems)
            for number, row in enumerate(rows, 1)
        ]

    def _get(self, key: str, expected: str, default: Any = None) -> Any:
        self._known.add(key)
        value = self._content.get(key, default)
        if value is None:
            self.problem(key, "missing", expected)
        return value
