"""What simulated meters of all protocols have in common: how they fail, and what befalls them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from drivers.profile import Point, Profile

_SPLIT_S = 0.020
_BELOW_WRAP = 10
_ZERO = Decimal(0)


class Misbehaviour(StrEnum):
    """How a meter or its line can fail."""

    SILENT = "silent"  # answers nothing
    SHORT = "short"  # leaves out a register or byte of data, checksum and length fitting
    TRUNCATED = "truncated"  # stops in mid-frame
    BAD_CRC = "bad_crc"
    WRONG_UNIT = "wrong_unit"  # another meter's answer, checksum fitting
    WRONG_FUNCTION = "wrong_function"  # DL/T 645: another control code
    WRONG_IDENTIFIER = "wrong_identifier"  # DL/T 645: the answer to another question
    WRONG_TRANSACTION = "wrong_transaction"  # TCP: the answer to an earlier request
    BUSY = "busy"  # exception 06; DL/T 645: error 01
    ECHO = "echo"  # the line repeats the request before the answer
    NOISE = "noise"  # stray bytes before the answer
    SPLIT = "split"  # a 20 ms pause inside the answer
    MOMENTARY_ZERO = "momentary_zero"  # registers read 0, once


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that leave the meter `after_s` seconds after its request came."""

    data: bytes
    after_s: float


class Image(Protocol):
    """What a simulated meter shows, laid out by a profile."""

    profile: Profile

    def set(self, values: Mapping[str, Decimal]) -> None:
        """Show values of quantities in their units, all at once."""
        ...


class SimulatedMeter:
    """Fails and is tampered with on demand, at any time and from any thread.

    `misbehaviours` and `latency_s` (least, most) may change at any time. Latencies and noise are
    drawn from `seed`, so that a run can be repeated.
    """

    def __init__(self, image: Image, seed: int) -> None:
        self.misbehaviours: frozenset[Misbehaviour] = frozenset()
        self.latency_s = (0.0, 0.0)
        self._image = image
        self._powered = True
        self._random = random.Random(seed)

    def misbehave(self, *modes: Misbehaviour, latency_s: tuple[float, float] | None = None) -> None:
        """Fail in these ways from now on; without any, behave."""
        self.misbehaviours = frozenset(modes)
        if latency_s is not None:
            self.latency_s = latency_s

    def reset_counters(self) -> None:
        """Show 0 in all counters, as after a reset by hand."""
        self._image.set({point.quantity: _ZERO for point in self._counters()})

    def approach_rollover(self) -> None:
        """Show in every counter that wraps 10 steps less than its wrap."""
        self._image.set(
            {
                point.quantity: point.wrap_value - _BELOW_WRAP * point.step_value
                for point in self._counters()
                if point.wrap_value is not None
            }
        )

    def lose_power(self) -> None:
        """Be dead from now on."""
        self._powered = False

    def restore_power(self) -> None:
        """Answer again; the counters that a power cut clears show 0."""
        lost = [point for point in self._counters() if point.on_power_loss == "zero"]
        self._image.set({point.quantity: _ZERO for point in lost})
        self._powered = True

    def swap(self, number: Decimal, counts: Mapping[str, Decimal]) -> None:
        """Be another meter: `number` on its plate, and what it has counted elsewhere."""
        identity = self._image.profile.identity
        plate = {} if identity is None else {identity.points[0].quantity: number}
        self._image.set(plate | dict(counts))

    def _counters(self) -> tuple[Point, ...]:
        return tuple(point for point in self._image.profile.points if point.role == "counter")

    def _send(self, frame: bytes, echo: bytes, modes: frozenset[Misbehaviour]) -> tuple[Chunk, ...]:
        chunks = [Chunk(echo, 0.0)] if Misbehaviour.ECHO in modes else []
        if Misbehaviour.SILENT in modes or not self._powered:
            return tuple(chunks)
        after_s = self._random.uniform(*self.latency_s)
        if Misbehaviour.NOISE in modes:
            frame = self._random.randbytes(self._random.randint(1, 6)) + frame
        if Misbehaviour.TRUNCATED in modes:
            frame = frame[: len(frame) // 2]
        if Misbehaviour.SPLIT in modes:
            chunks += [Chunk(frame[:3], after_s), Chunk(frame[3:], after_s + _SPLIT_S)]
        else:
            chunks.append(Chunk(frame, after_s))
        return tuple(chunks)
