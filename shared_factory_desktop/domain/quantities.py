"""What one session used of one charge up to an instant, run of bands by run, before any price.

Instants are microseconds since 1970; quantities are exact, in the charge's unit.
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
_ZERO = Fraction(0)
_HALF = Fraction(1, 2)
_MICROSECOND = dt.timedelta(microseconds=1)


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


def used(charge: Charge, part: Part, runs: Sequence[Run]) -> list[Fraction]:
    """Give what was used in each of `runs`, or in all where there are none: a list of one.

    The session must have what the charge needs (`lacking`), and it must be known (`is_known`).
    """
    if charge.basis == "time":
        unit_us = units.CANONICAL[charge.unit or ""] * SECOND_US
        return [Fraction(us, unit_us) for us in _times_us(_clock(charge.clock, part), runs)]
    if charge.basis == "quantity":
        return _register(charge, part, runs)
    if charge.basis == "pieces":
        return [Fraction(_pieces(charge, part.use.pieces))]
    if charge.basis == "value":
        return [Fraction(part.use.value or 0)]
    return [Fraction(1)]


def stepped(amounts: list[Fraction], step: Fraction | None, mode: str) -> list[Fraction]:
    """Bring the total to a multiple of the step.

    What is added belongs to the last run in which something was used, what is taken leaves the
    total from the end; a total of 0 stays 0.
    """
    if step is None or not any(amounts):
        return amounts
    total = sum(amounts, _ZERO)
    steps = total / step
    if mode == "up":
        target = math.ceil(steps) * step
    else:
        target = math.floor(steps + _HALF if mode == "nearest" else steps) * step
    if target < total:
        return take(amounts[::-1], total - target)[::-1]
    last = max(index for index, amount in enumerate(amounts) if amount)
    return [*amounts[:last], amounts[last] + target - total, *amounts[last + 1 :]]


def take(amounts: Sequence[Fraction], wanted: Fraction) -> list[Fraction]:
    """Take `wanted` off the amounts from the front; none of them falls below 0 by it."""
    left = []
    for amount in amounts:
        taken = min(max(amount, _ZERO), wanted)
        wanted -= taken
        left.append(amount - taken)
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


def _register(charge: Charge, part: Part, runs: Sequence[Run]) -> list[Fraction]:
    """Give the difference of a register over the session, in each run of bands by itself."""
    series = part.use.readings[charge.quantity or ""]
    unit = units.CANONICAL[charge.unit or ""]
    start_us, until_us = part.start_us, part.until_us
    edges = [start_us, *(run.start_us for run in runs[1:]), until_us]
    values = [_value_at(series, min(max(edge, start_us), until_us)) / unit for edge in edges]
    return [after - before for before, after in pairwise(values)]


def _value_at(series: Series, at_us: int) -> Fraction:
    """Give the register at an instant, interpolated linearly between its neighbours."""
    at = instant(at_us)
    after = bisect_right(series, at, key=itemgetter(0))
    if after == 0:
        return Fraction(series[0][1])
    low_at, low = series[after - 1]
    if after == len(series) or low_at == at:
        return Fraction(low)
    high_at, high = series[after]
    share = Fraction((at - low_at) // _MICROSECOND, (high_at - low_at) // _MICROSECOND)
    return Fraction(low) + (Fraction(high) - Fraction(low)) * share


def _pieces(charge: Charge, pieces: Pieces | None) -> int:
    if pieces is None:
        return 0
    return pieces.good + pieces.scrap if charge.counts == "all" else pieces.good
