"""Judges each value of a cumulative register: use, a roll-over, a reset, or something to wait out.

A fall, or a jump faster than the meter can count, is never booked at once: it is held until
several further
values agree with it (reference/hardware, rules b and f). A momentary zero therefore changes
nothing, a lifetime
total is never booked as use, and no difference is ever negative.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from shared_factory_desktop.domain.readings import Fault, Quality

CONFIRMATIONS = 3
_RATE_WINDOW = dt.timedelta(seconds=60)
_BY_CHANCE = 16  # one part of the register's range that may be passed unseen
_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CounterRule:
    """How a register counts, in canonical units with transformer ratios applied.

    `wrap` is the value at which it starts again from 0 (None: never), `step` one count of the
    register,
    `max_rate` the most it can count in an hour (None: unknown, then every rise is believed),
    `resets` whether
    losing power sets it to 0.
    """

    step: Decimal
    wrap: Decimal | None = None
    max_rate: Decimal | None = None
    resets: bool = False


@dataclass(frozen=True, slots=True)
class CounterMemory:
    """What is known of one register: its last accepted value and one waiting to be confirmed."""

    value: Decimal | None = None
    at: dt.datetime | None = None
    held: Decimal | None = None
    held_at: dt.datetime | None = None
    agreeing: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one value: what to remember and how to record it."""

    memory: CounterMemory
    quality: Quality
    fault: Fault | None


def judge(rule: CounterRule, memory: CounterMemory, value: Decimal, at: dt.datetime) -> Judgement:
    """Judge `value` read at `at` against what is remembered."""
    if memory.value is None or memory.at is None:
        return _accept(value, at, None)
    if value >= memory.value and _possible(rule, value - memory.value, at - memory.at):
        return _accept(value, at, None)
    agreeing = memory.agreeing + 1 if _agrees(rule, memory, value, at) else 1
    held = replace(memory, held=value, held_at=at, agreeing=agreeing)
    if agreeing < CONFIRMATIONS:
        return Judgement(held, Quality.SUSPECT, Fault.IMPLAUSIBLE)
    if _rolled_over(rule, memory, value, at):
        return _accept(value, at, Fault.ROLLOVER)
    return Judgement(CounterMemory(value, at), Quality.SUSPECT, Fault.RESET)


def _accept(value: Decimal, at: dt.datetime, fault: Fault | None) -> Judgement:
    return Judgement(CounterMemory(value, at), Quality.GOOD, fault)


def _possible(rule: CounterRule, use: Decimal, elapsed: dt.timedelta) -> bool:
    """Tell whether the register can have counted `use`; judged over at least a minute, one step
    always allowed.
    """
    if rule.max_rate is None or use <= rule.step:
        return True
    window = max(elapsed, _RATE_WINDOW)
    return use * (_HOUR // dt.timedelta(microseconds=1)) <= rule.max_rate * (
        window // dt.timedelta(microseconds=1)
    )


def _agrees(rule: CounterRule, memory: CounterMemory, value: Decimal, at: dt.datetime) -> bool:
    """Tell whether `value` goes on from the held one as a counter would."""
    if memory.held is None or memory.held_at is None:
        return False
    return value >= memory.held and _possible(rule, value - memory.held, at - memory.held_at)


def _rolled_over(rule: CounterRule, memory: CounterMemory, value: Decimal, at: dt.datetime) -> bool:
    """Tell a roll-over from a reset: the use through the wrap must be possible in the time that
    passed. A register that a power cut zeroes may have been anywhere before one: there the time
    must also be too short for the register to have reached its wrap by chance.
    """
    assert memory.value is not None
    assert memory.at is not None
    if rule.wrap is None or value >= memory.value or rule.max_rate is None:
        return False
    if rule.resets and _possible(rule, rule.wrap / _BY_CHANCE, at - memory.at):
        return False
    return _possible(rule, value - memory.value + rule.wrap, at - memory.at)
