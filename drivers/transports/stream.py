"""One request, one answer over a stream of bytes; a late answer never passes for the next one's.

A Modbus RTU answer names no register: what comes late would pass for the answer to the next
question. So after any fault nothing is asked before the line has fallen silent, and the faulty
meter nothing before its worst latency is over; whatever came meanwhile is thrown away. Others may
be asked, as its late answer bears its own number and does not pass for theirs.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Self

from drivers.faults import DeviceFault, LineFault
from drivers.transports.line import Exchange, LineSettings, Match, Tap, Timing
from drivers.transports.receive import Receiver

# USB adapters hand bytes over in lots up to 16 ms apart, so a shorter silence proves nothing.
SILENCE_S = 0.020
NOISY_AFTER_S = 1.0
_OVERSLEPT_S = 0.000_1
_AWAKE_BYTES = 2
_WORTH_SLEEPING_S = 0.001
# A device that is at work says so every 2 s (Marlin, HOST_KEEPALIVE_FEATURE).
KEEPALIVE_S = 3.0
BUSY_MAX_S = 30.0


class StreamLine(ABC):
    """A line made of a byte stream; belongs to the thread that opened it."""

    lost_code = "port-lost"

    def __init__(self, settings: LineSettings, tap: Tap | None = None) -> None:
        self.settings = settings
        self.notes: tuple[str, ...] = ()
        self.exchanges = 0
        self.kept: dict[tuple[str, str], Decimal] = {}
        self._tap = tap
        self._owner = threading.get_ident()
        self._closed = False
        # A new Modbus TCP connection owes nobody an answer; a serial line behind a port might.
        self._dirty = settings.transport != "tcp"
        self._last_byte_s = time.monotonic()
        self._quiet_until_s = self._last_byte_s + settings.opening_quiet_s * self._dirty
        self._owing_until_s: dict[tuple[int | str, ...], float] = {}

    @abstractmethod
    def _receive(self, timeout_s: float) -> bytes:
        """Return what has come, waiting at most `timeout_s` for a first byte; OSError when lost."""

    @abstractmethod
    def _send(self, data: bytes) -> None:
        """Hand `data` to the line; OSError when lost."""

    @abstractmethod
    def _release(self) -> None:
        """Close what was opened."""

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Give the line back; harmless when closed already."""
        if not self._closed:
            self._closed = True
            self._release()

    def distrust(self, match: Match, timing: Timing) -> None:
        """Expect a late answer from the sender, until the worst latency from now."""
        self._expect_late(match, time.monotonic() + timing.worst_latency_s)

    def transact(self, request: bytes, match: Match, timing: Timing) -> Exchange:
        """Send `request`, return the one answer that matches. Raises DeviceFault, LineFault.

        Listens for `timing.timeout_s` and the time the answer takes on the wire; longer, up to
        BUSY_MAX_S, while the device says that it is at work.
        """
        self._check_usable()
        self._settle(match, max(self.settings.gap_s, timing.gap_s))
        self.exchanges += 1
        sent_s = self._put(request)
        receiver = Receiver(request, match.judge)
        patience_s = timing.timeout_s + match.length * self.settings.character_s
        try:
            answer = self._listen(receiver, sent_s, patience_s)
            if answer is None:
                raise DeviceFault(*receiver.fault(match.length))
            if receiver.feed(b"") is not None:
                raise DeviceFault("mismatch", "two answers")
        except DeviceFault:
            self._expect_late(match, sent_s + timing.worst_latency_s)
            raise
        self._dirty = receiver.leftover
        if receiver.echoed:
            self._note("echo")
        arrived_s = self._last_byte_s
        return Exchange(answer, max(arrived_s - sent_s, 0.0), int(arrived_s * 1e9))

    def _listen(self, receiver: Receiver, sent_s: float, patience_s: float) -> bytes | None:
        """Take what comes until it is the answer, None once patience is at its end."""
        answer, signs, deadline_s = None, 0, sent_s + patience_s
        # A serial line's bytes come one by one: to wake for each would be the most of the work.
        # It is slept through once, as what comes in lots is there sooner than the rest seems to
        # need, and not over the last two bytes, as the reading's time is that of the last one.
        byte_s = self.settings.character_s if self.settings.transport == "serial" else 0.0
        while answer is None and (left_s := deadline_s - time.monotonic()) > 0:
            coming_s = (receiver.to_come - _AWAKE_BYTES) * byte_s
            if coming_s > _WORTH_SLEEPING_S:
                time.sleep(min(coming_s, left_s))
                byte_s = 0.0
            answer = receiver.feed(self._take(deadline_s - time.monotonic()))
            if receiver.signs_of_life > signs:
                signs = receiver.signs_of_life
                extended_s = self._last_byte_s + max(patience_s, KEEPALIVE_S)
                deadline_s = min(extended_s, sent_s + max(patience_s, BUSY_MAX_S))
        return answer

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)

    def _check_usable(self) -> None:
        if threading.get_ident() != self._owner:
            raise RuntimeError(f"{self.settings.place}: used by a thread that did not open it")
        if self._closed:
            raise LineFault("closed", self.settings.place)

    def _expect_late(self, match: Match, until_s: float) -> None:
        self._dirty = True
        self._owing_until_s[match.sender] = until_s

    def _settle(self, match: Match, gap_s: float) -> None:
        quiet_until_s = max(self._quiet_until_s, self._owing_until_s.get(match.sender, 0.0))
        if not self._dirty:
            _wait_until(self._last_byte_s + gap_s)
        # Bytes that nobody asked for make a clean line dirty as well.
        if self._dirty or quiet_until_s > time.monotonic() or self._take(0):
            self._drain(quiet_until_s, max(SILENCE_S, gap_s))
        self._owing_until_s.pop(match.sender, None)

    def _drain(self, quiet_until_s: float, silence_s: float) -> None:
        # Silence counts only while it is listened to: bytes may be under way inside the computer.
        listening_s = now_s = time.monotonic()
        give_up_s = max(now_s, quiet_until_s) + silence_s + NOISY_AFTER_S
        while True:
            now_s = time.monotonic()
            silent_s = max(listening_s, self._last_byte_s)
            trusted_s = max(quiet_until_s, silent_s + silence_s)
            if now_s >= trusted_s and not self._take(0):
                break
            if now_s >= give_up_s:
                raise LineFault("noisy", self.settings.place)
            self._take(min(trusted_s, give_up_s) - now_s)
        self._dirty = False

    def _put(self, request: bytes) -> float:
        """Send and return when the last byte will have left."""
        started_s = time.monotonic()
        try:
            self._send(request)
        except OSError as error:
            raise self._lost(error) from error
        wire_s = len(request) * self.settings.character_s
        self._last_byte_s = max(time.monotonic(), started_s + wire_s)
        if self._tap:
            self._tap("tx", request, started_s)
        return self._last_byte_s

    def _take(self, timeout_s: float) -> bytes:
        try:
            data = self._receive(max(timeout_s, 0.0))
        except OSError as error:
            raise self._lost(error) from error
        if data:
            self._last_byte_s = time.monotonic()
            if self._tap:
                self._tap("rx", data, self._last_byte_s)
        return data

    def _lost(self, error: OSError) -> LineFault:
        self.close()
        return LineFault(self.lost_code, f"{self.settings.place}: {error}")


def _wait_until(instant_s: float) -> None:
    """Wait to within microseconds: a sleep alone ends up to a tenth of a millisecond late."""
    rest_s = instant_s - time.monotonic()
    if rest_s > _OVERSLEPT_S:
        time.sleep(rest_s - _OVERSLEPT_S)
    while time.monotonic() < instant_s:
        pass
