"""Turns the words of an answer into samples: exact values, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from drivers.answer import Word
from drivers.faults import SENSOR_ERROR
from drivers.profile import Block, Point
from drivers.registers import EXACT


@dataclass(frozen=True, slots=True)
class Sample:
    """One quantity as a meter told it, before transformer ratios.

    `value` in the unit of the quantity's name, exact, None when there is none; `raw` the data
    bytes in wire order as upper-case hex, None when nothing came; `fault` comm_error, exception
    or sensor_error; the instant is the arrival of the answer's last byte, or for a missing
    value the end of the last try.
    """

    quantity: str
    value: Decimal | None
    raw: str | None
    fault: str | None = None
    at_monotonic_ns: int = 0


def decode(block: Block, words: Sequence[Word], at_monotonic_ns: int = 0) -> tuple[Sample, ...]:
    """Turn the words of a block's answer, one a point, into samples."""
    return tuple(
        _sample(point, word, at_monotonic_ns)
        for point, word in zip(block.points, words, strict=True)
    )


def _sample(point: Point, word: Word, at_monotonic_ns: int) -> Sample:
    fault = point.sentinels.get(word.raw)
    if fault is None and word.number is None:
        fault = SENSOR_ERROR
    if fault is not None or word.number is None:
        return Sample(point.quantity, None, word.raw, fault, at_monotonic_ns)
    value = EXACT.multiply(word.number, point.scale)
    return Sample(point.quantity, value, word.raw, None, at_monotonic_ns)
