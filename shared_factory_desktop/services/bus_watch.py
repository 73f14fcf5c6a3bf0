"""What is said on a bus, frame by frame with timing: heard straight, or as its agent hears it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from drivers.faults import LineFault
from drivers.frames import HEARD, Described, describe
from drivers.framing import Cutter, Frame
from drivers.listen import listening
from drivers.transports.line import LineSettings
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.agent_requests import MONITOR
from shared_factory_desktop.services.borrowed_bus import BorrowedBus
from shared_factory_desktop.services.metering import MeteringParts
from shared_factory_desktop.storage import requests
from shared_factory_desktop.storage.frames import Frames

_LISTEN_S = 0.2
_LOOK_S = 0.2
_ASKED_FOR_S = 60  # an agent keeps traffic for as long at a time, so that it stops by itself
_AGAIN_S = 45.0
_ANSWER_S = 10.0
_COMPLETE_S = 1.0  # by then the agent has stored the rest of whatever it was hearing


@dataclass(frozen=True, slots=True)
class WatchedFrame:
    """A frame as a person looks at it; `at` UTC.

    `gap_s`: silence since the frame before. `latency_s`: for an answer, since its question. Both
    None where there was none.
    """

    at: dt.datetime
    direction: str
    data: bytes
    gap_s: float | None
    latency_s: float | None
    said: Described


class Watcher:
    """Turns pieces of a line's traffic into frames, with their timing and meaning."""

    def __init__(self, settings: LineSettings) -> None:
        self._settings = settings
        self._cutter = Cutter(settings.transport)
        self._question: bytes | None = None
        self._asked_s = 0.0
        self._last_s: float | None = None

    def hear(self, direction: str, data: bytes, at: dt.datetime) -> list[WatchedFrame]:
        """Take a piece of traffic; gives the frames that are whole now."""
        return self._watched(self._cutter.feed(direction, data, at.timestamp()))

    def rest(self) -> list[WatchedFrame]:
        """Give what is left when nothing more is to come."""
        return self._watched(self._cutter.flush())

    def _watched(self, frames: Iterable[Frame]) -> list[WatchedFrame]:
        return [self._watch(frame) for frame in frames]

    def _watch(self, frame: Frame) -> WatchedFrame:
        said = describe(frame.data, frame.direction, self._question, self._settings.transport)
        wire_s = len(frame.data) * self._settings.character_s
        # A frame sent is stamped when its first byte leaves, one received when its last arrives.
        starts_s = frame.at_s if frame.direction == "tx" else frame.at_s - wire_s
        ends_s = starts_s + wire_s
        gap_s = None if self._last_s is None else max(starts_s - self._last_s, 0.0)
        latency_s = None
        if said.asks:
            self._question, self._asked_s = frame.data, ends_s
        elif self._question is not None and said.code != "echo":
            latency_s = max(frame.at_s - self._asked_s, 0.0)
            self._question = None if said.sound else self._question
        self._last_s = ends_s
        at = dt.datetime.fromtimestamp(frame.at_s, dt.UTC)
        return WatchedFrame(at, frame.direction, frame.data, gap_s, latency_s, said)


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What watching needs: the database and the clock, and the frames that agents keep."""

    metering: MeteringParts
    frames: Frames


def watch_line(
    parts: WatchParts,
    bus: str,
    settings: LineSettings,
    is_over: Callable[[], bool],
) -> Iterator[WatchedFrame]:
    """Listen to a line that no agent reads, never sending; raises Refused."""
    watcher = Watcher(settings)
    stamp = parts.metering.stamp
    with BorrowedBus(parts.metering, bus) as borrowed:
        try:
            with listening(settings) as listen:
                while not is_over():
                    borrowed.keep()
                    data = listen(_LISTEN_S)
                    at = stamp(time.monotonic_ns())
                    yield from watcher.hear(HEARD, data, at) if data else watcher.rest()
        except LineFault as fault:
            raise refused(Kind.UNREACHABLE, "bus-unusable", bus=bus, why=fault.code) from None
    yield from watcher.rest()


def watch_agent(
    parts: WatchParts,
    bus: str,
    settings: LineSettings,
    is_over: Callable[[], bool],
) -> Iterator[WatchedFrame]:
    """Look at what a bus's agent sends and receives; raises Refused where it does not answer."""
    watcher = Watcher(settings)
    waiting = threading.Event()
    seq = _ask(parts, bus)
    asked_s = heard_s = time.monotonic()
    while not is_over():
        if time.monotonic() - asked_s > _AGAIN_S:
            _ask(parts, bus)
            asked_s = time.monotonic()
        for piece in parts.frames.since(bus, seq):
            seq, heard_s = piece.seq, time.monotonic()
            yield from watcher.hear(piece.direction, piece.data, piece.at)
        if time.monotonic() - heard_s > _COMPLETE_S:
            yield from watcher.rest()
        waiting.wait(_LOOK_S)
    yield from watcher.rest()


def _ask(parts: WatchParts, bus: str) -> int:
    """Have the agent keep the bus's traffic for a while; gives the number it follows on."""
    metering = parts.metering
    with metering.database.write() as tx:
        number = requests.ask(tx, MONITOR, bus, bus, _ASKED_FOR_S, "", metering.workstation)
    waiting = threading.Event()
    deadline_s = time.monotonic() + _ANSWER_S
    while time.monotonic() < deadline_s:
        with metering.database.read() as tx:
            request = requests.get(tx, number)
        if request is not None and request.answer is not None:
            return int(str(request.answer["after"]))
        waiting.wait(_LOOK_S)
    raise refused(Kind.UNREACHABLE, "bus-agent-silent", bus=bus)
