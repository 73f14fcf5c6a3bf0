"""Closed periods: which days may still change, and who may change them.

A soft lock leaves a month's sessions to managers; a hard one freezes them and its statements, and
what comes later is billed afterwards (补计) in an open period.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from shared_factory_desktop.domain.periods import Period


class LockKind(StrEnum):
    """How firmly days are closed; `open` lifts what was locked before."""

    SOFT = "soft"
    HARD = "hard"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class PeriodLock:
    """A decision about the days of a period; of those that cover a day the newest (`seq`) counts.

    `at` is UTC.
    """

    seq: int
    period: Period
    kind: LockKind
    reason: str
    by: str
    at: dt.datetime


def in_force(locks: Sequence[PeriodLock], first: dt.date, last: dt.date) -> list[PeriodLock]:
    """Give the locks that count on some of the days first..last (both included), oldest first."""
    bounds = {first, last + dt.timedelta(days=1)}
    for lock in locks:
        bounds |= {day for day in (lock.period.start, lock.period.end) if first < day <= last}
    counting = {_newest(locks, day) for day, _ in pairwise(sorted(bounds))}
    found = [lock for lock in counting if lock is not None and lock.kind is not LockKind.OPEN]
    return sorted(found, key=lambda lock: lock.seq)


def hard_periods(locks: Sequence[PeriodLock]) -> tuple[Period, ...]:
    """Give the spans of days that are locked hard, apart from each other, in order."""
    bounds = sorted({day for lock in locks for day in (lock.period.start, lock.period.end)})
    merged: list[Period] = []
    for start, end in pairwise(bounds):
        lock = _newest(locks, start)
        if lock is None or lock.kind is not LockKind.HARD:
            continue
        if merged and merged[-1].end == start:
            merged[-1] = Period(merged[-1].start, end)
        else:
            merged.append(Period(start, end))
    return tuple(merged)


def _newest(locks: Iterable[PeriodLock], day: dt.date) -> PeriodLock | None:
    covering = (lock for lock in locks if lock.period.start <= day < lock.period.end)
    return max(covering, key=lambda lock: lock.seq, default=None)
