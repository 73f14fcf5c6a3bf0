"""The metering agent: owns this workstation's buses, records, follows automatic sessions, syncs."""

from __future__ import annotations

import datetime as dt
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared_factory_desktop.acquisition.bus import Ask, BusHealth, BusThread, Poller
from shared_factory_desktop.acquisition.recorder import Poll, Recorded, Recorder
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused, refused
from shared_factory_desktop.domain.readings import Quality, Reading, Reason, State, StateChange
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.intervals import Intervals
from shared_factory_desktop.services.metering import MeteringParts, Profiles, last_values
from shared_factory_desktop.services.sessions import SessionParts, SessionService
from shared_factory_desktop.services.users import AGENT
from shared_factory_desktop.services.versions import VERSION
from shared_factory_desktop.storage import floor as floor_rows
from shared_factory_desktop.storage import health, leases, requests
from shared_factory_desktop.storage import readings as reading_rows
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.trend import Trend, TrendSample
from shared_factory_desktop.sync.loop import SyncLoop
from shared_factory_desktop.sync.worker import Worker

LEASE = dt.timedelta(seconds=15)
_BEAT_S = 2.0
_REQUESTS_S = 0.1
_SILENT = dt.timedelta(seconds=10)
_STARTING_S = 10.0
_RETRY_S = 1.0
_PASSING = (FaultCode.BUSY, FaultCode.UNREACHABLE, FaultCode.FULL)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgentParts:
    """What the agent is built from; `sync_loop` makes the thread that sends records."""

    metering: MeteringParts
    profiles: Profiles
    sessions: SessionParts
    trend: Trend
    workers: Callable[[], Sequence[Worker]]
    troubles: tuple[type[Exception], ...]


