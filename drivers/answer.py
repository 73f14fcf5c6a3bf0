"""What a protocol hands on of an answer: its data bytes, and the numbers written in them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class BlockRead:
    """The data bytes of one answer, in wire order, with its latency and its last byte's instant."""

    data: bytes
    latency_s: float
    at_monotonic_ns: int


@dataclass(frozen=True, slots=True)
class Word:
    """One value as it stands in an answer, before any scale.

    `number` exact, None where what stands there is no number; `raw` its bytes in wire order as
    upper-case hex; `text` as a person would copy it from the meter's plate, leading zeros kept.
    """

    number: Decimal | None
    raw: str
    text: str = ""
