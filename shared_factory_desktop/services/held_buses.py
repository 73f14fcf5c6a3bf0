"""The buses an agent holds: their leases, their threads and how they are."""

from __future__ import annotations

import datetime as dt
import logging
import queue
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import TypeVar

from drivers.faults import DeviceFault, LineFault
from drivers.transports.line import LineSettings
from shared_factory_desktop.acquisition.bus import BusThread
from shared_factory_desktop.acquisition.health import BusHealth
from shared_factory_desktop.acquisition.plan import MeterPlan
from shared_factory_desktop.acquisition.poller import Poller
from shared_factory_desktop.acquisition.recorder import Poll
from shared_factory_desktop.domain.floor import Bus, Floor
from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.domain.readings import Quality, State, StateChange
from shared_factory_desktop.services.bus_leases import agent_holder, free_dead, workstation_of
from shared_factory_desktop.services.journal import Journal
from shared_factory_desktop.services.metering import MeteringParts
from shared_factory_desktop.storage import health, leases
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage.database import Transaction

LEASE = dt.timedelta(seconds=15)

log = logging.getLogger(__name__)

Taken = Sequence[tuple[Bus, leases.Lease, Mapping[str, object]]]
"""Buses with the leases they are held under, and how their last holder left them."""

ResultT = TypeVar("ResultT")


