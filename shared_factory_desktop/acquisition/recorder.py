"""Turns what a meter answered into readings, state changes and live samples; decides which a bill
may cite.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from drivers.decode import Sample
from shared_factory_desktop.acquisition.plan import MeterPlan
from shared_factory_desktop.domain.counters import CounterMemory, judge
from shared_factory_desktop.domain.readings import (
    ClockState,
    Fault,
    Quality,
    Reading,
    Reason,
    StateChange,
)
from shared_factory_desktop.domain.recognition import Recognition, recognise

_CLOCK_TOLERANCE_NS = 2_000_000_000
_NS_PER_US = 1000


@dataclass(frozen=True, slots=True)
class Poll:
    """One meter's answer: samples in register order, each with the UTC instant of its last byte.

    `reason` and `request` are set where somebody asked for this read; every sample is recorded
    then.
    """

    meter: str
    samples: tuple[Sample, ...]
    instants: tuple[dt.datetime, ...]
    epoch: int = 0
    reason: Reason | None = None
    request: int | None = None

    @property
    def at(self) -> dt.datetime:
        """The instant of the newest sample."""
        return max(self.instants)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of one poll: `readings` and `changes` to keep for ever, `live` values for the
    plots.
    """

    readings: tuple[Reading, ...] = ()
    changes: tuple[StateChange, ...] = ()
    live: tuple[Reading, ...] = ()


@dataclass(slots=True)
class _MeterMemory:
    """What the recorder remembers of one meter between polls."""

    minute: dt.datetime | None = None
    counters: dict[str, CounterMemory] = field(default_factory=dict)
    quality: dict[str, Quality] = field(default_factory=dict)
    offset_ns: int | None = None


class Recorder:
    """Judges polls in order; belongs to one thread.

    `last` gives the newest accepted value of a register before this start, so that a
    counter's story goes on
    over a restart; the first difference after it is marked `recovered`.
    """

    def __init__(
        self,
        plans: Sequence[MeterPlan],
        zone: ZoneInfo,
        last: Mapping[tuple[str, str], tuple[Decimal, dt.datetime]],
    ) -> None:
        self._plans = {plan.meter.id: plan for plan in plans}
        self._zone = zone
        self._meters = {plan.meter.id: _MeterMemory() for plan in plans}
        self._machines: dict[str, Recognition] = {}
        self._recovering = set(last)
        for (meter, quantity), (value, at) in last.items():
            if meter in self._meters:
                self._meters[meter].counters[quantity] = CounterMemory(value, at)

    def take(self, poll: Poll) -> Recorded:
        """Judge one poll."""
        plan, memory = self._plans[poll.meter], self._meters[poll.meter]
        clock = self._clock(memory, poll)
        judged = tuple(
            self._judged(plan, memory, sample, at, poll, clock)
            for sample, at in zip(poll.samples, poll.instants, strict=True)
        )
        changes = self._changes(plan, judged, poll.at)
        reason = self._reason(plan, memory, poll, bool(changes))
        kept = tuple(
            _because(reading, reason or Reason.ALARM)
            for reading in judged
            if reading.quantity in plan.recorded or poll.reason is not None
            if reason is not None or memory.quality.get(reading.quantity) != reading.quality
        )
        memory.quality.update({reading.quantity: reading.quality for reading in judged})
        return Recorded(kept, changes, judged)

    def _judged(
        self,
        plan: MeterPlan,
        memory: _MeterMemory,
        sample: Sample,
        at: dt.datetime,
        poll: Poll,
        clock: ClockState,
    ) -> Reading:
        """Give a sample its ratio, its quality and, for a register, the counter's verdict."""
        value = sample.value
        quality, fault = Quality.GOOD, Fault(sample.fault) if sample.fault else None
        if value is None:
            quality = Quality.MISSING
        else:
            value *= plan.factors.get(sample.quantity, Decimal(1))
            rule = plan.rules.get(sample.quantity)
            if rule is not None:
                before = memory.counters.get(sample.quantity, CounterMemory())
                verdict = judge(rule, before, value, at)
                memory.counters[sample.quantity] = verdict.memory
                quality, fault = verdict.quality, self._recovered(plan, sample, verdict.fault)
        return Reading(
            meter=poll.meter,
            quantity=sample.quantity,
            value=value,
            raw=sample.raw if value is not None else None,
            at=at,
            quality=quality,
            reason=poll.reason or Reason.INTERVAL,
            fault=fault,
            monotonic_ns=sample.at_monotonic_ns,
            clock=clock,
            profile=plan.profile.version,
            epoch=poll.epoch,
        )

    def _recovered(self, plan: MeterPlan, sample: Sample, fault: Fault | None) -> Fault | None:
        """Mark the first plausible value after a restart: its difference spans time nobody
        watched.
        """
        key = (plan.meter.id, sample.quantity)
        if key not in self._recovering:
            return fault
        self._recovering.discard(key)
        return fault or Fault.RECOVERED

    def _changes(
        self, plan: MeterPlan, judged: Sequence[Reading], at: dt.datetime
    ) -> tuple[StateChange, ...]:
        """Recognise the state of every machine that is told by this meter."""
        values = {reading.quantity: reading.value for reading in judged}
        changes = []
        for machine in plan.machines:
            assert machine.state is not None
            memory = self._machines.get(machine.id, Recognition())
            memory, change = recognise(
                machine.id, machine.state, memory, values.get(machine.state.quantity), at
            )
            self._machines[machine.id] = memory
            changes += [change] if change else []
        return tuple(changes)

    def _reason(
        self, plan: MeterPlan, memory: _MeterMemory, poll: Poll, changed: bool
    ) -> Reason | None:
        """Say why this poll is recorded, if it is: asked for, a state change, a band edge, a new
        minute.
        """
        minute = poll.at.replace(second=0, microsecond=0)
        new_minute = memory.minute != minute
        memory.minute = minute
        if poll.reason is not None:
            return poll.reason
        if changed:
            return Reason.STATE
        if not new_minute:
            return None
        local = minute.astimezone(self._zone)
        return Reason.BAND if local.hour * 60 + local.minute in plan.edges else Reason.INTERVAL

    @staticmethod
    def _clock(memory: _MeterMemory, poll: Poll) -> ClockState:
        """Compare the wall clock's step with the monotonic one's; over 2 s apart, somebody moved
        it.
        """
        wall_ns = int(poll.at.timestamp() * 1_000_000) * _NS_PER_US
        newest = max(poll.samples, key=lambda sample: sample.at_monotonic_ns)
        offset = wall_ns - newest.at_monotonic_ns
        before, memory.offset_ns = memory.offset_ns, offset
        jumped = before is not None and abs(offset - before) > _CLOCK_TOLERANCE_NS
        return ClockState.JUMPED if jumped else ClockState.STEADY


def _because(reading: Reading, reason: Reason) -> Reading:
    return replace(reading, reason=reason)
