"""The protocols that meters speak, each a module listed in PROTOCOLS."""

from __future__ import annotations

from typing import Protocol

from drivers.profile import Block
from drivers.protocols import modbus
from drivers.protocols.modbus import BlockRead
from drivers.transports.line import Line, Timing


class MeterProtocol(Protocol):
    """What a protocol module offers."""

    KEY: str

    def read(self, line: Line, address: int | str, block: Block, timing: Timing) -> BlockRead:
        """Read one block of the meter at `address` once. Raises DeviceFault, LineFault."""
        ...


PROTOCOLS: tuple[MeterProtocol, ...] = (modbus,)


def protocol(key: str) -> MeterProtocol:
    """Find a protocol by the key that profiles name it by. Raises KeyError."""
    return {known.KEY: known for known in PROTOCOLS}[key]
