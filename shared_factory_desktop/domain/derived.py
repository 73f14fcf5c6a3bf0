"""Counts what a meter has no register for: seconds of an arc, ampere-hours of a current.

Two rules make a counter out of the samples of another quantity. `on-time` counts the seconds
during which it is on, with hysteresis and shortest times for either state; `integral` is its
trapezoid over time in hours, A to Ah, W to Wh. Both are exact and never fall. What happened
between two samples further apart than `gap_polls` polls is unknown and counts nothing.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

ON_TIME = "on-time"
INTEGRAL = "integral"
STEP = Decimal("0.000001")  # what a total is rounded down to

_ZERO = Fraction(0)
_MICROSECOND = dt.timedelta(microseconds=1)
_SECOND_US = 1_000_000
_HOUR_US = 3_600 * _SECOND_US


@dataclass(frozen=True, slots=True)
class DerivedRule:
    """How a counter follows from samples in canonical units, transformer ratios applied.

    `kind`: on-time or integral. On at or above `on_from`, off below `off_below`; what lies
    between changes nothing. A change of state counts once it has lasted `min_on_s` or
    `min_off_s`, and then from its first sample.
    """

    kind: str
    gap_polls: int = 3
    on_from: Decimal = Decimal(1)
    off_below: Decimal = Decimal(1)
    min_on_s: Decimal = Decimal(0)
    min_off_s: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class DerivedMemory:
    """What is known of one counter: its exact total, None before the first sample ever, and that
    sample's instant and value. `changed_at`: the first sample of a change that has not lasted yet.
    """

    total: Fraction | None = None
    at: dt.datetime | None = None
    value: Fraction = _ZERO
    on: bool = False
    changed_at: dt.datetime | None = None


def resume(total: Decimal) -> DerivedMemory:
    """Go on from a stored total, with nothing known of the time since."""
    return DerivedMemory(Fraction(total))


def advance(
    rule: DerivedRule,
    memory: DerivedMemory,
    value: Decimal | None,
    at: dt.datetime,
    period: dt.timedelta,
) -> tuple[DerivedMemory, Decimal | None, bool]:
    """Take one sample of a meter polled every `period`; give memory, total and whether it gapped.

    The total is in seconds or in the integral's unit, rounded down to STEP; None for a missing
    value, which is no sample. It gapped when nothing is known of the time since the last sample
    or since the total that was resumed from. A clock set back is such a gap.
    """
    if value is None:
        return memory, None, False
    gapped = False
    if at != memory.at:  # of two values for one instant the first counts
        follows = _follows(rule, memory, at, period)
        gapped = memory.total is not None and not follows
        known = memory if follows else DerivedMemory(memory.total, at)
        memory = _ADD[rule.kind](rule, known, value, at)
    return memory, _rounded_down(memory.total or _ZERO), gapped


def _follows(
    rule: DerivedRule, memory: DerivedMemory, at: dt.datetime, period: dt.timedelta
) -> bool:
    if memory.at is None:
        return False
    return memory.at < at <= memory.at + rule.gap_polls * period


def _add_integral(
    _: DerivedRule, memory: DerivedMemory, value: Decimal, at: dt.datetime
) -> DerivedMemory:
    """Add the trapezoid since the last sample; a value below 0 counts as 0."""
    height = max(Fraction(value), _ZERO)
    area = (memory.value + height) / 2 * _between_us(memory.at, at) / _HOUR_US
    return replace(memory, total=(memory.total or _ZERO) + area, at=at, value=height)


def _add_on_time(
    rule: DerivedRule, memory: DerivedMemory, value: Decimal, at: dt.datetime
) -> DerivedMemory:
    """Add the time it was on since it was last known to be.

    Until a change of state has lasted long enough its time is held back: added at once when it
    turns out to have been on, dropped when off, so that the total never has to fall.
    """
    was_seen_on = memory.on != (memory.changed_at is not None)
    seen_on = value >= rule.on_from or (was_seen_on and value >= rule.off_below)
    on, since = memory.on, None
    if seen_on == on:
        changed_at = None
        if on:
            since = memory.changed_at or memory.at
    else:
        changed_at = memory.changed_at or at
        if on and memory.changed_at is None:
            since = memory.at
        if _lasted(rule, changed_at, at, seen_on):
            since = changed_at if seen_on else since
            on, changed_at = seen_on, None
    total = (memory.total or _ZERO) + Fraction(_between_us(since, at), _SECOND_US)
    return DerivedMemory(total, at, on=on, changed_at=changed_at)


def _lasted(rule: DerivedRule, changed_at: dt.datetime, at: dt.datetime, on: bool) -> bool:
    least = Fraction(rule.min_on_s if on else rule.min_off_s)
    return _between_us(changed_at, at) >= least * _SECOND_US


def _between_us(start: dt.datetime | None, end: dt.datetime) -> int:
    return 0 if start is None else (end - start) // _MICROSECOND


def _rounded_down(total: Fraction) -> Decimal:
    return STEP * math.floor(total / Fraction(STEP))


_ADD = {ON_TIME: _add_on_time, INTEGRAL: _add_integral}
