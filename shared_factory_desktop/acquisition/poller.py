"""Reads the meters of one bus when due, leaves silent ones alone, opens a lost line again."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from drivers.decode import Sample
from drivers.device import Backoff, MeterRead, read_identity, read_meter, timing_of
from drivers.faults import COMM_ERROR, EXCEPTION, SENSOR_ERROR, DeviceFault, LineFault
from drivers.joining import joined
from drivers.profile import Block
from drivers.protocols import protocol
from drivers.transports import open_line
from drivers.transports.line import Line, LineSettings, Tap, UsbAddress
from drivers.wire_time import load, read_s
from shared_factory_desktop.acquisition.health import BusHealth, Identity, MeterHealth, kept
from shared_factory_desktop.acquisition.plan import MeterPlan
from shared_factory_desktop.acquisition.recorder import Poll
from shared_factory_desktop.acquisition.schedule import Schedule, Turn, after
from shared_factory_desktop.domain.floor import Bus
from shared_factory_desktop.domain.readings import Fault, Reason

_REOPEN_STEP_S = 1.0
_REOPEN_MAX_S = 2.0  # a line that is there again is used again within 5 s
_DEFECT = "defect"  # the fault code of an error nobody foresaw
_NO_SUCH_REGISTERS = ("02", "03")  # exceptions of a meter asked for registers in a hole

Stamp = Callable[[int], dt.datetime]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants a meter read now; `request` comes back with the poll."""

    meter: str
    reason: Reason
    request: int


@dataclass(slots=True)
class _Watched:
    """What the poller knows of one meter.

    `own`: the number it must show, its first one where none was known. `unchecked`: that number
    must be read before its next values count. `counts`: the last value of each register, to see a
    fall, as of a meter swapped between two reads.
    """

    plan: MeterPlan
    health: MeterHealth
    own: str | None
    backoff: Backoff = field(default_factory=Backoff)
    unchecked: bool = True
    counts: dict[str, Decimal] = field(default_factory=dict)


def line_settings(
    bus: Bus, plans: Sequence[MeterPlan] = (), credential: str | None = None
) -> LineSettings:
    """Say how to reach a bus with these meters on it, in the words of the drivers."""
    usb = UsbAddress(bus.usb.vid, bus.usb.pid, bus.usb.serial) if bus.usb else None
    return LineSettings(
        transport=bus.transport,
        port=bus.port,
        usb=usb,
        host=bus.host,
        tcp_port=bus.tcp_port,
        baudrate=bus.baudrate,
        parity=bus.parity,
        stopbits=bus.stopbits,
        timeout_s=bus.timeout_ms / 1000,
        credential=credential,
        careful=any(protocol(plan.profile.protocol).CAREFUL for plan in plans),
    )


def turns_of(plan: MeterPlan, line: LineSettings) -> tuple[Turn, ...]:
    """Plan one meter's turns: what a bill rests on, and what only plots show, each joined."""
    profile, period_s = plan.profile, plan.meter.poll_ms / 1000
    found = []
    for billing in (True, False):
        blocks = [block for block in profile.blocks if plan.bills(block) is billing]
        asked = joined(blocks, profile.limits, line)
        cost_s = sum(read_s(profile.protocol, block, line) for block in asked)
        found += [Turn(plan.meter.id, asked, billing, period_s, cost_s)] if asked else []
    return tuple(found)


def load_pct(plans: Sequence[MeterPlan], line: LineSettings) -> int:
    """Compute the share of a line's time that reading these meters takes, in percent."""
    return _load_pct([turn for plan in plans for turn in turns_of(plan, line)])


def _load_pct(turns: Iterable[Turn]) -> int:
    return int(100 * load((turn.cost_s, turn.period_s) for turn in turns))


