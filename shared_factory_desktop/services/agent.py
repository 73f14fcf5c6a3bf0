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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared_factory_desktop.acquisition.bus import Ask
from shared_factory_desktop.acquisition.recorder import Poll, Recorded, Recorder
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused, refused
from shared_factory_desktop.domain.readings import Reading, Reason, State, StateChange
from shared_factory_desktop.services.bus_leases import is_alive
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.held_buses import HeldBuses
from shared_factory_desktop.services.intervals import Intervals
from shared_factory_desktop.services.metering import MeteringParts, Profiles
from shared_factory_desktop.services.sessions import SessionParts, SessionService
from shared_factory_desktop.services.users import AGENT
from shared_factory_desktop.services.versions import VERSION
from shared_factory_desktop.storage import floor as floor_rows
from shared_factory_desktop.storage import leases, requests
from shared_factory_desktop.storage import readings as reading_rows
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.trend import Trend, TrendSample
from shared_factory_desktop.sync.loop import SyncLoop
from shared_factory_desktop.sync.worker import Worker

_BEAT_S = 2.0
_REQUESTS_S = 0.1
_SILENT = dt.timedelta(seconds=10)
_STARTING_S = 10.0
_RETRY_S = 1.0
_LAST_TRIES = 5  # to store what is there when the agent is told to stop
_GIVEN_UP = dt.timedelta(seconds=30)  # who asked longer ago waits no more
_PRUNE_S = 3600.0
_SHOWN = dt.timedelta(days=31)
_PASSING = (FaultCode.BUSY, FaultCode.UNREACHABLE, FaultCode.FULL)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgentParts:
    """What the agent is built from; `workers` makes those who send records."""

    metering: MeteringParts
    profiles: Profiles
    sessions: SessionParts
    trend: Trend
    workers: Callable[[], Sequence[Worker]]
    troubles: tuple[type[Exception], ...]

    def show(self, recorded: Iterable[tuple[Poll, Recorded]]) -> None:
        """Keep live values for the plots; no bill rests on them, so failing costs only the plot."""
        samples = [_trend_sample(r) for _, result in recorded for r in result.live]
        try:
            self.trend.append(samples)
        except StorageFault as fault:
            log.info("plots miss some values: %s", fault)

    def forget(self, before: dt.datetime) -> None:
        """Throw away live values from before an instant."""
        try:
            self.trend.prune(before)
        except StorageFault as fault:
            log.info("plots keep old values: %s", fault)


