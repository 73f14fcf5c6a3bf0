"""The anchor log: where chains stood, line after line, in a file of its own beside the database.

A line is instant, number, hash and chain, with tabs between, and before them the SHA-256 of the
line before and this one: `running instant seq hash chain`. A line `restored:<chain>` tells from
which number on a restored database went on without what came later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared_factory_desktop.domain.chain import GENESIS, Finding, Head

NAME = "anchors.log"
_RESTORED = "restored:"


@dataclass(frozen=True, slots=True)
class Anchored:
    """Where a chain stood at an instant (UTC); `line` is its line in the log, 0 for one that came
    from elsewhere, `where` its name for people.
    """

    head: Head
    where: str
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class AnchorsRead:
    """What an anchor log holds that still counts, when its last line was written, and which lines
    are not as they were written.
    """

    anchors: tuple[Anchored, ...] = ()
    last_at: dt.datetime | None = None
    running: str = GENESIS
    findings: tuple[Finding, ...] = ()


class AnchorLog:
    """An anchor log; one writer at a time: who writes holds the database's writing unit."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> AnchorsRead:
        """Give what the log holds; one that is not there holds nothing.

        An unfinished last line was being written when the power went: it is passed over.
        """
        lines = _lines(self._path)
        running, at = GENESIS, None
        counting: dict[str, list[Anchored]] = {}
        findings = []
        for number, line in enumerate(lines, 1):
            kept, _, body = line.partition("\t")
            anchored = _anchored(body, number)
            if anchored is None or kept != _running(running, body):
                findings.append(Finding(NAME, str(number), "log-line"))
            running = kept if len(kept) == len(GENESIS) else GENESIS
            if anchored is not None:
                at = anchored.at
                _count(counting, anchored)
        anchors = tuple(each for chain in counting.values() for each in chain)
        return AnchorsRead(anchors, at, running, tuple(findings))

    def append(self, at: dt.datetime, heads: Iterable[Head]) -> None:
        """Add where chains stand; returns once it is on the disk."""
        running, text = self.read().running, ""
        for head in heads:
            instant = at.astimezone(dt.UTC).isoformat()
            body = f"{instant}\t{head.seq}\t{head.hash}\t{head.chain}"
            running = _running(running, body)
            text += f"{running}\t{body}\n"
        whole = sum(len(line.encode()) + 1 for line in _lines(self._path))
        with self._path.open("ab") as file:
            file.truncate(whole)
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def restored(self, at: dt.datetime, heads: Iterable[Head]) -> None:
        """Note that the database was replaced by one whose chains stand at `heads`."""
        self.append(at, [Head(_RESTORED + head.chain, head.seq, head.hash) for head in heads])


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return text.split("\n")[:-1]


def _running(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\t{body}".encode()).hexdigest()


def _anchored(body: str, number: int) -> Anchored | None:
    try:
        at, seq, hash_, chain = body.split("\t")
        return Anchored(
            Head(chain, int(seq), hash_), f"{NAME} {number}", dt.datetime.fromisoformat(at)
        )
    except ValueError:
        return None


def _count(counting: dict[str, list[Anchored]], anchored: Anchored) -> None:
    """Let an anchor count; one of a restored database takes back those that stood further on."""
    chain = anchored.head.chain.removeprefix(_RESTORED)
    before = counting.setdefault(chain, [])
    if chain != anchored.head.chain:
        before[:] = [each for each in before if each.head.seq <= anchored.head.seq]
        head = Head(chain, anchored.head.seq, anchored.head.hash)
        anchored = Anchored(head, anchored.where, anchored.at)
    before.append(anchored)
