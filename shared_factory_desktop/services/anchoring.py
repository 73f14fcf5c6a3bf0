"""Keeps where the chains stand outside the database, and compares what was kept with what is."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from shared_factory_desktop.domain.chain import Finding, Head
from shared_factory_desktop.services.anchor_log import NAME, Anchored, AnchorLog, AnchorsRead
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import AGENT
from shared_factory_desktop.storage import anchors
from shared_factory_desktop.storage.database import Database, Transaction

log = logging.getLogger(__name__)


class Anchoring:
    """The anchors of one data folder."""

    def __init__(
        self, database: Database, trail: Trail, data: Path, now: Callable[[], dt.datetime]
    ) -> None:
        self._database = database
        self._trail = trail
        self._log = AnchorLog(data / NAME)
        self._now = now

    def keep(self, by: str) -> None:
        """Note where the chains stand in the audit trail, so that its own anchors on paper vouch
        for all of them, then write them all into the log.

        A log that cannot be written is logged: what was just stored stays stored.
        """
        with self._database.write() as tx:
            after = {"chains": anchors.noted(tx)}
            self._trail.note(tx, by, anchors.NOTED, NAME, after=after)
        try:
            with self._database.write() as tx:  # one process writes the log at a time
                self._log.append(self._now(), anchors.heads(tx))
        except OSError as error:
            log.warning("the anchor log cannot be written: %s", error)

    def keep_daily(self) -> None:
        """Keep anchors where the log has no line of this day (UTC) yet."""
        last = self._log.read().last_at
        if last is None or last.date() < self._now().astimezone(dt.UTC).date():
            self.keep(AGENT.name)

    def read(self) -> AnchorsRead:
        """Give what the log holds."""
        return self._log.read()


def differing(tx: Transaction, anchored: Iterable[Anchored]) -> Iterator[Finding]:
    """Compare anchors with the chains: `anchor-missing` where a chain no longer reaches as far,
    `anchor-differs` where the entry there is another one.
    """
    by_chain: dict[str, list[Anchored]] = {}
    for each in anchored:
        by_chain.setdefault(each.head.chain, []).append(each)
    ends = {head.chain: head for head in anchors.heads(tx)}
    for chain, kept in sorted(by_chain.items()):
        stood = anchors.hashes(tx, chain, (each.head.seq for each in kept))
        end = ends.get(chain, Head(chain, 0, ""))
        for each in kept:
            yield from _differs(each, stood.get(each.head.seq), end)


def _differs(anchored: Anchored, stood: str | None, end: Head) -> Iterator[Finding]:
    kept = anchored.head
    if stood is not None and stood.startswith(kept.hash.lower()):
        return
    table, _, series = kept.chain.partition(":")
    row = f"{series}/{kept.seq}" if series else str(kept.seq)
    if stood is None:
        yield Finding(table, row, "anchor-missing", str(end.seq), anchored.where)
    else:
        yield Finding(table, row, "anchor-differs", stood[:16], anchored.where)
