"""What is wrong with an input, as values: a place, what was seen, what was expected; the words
live above.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field.

    `place` is the dotted path of the field (`tariff.printer-2026.charge.machine-time.price`),
    `code` names the
    sentence in `resources/translations/*/problems.toml`, `seen` and `expected` fill it;
    `file` is a file name.
    """

    place: str
    code: str
    seen: str = ""
    expected: str = ""
    file: str = ""

    def in_file(self, file: str) -> Problem:
        """Give the same problem with the name of the file it is in."""
        return replace(self, file=file)


class InputRefused(Exception):
    """An input is wrong; carries every problem found, so that all are reported at once (exit
    status 2).
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{p.file}: {p.place}: {p.code} {p.seen!r}" for p in self.problems)
        )


class Kind(StrEnum):
    """Why something was refused; the command line turns it into its exit status."""

    DOES_NOT_HOLD = "does-not-hold"  # 1: done, and what was checked does not hold
    INPUT = "input"  # 2
    NOT_ALLOWED = "not-allowed"  # 3
    UNREACHABLE = "unreachable"  # 4: port, database, platform missing or unreachable


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a refusal: `code` names the sentences in translations/*/refusals.toml,
    `values` fill them.
    """

    code: str
    values: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """A wish that cannot be granted; carries *all* reasons, each as a code with its values."""

    def __init__(self, kind: Kind, *causes: Cause) -> None:
        self.kind = kind
        self.causes = causes
        super().__init__("; ".join(f"{c.code} {dict(c.values)}" for c in causes))


def refused(kind: Kind, code: str, **values: object) -> Refused:
    """Build a refusal with one cause: `raise refused(Kind.INPUT, "unknown-machine",
    machine=machine_id)`.
    """
    return Refused(kind, cause(code, **values))


def cause(code: str, **values: object) -> Cause:
    """Build one cause with its values as text."""
    return Cause(code, tuple((key, str(value)) for key, value in values.items()))
