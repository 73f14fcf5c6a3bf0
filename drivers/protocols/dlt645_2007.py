"""DL/T 645-2007, the protocol of nearly all Chinese electricity meters in service."""

from __future__ import annotations

from drivers.answer import BlockRead
from drivers.profile import Block, Limits
from drivers.profile_table import Table
from drivers.protocols import dlt645
from drivers.protocols.dlt645 import place as place
from drivers.protocols.dlt645 import words as words
from drivers.transports.line import Line, Timing

KEY = "dlt645-2007"
TRANSPORTS: tuple[str, ...] = dlt645.TRANSPORTS
ADDRESSING = dlt645.ADDRESSING
CAREFUL = False
EDITION = dlt645.Edition(read=0x11, read_on=0x12, identifier_size=4)


def block(table: Table, limits: Limits) -> Block:  # noqa: ARG001 (a protocol's signature)
    """Read `identifier`, DI3 to DI0, and `count` of a profile's block."""
    return dlt645.block(table, EDITION)


def wire_bytes(block: Block) -> int:
    """Count the bytes of all requests for the block and of all answers, for timing alone."""
    return dlt645.wire_bytes(EDITION, block)


def read(line: Line, address: int | str, block: Block, timing: Timing) -> BlockRead:
    """Read one block of the meter at `address`, 12 digits, once. Raises DeviceFault, LineFault."""
    return dlt645.read(EDITION, line, address, block, timing)
