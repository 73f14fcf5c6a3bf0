"""How a factory numbers its statements: a pattern such as `DZ-{year}-{seq:6}`.

What stands before {seq} is the series: within it numbers have no gaps.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from shared_factory_desktop.domain.problems import InputRefused, Problem

SETTING = "statement_number"

_LENGTH = 40
_FIELD = re.compile(r"\{(year|month|seq(?::([1-9]))?)\}")
_MARKS = "-_.()（）〔〕"  # a number is also the name of files: neither slashes nor blanks
_EXPECTED = "DZ-{year}-{seq:6}, DZ〔{year}〕{month}-{seq:4}"


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one year or month: `head`, `seq` with at least `width` digits, `tail`."""

    head: str
    width: int = 1
    tail: str = ""

    @property
    def name(self) -> str:
        """The name the series counts under; a dash before the number is no part of it."""
        return self.head.removesuffix("-")

    def number(self, seq: int) -> str:
        """Write a number of the series."""
        return f"{self.head}{seq:0{self.width}d}{self.tail}"


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A pattern that was read; `text` as the setting has it."""

    text: str

    def series(self, day: dt.date) -> Series:
        """Give the series of a local day of issue."""
        filled = self.text.replace("{year}", f"{day:%Y}").replace("{month}", f"{day:%m}")
        found = _FIELD.search(filled)
        assert found is not None  # reading the pattern has seen to it
        return Series(filled[: found.start()], int(found[2] or 1), filled[found.end() :])


def read_pattern(text: str, file: str = "") -> NumberPattern:
    """Read a pattern; raises InputRefused naming the setting, the pattern and examples.

    Allowed are {year}, {month}, one {seq} or {seq:N} with N digits, letters of any script, digits
    and a few marks; the first character is a letter or digit.
    """
    fields = [found[0] for found in _FIELD.finditer(text)]
    fixed = _FIELD.sub("", text)
    good = (
        sum(field.startswith("{seq") for field in fields) == 1
        and all(char.isalnum() or char in _MARKS for char in fixed)
        and (text[0].isalnum() or text[0] == "{")
        and len(text) <= _LENGTH
    )
    if not good:
        raise InputRefused([Problem(SETTING, "statement-number", text, _EXPECTED, file)])
    return NumberPattern(text)
