"""Cuts the bytes heard on a line into frames, by checksum and length rather than by pauses alone.

USB adapters hand bytes over in lots, so a pause may fall into the middle of a frame, and two
frames may come without one.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.frames import is_text, sound_645, sound_rtu
from drivers.protocols.dlt645_frame import PREAMBLE, frame_size

# Longer than any adapter's lot (16 ms), shorter than people or meters wait before the next frame.
APART_S = 0.050

_MAX_FRAME = 600  # no protocol here has longer ones; more than that is noise
_MBAP_BYTES = 7
_MAX_FOLLOWING = 254
_SHORTEST = 5
_READS, _WRITES_ONE, _WRITES_SEVERAL = (1, 2, 3, 4), (5, 6), (15, 16)


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes that belong together: `direction` tx, rx or empty, the instant of their end."""

    direction: str
    data: bytes
    at_s: float


class Cutter:
    """Collects bytes of a line of one transport and gives frames as soon as they are whole."""

    def __init__(self, transport: str) -> None:
        self._transport = transport
        self._direction = ""
        self._buffer = b""
        self._at_s = 0.0

    def feed(self, direction: str, data: bytes, at_s: float) -> tuple[Frame, ...]:
        """Add bytes that came, or left, at a monotonic instant in seconds."""
        frames: list[Frame] = []
        if direction != self._direction or at_s - self._at_s > APART_S:
            frames += self.flush()
        self._direction, self._at_s = direction, at_s
        self._buffer += data
        while length := whole_frame(self._buffer, self._transport):
            frames += self._take(length)
        return (*frames, *(self.flush() if len(self._buffer) > _MAX_FRAME else ()))

    def flush(self) -> tuple[Frame, ...]:
        """Give what is left, because nothing follows: whole frames, and what is between them."""
        frames: list[Frame] = []
        while self._buffer:
            tail = self._buffer
            starts = (n for n in range(len(tail)) if whole_frame(tail[n:], self._transport))
            frames += self._take(next(starts, 0) or whole_frame(tail, self._transport) or len(tail))
        return tuple(frames)

    def _take(self, size: int) -> tuple[Frame, ...]:
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return (Frame(self._direction, data, self._at_s),) if data else ()


def whole_frame(data: bytes, transport: str) -> int:
    """Give the length of the whole frame that `data` begins with, 0 where it begins with none."""
    if not data or transport == "http":
        return len(data)
    if transport == "tcp":
        return _tcp_length(data)
    if is_text(data):
        return data.find(b"\n") + 1
    return _length_645(data) or next((n for n in _rtu_lengths(data) if sound_rtu(data[:n])), 0)


def _rtu_lengths(data: bytes) -> tuple[int, ...]:
    """Give the lengths a Modbus frame that begins so can have."""
    if len(data) < _SHORTEST:
        return ()
    function = data[1]
    if function & 0x80:
        return (_SHORTEST,)
    if function in _READS:
        return (8, 5 + data[2])
    if function in _WRITES_SEVERAL:
        return (8, 9 + data[6]) if len(data) > 6 else ()
    return (8,) if function in _WRITES_ONE else (len(data),)


def _length_645(data: bytes) -> int:
    waking = len(data) - len(data.lstrip(PREAMBLE))
    end = waking + (frame_size(data[waking:]) or 0)
    return end if end <= len(data) and sound_645(data[:end]) else 0


def _tcp_length(data: bytes) -> int:
    if len(data) <= _MBAP_BYTES or data[2:4] != b"\0\0":
        return 0
    following = int.from_bytes(data[4:6], "big")
    end = 6 + following
    return end if 2 <= following <= _MAX_FOLLOWING and end <= len(data) else 0
