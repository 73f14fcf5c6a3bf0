"""One bus: reads its meters when due, leaves silent ones alone, opens a lost port again."""

from __future__ import annotations

import datetime as dt
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from drivers.decode import Sample
from drivers.device import Backoff, MeterRead, read_meter, timing_of
from drivers.faults import COMM_ERROR, LineFault
from drivers.transports import open_line
from drivers.transports.line import Line, LineSettings, UsbAddress
from shared_factory_desktop.acquisition.plan import MeterPlan
from shared_factory_desktop.acquisition.recorder import Poll
from shared_factory_desktop.domain.floor import Bus
from shared_factory_desktop.domain.readings import Reason

_REOPEN_STEP_S = 1.0
_REOPEN_MAX_S = 4.0  # a line that is there again is used again within 5 s
_NO_JOB_S = 0.5
_DEFECT = "defect"  # the fault code of an error nobody foresaw

Stamp = Callable[[int], dt.datetime]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants a meter read now; `request` comes back with the poll."""

    meter: str
    reason: Reason
    request: int


@dataclass(frozen=True, slots=True)
class BusHealth:
    """How a bus is: `fault` is a code where its line cannot be used; counts since the start.

    `lost`: polls thrown away because nobody took them, as while the database cannot be had.
    """

    bus: str
    ok: bool
    fault: str | None
    notes: tuple[str, ...]
    polls: int
    failed: int
    silent: tuple[str, ...]
    lost: int = 0

    def as_json(self) -> dict[str, object]:
        """Give the snapshot as JSON values."""
        return {
            "ok": self.ok,
            "fault": self.fault,
            "notes": [*self.notes],
            "polls": self.polls,
            "failed": self.failed,
            "silent": [*self.silent],
            "lost": self.lost,
        }


@dataclass(slots=True)
class _MeterDue:
    """When a meter is read next, by the monotonic clock in seconds."""

    plan: MeterPlan
    due_s: float = 0.0
    backoff: Backoff = field(default_factory=Backoff)


def line_settings(bus: Bus) -> LineSettings:
    """Say how to reach a bus, in the words of the drivers."""
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
    )


class Poller:
    """Reads the meters of one bus; belongs to one thread, which owns the line.

    `stamp` turns a monotonic instant in ns into UTC; `epoch` is the lease it reads under.
    """

    def __init__(self, bus: Bus, plans: Sequence[MeterPlan], stamp: Stamp, epoch: int) -> None:
        self.bus = bus
        self._meters = {plan.meter.id: _MeterDue(plan) for plan in plans}
        self._stamp = stamp
        self._epoch = epoch
        self._line: Line | None = None
        self._fault: str | None = None
        self._failures = 0
        self._reopen_s = 0.0
        self._polls = self._failed = 0

    def due_s(self) -> float | None:
        """When the next meter is due (monotonic seconds), None without meters."""
        return min((meter.due_s for meter in self._meters.values()), default=None)

    def poll_due(self, now_s: float) -> list[Poll]:
        """Read every meter that is due, the longest waiting first."""
        due = sorted((m for m in self._meters.values() if m.due_s <= now_s), key=lambda m: m.due_s)
        return [self._poll(meter, now_s, None) for meter in due]

    def poll_next(self, now_s: float) -> list[Poll]:
        """Read the meter that has been due for longest, if one is: requests fit in between."""
        longest = min(self._meters.values(), key=lambda meter: meter.due_s, default=None)
        if longest is None or longest.due_s > now_s:
            return []
        return [self._poll(longest, now_s, None)]

    def ask(self, ask: Ask, now_s: float) -> Poll:
        """Read one meter now, whatever its plan says."""
        return self._poll(self._meters[ask.meter], now_s, ask)

    def health(self) -> BusHealth:
        """Tell how the bus is."""
        silent = tuple(name for name, meter in self._meters.items() if meter.backoff.failures)
        notes = self._line.notes if self._line else ()
        return BusHealth(
            self.bus.id, self._fault is None, self._fault, notes, self._polls, self._failed, silent
        )

    def close(self) -> None:
        """Give the line back."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _poll(self, meter: _MeterDue, now_s: float, ask: Ask | None) -> Poll:
        probing = bool(meter.backoff.failures) and ask is None
        read = self._read(meter.plan, now_s, asked=ask is not None, probing=probing)
        self._polls += 1
        if read is None:
            samples = _missing(meter.plan)
            wait_s = max(self._reopen_s - now_s, 0.0)
        else:
            samples = read.samples
            meter.backoff = meter.backoff.after(read)
            wait_s = meter.backoff.wait_s
        self._failed += any(sample.value is None for sample in samples)
        period_s = meter.plan.meter.poll_ms / 1000
        meter.due_s = _next_due(meter.due_s, now_s, max(period_s, wait_s))
        return Poll(
            meter.plan.meter.id,
            samples,
            tuple(self._stamp(sample.at_monotonic_ns) for sample in samples),
            self._epoch,
            ask.reason if ask else None,
            ask.request if ask else None,
        )

    def _read(self, plan: MeterPlan, now_s: float, asked: bool, probing: bool) -> MeterRead | None:
        """Read over the line, opening it first where needed; None where the line cannot be used."""
        if self._line is None and now_s < self._reopen_s and not asked:
            return None
        try:
            if self._line is None:
                self._line = open_line(line_settings(self.bus))
            timing = timing_of(plan.profile, self.bus.timeout_ms / 1000, self.bus.retries)
            read = read_meter(
                self._line, plan.profile, plan.address, timing=timing, probing=probing
            )
        except LineFault as fault:
            self._lose_line(fault.code, now_s)
            return None
        except Exception:  # a defect met on one bus must not end its metering
            log.exception("bus %s, meter %s", self.bus.id, plan.meter.id)
            self._lose_line(_DEFECT, now_s)
            return None
        self._fault, self._failures = None, 0
        return read

    def _lose_line(self, code: str, now_s: float) -> None:
        self.close()
        self._fault = code
        self._failures += 1
        self._reopen_s = now_s + min(self._failures * _REOPEN_STEP_S, _REOPEN_MAX_S)