class Poller:
    """Reads the meters of one bus; belongs to one thread, which owns the line.

    `stamp` turns a monotonic instant in ns into UTC; `epoch` is the lease it reads under;
    `before` the bus's last stored health, whose counts go on. `tap` may be set to be told of all
    traffic.
    """

    def __init__(
        self,
        bus: Bus,
        plans: Sequence[MeterPlan],
        stamp: Stamp,
        epoch: int,
        *,
        credential: str | None = None,
        before: Mapping[str, Any] | None = None,
    ) -> None:
        self.bus = bus
        self.settings = line_settings(bus, plans, credential)
        self.tap: Tap | None = None
        before = before or {}
        self._meters = {
            plan.meter.id: _Watched(plan, kept(before, plan.meter.id), plan.identity)
            for plan in plans
        }
        self._schedule = Schedule(turn for plan in plans for turn in turns_of(plan, self.settings))
        self._load_pct = _load_pct(self._schedule.turns)
        self._stamp = stamp
        self._epoch = epoch
        self._line: Line | None = None
        self._fault: str | None = None
        self._failures = 0
        self._reopen_s = 0.0
        self._polls, self._failed = int(before.get("polls", 0)), int(before.get("failed", 0))

    def due_s(self, now_s: float) -> float | None:
        """When a meter is read next (monotonic seconds), None without meters."""
        return self._schedule.due_s(now_s)

    def poll_due(self, now_s: float) -> list[Poll]:
        """Read every meter of which anything is due, whole, the longest waiting first."""
        return [
            self._poll(self._meters[meter], self._schedule.of(meter), now_s, None)
            for meter in self._schedule.due(now_s)
        ]

    def poll_next(self, now_s: float) -> list[Poll]:
        """Take the next turn, if one is due: requests fit in between."""
        turn = self._schedule.next(now_s)
        return [] if turn is None else [self._poll(self._meters[turn.meter], (turn,), now_s, None)]

    def ask(self, ask: Ask, now_s: float) -> Poll:
        """Read one meter now, whole, whatever its plan says."""
        return self._poll(self._meters[ask.meter], self._schedule.of(ask.meter), now_s, ask)

    def health(self) -> BusHealth:
        """Tell how the bus is."""
        silent = tuple(name for name, meter in self._meters.items() if meter.backoff.failures)
        return BusHealth(
            bus=self.bus.id,
            ok=self._fault is None,
            fault=self._fault,
            notes=self._line.notes if self._line else (),
            polls=self._polls,
            failed=self._failed,
            silent=silent,
            load_pct=self._load_pct,
            meters={name: meter.health for name, meter in self._meters.items()},
        )

    def close(self) -> None:
        """Give the line back; whoever answers after it is opened again must show its number."""
        for meter in self._meters.values():
            meter.unchecked = True
        if self._line is not None:
            self._line.close()
            self._line = None

    def _poll(self, meter: _Watched, turns: Sequence[Turn], now_s: float, ask: Ask | None) -> Poll:
        probing = bool(meter.backoff.failures) and ask is None
        read = self._read(meter, turns, now_s, asked=ask is not None, probing=probing)
        self._polls += 1
        if read is None:
            samples = _missing(_blocks(turns))
            wait_s = max(self._reopen_s - now_s, 0.0)
        else:
            samples = read.samples
            meter.backoff = meter.backoff.after(read)
            wait_s = meter.backoff.wait_s
            meter.unchecked = meter.unchecked or wait_s > 0
            meter.health = meter.health.after(read, wait_s)
        self._failed += any(sample.value is None for sample in samples)
        # A silent meter's other blocks are left alone as well.
        for turn in self._schedule.of(meter.plan.meter.id) if wait_s else turns:
            after(turn, now_s, wait_s)
        return Poll(
            meter.plan.meter.id,
            samples,
            tuple(self._stamp(sample.at_monotonic_ns) for sample in samples),
            self._epoch,
            ask.reason if ask else None,
            ask.request if ask else None,
        )

    def _read(
        self,
        meter: _Watched,
        turns: Sequence[Turn],
        now_s: float,
        *,
        asked: bool,
        probing: bool,
    ) -> MeterRead | None:
        """Read over the line, opening it first where needed; None where the line cannot be used."""
        if self._line is None and now_s < self._reopen_s and not asked:
            return None
        try:
            if self._line is None:
                self._line = open_line(self.settings, self._tell)
            read = self._read_checked(self._line, meter, turns, probing)
        except LineFault as fault:
            self._lose_line(fault.code, now_s)
            return None
        except Exception:  # a defect met on one bus must not end its metering
            log.exception("bus %s, meter %s", self.bus.id, meter.plan.meter.id)
            self._lose_line(_DEFECT, now_s)
            return None
        self._fault, self._failures = None, 0
        return read

    def _read_checked(
        self, line: Line, meter: _Watched, turns: Sequence[Turn], probing: bool
    ) -> MeterRead:
        """Read a meter, and its own number wherever another may have taken its place."""
        read = self._read_blocks(line, meter, turns, probing)
        if read.answered and (meter.unchecked or _fell(meter, read)):
            fault = self._check_identity(line, meter)
            if fault is not None:
                rejected = (replace(s, value=None, fault=s.fault or fault) for s in read.samples)
                return replace(read, samples=tuple(rejected))
        meter.counts |= {
            sample.quantity: sample.value
            for sample in read.samples
            if sample.value is not None and sample.quantity in meter.plan.rules
        }
        return read

    def _read_blocks(
        self, line: Line, meter: _Watched, turns: Sequence[Turn], probing: bool
    ) -> MeterRead:
        """Read all blocks; ones joined over a hole that the meter refuses are taken apart."""
        plan = meter.plan
        timing = timing_of(plan.profile, self.settings.timeout_s, self.bus.retries)
        blocks = _blocks(turns)
        read = read_meter(line, plan.profile, plan.address, blocks, timing, probing=probing)
        holes = [
            fault.block
            for fault in read.faults
            if fault.code == EXCEPTION
            and fault.detail in _NO_SUCH_REGISTERS
            and fault.block not in plan.profile.blocks
        ]
        if not holes:
            return read
        for turn in self._schedule.of(plan.meter.id):
            turn.blocks = tuple(
                block for block in plan.profile.blocks if plan.bills(block) is turn.billing
            )
        return read_meter(line, plan.profile, plan.address, _blocks(turns), timing)

    def _check_identity(self, line: Line, meter: _Watched) -> str | None:
        """Read the meter's own number; gives the fault of its values where they do not count."""
        plan = meter.plan
        timing = timing_of(plan.profile, self.settings.timeout_s, self.bus.retries)
        fault = SENSOR_ERROR
        try:
            found = read_identity(line, plan.profile, plan.address, timing)
        except DeviceFault as refusal:
            fault = EXCEPTION if refusal.code == EXCEPTION else COMM_ERROR
            found = None
        if meter.own is None:
            meter.own = found or None
        if found:
            identity = Identity(meter.own, found, stored=plan.identity is not None)
            meter.health = replace(meter.health, identity=identity)
            fault = str(Fault.IMPLAUSIBLE)  # the values are true, but another meter's
        # A meter of which no number is known is known by its place alone.
        meter.unchecked = meter.own is not None and found != meter.own
        return fault if meter.unchecked else None

    def _lose_line(self, code: str, now_s: float) -> None:
        self.close()
        self._fault = code
        self._failures += 1
        self._reopen_s = now_s + min(self._failures * _REOPEN_STEP_S, _REOPEN_MAX_S)

    def _tell(self, direction: str, data: bytes, at_s: float) -> None:
        if self.tap is not None:
            self.tap(direction, data, at_s)


def _blocks(turns: Sequence[Turn]) -> tuple[Block, ...]:
    return tuple(block for turn in turns for block in turn.blocks)


def _fell(meter: _Watched, read: MeterRead) -> bool:
    return any(
        sample.value is not None and sample.value < meter.counts.get(sample.quantity, sample.value)
        for sample in read.samples
    )


def _missing(blocks: Sequence[Block]) -> tuple[Sample, ...]:
    at_ns = time.monotonic_ns()
    points = [point for block in blocks for point in block.points]
    return tuple(Sample(point.quantity, None, None, COMM_ERROR, at_ns) for point in points)
