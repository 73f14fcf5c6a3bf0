"""What one session used of one charge up to an instant, run of bands by run, before any price.

Instants are microseconds since 1970; quantities are exact, in the charge's unit, as integers over
one denominator: adding fractions one by one takes ten times as long.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter, itemgetter

from shared_factory_desktop.domain import units
from shared_factory_desktop.domain.bands import Run
from shared_factory_desktop.domain.instants import SECOND_US, instant, microseconds
from shared_factory_desktop.domain.sessions import Pieces, SessionUse, Span
from shared_factory_desktop.domain.tariff import Charge

Spans = list[tuple[int, int]]
Series = tuple[tuple[dt.datetime, Decimal], ...]

_START = attrgetter("start_us")
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What was used in each run of bands, as counts of the `per`-th part of a unit."""

    counts: Sequence[int]
    per: int

    @property
    def total(self) -> Fraction:
        """What was used altogether."""
        return Fraction(sum(self.counts), self.per)

    def finer(self, per: int) -> Amounts:
        """Give the same in parts so small that they divide the `per`-th of a unit too."""
        common = math.lcm(self.per, per)
        if common == self.per:
            return self
        factor = common // self.per
        return Amounts([count * factor for count in self.counts], common)

    def less(self, other: Amounts) -> Amounts:
        """Take off another's amounts, run by run."""
        mine, its = self.finer(other.per), other.finer(self.per)
        pairs = zip(mine.counts, its.counts, strict=True)
        return Amounts([count - taken for count, taken in pairs], mine.per)

    def beyond(self, free: Fraction) -> Amounts:
        """Take `free` units off from the front."""
        if not free:
            return self
        fine = self.finer(free.denominator)
        return Amounts(_take(fine.counts, int(free * fine.per)), fine.per)


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a session before an instant, as if it ended at `until_us`."""

    use: SessionUse
    start_us: int
    until_us: int
    ended: bool  # the session itself has: what is known only then counts


def part_before(use: SessionUse, at_us: int, now_us: int) -> Part | None:
    """Give the part of a session before `at_us`, None where it starts later.

    A running session has run until `now_us`.
    """
    start_us = microseconds(use.start)
    if start_us >= at_us:
        return None
    if use.end is None:
        return Part(use, start_us, max(start_us, min(at_us, now_us)), ended=False)
    end_us = microseconds(use.end)
    return Part(use, start_us, min(end_us, at_us), ended=end_us <= at_us)


def reach(part: Part) -> tuple[int, int]:
    """Give the earliest and latest instant that a charge of the session may look at."""
    reserved = _reserved(part)
    starts, ends = zip((part.start_us, part.until_us), *reserved, strict=True)
    return min(starts), max(ends)


def lacking(charge: Charge, use: SessionUse) -> str | None:
    """Name the field that the charge needs and the session does not have."""
    if charge.basis == "time" and charge.clock in ("reserved", "longer"):
        return "reserved" if use.reserved is None else None
    if charge.basis == "quantity":
        return None if use.readings.get(charge.quantity or "") else f"readings.{charge.quantity}"
    if charge.basis == "pieces":
        return "pieces" if use.pieces is None else None
    return "value" if charge.basis == "value" and use.value is None else None


def is_known(charge: Charge, part: Part) -> bool:
    """Tell whether the charge counts yet: pieces and value are known when the session ends."""
    return part.ended or charge.basis not in ("pieces", "value")


def used(charge: Charge, part: Part, runs: Sequence[Run]) -> Amounts:
    """Give what was used in each of `runs`, or in all where there are none.

    The session must have what the charge needs (`lacking`), and it must be known (`is_known`).
    """
    if charge.basis == "time":
        times_us = _times_us(_clock(charge.clock, part), runs)
        return Amounts(times_us, units.CANONICAL[charge.unit or ""] * SECOND_US)
    if charge.basis == "quantity":
        return _register(charge, part, runs)
    if charge.basis == "pieces":
        return Amounts([_pieces(charge, part.use.pieces)], 1)
    if charge.basis == "value":
        count, per = (part.use.value or Decimal(0)).as_integer_ratio()
        return Amounts([count], per)
    return Amounts([1], 1)


def stepped(amounts: Amounts, step: Fraction | None, mode: str) -> Amounts:
    """Bring the total to a multiple of the step.

    What is added belongs to the last run in which something was used, what is taken leaves the
    total from the end; a total of 0 stays 0.
    """
    if step is None or not any(amounts.counts):
        return amounts
    fine = amounts.finer(step.denominator)
    total, size = sum(fine.counts), int(step * fine.per)
    if mode == "up":
        target = -(-total // size) * size
    elif mode == "nearest":
        target = (2 * total + size) // (2 * size) * size
    else:
        target = total // size * size
    if target < total:
        return Amounts(_take(fine.counts[::-1], total - target)[::-1], fine.per)
    counts = list(fine.counts)
    last = max(index for index, count in enumerate(counts) if count)
    counts[last] += target - total
    return Amounts(counts, fine.per)


def _take(counts: Sequence[int], wanted: int) -> list[int]:
    """Take `wanted` off the counts from the front; none of them falls below 0 by it."""
    left = []
    for count in counts:
        taken = min(max(count, 0), wanted)
        wanted -= taken
        left.append(count - taken)
    return left


def _clock(clock: str | None, part: Part) -> Spans:
    """Give the times a clock runs."""
    occupied = [(part.start_us, part.until_us)]
    if clock == "occupied":
        return occupied
    if clock == "working":
        return _clipped(part.use.working, part)
    if clock == "powered":
        return _clipped(part.use.powered, part)
    if clock == "idle":
        return _between(_clipped(part.use.working, part), occupied[0])
    reserved = _reserved(part)
    if clock == "longer" and _length(reserved) <= _length(occupied):
        return occupied
    return reserved


def _reserved(part: Part) -> Spans:
    """Give the reserved time: whole once the session has ended, until then up to the instant."""
    if part.use.reserved is None:
        return []
    start_us, end_us = map(microseconds, part.use.reserved)
    end_us = end_us if part.ended else min(end_us, part.until_us)
    return [(start_us, end_us)] if start_us < end_us else []


def _clipped(spans: Sequence[Span], part: Part) -> Spans:
    cut = (
        (max(microseconds(start), part.start_us), min(microseconds(end), part.until_us))
        for start, end in spans
    )
    return [(start, end) for start, end in cut if start < end]


def _between(spans: Spans, whole: tuple[int, int]) -> Spans:
    """Give what of `whole` the spans leave out."""
    starts = [whole[0], *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), whole[1]]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _length(spans: Spans) -> int:
    return sum(end - start for start, end in spans)


def _times_us(spans: Spans, runs: Sequence[Run]) -> list[int]:
    """Add up the spans, in each run of bands by itself."""
    if not runs:
        return [_length(spans)]
    totals = [0] * len(runs)
    for start, end in spans:
        index = bisect_right(runs, start, key=_START) - 1
        while start < end:
            stop = min(end, runs[index].end_us)
            totals[index] += stop - start
            start, index = stop, index + 1
    return totals


def _register(charge: Charge, part: Part, runs: Sequence[Run]) -> Amounts:
    """Give the difference of a register over the session, in each run of bands by itself."""
    series = part.use.readings[charge.quantity or ""]
    start_us, until_us = part.start_us, part.until_us
    edges = [start_us, *(run.start_us for run in runs[1:]), until_us]
    values = [_value_at(series, min(max(edge, start_us), until_us)) for edge in edges]
    per = math.lcm(*(divisor for _, divisor in values))
    counts = [count * (per // divisor) for count, divisor in values]
    used_counts = [after - before for before, after in pairwise(counts)]
    return Amounts(used_counts, per * units.CANONICAL[charge.unit or ""])


def _value_at(series: Series, at_us: int) -> tuple[int, int]:
    """Give the register at an instant as a ratio, interpolated linearly between its neighbours."""
    at = instant(at_us)
    after = bisect_right(series, at, key=itemgetter(0))
    if after == 0:
        return series[0][1].as_integer_ratio()
    low_at, low = series[after - 1]
    if after == len(series) or low_at == at:
        return low.as_integer_ratio()
    high_at, high = series[after]
    past_us, whole_us = (at - low_at) // _MICROSECOND, (high_at - low_at) // _MICROSECOND
    (low_count, low_per), (high_count, high_per) = low.as_integer_ratio(), high.as_integer_ratio()
    count = low_count * high_per * (whole_us - past_us) + high_count * low_per * past_us
    return count, low_per * high_per * whole_us


def _pieces(charge: Charge, pieces: Pieces | None) -> int:
    if pieces is None:
        return 0
    return pieces.good + pieces.scrap if charge.counts == "all" else pieces.good
