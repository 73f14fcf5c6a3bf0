"""The metering agent: owns this workstation's buses, records, follows automatic sessions, syncs."""

from __future__ import annotations

import datetime as dt
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared_factory_desktop.acquisition.poller import Ask
from shared_factory_desktop.acquisition.recorder import Poll, Recorded
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.domain.readings import Reading, Reason, State, StateChange
from shared_factory_desktop.services.agent_requests import RequestDesk, Work
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.held_buses import HeldBuses
from shared_factory_desktop.services.identities import known_identities, store_new
from shared_factory_desktop.services.idle_ends import IdleEnds
from shared_factory_desktop.services.intervals import Intervals
from shared_factory_desktop.services.jobs import JobFetcher
from shared_factory_desktop.services.journal import Journal
from shared_factory_desktop.services.metering import MeteringParts
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.sessions import SessionParts, SessionService
from shared_factory_desktop.services.users import AGENT
from shared_factory_desktop.services.versions import VERSION
from shared_factory_desktop.storage import floor as floor_rows
from shared_factory_desktop.storage import leases
from shared_factory_desktop.storage import readings as reading_rows
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.frames import Frames
from shared_factory_desktop.storage.trend import Trend, TrendSample
from shared_factory_desktop.sync.worker import Worker

_BEAT_S = 2.0
_REQUESTS_S = 0.1
_RETRY_S = 1.0
_LAST_TRIES = 5  # to store what is there when the agent is told to stop
_PRUNE_S = 3600.0
_SHOWN = dt.timedelta(days=31)
_WATCHED = dt.timedelta(days=1)
PASSING = (FaultCode.BUSY, FaultCode.UNREACHABLE, FaultCode.FULL)
"""What the database may refuse for a while: it is waited for, and nothing is lost."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgentParts:
    """What the agent is built from; `workers` makes those who send records, `works` are what it
    does on its lines when asked to, by kind of request; `keep_anchors` sees that they are kept
    once a day.
    """

    metering: MeteringParts
    profiles: Profiles
    sessions: SessionParts
    trend: Trend
    frames: Frames
    works: Mapping[str, Work]
    workers: Callable[[], Sequence[Worker]]
    troubles: tuple[type[Exception], ...]
    keep_anchors: Callable[[], None]

    def show(self, recorded: Iterable[tuple[Poll, Recorded]]) -> None:
        """Keep live values for the plots; no bill rests on them, so failing costs only the plot."""
        samples = [_trend_sample(r) for _, result in recorded for r in result.live]
        try:
            self.trend.append(samples)
        except StorageFault as fault:
            log.info("plots miss some values: %s", fault)

    def forget(self, now: dt.datetime) -> None:
        """Throw away live values and traffic that nobody looks at any more."""
        try:
            self.trend.prune(now - _SHOWN)
            self.frames.prune(now - _WATCHED)
        except StorageFault as fault:
            log.info("plots keep old values: %s", fault)


@dataclass(frozen=True, slots=True)
class _SetUp:
    """What metering depends on; where it changes, the agent starts again under the new one."""

    floor: tuple[object, ...]
    identities: Mapping[str, str]
    credentials: Mapping[str, str]


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
        self._idle_ends = IdleEnds(parts.sessions)

    def open(self) -> None:
        """Take the leases of the buses and start their threads."""
        parts = self._metering
        with self._database.write() as tx:
            self._floor = stored_floor(tx)
            self._set_up = self._stored_set_up(tx, self._floor)
            plans = self._parts.profiles.plans(self._floor, identities=self._set_up.identities)
            self._journal = Journal(plans, ZoneInfo(self._floor.factory.timezone))
            self._intervals = Intervals(self._floor, self._parts.sessions, parts.now())
            self._buses = HeldBuses(
                parts,
                self._floor,
                plans,
                self._set_up.credentials,
                self._journal,
                self._polls,
                self._paced,
            )
            self._desk = RequestDesk(parts, self._buses, self._parts.frames, self._parts.works)
            self._jobs = JobFetcher(parts, plans, self._buses)
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
                self._desk.take()
                self._desk.settle()
                self._keep_house()
            except StorageFault as fault:
                if fault.code not in PASSING:
                    raise
                log.info("metering waits for the database: %s", fault)
                stop.wait(_RETRY_S)
            if self._outdated:
                return

    def step(self, now_s: float, beat: bool) -> bool:
        """Read and keep what is due at `now_s`; with `beat`, do the housekeeping too.

        False where the set-up that it meters under has changed.
        """
        for done in [thread.tick(now_s) for thread in self._buses]:
            done.result()
        self._drain(0.0)
        self._follow()
        return self._beat() if beat else True

    def close(self) -> None:
        """End the bus threads, keep what they still brought, give the leases back."""
        self._desk.end()
        self._buses.stop()
        while not self._polls.empty():
            self._drain(0.0)
        with self._database.write() as tx:
            leases.beat(tx, self._metering.workstation, os.getpid(), VERSION)
            self._buses.give_back(tx)
        self._desk.settle()

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
            self._keep([(poll, self._journal.take(poll)) for poll in ours])

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
                if fault.code not in PASSING or tries > _LAST_TRIES:
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
        answers: list[tuple[int, tuple[Reading, ...]]] = []
        unasked: dict[str, list[Reading]] = {}
        with self._database.write() as tx:
            for poll, result in recorded:
                bus = self._buses.bus_of(poll.meter)
                changes += result.changes
                if poll.request is None:
                    unasked.setdefault(bus, []).extend(result.readings)
                    continue
                stored = reading_rows.append(tx, workstation, bus, result.readings)
                answers.append((poll.request, stored))
                self._desk.answer(tx, poll.request, stored)
            for bus, readings in unasked.items():
                reading_rows.append(tx, workstation, bus, readings)
            state_rows.append(tx, workstation, changes)
        self._changes += changes
        for request, stored in answers:
            self._desk.go_on(request, stored)
        self._answers |= {request: stored for request, stored in answers if request < 0}

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
                if fault.code in PASSING:
                    raise  # it is followed once the database can be had
                log.info("no automatic session on %s: %s", change.machine, fault)
            self._changes.pop(0)

    def _keep_house(self) -> None:
        """Beat every few seconds; every hour throw away what the plots show no more, and see
        that anchors are kept once a day.
        """
        now_s = time.monotonic()
        if now_s - self._beat_s >= _BEAT_S:
            self._beat_s = now_s
            self._outdated = not self._beat() or self._outdated
        if now_s >= self._prune_s:
            self._prune_s = now_s + _PRUNE_S
            self._parts.forget(self._metering.now())
            self._parts.keep_anchors()

    def _beat(self) -> bool:
        """Show a sign of life, renew leases, note health; False where the set-up has changed."""
        with self._database.write() as tx:
            leases.beat(tx, self._metering.workstation, os.getpid(), VERSION)
            lost = self._buses.renew(tx)
            known = self._set_up.identities
            new = store_new(tx, self._buses.health, known, self._metering.workstation)
            self._jobs.store(tx)
            self._intervals.close_until(tx, self._metering.now(), self._buses.ids)
            taken = self._buses.take(tx)
            floor = floor_rows.load_floor(tx)
            stored = self._stored_set_up(tx, floor) if floor else None
        self._set_up = replace(self._set_up, identities={**known, **new})
        self._buses.lose(lost)
        self._buses.start(taken)
        self._jobs.fetch(self._metering.now())
        self._idle_ends.end_idle(self._buses.ids)
        return stored == self._set_up

    def _stored_set_up(self, tx: Transaction, floor: Floor) -> _SetUp:
        meters = [meter.id for meter in floor.meters]
        try:
            credentials = self._metering.credentials.all()
        except Refused as error:  # who wants a key is not read; the others are
            log.info("no keys: %s", error)
            credentials = {}
        return _SetUp(_metered(floor), known_identities(tx, meters), credentials)


def _metered(floor: Floor) -> tuple[object, ...]:
    """Give the part of a set-up that metering and sending depend on; tenants, tariffs do not."""
    return (floor.factory, floor.buses, floor.meters, floor.machines, floor.bands, floor.platforms)


def _trend_sample(reading: Reading) -> TrendSample:
    value = None if reading.value is None else float(reading.value)
    return TrendSample(reading.meter, reading.quantity, reading.at, value, str(reading.quality))
