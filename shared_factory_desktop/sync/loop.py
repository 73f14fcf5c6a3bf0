"""The agent's one sync thread: gives each platform its turn, and none can hold up another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from shared_factory_desktop.sync.worker import Worker

IDLE_S = 15.0  # how often an empty outbox is looked into
TROUBLE_S = 60.0


class SyncLoop:
    """Steps all workers in one thread until it is told to stop.

    `troubles` are the errors of the storage that the loop outlives: each is handed to `report`
    with the platform's id and tried again after a minute; any other error ends the thread.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        monotonic: Callable[[], float],
        troubles: tuple[type[Exception], ...],
        report: Callable[[str, Exception], None],
    ) -> None:
        self._workers = tuple(workers)
        self._monotonic = monotonic
        self._troubles = troubles
        self._report = report
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the exchange under way (at most its time-out) and let go of all lines."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        due = dict.fromkeys(self._workers, self._monotonic())
        try:
            while due and not self._stop.is_set():
                worker = min(due, key=due.__getitem__)
                if not self._stop.wait(max(0.0, due[worker] - self._monotonic())):
                    due[worker] = self._turn(worker) + self._monotonic()
        finally:
            for worker in self._workers:
                worker.close()

    def _turn(self, worker: Worker) -> float:
        """Do one exchange and give the seconds until the worker's next turn."""
        try:
            step = worker.step()
        except self._troubles as trouble:
            self._report(worker.platform, trouble)
            return TROUBLE_S
        return step.wait_s if step.ended is None else max(step.wait_s, IDLE_S)
