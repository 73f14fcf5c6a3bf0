"""The protocols that meters and machines speak, each a module listed in PROTOCOLS."""

from __future__ import annotations

from typing import Protocol

from drivers.answer import BlockRead, Word
from drivers.profile import Block, Limits, Place
from drivers.profile_table import Table
from drivers.protocols import (
    dlt645_1997,
    dlt645_2007,
    marlin,
    modbus,
    moonraker,
    octoprint,
    prusalink,
)
from drivers.transports.line import Line, Timing


class MeterProtocol(Protocol):
    """What a protocol module offers.

    `TRANSPORTS`: the lines it can be spoken over. `ADDRESSING`: what tells meters on a line apart,
    `unit`, `address` or, with one to a line, `none`. `CAREFUL`: opening its port may reset what is
    behind it (LineSettings.careful).
    """

    KEY: str
    TRANSPORTS: tuple[str, ...]
    ADDRESSING: str
    CAREFUL: bool

    def block(self, table: Table, limits: Limits) -> Block:
        """Read the keys of a profile that say what is asked; the block has no points yet."""
        ...

    def place(self, table: Table, block: Block) -> Place:
        """Read the keys of a profile that say where in the block's answer a value stands."""
        ...

    def wire_bytes(self, block: Block) -> int:
        """Count the bytes of a request for the block and of its answer, for timing alone."""
        ...

    def read(self, line: Line, address: int | str, block: Block, timing: Timing) -> BlockRead:
        """Read one block of the meter at `address` once. Raises DeviceFault, LineFault."""
        ...

    def words(self, block: Block, data: bytes) -> tuple[Word, ...]:
        """Find the values of all points in an answer's data. Raises ValueError for other data."""
        ...


PROTOCOLS: tuple[MeterProtocol, ...] = (
    modbus,
    dlt645_2007,
    dlt645_1997,
    marlin,
    moonraker,
    octoprint,
    prusalink,
)


def protocol(key: str) -> MeterProtocol:
    """Find a protocol by the key that profiles name it by. Raises KeyError."""
    return {known.KEY: known for known in PROTOCOLS}[key]
