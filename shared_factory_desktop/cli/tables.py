"""Sets rows of text in columns; a Chinese character is as wide as two others."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

_APART = "  "


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Give a line for each row, all rows having as many cells."""
    table = list(rows)
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    return [
        _APART.join(
            cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)
        ).rstrip()
        for row in table
    ]


def width(text: str) -> int:
    """Count the columns that a terminal needs for a text."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
