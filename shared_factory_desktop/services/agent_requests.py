"""What people ask of a running agent: a meter read now, a line scanned, its traffic watched."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from drivers.faults import DeviceFault, LineFault
from drivers.transports.line import LineSettings
from shared_factory_desktop.acquisition.bus import BusThread
from shared_factory_desktop.acquisition.poller import Ask
from shared_factory_desktop.domain.readings import Reading, Reason
from shared_factory_desktop.services.held_buses import HeldBuses
from shared_factory_desktop.services.metering import READ, MeteringParts
from shared_factory_desktop.storage import requests
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.faults import StorageFault
from shared_factory_desktop.storage.frames import Frame, Frames
from shared_factory_desktop.storage.requests import Request

MONITOR = "monitor"  # the kind of request that has a bus's traffic kept for `count` seconds
MOST_WATCHED_S = 600
_GIVEN_UP = dt.timedelta(seconds=30)  # who asked longer ago waits no more
_UNFLUSHED = 5000  # pieces of traffic that may wait to be stored

Work = Callable[[LineSettings, Request, Callable[[], bool]], Mapping[str, object]]
"""What is done on a lent line for a request; gives its answer. The last argument tells whether to
come to an end. It may raise the line's faults, and refusals.
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Burst:
    """A meter to read so many times; each span names readings stored: so many after a number."""

    request: Request
    spans: tuple[tuple[int, int], ...] = ()

    def after(self, stored: Sequence[Reading]) -> _Burst:
        """Count one read."""
        return replace(self, spans=(*self.spans, (stored[0].seq - 1, len(stored))))

    @property
    def done(self) -> bool:
        """Whether the meter has been read as often as was asked."""
        return len(self.spans) >= self.request.count


class RequestDesk:
    """Takes what is asked of the buses held here; `works` are done on a lent line, by kind."""

    def __init__(
        self,
        parts: MeteringParts,
        buses: HeldBuses,
        frames: Frames,
        works: Mapping[str, Work],
    ) -> None:
        self._parts = parts
        self._buses = buses
        self._works = works
        self._bursts: dict[int, _Burst] = {}
        self._lent: dict[int, Future[Mapping[str, object]]] = {}
        self._traffic = Traffic(frames, parts.stamp)
        self._ending = threading.Event()

    def take(self) -> None:
        """Begin the oldest thing that waits."""
        buses = self._buses.ids
        with self._parts.database.read() as tx:
            if not requests.waiting(tx, buses):
                return
        with self._parts.database.write() as tx:
            request = requests.take(tx, self._parts.workstation, buses)
            now = tx.shared_now()
        if request is not None and now - request.asked_at < _GIVEN_UP:
            self._begin(request)

    def settle(self) -> None:
        """Answer what is done on lent lines, store watched traffic."""
        for number, lent in tuple(self._lent.items()):
            if lent.done():
                with self._parts.database.write() as tx:
                    requests.answer(tx, number, _outcome(lent))
                del self._lent[number]
        self._traffic.store(time.monotonic())

    def end(self) -> None:
        """Bring what is done on lent lines to an end, as their threads are about to."""
        self._ending.set()

    def answer(self, tx: Transaction, number: int, stored: Sequence[Reading]) -> None:
        """Answer a request with all its readings if these are the last, in the caller's unit."""
        burst = self._bursts.get(number)
        if burst is not None and burst.after(stored).done:
            spans = [[*span] for span in burst.after(stored).spans]
            answer = {"workstation": self._parts.workstation, "spans": spans}
            requests.answer(tx, number, answer)

    def go_on(self, number: int, stored: Sequence[Reading]) -> None:
        """Have the meter read again until it was read often enough, after the unit is stored."""
        burst = self._bursts.pop(number, None)
        if burst is not None and not burst.after(stored).done:
            self._ask(burst.after(stored))

    def _begin(self, request: Request) -> None:
        thread = self._buses.thread(request.bus)
        if request.kind == READ:
            self._ask(_Burst(request))
        elif thread is not None and request.kind == MONITOR:
            self._watch(thread, request)
        elif request.kind in self._works:
            work, ending = self._works[request.kind], self._ending.is_set
            lent = self._buses.lend(request.bus, lambda line: work(line, request, ending))
            if lent is not None:
                self._lent[request.id] = lent

    def _ask(self, burst: _Burst) -> None:
        request = burst.request
        reader = self._buses.reader_of(request.subject)
        if reader is not None:  # else its bus was lost, and who asks is told by the silence
            self._bursts[request.id] = burst
            reader.ask(Ask(request.subject, Reason(request.reason), request.id))

    def _watch(self, thread: BusThread, request: Request) -> None:
        watched_s = min(request.count, MOST_WATCHED_S)
        after = self._traffic.watch(request.bus, thread, time.monotonic() + watched_s)
        with self._parts.database.write() as tx:
            requests.answer(tx, request.id, {"after": after, "seconds": watched_s})


class Traffic:
    """What goes over lines that somebody watches, on its way into the file of frames."""

    def __init__(self, frames: Frames, stamp: Callable[[int], dt.datetime]) -> None:
        self._frames = frames
        self._stamp = stamp
        self._heard: deque[Frame] = deque(maxlen=_UNFLUSHED)
        self._watched: dict[str, tuple[BusThread, float]] = {}

    def watch(self, bus: str, thread: BusThread, until_s: float) -> int:
        """Keep a bus's traffic until a monotonic instant; gives the number it follows on."""

        def tap(direction: str, data: bytes, at_s: float) -> None:
            at = self._stamp(int(at_s * 1e9))
            self._heard.append(Frame(0, bus, at, direction, data))

        before_s = self._watched[bus][1] if bus in self._watched else 0.0
        self._watched[bus] = (thread, max(until_s, before_s))
        after = self._frames.last(bus)
        thread.watch(tap)
        return after

    def store(self, now_s: float) -> None:
        """Store what was heard; it is only looked at, so failing costs no more than the look."""
        for bus, (thread, until_s) in tuple(self._watched.items()):
            if now_s >= until_s:
                thread.watch(None)
                del self._watched[bus]
        heard = [self._heard.popleft() for _ in range(len(self._heard))]
        for bus in dict.fromkeys(frame.bus for frame in heard):
            try:
                self._frames.append(bus, [frame for frame in heard if frame.bus == bus])
            except StorageFault as fault:
                log.info("bus %s: some traffic is not shown: %s", bus, fault)


def _outcome(lent: Future[Mapping[str, object]]) -> Mapping[str, object]:
    """Give the answer of what was done on a lent line, or why there is none."""
    error = None if lent.cancelled() else lent.exception()
    if isinstance(error, LineFault | DeviceFault):
        return {"fault": error.code, "detail": error.detail}
    return {"fault": "defect"} if lent.cancelled() or error is not None else lent.result()
