"""Proof that nothing was changed: chains, gap-free numbers, statements' hashes and sums."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement_json import sha256_of
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
            trail = audit.verify(tx)
            recorded = readings.verify(tx)
            issued = statements.list_statements(tx)
            problems = [*trail.problems, *recorded.problems, *statements.verify_numbers(tx)]
            for stored in issued:
                problems += _statement_problems(stored)
        return Verified(
            (
                ("audit", trail.checked),
                ("readings", recorded.checked),
                ("statements", len(issued)),
            ),
            tuple(problems),
        )

    def backup(self, actor: Actor, path: Path) -> None:
        """Copy the database to a file; metering goes on."""
        require(actor, Permission.SET_UP)
        self._database.backup(path)

    def check(self, actor: Actor) -> tuple[str, ...]:
        """Check the database file's integrity; gives what is wrong."""
        require(actor, Permission.VIEW)
        return tuple(self._database.check())


def _statement_problems(stored: statements.StoredStatement) -> list[str]:
    found = []
    if sha256_of(stored.document) != stored.sha256:
        found.append(f"statement {stored.number}: sha256")
    for name in _SUMMED:
        total = sum(fen(Decimal(line[name])) for line in stored.document["lines"])
        if total != fen(Decimal(stored.document[name])):
            found.append(f"statement {stored.number}: {name}")
    return found
