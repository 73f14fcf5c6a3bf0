"""The owner thread of one bus: polls by the clock, answers requests in between, never held up."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from drivers.transports.line import LineSettings, Tap
from shared_factory_desktop.acquisition.health import BusHealth
from shared_factory_desktop.acquisition.poller import Ask, Poller
from shared_factory_desktop.acquisition.recorder import Poll

_NO_JOB_S = 0.5

log = logging.getLogger(__name__)

Loan = Callable[[LineSettings], None]
"""What is done with a line that is lent: told how to open it, closes it in the end."""

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

    def lend(self, loan: Loan) -> Future[None]:
        """Have the line given to `loan` for a while; the meters are read later meanwhile."""

        def job(poller: Poller) -> list[Poll]:
            poller.close()
            loan(poller.settings)
            return []

        return self._put(job)

    def watch(self, tap: Tap | None) -> None:
        """Have `tap` told of all traffic from now on, in the bus's thread; None: nobody."""
        self._poller.tap = tap

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
        now_s = time.monotonic()
        due_s = self._poller.due_s(now_s)
        return _NO_JOB_S if due_s is None else min(max(due_s - now_s, 0.0), _NO_JOB_S)