class AgentControl:
    """Starts the agent, and tells whether it runs."""

    def __init__(self, parts: AgentParts) -> None:
        self._parts = parts

    def running(self) -> bool:
        """Tell whether an agent of this workstation lives and has shown a sign of it lately."""
        return self._living() is not None

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
        """Meter until told to stop, waiting where no factory has been set up yet.

        Raises Refused where another agent of this workstation runs.
        """
        living = self._living()
        if living is not None and living.pid != os.getpid():
            raise refused(Kind.INPUT, "agent-running", pid=living.pid)
        deadline = None if for_s is None else time.monotonic() + for_s
        while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
            try:
                if self._is_set_up():
                    self._run_once(stop, deadline)
                else:
                    stop.wait(_RETRY_S)
            except StorageFault as fault:
                if fault.code not in _PASSING:
                    raise
                log.info("metering waits for the database: %s", fault)
                stop.wait(_RETRY_S)

    def _run_once(self, stop: threading.Event, deadline: float | None) -> None:
        """Meter and send under one set-up of the factory."""
        agent = Agent(self._parts)
        agent.open()
        try:
            sync = self._start_sync()
            try:
                agent.serve(stop, deadline)
            finally:
                if sync is not None:
                    sync.stop()
        finally:
            agent.close()

    def _is_set_up(self) -> bool:
        parts = self._parts.metering
        with parts.database.write() as tx:
            leases.beat(tx, parts.workstation, os.getpid(), VERSION)
            return floor_rows.load_floor(tx) is not None

    def _living(self) -> leases.Heartbeat | None:
        parts = self._parts.metering
        with parts.database.read() as tx:
            beat = leases.heartbeat(tx, parts.workstation)
        fresh = beat is not None and parts.now() - beat.at < _SILENT
        return beat if beat is not None and fresh and is_alive(beat.pid) else None

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
        self._changes: list[StateChange] = []
        self._answers: dict[int, tuple[Reading, ...]] = {}
        self._own_asks = 0
        self._beat_s = self._prune_s = 0.0
        self._outdated = False
        self._stop = threading.Event()
        self.sessions = SessionService(replace(parts.sessions, read_now=self.read_now))

    def open(self) -> None:
        """Take the leases of the buses and start their threads."""
        parts = self._metering
        with self._database.write() as tx:
            self._floor = stored_floor(tx)
            plans = self._parts.profiles.plans(self._floor)
            self._recorder = Recorder(plans, ZoneInfo(self._floor.factory.timezone), {})
            self._intervals = Intervals(self._floor, self._parts.sessions, parts.now())
            self._buses = HeldBuses(
                parts, self._floor, plans, self._recorder, self._polls, self._paced
            )
            taken = self._buses.take(tx)
            leases.beat(tx, parts.workstation, os.getpid(), VERSION)
        self._buses.start(taken)

    def serve(self, stop: threading.Event, deadline: float | None) -> None:
        """Record until stopped, out of time, or the set-up changes."""
        self._stop = stop
        while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
            try:
                self._drain(_REQUESTS_S)
                self._follow()
                self._take_requests()
                self._keep_house()
            except StorageFault as fault:
                if fault.code not in _PASSING:
                    raise
                log.info("metering waits for the database: %s", fault)
                stop.wait(_RETRY_S)
            if self._outdated:
                return

    def step(self, now_s: float, beat: bool) -> None:
        """Read and keep what is due at `now_s`; with `beat`, do the housekeeping too."""
        for done in [thread.tick(now_s) for thread in self._buses]:
            done.result()
        self._drain(0.0)
        self._follow()
        if beat:
            self._beat()

    def close(self) -> None:
        """End the bus threads, keep what they still brought, give the leases back."""
        self._buses.stop()
        while not self._polls.empty():
            self._drain(0.0)
        with self._database.write() as tx:
            leases.beat(tx, self._metering.workstation, os.getpid(), VERSION)
            self._buses.give_back(tx)

    def read_now(self, meter_ids: Sequence[str], reason: Reason) -> tuple[Reading, ...]:
        """Have our own bus threads read meters, keeping everything else that comes meanwhile.

        A bus that another workstation reads is asked there; a meter whose answer does not come in
        time is left out.
        """
        wanted, elsewhere = [], []
        deadline = time.monotonic()
        for meter in meter_ids:
            thread = self._buses.reader_of(meter)
            if thread is None:
                elsewhere.append(meter)
                continue
            self._own_asks -= 1  # own requests are negative, so that none meets a stored one
            wanted.append(self._own_asks)
            deadline += self._parts.profiles.patience_s(self._floor, meter)
            thread.ask(Ask(meter, reason, self._own_asks))
        while not self._answers.keys() >= set(wanted) and time.monotonic() < deadline:
            self._drain(_REQUESTS_S)
            if self._paced:
                self._keep_house()
        found = [reading for ask in wanted for reading in self._answers.get(ask, ())]
        self._answers.clear()
        found += self._parts.sessions.read_now(elsewhere, reason) if elsewhere else ()
        return tuple(found)

    def _drain(self, wait_s: float) -> None:
        """Keep what the buses brought, everything that is there in one transaction."""
        polls = []
        try:
            polls.append(self._polls.get(timeout=wait_s) if wait_s else self._polls.get_nowait())
            while True:
                polls.append(self._polls.get_nowait())
        except queue.Empty:
            pass
        ours = [poll for poll in polls if self._buses.are_source_of(poll)]
        if ours:
            self._keep([(poll, self._recorder.take(poll)) for poll in ours])

    def _keep(self, recorded: Sequence[tuple[Poll, Recorded]]) -> None:
        """Store what was recorded, trying again for as long as the database cannot be had."""
        tries = 0
        while any(result.readings or result.changes for _, result in recorded):
            try:
                self._store(recorded)
                break
            except StorageFault as fault:
                if fault.code is FaultCode.FENCED:
                    recorded = self._without_lost(recorded, fault)
                    continue
                tries += self._stop.is_set()
                if fault.code not in _PASSING or tries > _LAST_TRIES:
                    raise
                log.info("readings wait for the database: %s", fault)
                threading.Event().wait(_RETRY_S)
        self._parts.show(recorded)

    def _without_lost(
        self, recorded: Sequence[tuple[Poll, Recorded]], fault: StorageFault
    ) -> Sequence[tuple[Poll, Recorded]]:
        """Drop what was read on buses that another agent has taken over: it counts there now."""
        with self._database.read() as tx:
            lost = self._buses.lost(tx)
        if not lost:
            raise fault
        self._buses.lose(lost)
        return [(poll, result) for poll, result in recorded if self._buses.are_source_of(poll)]

    def _store(self, recorded: Sequence[tuple[Poll, Recorded]]) -> None:
        workstation = self._metering.workstation
        changes: list[StateChange] = []
        answers: dict[int, tuple[Reading, ...]] = {}
        unasked: dict[str, list[Reading]] = {}
        with self._database.write() as tx:
            for poll, result in recorded:
                bus = self._buses.bus_of(poll.meter)
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
        """Let automatic sessions follow the changes of state since the last time.

        A machine of which nothing is known goes on with its session until something is.
        """
        while self._changes:
            change = self._changes[0]
            try:
                if change.state is not State.UNKNOWN:
                    self.sessions.follow(AGENT, change.machine, change.state is State.WORKING)
            except (Refused, InputRefused) as error:
                log.info("no automatic session on %s: %s", change.machine, error)
            except StorageFault as fault:
                if fault.code in _PASSING:
                    raise  # it is followed once the database can be had
                log.info("no automatic session on %s: %s", change.machine, fault)
            self._changes.pop(0)

    def _take_requests(self) -> None:
        buses = self._buses.ids
        with self._database.read() as tx:
            if not requests.waiting(tx, buses):
                return
        with self._database.write() as tx:
            request = requests.take(tx, self._metering.workstation, buses)
            now = tx.shared_now()
        if request is None:
            return
        reader = self._buses.reader_of(request.subject)
        if reader is not None and now - request.asked_at < _GIVEN_UP:
            reader.ask(Ask(request.subject, Reason(request.reason), request.id))

    def _keep_house(self) -> None:
        """Beat every few seconds; every hour throw away what the plots show no more."""
        now_s = time.monotonic()
        if now_s - self._beat_s >= _BEAT_S:
            self._beat_s = now_s
            self._outdated = not self._beat() or self._outdated
        if now_s >= self._prune_s:
            self._prune_s = now_s + _PRUNE_S
            self._parts.forget(self._metering.now() - _SHOWN)

    def _beat(self) -> bool:
        """Show a sign of life, renew leases, note health; False where the set-up has changed."""
        with self._database.write() as tx:
            leases.beat(tx, self._metering.workstation, os.getpid(), VERSION)
            lost = self._buses.renew(tx)
            self._intervals.close_until(tx, self._metering.now(), self._buses.ids)
            taken = self._buses.take(tx)
            floor = floor_rows.load_floor(tx)
        self._buses.lose(lost)
        self._buses.start(taken)
        return floor is not None and _metered(floor) == _metered(self._floor)


def _metered(floor: Floor) -> tuple[object, ...]:
    """Give the part of a set-up that metering and sending depend on; tenants, tariffs do not."""
    return (floor.factory, floor.buses, floor.meters, floor.machines, floor.bands, floor.platforms)


def _answer(workstation: str, stored: Sequence[Reading]) -> dict[str, object]:
    """Name the readings that answer a request: so many after a number."""
    return {"workstation": workstation, "after": stored[0].seq - 1, "count": len(stored)}


def _trend_sample(reading: Reading) -> TrendSample:
    value = None if reading.value is None else float(reading.value)
    return TrendSample(reading.meter, reading.quantity, reading.at, value, str(reading.quality))


def _report_sync(platform: str, trouble: Exception) -> None:
    log.info("platform %s: %s", platform, trouble)
