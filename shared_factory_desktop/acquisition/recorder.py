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
from shared_factory_desktop.domain.derived import DerivedMemory, advance, resume
from shared_factory_desktop.domain.readings import (
    ClockState,
    Fault,
    Quality,
    Reading,
    Reason,
    State,
    StateChange,
)
from shared_factory_desktop.domain.recognition import Recognition, recognise

_CLOCK_TOLERANCE_NS = 2_000_000_000
_NS_PER_US = 1000
_UNWATCHED = dt.timedelta(seconds=30)  # beyond two polls: a silent meter is asked every 10 s


@dataclass(frozen=True, slots=True)
class Poll:
    """What one meter answered: samples, each with the UTC instant of its last byte.

    It need not be all that the meter can tell: what only plots show is read less often. `reason`
    and `request` are set where somebody asked for this read; every sample is recorded then.
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

    at: dt.datetime | None = None
    minutes: dict[str, dt.datetime] = field(default_factory=dict)
    counters: dict[str, CounterMemory] = field(default_factory=dict)
    derived: dict[str, DerivedMemory] = field(default_factory=dict)
    quality: dict[str, Quality] = field(default_factory=dict)
    offset_ns: int | None = None


class Recorder:
    """Judges polls in order; belongs to one thread.

    `last` tells what was known of the registers before this start, so that a counter's story goes
    on over a restart; the first value accepted after it is marked `recovered`.
    """

    def __init__(
        self,
        plans: Sequence[MeterPlan],
        zone: ZoneInfo,
        last: Mapping[tuple[str, str], CounterMemory],
    ) -> None:
        self._plans = {plan.meter.id: plan for plan in plans}
        self._zone = zone
        self._meters = {plan.meter.id: _MeterMemory() for plan in plans}
        self._machines: dict[str, Recognition] = {}
        self._recovering: set[tuple[str, str]] = set()
        self.remember(last)

    def remember(self, last: Mapping[tuple[str, str], CounterMemory]) -> None:
        """Go on from what others have recorded of these registers meanwhile."""
        for (meter, quantity), counter in last.items():
            if meter in self._meters:
                self._meters[meter].counters[quantity] = counter
                self._recovering.add((meter, quantity))

    def forget(self, meter: str) -> None:
        """Know nothing more of the machines a meter tells of: somebody else reads it now."""
        self._meters[meter] = _MeterMemory()
        for machine in self._plans[meter].machines:
            self._machines.pop(machine.id, None)

    def take(self, poll: Poll) -> Recorded:
        """Judge one poll."""
        plan, memory = self._plans[poll.meter], self._meters[poll.meter]
        clock = self._clock(memory, poll)
        unwatched = self._unwatched(plan, memory, poll)
        judged = tuple(
            self._judged(plan, memory, sample, at, poll, clock)
            for sample, at in zip(poll.samples, poll.instants, strict=True)
        )
        judged += self._derived(plan, memory, judged)
        changes = (*unwatched, *self._changes(plan, judged, poll.at))
        kept = []
        for reading in judged:
            reason = self._reason(plan, memory, reading, poll, bool(changes))
            if reason is not None:
                kept.append(replace(reading, reason=reason))
        memory.quality.update({reading.quantity: reading.quality for reading in judged})
        return Recorded(tuple(kept), changes, judged)

    def _unwatched(
        self, plan: MeterPlan, memory: _MeterMemory, poll: Poll
    ) -> tuple[StateChange, ...]:
        """Where nobody looked for long (a computer asleep), its machines were in no known state."""
        if not any(sample.quantity in plan.billed for sample in poll.samples):
            return ()
        at = poll.at
        before, memory.at = memory.at, at
        if before is None or at - before <= _patience(plan):
            return ()
        memory.minutes.clear()
        known = [
            machine.id
            for machine in plan.machines
            if self._machines.pop(machine.id, Recognition()).state not in (None, State.UNKNOWN)
        ]
        return tuple(StateChange(name, before, State.UNKNOWN, Quality.MISSING) for name in known)

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
                spanned = before.at is not None and at - before.at > _patience(plan)
                fault = self._recovered(plan, sample, verdict.fault, spanned)
                quality = verdict.quality
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

    @staticmethod
    def _derived(
        plan: MeterPlan, memory: _MeterMemory, judged: Sequence[Reading]
    ) -> tuple[Reading, ...]:
        """Make the counters that the meter lacks; each cites the raw words of its source."""
        sources = {reading.quantity: reading for reading in judged}
        period = dt.timedelta(milliseconds=plan.meter.poll_ms)
        found = []
        for quantity, derivation in plan.derived.items():
            source = sources.get(derivation.source)
            if source is None:
                continue
            before = memory.derived.get(quantity)
            if before is None:
                stored = memory.counters.get(quantity, CounterMemory()).value
                before = DerivedMemory() if stored is None else resume(stored)
            after, total, gapped = advance(derivation.rule, before, source.value, source.at, period)
            memory.derived[quantity] = after
            quality, fault = Quality.SUSPECT if gapped else Quality.GOOD, Fault.DERIVED
            if total is None:
                quality, fault = source.quality, source.fault or Fault.DERIVED
            found.append(
                replace(source, quantity=quantity, value=total, quality=quality, fault=fault)
            )
        return tuple(found)

    def _recovered(
        self, plan: MeterPlan, sample: Sample, fault: Fault | None, spanned: bool
    ) -> Fault | None:
        """Mark the first accepted value after a restart, or after the meter was not heard for
        long: its difference spans time nobody watched.
        """
        key = (plan.meter.id, sample.quantity)
        if fault is Fault.IMPLAUSIBLE or not (spanned or key in self._recovering):
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
            if machine.state.quantity not in values:
                continue  # not read this time, which says nothing
            memory = self._machines.get(machine.id, Recognition())
            memory, change = recognise(
                machine.id, machine.state, memory, values.get(machine.state.quantity), at
            )
            self._machines[machine.id] = memory
            changes += [change] if change else []
        return tuple(changes)

    def _reason(
        self,
        plan: MeterPlan,
        memory: _MeterMemory,
        reading: Reading,
        poll: Poll,
        changed: bool,
    ) -> Reason | None:
        """Say why a reading is kept, if it is: asked for, alarming, a change, a new minute."""
        minute = poll.at.replace(second=0, microsecond=0)
        new_minute = memory.minutes.get(reading.quantity) != minute
        memory.minutes[reading.quantity] = minute
        if poll.reason is not None:
            return poll.reason
        if reading.quantity not in plan.recorded:
            return None
        if _is_alarming(memory, reading):
            return Reason.ALARM
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


def _patience(plan: MeterPlan) -> dt.timedelta:
    """Say for how long a meter may go unheard before its time counts as unwatched."""
    return _UNWATCHED + 2 * dt.timedelta(milliseconds=plan.meter.poll_ms)


def _is_alarming(memory: _MeterMemory, reading: Reading) -> bool:
    """Tell whether a reading is kept at once: its quality changed, or a counter's story turned.

    Each value that a confirmed reset may count from is kept, and so is the reset itself: though
    the quality is suspect before and after, the bill is made from what is stored.
    """
    counter = memory.counters.get(reading.quantity)
    held_anew = reading.fault is Fault.IMPLAUSIBLE and counter is not None and counter.agreeing == 1
    turned = held_anew or reading.fault in (Fault.RESET, Fault.ROLLOVER)
    return turned or memory.quality.get(reading.quantity, Quality.GOOD) is not reading.quality
