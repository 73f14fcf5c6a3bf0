"""Compares what we sent with what a platform says it has, and names the records to send again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shared_factory_desktop.sync.outbox import DaySums, Outbox, Standing


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not equal on both sides.

    `what`: `last-id`, `count`, or `events`, `energy_wh`, `gross_fen` of `day`; figures as text.
    """

    what: str
    ours: str
    theirs: str
    day: dt.date | None = None

    @property
    def text(self) -> str:
        """The two figures in any language, ours first: `2026-03-02 events 9/8`."""
        what = f"{self.day} {self.what}" if self.day else self.what
        return f"{what} {self.ours}/{self.theirs}"


def differences(ours: Standing, theirs: Standing) -> tuple[Difference, ...]:
    """List every figure that differs, totals first, days in order; empty where all is equal."""
    found = []
    if ours.last_seq != theirs.last_seq:
        found.append(Difference("last-id", f"{ours.last_seq:012d}", f"{theirs.last_seq:012d}"))
    if ours.count != theirs.count:
        found.append(Difference("count", str(ours.count), str(theirs.count)))
    for day in sorted(ours.days.keys() | theirs.days.keys()):
        found += _of_day(day, ours.days.get(day, DaySums()), theirs.days.get(day, DaySums()))
    return tuple(found)


def to_resend(outbox: Outbox, platform: str, ours: Standing, theirs: Standing) -> list[int]:
    """Name what a platform should get again: all after its `last_id`, else the days that differ.

    A platform that has more than we sent gets nothing: sending cannot mend that.
    """
    if theirs.last_seq < ours.last_seq:
        return list(outbox.sent_after(platform, theirs.last_seq))
    if theirs.last_seq > ours.last_seq:
        return []
    days = {found.day for found in differences(ours, theirs) if found.day is not None}
    return sorted({seq for day in days for seq in outbox.sent_on(platform, day)})


def _of_day(day: dt.date, ours: DaySums, theirs: DaySums) -> list[Difference]:
    pairs = (
        ("events", ours.events, theirs.events),
        ("energy_wh", ours.energy_wh, theirs.energy_wh),
        ("gross_fen", ours.gross_fen, theirs.gross_fen),
    )
    return [Difference(what, str(a), str(b), day) for what, a, b in pairs if a != b]
