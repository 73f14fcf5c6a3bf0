"""How long reads keep a line busy, and how much of its time a set of meters asks for."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.profile import Block
from drivers.protocols import protocol
from drivers.transports.line import LineSettings

TURNAROUND_S = 0.010  # until a usual meter begins to answer (reference: measured meters)


def read_s(key: str, block: Block, line: LineSettings, turnaround_s: float = TURNAROUND_S) -> float:
    """Seconds that one read of `block` in protocol `key` keeps the line busy.

    (request + answer bytes) x one character + turnaround + silence between frames (Modbus over
    Serial Line V1.02); checked against a slave that paces its bytes by `bench bus`.
    """
    return protocol(key).wire_bytes(block) * line.character_s + turnaround_s + line.gap_s


def load(reads: Iterable[tuple[float, float]]) -> float:
    """Share of a line's time that reads of (seconds, period in seconds) take; over 1: too much."""
    return sum(seconds / period_s for seconds, period_s in reads)
