"""Joins neighbouring blocks into one request where that costs less than asking twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from drivers.profile import BIT_TABLES, TABLES, Block, Limits
from drivers.transports.line import LineSettings
from drivers.wire_time import TURNAROUND_S

_REQUEST_BYTES = 13  # a request and the frame around an answer (Modbus over Serial Line V1.02)
_MAX_BITS = 2000


def joined(
    blocks: Sequence[Block],
    limits: Limits,
    line: LineSettings,
    turnaround_s: float = TURNAROUND_S,
) -> tuple[Block, ...]:
    """Join blocks of registers or bits; other protocols' blocks stay as they are.

    Two are joined across a hole when its bytes take less time than a request, the meter's
    turnaround and the silence between frames: 2h < 13 + (turnaround + t3.5) x baud / c for h
    registers. Never beyond what the meter gives in one answer.
    """
    others = [block for block in blocks if block.table not in TABLES]
    ordered = sorted(
        (block for block in blocks if block.table in TABLES),
        key=lambda block: (block.table, block.address),
    )
    worth_s = _REQUEST_BYTES * line.character_s + turnaround_s + line.gap_s
    found: list[Block] = []
    for _, neighbours in groupby(ordered, key=lambda block: block.table):
        found += _joined(neighbours, limits, worth_s, line.character_s)
    return (*found, *others)


def _joined(
    blocks: Iterable[Block], limits: Limits, worth_s: float, character_s: float
) -> list[Block]:
    found: list[Block] = []
    for block in blocks:
        if found and _is_worth_it(found[-1], block, limits, worth_s, character_s):
            found[-1] = _union(found[-1], block)
        else:
            found.append(block)
    return found


def _is_worth_it(
    first: Block, second: Block, limits: Limits, worth_s: float, character_s: float
) -> bool:
    bits = first.table in BIT_TABLES
    count = second.address + second.count - first.address
    if count > (_MAX_BITS if bits else limits.max_registers):
        return False
    hole = max(second.address - first.address - first.count, 0)
    hole_bytes = hole / 8 if bits else 2 * hole
    return hole_bytes * character_s < worth_s


def _union(first: Block, second: Block) -> Block:
    shift = second.address - first.address
    count = max(first.count, shift + second.count)
    moved = tuple(replace(point, offset=point.offset + shift) for point in second.points)
    return replace(first, count=count, points=first.points + moved)