class AgentControl:
    """Starts the agent, and tells whether it runs."""

    def __init__(self, parts: AgentParts) -> None:
        self._parts = parts

    def running(self) -> bool:
        """Tell whether an agent of this workstation has shown a sign of life lately."""
        parts = self._parts.metering
        with parts.database.read() as tx:
            beat = leases.heartbeat(tx, parts.workstation)
        return beat is not None and parts.now() - beat.at < _SILENT

    def ensure_running(self) -> None:
        """Start an agent process of its own where none runs; it outlives the window."""
        if self.running():
            return
        command = [sys.executable, "-m", "shared_factory_desktop"]
        if getattr(sys, "frozen", False):
            command = [sys.executable]
        subprocess.Popen(
            [*command, "agent", "--data", str(self._parts.metering.data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _STARTING_S
        while not self.running() and time.monotonic() < deadline:
            threading.Event().wait(_REQUESTS_S)

    def stepped(self) -> Agent:
        """Make an agent that meters when it is told the time, not by the clock."""
        return Agent(self._parts, paced=False)

    def run(self, stop: threading.Event, for_s: float | None) -> None:
        """Meter until told to stop; raises Refused where another agent of this workstation runs."""
        if self.running():
            raise refused(Kind.INPUT, "agent-running", pid="?")
        deadline = None if for_s is None else time.monotonic() + for_s
        sync = self._start_sync()
        try:
            while not stop.is_set():
                agent = Agent(self._parts)
                agent.open()
                try:
                    agent.serve(stop, deadline)
                finally:
                    agent.close()
                if deadline is not None and time.monotonic() >= deadline:
                    return
        finally:
            if sync is not None:
                sync.stop()

    def _start_sync(self) -> SyncLoop | None:
        try:
            workers = self._parts.workers()
        except (Refused, InputRefused) as error:
            log.info("no record is sent: %s", error)
            return None
        loop = SyncLoop(workers, time.monotonic, self._parts.troubles, _report_sync)
        loop.start()
        return loop


class Agent:
    """One run of metering under one set-up of the factory; `serve` returns when that changes."""

    def __init__(self, parts: AgentParts, paced: bool = True) -> None:
        self._parts = parts
        self._paced = paced
        self._metering = parts.metering
        self._database = parts.metering.database
        self._polls: queue.Queue[Poll] = queue.Queue(maxsize=10_000)
        self._buses: dict[str, BusThread] = {}
        self._leases: dict[str, leases.Lease] = {}
        self._health: dict[str, BusHealth] = {}
        self._bus_of: dict[str, str] = {}
        self._changes: list[StateChange] = []
        self._answers: dict[int, tuple[Reading, ...]] = {}
        self._own_asks = 0
        self._pause = threading.Event()
        self.sessions = SessionService(replace(parts.sessions, read_now=self.read_now))
        self._holder = f"{parts.metering.workstation}:{os.getpid()}"

    def open(self) -> None:
        """Take the leases of the buses and start their threads."""
        parts = self._metering
        with self._database.write() as tx:
            self._floor = stored_floor(tx)
            plans = self._parts.profiles.plans(self._floor)
            zone = ZoneInfo(self._floor.factory.timezone)
            self._recorder = Recorder(plans, zone, last_values(tx, plans))
            self._intervals = Intervals(self._floor, self._parts.sessions, parts.now())
            self._forget_states(tx)
            leases.beat(tx, parts.workstation, os.getpid(), VERSION)
            for bus in self._floor.buses:
                lease = leases.acquire(tx, bus.id, self._holder, LEASE)
                if lease is not None:  # else another workstation reads it
                    self._leases[bus.id] = lease
        self._bus_of = {plan.meter.id: plan.meter.bus for plan in plans}
        for bus in self._floor.buses:
            if bus.id not in self._leases:
                continue
            mine = [plan for plan in plans if plan.meter.bus == bus.id]
            poller = Poller(bus, mine, parts.stamp, self._leases[bus.id].epoch)
            self._buses[bus.id] = BusThread(poller, self._polls.put, self._note_health, self._paced)
        for thread in self._buses.values():
            thread.start()

    def serve(self, stop: threading.Event, deadline: float | None) -> None:
        """Record until stopped, out of time, or the set-up changes."""
        beat_s = 0.0
        while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
            self._drain(_REQUESTS_S)
            self._follow()
            self._take_requests()
            if time.monotonic() - beat_s >= _BEAT_S:
                beat_s = time.monotonic()
                if not self._beat():
                    return

    def step(self, now_s: float, beat: bool) -> None:
        """Read and keep what is due at `now_s`; with `beat`, do the housekeeping too."""
        for done in [thread.tick(now_s) for thread in self._buses.values()]:
            done.result()
        self._drain(0.0)
        self._follow()
        if beat:
            self._beat()

    def close(self) -> None:
        """End the bus threads, keep what they still brought, give the leases back."""
        for thread in self._buses.values():
            thread.stop()
        while not self._polls.empty():
            self._drain(0.0)
        with self._database.write() as tx:
            self._forget_states(tx)
            for lease in self._leases.values():
                leases.release(tx, lease)

    def read_now(self, meter_ids: Sequence[str], reason: Reason) -> tuple[Reading, ...]:
        """Have our own bus threads read meters, keeping everything else that comes meanwhile."""
        wanted = []
        for meter in meter_ids:
            thread = self._buses.get(self._bus_of[meter])
            if thread is None:
                continue
            self._own_asks -= 1  # own requests are negative, so that none meets a stored one
            wanted.append(self._own_asks)
            thread.ask(Ask(meter, reason, self._own_asks))
        while not all(ask in self._answers for ask in wanted):
            self._drain(_REQUESTS_S)
        return tuple(reading for ask in wanted for reading in self._answers.pop(ask))

    def _drain(self, wait_s: float) -> None:
        """Keep what the buses brought, everything that is there in one transaction."""
        polls = []
        try:
            polls.append(self._polls.get(timeout=wait_s) if wait_s else self._polls.get_nowait())
            while True:
                polls.append(self._polls.get_nowait())
        except queue.Empty:
            pass
        if polls:
            self._keep([(poll, self._recorder.take(poll)) for poll in polls])

    def _keep(self, recorded: Sequence[tuple[Poll, Recorded]]) -> None:
        """Store what was recorded, trying again for as long as the database cannot be had."""
        if any(result.readings or result.changes for _, result in recorded):
            while True:
                try:
                    self._store(recorded)
                    break
                except StorageFault as fault:
                    if fault.code not in _PASSING:
                        raise
                    log.info("readings wait for the database: %s", fault)
                    self._pause.wait(_RETRY_S)
        self._parts.trend.append(
            TrendSample(
                reading.meter,
                reading.quantity,
                reading.at,
                None if reading.value is None else float(reading.value),
                str(reading.quality),
            )
            for _, result in recorded
            for reading in result.live
        )

    def _store(self, recorded: Sequence[tuple[Poll, Recorded]]) -> None:
        workstation = self._metering.workstation
        changes: list[StateChange] = []
        answers: dict[int, tuple[Reading, ...]] = {}
        unasked: dict[str, list[Reading]] = {}
        with self._database.write() as tx:
            for poll, result in recorded:
                bus = self._bus_of[poll.meter]
                changes += result.changes
                if poll.request is None:
                    unasked.setdefault(bus, []).extend(result.readings)
                    continue
                stored = reading_rows.append(tx, workstation, bus, result.readings)
                if poll.request < 0:
                    answers[poll.request] = stored
                else:
                    requests.answer(tx, poll.request, _answer(workstation, stored))
            for bus, readings in unasked.items():
                reading_rows.append(tx, workstation, bus, readings)
            state_rows.append(tx, workstation, changes)
        self._changes += changes
        self._answers |= answers

    def _follow(self) -> None:
        """Let automatic sessions follow the changes of state since the last time."""
        changes, self._changes = self._changes, []
        for change in changes:
            try:
                self.sessions.follow(AGENT, change.machine, change.state is State.WORKING)
            except (Refused, InputRefused) as error:
                log.info("no automatic session on %s: %s", change.machine, error)

    def _take_requests(self) -> None:
        buses = tuple(self._buses)
        with self._database.read() as tx:
            if not requests.waiting(tx, buses):
                return
        with self._database.write() as tx:
            request = requests.take(tx, self._metering.workstation, buses)
        if request is not None:
            ask = Ask(request.subject, Reason(request.reason), request.id)
            self._buses[request.bus].ask(ask)

    def _beat(self) -> bool:
        """Show a sign of life, renew leases, note health; False where the set-up has changed."""
        with self._database.write() as tx:
            leases.beat(tx, self._metering.workstation, os.getpid(), VERSION)
            for lease in self._leases.values():
                if leases.renew(tx, lease, LEASE) is None:
                    return False  # another took the bus over: begin anew
            for seen in self._health.values():
                health.save(tx, self._metering.workstation, seen.bus, seen.as_json())
            self._intervals.close_until(tx, self._metering.now())
            return floor_rows.load_floor(tx) == self._floor

    def _note_health(self, seen: BusHealth) -> None:
        self._health[seen.bus] = seen

    def _forget_states(self, tx: Transaction) -> None:
        """From the last sign of life on, nobody knows what the machines did."""
        beat = leases.heartbeat(tx, self._metering.workstation)
        at = beat.at if beat else self._metering.now()
        changes = []
        for machine in self._floor.machines:
            last = state_rows.last(tx, machine.id)
            if machine.state and last is not None and last.state is not State.UNKNOWN:
                changes.append(
                    StateChange(machine.id, max(at, last.at), State.UNKNOWN, Quality.MISSING)
                )
        state_rows.append(tx, self._metering.workstation, changes)


def _answer(workstation: str, stored: Sequence[Reading]) -> dict[str, object]:
    """Name the readings that answer a request: so many after a number."""
    return {"workstation": workstation, "after": stored[0].seq - 1, "count": len(stored)}


def _report_sync(platform: str, trouble: Exception) -> None:
    log.info("platform %s: %s", platform, trouble)
