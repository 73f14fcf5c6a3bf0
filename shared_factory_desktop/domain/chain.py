"""A hash chain: each entry's SHA-256 covers the one before, so that an edit shows.

h(n) = SHA-256(h(n-1) + canonical JSON of entry n), h(0) = 32 zero bytes (reference/billing 4.3).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

GENESIS = "00" * 32
# What a float is written as, where a value may stand: 1.5, 1e+22, NaN, Infinity.
_LIKE_A_FLOAT = re.compile(r"(?:[:,\[]|\A)-?(?:[0-9]+[.e]|[NI][a-z])")
_TOLD_AFTER = 1000


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One stored entry: its number, what the hash covers, and the hash as lower-case hex."""

    seq: int
    body: Mapping[str, object]
    hash: str


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """Where a chain does not hold; `code`: `gap` (expected the number `expected`, saw `seq`),
    `hash` (the entry or its place was changed), `head` (the end is not the one that was kept).
    """

    chain: str
    seq: int
    code: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain stood: the number of an entry and its hash, or the first digits of it."""

    chain: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was changed: in which table, in which row, and what (`code` names a sentence
    in translations/*/proof.toml, `seen` and `expected` fill it).
    """

    table: str
    row: str
    code: str
    seen: str = ""
    expected: str = ""

    def __str__(self) -> str:
        """Write it for scripts: `reading WS-1/7: hash`, with what was seen and expected."""
        values = "; ".join(part for part in (self.seen, self.expected) if part)
        return f"{self.table} {self.row}: {self.code}" + (f" ({values})" if values else "")


def finding(problem: ChainProblem) -> Finding:
    """Give the table and the row a chain breaks at."""
    table, _, series = problem.chain.partition(":")
    row = f"{series}/{problem.seq}" if series else str(problem.seq)
    return Finding(table, row, problem.code, expected=problem.expected)


def canonical_json(value: object) -> str:
    """Write JSON one way only: sorted keys, no blanks, unescaped; raises TypeError for a float."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if _LIKE_A_FLOAT.search(text):  # a text may look like one too: only then is it worth the walk
        _refuse_floats(value)
    return text


def link(previous: str, body: Mapping[str, object]) -> str:
    """Give the hash of an entry that follows the hash `previous` (hex), as lower-case hex."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical_json(body).encode()).hexdigest()


def breaks(
    chain: str, entries: Iterable[ChainEntry], last_seq: int, head: str
) -> Iterator[ChainProblem]:
    """Walk a chain from its first entry and give each place where it breaks, streaming.

    `last_seq` and `head` are what was kept apart of its end, so that a cut tail shows. After a
    break the walk goes on from the stored hash: one edit is one problem, not all that follow.
    """
    previous, seq = GENESIS, 0
    for entry in entries:
        if entry.seq != seq + 1:
            yield ChainProblem(chain, entry.seq, "gap", str(seq + 1))
        if link(previous, entry.body) != entry.hash:
            yield ChainProblem(chain, entry.seq, "hash")
        previous, seq = entry.hash, entry.seq
    if (seq, previous) != (last_seq, head):
        yield ChainProblem(chain, seq, "head", str(last_seq))


def counted(entries: Iterable[ChainEntry], seen: Callable[[int], None]) -> Iterator[ChainEntry]:
    """Pass entries on and call `seen` with how many have come since the last call."""
    count = 0
    for count, entry in enumerate(entries, 1):
        yield entry
        if count % _TOLD_AFTER == 0:
            seen(_TOLD_AFTER)
    seen(count % _TOLD_AFTER)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float, expected a decimal as text")
    if isinstance(value, Mapping):
        for part in value.values():
            _refuse_floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
