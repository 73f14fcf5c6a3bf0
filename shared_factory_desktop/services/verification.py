"""Proof that nothing was changed: chains, gap-free numbers, statements' hashes and sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared_factory_desktop.domain.chain import ChainProblem
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import audit, readings, statements
from shared_factory_desktop.storage.database import Database

_SUMMED = ("net", "tax", "gross")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check found: how many of each were checked, and every problem with its place."""

    checked: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether everything holds."""
        return not self.problems


class VerificationService:
    """Checks and copies of one factory's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def verify(self, actor: Actor) -> Verified:
        """Check chains and numbers, and recompute every issued statement's hash and sums."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            broken = [*audit.verify(tx), *readings.verify(tx), *statements.verify(tx)]
            issued = statements.list_statements(tx)
            checked = (
                ("audit", audit.head(tx)[0]),
                ("readings", readings.count(tx)),
                ("statements", len(issued)),
            )
        problems = [_place(problem) for problem in broken]
        for stored in issued:
            problems += _sum_problems(stored)
        return Verified(checked, tuple(problems))

    def backup(self, actor: Actor, path: Path) -> None:
        """Copy the database to a file; metering goes on."""
        require(actor, Permission.SET_UP)
        self._database.backup(path)

    def check(self, actor: Actor) -> tuple[str, ...]:
        """Check the database file's integrity; gives what is wrong."""
        require(actor, Permission.VIEW)
        return tuple(self._database.check())


def _place(problem: ChainProblem) -> str:
    """Name the place of a break as `chain seq: code (expected)`."""
    expected = f" ({problem.expected})" if problem.expected else ""
    return f"{problem.chain} {problem.seq}: {problem.code}{expected}"


def _sum_problems(stored: statements.IssuedStatement) -> list[str]:
    """Add up the lines of a statement again."""
    document: Mapping[str, Any] = stored.document
    found = []
    for name in _SUMMED:
        total = sum(fen(Decimal(line[name])) for line in document["lines"])
        if total != fen(Decimal(document[name])):
            found.append(f"statement {stored.number}: {name}")
    return found