Job = Callable[[Poller], list[Poll]]


class BusThread:
    """The owner thread of one bus.

    A `paced` one reads whatever is due by the monotonic clock; one that is not reads when `tick`
    tells it the time, so that a month can be metered in a minute. A full `polls` never holds it
    up: what does not fit is lost, counted and shown in its health.
    """

    def __init__(
        self,
        poller: Poller,
        polls: queue.Queue[Poll],
        report: Callable[[BusHealth], None],
        paced: bool = True,
    ) -> None:
        self._poller = poller
        self._polls = polls
        self._report = report
        self._paced = paced
        self._jobs: queue.Queue[tuple[Job, Future[None]] | None] = queue.Queue()
        self._lost = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"bus-{poller.bus.id}")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask(self, ask: Ask) -> None:
        """Have a meter read before anything else."""
        self._put(lambda poller: [poller.ask(ask, time.monotonic())])

    def tick(self, now_s: float) -> Future[None]:
        """Have everything read that is due at `now_s`; the future ends when all is handed on."""
        return self._put(lambda poller: poller.poll_due(now_s))

    def stop(self) -> None:
        """End after the exchange under way and give the line back."""
        self._stopping.set()
        self._jobs.put(None)
        self._thread.join()

    def _put(self, job: Job) -> Future[None]:
        done: Future[None] = Future()
        self._jobs.put((job, done))
        return done

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._poller.close()
            self._cancel_jobs()

    def _turn(self) -> None:
        try:
            job = self._jobs.get(timeout=self._wait_s())
        except queue.Empty:
            self._hand_on(self._poller.poll_next(time.monotonic()))
            return
        if job is None:
            return
        work, done = job
        try:
            self._hand_on(work(self._poller))
        except Exception as error:  # told to the one who waits for the job, too
            log.exception("bus %s", self._poller.bus.id)
            done.set_exception(error)
        else:
            done.set_result(None)

    def _hand_on(self, polls: Sequence[Poll]) -> None:
        for poll in polls:
            try:
                self._polls.put_nowait(poll)
            except queue.Full:
                self._lost += 1
        if polls:
            self._report(replace(self._poller.health(), lost=self._lost))

    def _cancel_jobs(self) -> None:
        while not self._jobs.empty():
            job = self._jobs.get_nowait()
            if job is not None:
                job[1].cancel()

    def _wait_s(self) -> float | None:
        if not self._paced:
            return None
        due_s = self._poller.due_s()
        return _NO_JOB_S if due_s is None else min(max(due_s - time.monotonic(), 0.0), _NO_JOB_S)


def _next_due(due_s: float, now_s: float, period_s: float) -> float:
    """Keep the beat where possible; after a delay go on from now rather than catch up."""
    following = due_s + period_s
    return following if now_s < following <= now_s + period_s else now_s + period_s


def _missing(plan: MeterPlan) -> tuple[Sample, ...]:
    at_ns = time.monotonic_ns()
    return tuple(Sample(p.quantity, None, None, COMM_ERROR, at_ns) for p in plan.profile.points)
