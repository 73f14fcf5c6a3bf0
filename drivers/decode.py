"""Turns the data bytes of an answer into samples: exact values, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from drivers.faults import SENSOR_ERROR
from drivers.profile import BIT_TABLES, Block, Point
from drivers.registers import BIT, EXACT, TYPES, to_number


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


def decode(block: Block, data: bytes, at_monotonic_ns: int = 0) -> tuple[Sample, ...]:
    """Decode the `block.size` data bytes of an answer. Raises ValueError for another length."""
    if len(data) != block.size:
        raise ValueError(f"{len(data)} data bytes; expected {block.size}")
    return tuple(_sample(block, point, data, at_monotonic_ns) for point in block.points)


def _sample(block: Block, point: Point, data: bytes, at_monotonic_ns: int) -> Sample:
    if block.table in BIT_TABLES:
        # Coils come eight to a byte, the lowest address in the lowest bit.
        wire = data[point.offset // 8 : point.offset // 8 + 1]
        value: Decimal | None = Decimal(wire[0] >> (point.offset % 8) & 1)
    else:
        wire = data[2 * point.offset : 2 * (point.offset + point.width)]
        value = _register_value(point, wire)
    raw = wire.hex().upper()
    if raw in point.sentinels:
        return Sample(point.quantity, None, raw, point.sentinels[raw], at_monotonic_ns)
    fault = SENSOR_ERROR if value is None else None
    return Sample(point.quantity, value, raw, fault, at_monotonic_ns)


def _register_value(point: Point, wire: bytes) -> Decimal | None:
    if point.type == BIT:
        return Decimal(int.from_bytes(wire, "big") >> point.bit & 1)
    number = to_number(wire, TYPES[point.type], point.order)
    return None if number is None else EXACT.multiply(number, point.scale)
