"""Where the story of each register goes on: after a restart, and after another meter took over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from shared_factory_desktop.acquisition.plan import MeterPlan
from shared_factory_desktop.acquisition.recorder import Poll, Recorded, Recorder
from shared_factory_desktop.domain.counters import CounterMemory, judge
from shared_factory_desktop.domain.readings import Fault, Quality, Reading
from shared_factory_desktop.storage import identities
from shared_factory_desktop.storage import readings as rows
from shared_factory_desktop.storage.database import Transaction

_VALUED = (Quality.GOOD, Quality.SUSPECT)

Register = tuple[str, str]
"""Meter and quantity."""


class Journal:
    """Judges what meters answer, going on from what is stored of them; belongs to one thread.

    Where another meter was accepted in the place of one, what the one had counted and what the
    other shows have nothing to do with each other. So that their difference is never booked as
    use, the first value of each of its registers is a reset.
    """

    def __init__(self, plans: Sequence[MeterPlan], zone: ZoneInfo) -> None:
        self._recorder = Recorder(plans, zone, {})
        self._anew: set[Register] = set()

    def go_on(self, tx: Transaction, plans: Sequence[MeterPlan]) -> None:
        """Take up the registers of these meters where whoever read them last left them."""
        known: dict[Register, CounterMemory] = {}
        swaps = identities.swaps(tx, [plan.meter.id for plan in plans])
        for plan in plans:
            swapped = swaps.get(plan.meter.id)
            for quantity in plan.rules:
                last = _last_booked(tx, plan.meter.id, quantity)
                if last is None:
                    continue
                if swapped is not None and last.at < swapped:
                    self._anew.add((plan.meter.id, quantity))
                else:
                    known[(plan.meter.id, quantity)] = _memory(tx, plan, last)
            for quantity in plan.derived:
                made = rows.last(tx, plan.meter.id, quantity, qualities=_VALUED)
                if made is not None:
                    known[(plan.meter.id, quantity)] = CounterMemory(made.value, made.at)
        self._recorder.remember(known)

    def forget(self, meter: str) -> None:
        """Know nothing more of the machines a meter tells of: somebody else reads it now."""
        self._recorder.forget(meter)

    def take(self, poll: Poll) -> Recorded:
        """Judge one poll."""
        recorded = self._recorder.take(poll)
        told = {(r.meter, r.quantity) for r in recorded.live if r.value is not None}
        begun = told & self._anew
        if not begun:
            return recorded
        self._anew -= begun
        return replace(
            recorded,
            readings=tuple(_reset(reading, begun) for reading in recorded.readings),
            live=tuple(_reset(reading, begun) for reading in recorded.live),
        )


def _last_booked(tx: Transaction, meter: str, quantity: str) -> Reading | None:
    """Find the newest reading that the register's story goes on from: good, or a reset."""
    good = rows.last(tx, meter, quantity, qualities=(Quality.GOOD,))
    if good is None:
        return None
    since = rows.query(tx, meter=meter, quantity=quantity, start=good.at)
    return next((reading for reading in since[::-1] if reading.fault is Fault.RESET), good)


def _memory(tx: Transaction, plan: MeterPlan, last: Reading) -> CounterMemory:
    """Judge anew what was rejected since a register's last booked value."""
    memory = CounterMemory(last.value, last.at)
    rule = plan.rules[last.quantity]
    for reading in rows.query(tx, meter=plan.meter.id, quantity=last.quantity, start=last.at):
        if reading.value is not None and reading.quality is not Quality.GOOD:
            memory = judge(rule, memory, reading.value, reading.at).memory
    return memory


def _reset(reading: Reading, begun: set[Register]) -> Reading:
    if (reading.meter, reading.quantity) not in begun:
        return reading
    return replace(reading, quality=Quality.SUSPECT, fault=Fault.RESET)
