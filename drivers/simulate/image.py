"""The registers of a simulated meter, laid out by the same profile that reads the real one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal

from drivers.profile import BIT_TABLES, Block, Point, Profile
from drivers.registers import BIT, EXACT, TYPES, to_bytes


class RegisterImage:
    """All blocks of a profile as bytes; set by the physics, read by the bus, safe for both."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        identity = () if profile.identity is None else (profile.identity,)
        self._blocks = profile.blocks + identity
        self._bytes = {block: bytearray(block.size) for block in self._blocks}
        self._lock = threading.Lock()

    def set(self, values: Mapping[str, Decimal]) -> None:
        """Store values of quantities, in their units, as the meter would show them, all at once.

        Quantities that the profile has no point for are not this meter's business. A counter
        starts again from 0 at its wrap. Raises OverflowError where a value does not fit.
        """
        with self._lock:
            for block in self._blocks:
                for point in block.points:
                    if point.quantity in values:
                        self._store(block, point, values[point.quantity])

    def set_raw(self, quantity: str, raw: bytes) -> None:
        """Store data bytes in wire order, such as a sentinel. Raises KeyError, ValueError."""
        with self._lock:
            for block in self._blocks:
                for point in block.points:
                    if point.quantity == quantity:
                        if len(raw) != 2 * point.width:
                            raise ValueError(f"{len(raw)} bytes; expected {2 * point.width}")
                        self._bytes[block][2 * point.offset : 2 * point.offset + len(raw)] = raw
                        return
        raise KeyError(quantity)

    def read(self, table: str, address: int, count: int) -> bytes | None:
        """Give the data bytes of a read; None unless one block holds all that was asked for."""
        for block in self._blocks:
            start = address - block.address
            if block.table == table and start >= 0 and start + count <= block.count:
                with self._lock:
                    data = bytes(self._bytes[block])
                if table in BIT_TABLES:
                    bits = int.from_bytes(data, "little") >> start & (1 << count) - 1
                    return bits.to_bytes((count + 7) // 8, "little")
                return data[2 * start : 2 * (start + count)]
        return None

    def _store(self, block: Block, point: Point, value: Decimal) -> None:
        stored = self._bytes[block]
        if point.type == BIT:
            # Coils: eight to a byte, lowest first. Registers: the high byte comes first.
            index, bit = divmod(point.offset, 8)
            if block.table not in BIT_TABLES:
                index, bit = 2 * point.offset + (point.bit < 8), point.bit % 8
            mask = 1 << bit
            stored[index] = stored[index] & ~mask | (mask if value else 0)
            return
        number = EXACT.divide(value, point.scale)
        if point.wrap is not None:
            number = EXACT.remainder(number, point.wrap)
        data = to_bytes(number, TYPES[point.type], point.order)
        stored[2 * point.offset : 2 * point.offset + len(data)] = data
