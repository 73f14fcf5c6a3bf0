"""Proof that nothing was changed: chains, seals, anchors, and every issued statement again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from shared_factory_desktop.domain.chain import Finding, Head, finding
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services import statement_proof
from shared_factory_desktop.services.anchor_log import Anchored, AnchorsRead
from shared_factory_desktop.services.anchoring import Anchoring, differing
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import (
    anchors,
    audit,
    ledger,
    readings,
    seal_proof,
    use_proof,
)
from shared_factory_desktop.storage import statement_proof as statement_rows
from shared_factory_desktop.storage.database import Database, Transaction

Progress = Callable[[int, int], None]
_PAPER_DIGITS = 16  # of a hash, as printed on a statement
_HASH_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check found: how many of each were checked, and every problem with its place."""

    checked: tuple[tuple[str, int], ...]
    problems: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether everything holds."""
        return not self.problems


class VerificationService:
    """Checks and copies of one factory's database."""

    def __init__(self, database: Database, anchoring: Anchoring) -> None:
        self._database = database
        self._anchoring = anchoring

    def verify(
        self,
        actor: Actor,
        typed: Sequence[str] = (),
        progress: Progress = lambda _done, _total: None,
    ) -> Verified:
        """Check chains, seals, numbers, anchors and every issued statement.

        `typed` are anchors read from paper, `SEQ:HASH` of the audit trail. Raises Refused for one
        that is written otherwise.
        """
        require(actor, Permission.VIEW)
        typed_in = [read_anchor(text) for text in typed]
        kept = self._anchoring.read()
        with self._database.read() as tx:
            return prove(tx, kept, typed_in, progress)

    def backup(self, actor: Actor, path: Path) -> None:
        """Copy the database to a file, with anchors of what it holds; metering goes on."""
        require(actor, Permission.SET_UP)
        self._anchoring.keep(actor.name)
        self._database.backup(path)

    def check(self, actor: Actor) -> tuple[str, ...]:
        """Check the database file's integrity; gives what is wrong."""
        require(actor, Permission.VIEW)
        return tuple(self._database.check())


def read_anchor(text: str) -> Anchored:
    """Read `SEQ:HASH` as printed on a statement; raises Refused for anything else."""
    seq, _, hash_ = text.strip().partition(":")
    digits = hash_.replace(" ", "").lower()
    known = seq.isascii() and seq.isdigit() and _PAPER_DIGITS <= len(digits) <= _HASH_DIGITS
    if not known or set(digits) - set("0123456789abcdef"):
        raise refused(Kind.INPUT, "anchor-form", seen=text)
    return Anchored(Head("audit", int(seq), digits), f"--anchor {text.strip()}")


def prove(
    tx: Transaction, kept: AnchorsRead, typed: Sequence[Anchored], progress: Progress
) -> Verified:
    """Check one state of a database against itself and against anchors kept outside of it."""
    checked = {
        "audit": audit.head(tx)[0],
        "readings": readings.count(tx),
        "statements": len(statement_rows.numbers(tx)),
        "ledger": ledger.count(tx),
        "sealed": seal_proof.count(tx),
    }
    steps = _Steps(checked["readings"] + checked["statements"], progress)
    problems = [*_rows(tx, steps.on)]
    broken = frozenset(each.row for each in problems if each.table == "statement")
    problems += statement_proof.unlike(tx, broken, steps.on)
    anchored = [*kept.anchors, *_inside(tx, broken), *typed]
    problems += kept.findings
    problems += differing(tx, anchored)
    checked["anchors"] = len(anchored)
    return Verified(tuple(checked.items()), tuple(dict.fromkeys(problems)))


def _rows(tx: Transaction, seen: Callable[[int], None]) -> Iterator[Finding]:
    """Give what does not hold of rows, one by one and as chains."""
    walks = chain(
        audit.verify(tx), readings.verify(tx, seen), ledger.verify(tx), seal_proof.verify(tx)
    )
    yield from map(finding, walks)
    yield from seal_proof.unlike(tx)
    yield from use_proof.unlike(tx)
    yield from statement_rows.verify(tx)


def _inside(tx: Transaction, broken: frozenset[str]) -> Iterable[Anchored]:
    """Give the anchors that statements, records to platforms and audit entries took along."""
    yield from statement_proof.printed(tx, broken)
    for where, head in anchors.checkpoints(tx):
        yield Anchored(head, f"record {where}")
    for where, head in anchors.audited(tx):
        yield Anchored(head, f"audit {where}")


class _Steps:
    """How far a check has come."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total = 0, total
        self._progress = progress

    def on(self, count: int) -> None:
        """Tell that so many more are done."""
        self._done += count
        self._progress(self._done, self._total)
