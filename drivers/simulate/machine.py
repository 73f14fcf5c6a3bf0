"""A virtual machine with a meter on it: its physics shown in the registers of a profile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from drivers.profile import Profile
from drivers.simulate.image import RegisterImage
from drivers.simulate.physics import Job, Moment, Timeline
from drivers.simulate.slave import Slave

_PHASES = ("l1", "l2", "l3")
_MILLI = Decimal("0.001")
_BELOW_WRAP = 10
_TELL_WORKING = ("status_working", "status_contact", "status_process", "status_output")
_TELL_ARC = ("status_arc", "status_current", "status_main_current")


class VirtualMachine:
    """A machine of `kind` (a key of KINDS) metered by `profile`; `slave` hangs on a VirtualBus.

    `counters` gives the meter's counts before the schedule begins. Time comes in through
    `advance_to`; like a real meter it never counts backwards.
    """

    def __init__(
        self,
        kind: str,
        profile: Profile,
        schedule: Iterable[Job],
        *,
        unit: int = 1,
        seed: int = 0,
        counters: Mapping[str, Decimal] | None = None,
    ) -> None:
        self.slave = Slave(unit, RegisterImage(profile), seed=seed)
        self._profile = profile
        self._timeline = Timeline(kind, schedule, seed)
        self._counted: dict[str, Decimal] = {}
        self._offsets = dict(counters or {})
        self._at: dt.datetime | None = None

    def advance_to(self, instant: dt.datetime) -> None:
        """Show the state at `instant` in the registers; an earlier one than before is ignored."""
        if self._at is not None and instant < self._at:
            return
        self._at = instant
        moment = self._timeline.at(instant)
        totals = moment.totals
        self._counted = {
            "energy_wh": totals.energy_wh,
            "charge_ah": totals.charge_ah,
            "pieces": totals.pieces,
            "run_time_s": totals.run_time_s,
            "arc_time_s": totals.arc_time_s,
        }
        self.slave.image.set(self._gauges(moment) | self._counters())

    def reset_counters(self) -> None:
        """Start all counters from 0, as after a power cut or a replaced meter."""
        self._offsets = {quantity: -value for quantity, value in self._counted.items()}
        self.slave.image.set(self._counters())

    def approach_rollover(self) -> None:
        """Bring every counter that wraps to 10 steps before its wrap."""
        for point in self._profile.points:
            if point.wrap_value is not None:
                start = point.wrap_value - _BELOW_WRAP * point.step_value
                self._offsets[point.quantity] = start - self._counted.get(
                    point.quantity, Decimal(0)
                )
        self.slave.image.set(self._counters())

    def _counters(self) -> dict[str, Decimal]:
        quantities = self._counted.keys() | self._offsets.keys()
        zero = Decimal(0)
        return {q: self._counted.get(q, zero) + self._offsets.get(q, zero) for q in quantities}

    def _gauges(self, moment: Moment) -> dict[str, Decimal]:
        values = {
            "power_w": moment.power_w,
            "voltage_v": moment.voltage_v,
            "current_a": moment.current_a,
        }
        for phase in _PHASES:
            values[f"voltage_{phase}_v"] = moment.voltage_v
            values[f"current_{phase}_a"] = (moment.current_a / 3).quantize(_MILLI)
            values[f"power_{phase}_w"] = (moment.power_w / 3).quantize(_MILLI)
        values |= dict.fromkeys(_TELL_WORKING, Decimal(moment.working))
        return values | dict.fromkeys(_TELL_ARC, Decimal(moment.arc))