class HeldBuses:
    """Takes buses that nobody reads, and lets go of those that another agent has taken over.

    What is read on them comes through `polls`; `journal` is told where it goes on or ends.
    `credentials` are what meters want, by meter.
    """

    def __init__(
        self,
        parts: MeteringParts,
        floor: Floor,
        plans: Sequence[MeterPlan],
        credentials: Mapping[str, str],
        journal: Journal,
        polls: queue.Queue[Poll],
        paced: bool,
    ) -> None:
        self._parts = parts
        self._floor = floor
        self._plans = tuple(plans)
        self._credentials = credentials
        self._journal = journal
        self._polls = polls
        self._paced = paced
        self._holder = agent_holder(parts.workstation)
        self._bus_of = {plan.meter.id: plan.meter.bus for plan in plans}
        self._leases: dict[str, leases.Lease] = {}
        self._threads: dict[str, BusThread] = {}
        self._health: dict[str, BusHealth] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The buses held, in floor order."""
        return tuple(self._leases)

    def __iter__(self) -> Iterator[BusThread]:
        """Give the threads of the buses held."""
        return iter(tuple(self._threads.values()))

    @property
    def health(self) -> Collection[BusHealth]:
        """How the buses were when last read."""
        return tuple(self._health.values())

    def thread(self, bus: str) -> BusThread | None:
        """Give the thread of a bus; None where it is not held."""
        return self._threads.get(bus)

    def lend(self, bus: str, work: Callable[[LineSettings], ResultT]) -> Future[ResultT] | None:
        """Have `work` done with a bus's line, closed before; None where it is not held.

        The future carries what `work` gives, or the fault or refusal it raises.
        """
        thread = self._threads.get(bus)
        if thread is None:
            return None
        result: Future[ResultT] = Future()

        def loan(settings: LineSettings) -> None:
            try:
                result.set_result(work(settings))
            except (LineFault, DeviceFault, Refused, InputRefused) as error:
                result.set_exception(error)

        thread.lend(loan).add_done_callback(lambda lent: _end(lent, result))
        return result

    def reader_of(self, meter: str) -> BusThread | None:
        """Give the thread that reads a meter; None where it is unknown or on a bus not held."""
        return self._threads.get(self._bus_of.get(meter, ""))

    def bus_of(self, meter: str) -> str:
        """Give the bus of a meter of the floor."""
        return self._bus_of[meter]

    def are_source_of(self, poll: Poll) -> bool:
        """Tell whether a poll was read under a lease still held."""
        lease = self._leases.get(self._bus_of[poll.meter])
        return lease is not None and lease.epoch == poll.epoch

    def take(self, tx: Transaction) -> Taken:
        """Take every bus that nobody reads; what happened since its last reader is unknown."""
        taken = []
        left = {seen.bus: seen.body for seen in health.list_buses(tx)}
        for bus in self._floor.buses:
            if bus.id in self._leases:
                continue
            free_dead(tx, self._parts.workstation, bus.id)
            before = leases.get(tx, bus.id)
            lease = leases.acquire(tx, bus.id, self._holder, LEASE)
            if lease is None:
                continue  # another reads it
            reader = workstation_of(before.holder) if before else self._parts.workstation
            beat = leases.heartbeat(tx, reader)
            self._forget_states(tx, bus.id, beat.at if beat else self._parts.now())
            taken.append((bus, lease, left.get(bus.id, {})))
        ids = {bus.id for bus, _, _ in taken}
        self._journal.go_on(tx, [plan for plan in self._plans if plan.meter.bus in ids])
        return taken

    def start(self, taken: Taken) -> None:
        """Start reading buses just taken, once their leases are stored."""
        for bus, lease, before in taken:
            mine = [plan for plan in self._plans if plan.meter.bus == bus.id]
            keys = (self._credentials.get(plan.meter.id) for plan in mine)
            credential = next((key for key in keys if key is not None), None)
            poller = Poller(
                bus, mine, self._parts.stamp, lease.epoch, credential=credential, before=before
            )
            thread = BusThread(poller, self._polls, self._note_health, self._paced)
            self._leases[bus.id], self._threads[bus.id] = lease, thread
            thread.start()

    def renew(self, tx: Transaction) -> tuple[str, ...]:
        """Prolong all leases and store how the buses are; gives the buses lost to others."""
        lost = tuple(
            bus for bus, lease in self._leases.items() if leases.renew(tx, lease, LEASE) is None
        )
        for bus, seen in tuple(self._health.items()):
            if bus not in lost:
                health.save(tx, self._parts.workstation, bus, seen.as_json())
        return lost

    def lost(self, tx: Transaction) -> tuple[str, ...]:
        """Find the buses that another agent has taken over."""
        return tuple(
            bus for bus, lease in self._leases.items() if not _same(leases.get(tx, bus), lease)
        )

    def lose(self, lost: Sequence[str]) -> None:
        """Let go of buses that another agent has taken over."""
        for bus in lost:
            log.info("bus %s was taken over", bus)
            self._threads.pop(bus).stop()
            self._leases.pop(bus)
            self._health.pop(bus, None)
            for meter, place in self._bus_of.items():
                if place == bus:
                    self._journal.forget(meter)

    def stop(self) -> None:
        """End all threads after their exchanges under way."""
        for thread in self._threads.values():
            thread.stop()

    def give_back(self, tx: Transaction) -> None:
        """Give all leases back; from now on nobody knows what the machines do."""
        for bus, lease in self._leases.items():
            self._forget_states(tx, bus, self._parts.now())
            leases.release(tx, lease)

    def _note_health(self, seen: BusHealth) -> None:
        self._health[seen.bus] = seen

    def _forget_states(self, tx: Transaction, bus: str, at: dt.datetime) -> None:
        changes = []
        for machine in self._floor.machines:
            if machine.state is None or self._bus_of.get(machine.state.meter) != bus:
                continue
            last = state_rows.last(tx, machine.id)
            if last is not None and last.state is not State.UNKNOWN:
                changes.append(
                    StateChange(machine.id, max(at, last.at), State.UNKNOWN, Quality.MISSING)
                )
        state_rows.append(tx, self._parts.workstation, changes)


def _end(lent: Future[None], result: Future[ResultT]) -> None:
    """Tell who waits for a result that it will not come: the thread ended, or the work failed."""
    if lent.cancelled():
        result.cancel()
    elif (error := lent.exception()) is not None:
        result.set_exception(error)


def _same(stored: leases.Lease | None, ours: leases.Lease) -> bool:
    return stored is not None and (stored.holder, stored.epoch) == (ours.holder, ours.epoch)
