"""Reads a machine's meters as a session starts or stops, and says what could not be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared_factory_desktop.domain.floor import Machine
from shared_factory_desktop.domain.problems import Cause, Refused, cause
from shared_factory_desktop.domain.readings import Quality, Reading, Reason

ReadNow = Callable[[Sequence[str], Reason], tuple[Reading, ...]]


@dataclass(frozen=True, slots=True)
class MachineRead:
    """What reading a machine's meters gave: `at` is when the last value came, None without any.

    `missing` are the measures without a good reading, `silent` says why of those whose line was
    there, `out_of_reach` why a line was not.
    """

    at: dt.datetime | None = None
    missing: frozenset[str] = frozenset()
    silent: tuple[Cause, ...] = ()
    out_of_reach: tuple[Cause, ...] = ()

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Everything that keeps the machine's measures from being known."""
        return (*self.out_of_reach, *self.silent)


def read_machine(read_now: ReadNow, machine: Machine, reason: Reason) -> MachineRead:
    """Read all meters of a machine; one that cannot be read costs only its own measures."""
    readings, unreached = _read(read_now, machine.meters, reason) if machine.meters else ((), {})
    good = {(r.meter, r.quantity) for r in readings if r.quality is Quality.GOOD}
    lacking = [m for m in machine.measures if (m.meter, m.quantity) not in good]
    seen = {(reading.meter, reading.quantity): reading for reading in readings}
    silent = []
    for measure in lacking:
        if measure.meter not in unreached:
            reading = seen.get((measure.meter, measure.quantity))
            why = (reading.fault or reading.quality) if reading else Quality.MISSING
            named = {"meter": measure.meter, "quantity": measure.quantity}
            silent.append(cause("meter-silent", **named, why=why))
    return MachineRead(
        max((reading.at for reading in readings if reading.value is not None), default=None),
        frozenset(measure.name for measure in lacking),
        tuple(silent),
        tuple(dict.fromkeys(one for causes in unreached.values() for one in causes)),
    )


def _read(
    read_now: ReadNow, meters: Sequence[str], reason: Reason
) -> tuple[tuple[Reading, ...], dict[str, tuple[Cause, ...]]]:
    """Read meters together, and where a line is out of reach each by itself; gives what came, and
    why nothing came of the others.
    """
    try:
        return read_now(meters, reason), {}
    except Refused as error:
        if len(meters) == 1:
            return (), {meters[0]: error.causes}
    readings: list[Reading] = []
    unreached: dict[str, tuple[Cause, ...]] = {}
    for meter in meters:
        found, why = _read(read_now, [meter], reason)
        readings += found
        unreached |= why
    return tuple(readings), unreached
