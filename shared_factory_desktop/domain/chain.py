"""A hash chain: each entry's SHA-256 covers the one before, so that an edit shows.

h(n) = SHA-256(h(n-1) + canonical JSON of entry n), h(0) = 32 zero bytes (reference/billing 4.3).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

GENESIS = "00" * 32


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


def canonical_json(value: object) -> str:
    """Write JSON one way only: sorted keys, no blanks, unescaped; raises TypeError for a float."""
    _refuse_floats(value)
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


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


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float, expected a decimal as text")
    if isinstance(value, Mapping):
        for part in value.values():
            _refuse_floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
