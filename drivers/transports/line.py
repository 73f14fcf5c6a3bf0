"""A line to meters as its users see it: settings, timing, one request and its one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from typing import Protocol, Self

from drivers.ports import UsbAddress as UsbAddress  # part of the settings, so offered here too

TRANSPORTS = ("serial", "tcp", "rtu-over-tcp", "http")
_NO_WIRE = ("tcp", "http")  # no wire of known speed to wait for
_FAST_BAUD = 19_200
_FAST_GAP_S = 0.001_75
_STANDARD_BITS = 11


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How to reach a line; a serial one by `port` or `usb`, the others by `host` and `tcp_port`.

    `opening_quiet_s`: how long a freshly opened line is listened to first, because an earlier
    user may have left a question whose answer is still to come. `credential`: the key or the
    user and password that the other side wants, never shown. `careful`, for a serial port with a
    machine behind it that opening might reset: its control lines are left as they are, and a
    port that another program has open is not touched.
    """

    transport: str
    port: str | None = None
    usb: UsbAddress | None = None
    host: str | None = None
    tcp_port: int = 502
    baudrate: int = 9600
    parity: str = "N"
    stopbits: int = 1
    timeout_s: float = 0.5
    opening_quiet_s: float = 0.5
    credential: str | None = field(default=None, repr=False)
    careful: bool = False

    @property
    def place(self) -> str:
        """What a person would call this line, for messages."""
        if self.transport == "serial":
            usb = f"usb {self.usb.vid}:{self.usb.pid}" if self.usb else ""
            return self.port or usb
        return f"{self.host}:{self.tcp_port}"

    @property
    def character_s(self) -> float:
        """Seconds one byte takes on the wire; 0 where there is no wire to wait for."""
        if self.transport in _NO_WIRE:
            return 0.0
        bits = 9 + self.stopbits + (self.parity != "N")
        return bits / self.baudrate

    @property
    def gap_s(self) -> float:
        """Silence between frames (Modbus over Serial Line V1.02): 3.5 characters, capped fast.

        The standard's character has 11 bits; meters at 8N1 wait for as long all the same.
        """
        if self.transport in _NO_WIRE:
            return 0.0
        return _FAST_GAP_S if self.baudrate > _FAST_BAUD else 3.5 * _STANDARD_BITS / self.baudrate


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one meter is waited for.

    `timeout_s`: from the request's last byte to the answer's first. `worst_latency_s`: the
    latest the meter ever answers; until then, after a fault, it is asked nothing else.
    `gap_s`: silence the meter needs before a request, when more than the line's own gap.
    `retries`: further tries after the first.
    """

    timeout_s: float = 0.5
    worst_latency_s: float = 1.0
    gap_s: float = 0.0
    retries: int = 1


class Verdict(Enum):
    """What the first bytes received are."""

    MORE = auto()  # could become the answer
    WAIT = auto()  # not the answer yet, but the device says that it is at work
    ANSWER = auto()  # start with the whole answer
    STRAY = auto()  # cannot be the answer


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on a buffer's first `length` bytes; when stray, `reason` is crc or mismatch.

    For MORE `length` is the least that the answer will have, 0 where unknown. For WAIT it is how
    often the device has said so: each time begins the time-out anew.
    """

    verdict: Verdict
    length: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How to know the answer: its full `length` in bytes, and who judges what has come so far.

    Answers to requests of another `sender` (a meter's unit and function) never pass for it.
    """

    sender: tuple[int | str, ...]
    length: int
    judge: Callable[[bytes], Judgement]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request's answer; latency and instant are those of its last byte."""

    answer: bytes
    latency_s: float
    at_monotonic_ns: int


Tap = Callable[[str, bytes, float], None]
"""Told of all traffic: "tx" or "rx", the bytes, the monotonic instant in seconds."""


class Line(Protocol):
    """A half-duplex line: one thread asks, one meter at a time answers.

    `kept`: what a protocol needs to remember of its questions for as long as the line is open.
    """

    settings: LineSettings
    notes: tuple[str, ...]
    exchanges: int
    kept: dict[tuple[str, str], Decimal]

    def __enter__(self) -> Self:
        """Use as a context."""
        ...

    def __exit__(self, *_: object) -> None:
        """Close."""
        ...

    def transact(self, request: bytes, match: Match, timing: Timing) -> Exchange:
        """Send `request`, return the one answer that matches. Raises DeviceFault, LineFault."""
        ...

    def distrust(self, match: Match, timing: Timing) -> None:
        """Expect a late answer from the sender, until the worst latency from now."""
        ...

    def close(self) -> None:
        """Give the line back; harmless when closed already."""
        ...
