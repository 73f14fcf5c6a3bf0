"""Tells platforms, every quarter of an hour, what each machine did and used in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal

from shared_factory_desktop.domain.floor import Floor, Machine
from shared_factory_desktop.domain.happenings import interval_recorded
from shared_factory_desktop.domain.readings import Quality, Reading, State
from shared_factory_desktop.domain.records import Happening
from shared_factory_desktop.domain.usage import clock_s, measure, spans, used
from shared_factory_desktop.services.sessions import SessionParts
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage import readings as reading_rows
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage.database import Transaction

QUARTER = dt.timedelta(minutes=15)
_LATE = dt.timedelta(seconds=10)  # readings of the quarter's last minute may still be on their way
_ONE_MINUTE = dt.timedelta(minutes=1)
_STATES = (State.OFF, State.IDLE, State.WORKING)


class Intervals:
    """Closes quarters of an hour, in order, each once."""

    def __init__(self, floor: Floor, parts: SessionParts, now: dt.datetime) -> None:
        self._floor = floor
        self._parts = parts
        self._next = _quarter(now)

    def close_until(self, tx: Transaction, now: dt.datetime, buses: Collection[str]) -> None:
        """Put every quarter that has ended into the outbox, in the caller's transaction.

        Told are the machines whose first meter is on one of `buses`: each by one workstation.
        """
        while self._next + QUARTER + _LATE <= now:
            span = (self._next, self._next + QUARTER)
            ours = [machine for machine in self._floor.machines if self._bus(machine) in buses]
            found = (self._interval(tx, machine, span) for machine in ours)
            happenings = [happening for happening in found if happening]
            if happenings:
                source = self._parts.trail.source(self._floor.factory.id)
                outbox.append(tx, source, happenings)
            self._next += QUARTER

    def _bus(self, machine: Machine) -> str | None:
        meter = self._floor.meter(machine.meters[0]) if machine.meters else None
        return meter.bus if meter else None

    def _interval(
        self, tx: Transaction, machine: Machine, span: tuple[dt.datetime, dt.datetime]
    ) -> Happening | None:
        """Sum up one machine; None without activity."""
        start, end = span
        changes = state_rows.between(tx, machine.id, start, end)
        seconds = {str(s): clock_s(spans(changes, (s,), start, end)) for s in _STATES}
        good = sum(seconds.values(), Decimal(0)) == clock_s([span])
        use: dict[str, Decimal] = {}
        for wanted in machine.measures:
            readings = reading_rows.query(
                tx,
                meter=wanted.meter,
                quantity=wanted.quantity,
                start=start,
                end=end + _ONE_MINUTE,
            )
            wrap = self._parts.wraps(self._floor, wanted.meter, wanted.quantity)
            measured = measure(_until(readings, end), start, end + _ONE_MINUTE, wrap)
            use[wanted.name] = used(measured.series)
            good = good and measured.good
        if not any(use.values()) and not seconds[State.IDLE] + seconds[State.WORKING]:
            return None
        quality = Quality.GOOD if good else Quality.SUSPECT
        return interval_recorded(machine, span, seconds, use, str(quality))


def _until(readings: Sequence[Reading], end: dt.datetime) -> Sequence[Reading]:
    """Give readings up to the first good one from `end` on: the next quarter begins with it."""
    for number, reading in enumerate(readings, 1):
        if reading.at >= end and reading.quality is Quality.GOOD:
            return readings[:number]
    return readings


def _quarter(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)
