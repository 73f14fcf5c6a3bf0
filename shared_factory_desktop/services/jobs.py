"""Has machines tell of the jobs they did, also those done while nobody metered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass

from drivers.device import timing_of
from drivers.jobs import PrintJob, keeps_jobs, read_jobs
from drivers.transports import open_line
from drivers.transports.line import LineSettings
from shared_factory_desktop.acquisition.plan import MeterPlan
from shared_factory_desktop.services.held_buses import HeldBuses
from shared_factory_desktop.services.metering import MeteringParts
from shared_factory_desktop.storage import jobs as rows
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.jobs import MachineJob

_EVERY = dt.timedelta(minutes=5)
_FIRST = dt.timedelta(days=31)  # what was done before a machine was first metered
_AGAIN = dt.timedelta(days=1)  # a job may have been told late; none is stored twice

Told = tuple[MachineJob, ...]


@dataclass(slots=True)
class _Source:
    """A machine that remembers its jobs; `away`: it could not be read when last looked at."""

    plan: MeterPlan
    due: dt.datetime | None = None
    away: bool = False
    asked: Future[Told] | None = None


class JobFetcher:
    """Asks for jobs at the start, after each reconnect and every few minutes."""

    def __init__(self, parts: MeteringParts, plans: Sequence[MeterPlan], buses: HeldBuses) -> None:
        self._parts = parts
        self._buses = buses
        self._sources = [_Source(plan) for plan in plans if keeps_jobs(plan.profile)]
        self._settled: list[_Source] = []

    def store(self, tx: Transaction) -> None:
        """Store the jobs that have been told, in the caller's unit."""
        self._settled = [s for s in self._sources if s.asked is not None and s.asked.done()]
        for source in self._settled:
            assert source.asked is not None
            if not source.asked.cancelled() and source.asked.exception() is None:
                rows.add_new(tx, source.plan.meter.id, source.asked.result())

    def fetch(self, now: dt.datetime) -> None:
        """Ask whoever is due, once what was stored before is kept."""
        for source in self._settled:
            source.asked = None
        self._settled = []
        for source in self._sources:
            if self._is_back(source):
                source.due = now
            if source.asked is None and (source.due is None or source.due <= now):
                source.due = now + _EVERY
                source.asked = self._ask(source.plan, now)

    def _is_back(self, source: _Source) -> bool:
        before = source.away
        meter = source.plan.meter
        seen = next((bus for bus in self._buses.health if bus.bus == meter.bus), None)
        source.away = seen is not None and (not seen.ok or meter.id in seen.silent)
        return before and not source.away

    def _ask(self, plan: MeterPlan, now: dt.datetime) -> Future[Told] | None:
        with self._parts.database.read() as tx:
            last = rows.last_end(tx, plan.meter.id)
        since = now - _FIRST if last is None else last - _AGAIN
        return self._buses.lend(plan.meter.bus, _telling(plan, since))


def _telling(plan: MeterPlan, since: dt.datetime) -> Callable[[LineSettings], Told]:
    def tell(settings: LineSettings) -> Told:
        timing = timing_of(plan.profile, settings.timeout_s, 1)
        with closing(open_line(settings)) as line:
            found = read_jobs(line, plan.profile, since, timing)
        return tuple(_ended(job) for job in found if job.ended)

    return tell


def _ended(job: PrintJob) -> MachineJob:
    return MachineJob(
        _printable(job.id),
        _printable(job.name),
        _printable(job.status),
        job.start,
        job.end,
        job.run_time_s,
        job.filament_mm,
        job.estimated,
    )


def _printable(text: str) -> str:
    """Leave out what no screen shows and no database takes: the printer chose these words."""
    return "".join(character for character in text if character.isprintable())
