"""Modbus reads over serial lines and TCP: frames built and judged strictly, byte by byte.

Source: Modbus Application Protocol V1.1b3 (functions 01 to 04, exceptions), Modbus over Serial
Line V1.02 (RTU frame, CRC), Modbus Messaging on TCP/IP V1.0b (MBAP header).
"""

from __future__ import annotations

import struct
from decimal import Decimal

from drivers.answer import BlockRead, Word
from drivers.faults import DeviceFault
from drivers.profile import BIT_TABLES, TABLES, Block, Limits, Place, Point
from drivers.profile_table import Table
from drivers.registers import BIT, ORDERS, TYPES, to_number
from drivers.transports.line import Judgement, Line, Match, Timing, Verdict

KEY = "modbus"
TRANSPORTS: tuple[str, ...] = ("serial", "tcp", "rtu-over-tcp")
ADDRESSING = "unit"
CAREFUL = False
FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
UNITS = range(1, 248)

_EXCEPTION = 0x80
_MBAP = struct.Struct(">HHHB")  # transaction, protocol 0, bytes that follow, unit
_MAX_FOLLOWING = 254
_GATEWAY_EXCEPTIONS = (0x0A, 0x0B)
_MORE = Judgement(Verdict.MORE)
_MAX_ADDRESS = 0xFFFF
_MAX_BITS = 2000


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ 0xA001 if byte & 1 else byte >> 1
        table.append(byte)
    return tuple(table)


_CRC = _crc_table()


def crc(frame: bytes) -> bytes:
    """Compute the CRC of a serial frame: polynomial A001, start FFFF, low byte first."""
    value = 0xFFFF
    for byte in frame:
        value = (value >> 8) ^ _CRC[(value ^ byte) & 0xFF]
    return value.to_bytes(2, "little")


def read_pdu(block: Block) -> bytes:
    """Build the request of a read: function, address, count."""
    return struct.pack(">BHH", FUNCTIONS[block.table], block.address, block.count)


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    """Wrap a PDU for a serial line."""
    body = bytes([unit]) + pdu
    return body + crc(body)


def tcp_frame(transaction: int, unit: int, pdu: bytes) -> bytes:
    """Wrap a PDU for a TCP connection."""
    return _MBAP.pack(transaction, 0, len(pdu) + 1, unit) + pdu


def rtu_match(unit: int, function: int, size: int) -> Match:
    """Know the answer of `unit` with `size` data bytes by unit, function, byte count and CRC."""
    good = bytes([unit, function, size])
    refusal = bytes([unit, function | _EXCEPTION])

    def judge(buffer: bytes) -> Judgement:
        if good.startswith(buffer[:3]):
            length = size + 5
        elif refusal.startswith(buffer[:2]):
            length = 5
        else:
            return Judgement(Verdict.STRAY, 1, "mismatch")
        if len(buffer) < length:
            # The first byte alone does not tell an answer from a refusal.
            return Judgement(Verdict.MORE, length if len(buffer) > 1 else 0)
        if crc(buffer[: length - 2]) != buffer[length - 2 : length]:
            return Judgement(Verdict.STRAY, 1, "crc")
        return Judgement(Verdict.ANSWER, length)

    return Match((unit, function), size + 5, judge)


def tcp_match(transaction: int, unit: int, function: int, size: int) -> Match:
    """Know the answer by transaction, unit, function and both lengths; skip others whole."""
    good = _MBAP.pack(transaction, 0, size + 3, unit) + bytes([function, size])
    refusal = _MBAP.pack(transaction, 0, 3, unit) + bytes([function | _EXCEPTION])

    def judge(buffer: bytes) -> Judgement:
        for expected, length in ((good, size + 9), (refusal, 9)):
            if expected.startswith(buffer[: len(expected)]):
                return _MORE if len(buffer) < length else Judgement(Verdict.ANSWER, length)
        if len(buffer) < _MBAP.size:
            return _MORE
        _, protocol, following, _ = _MBAP.unpack_from(buffer)
        if protocol != 0 or not 2 <= following <= _MAX_FOLLOWING:
            return Judgement(Verdict.STRAY, 1, "mismatch")
        length = _MBAP.size - 1 + following
        return _MORE if len(buffer) < length else Judgement(Verdict.STRAY, length, "mismatch")

    return Match((unit, function), size + 9, judge)


def wire_bytes(block: Block) -> int:
    """Count the bytes of a request for the block and of its answer, as on a serial line."""
    return 8 + 5 + block.size


def read(line: Line, address: int | str, block: Block, timing: Timing) -> BlockRead:
    """Read one block of the unit `address` once. Raises DeviceFault, LineFault."""
    unit, pdu = int(address), read_pdu(block)
    if line.settings.transport == "tcp":
        transaction = (line.exchanges + 1) & 0xFFFF
        request = tcp_frame(transaction, unit, pdu)
        match = tcp_match(transaction, unit, pdu[0], block.size)
        inside = slice(7, None)
    else:
        request = rtu_frame(unit, pdu)
        match = rtu_match(unit, pdu[0], block.size)
        inside = slice(1, -2)
    exchange = line.transact(request, match, timing)
    answer = exchange.answer[inside]
    if answer[0] & _EXCEPTION:
        if answer[1] in _GATEWAY_EXCEPTIONS:
            # The gateway gave up, its meter perhaps not: the late answer would go to the next.
            line.distrust(match, timing)
        raise DeviceFault("exception", f"{answer[1]:02X}")
    return BlockRead(answer[2:], exchange.latency_s, exchange.at_monotonic_ns)


def block(table: Table, limits: Limits) -> Block:
    """Read `table`, `address` (0-based, as sent) and `count` of a profile's block."""
    kind = table.choice("table", TABLES)
    most = _MAX_BITS if kind in BIT_TABLES else limits.max_registers
    address = table.integer("address", 0, _MAX_ADDRESS)
    count = table.integer("count", 1, most)
    if address + count > _MAX_ADDRESS + 1:
        table.problem("count", str(count), f"an end at or before {_MAX_ADDRESS:#06x}")
    return Block(kind, address, count, ())


def place(table: Table, block: Block) -> Place:
    """Read `offset` (0 where the value fills the block), `type`, `order` and `bit` of a value."""
    kind = table.choice("type", (BIT,) if block.table in BIT_TABLES else (*TYPES, BIT))
    number = TYPES.get(kind)
    fills = number is not None and number.registers >= block.count
    offset = table.integer("offset", 0, _MAX_BITS, 0 if fills else None)
    order = table.choice("order", ORDERS, "ABCD")
    bit = table.integer("bit", 0, 15, 0)
    if kind and offset + (number.registers if number else 1) > block.count:
        table.problem("offset", str(offset), f"{kind} inside {block.count} of the block")
    if number is None:
        size = 1 if block.table in BIT_TABLES else 2
        return Place(kind, offset, order, bit, size=size, truth=kind == BIT)
    return Place(kind, offset, order, bit, size=number.size, inexact=number.floating)


def words(block: Block, data: bytes) -> tuple[Word, ...]:
    """Find the values of all points in an answer's data. Raises ValueError for another length."""
    if len(data) != block.size:
        raise ValueError(f"{len(data)} data bytes; expected {block.size}")
    return tuple(_word(block, point, data) for point in block.points)


def _word(block: Block, point: Point, data: bytes) -> Word:
    number: Decimal | None
    if block.table in BIT_TABLES:
        # Coils come eight to a byte, the lowest address in the lowest bit.
        wire = data[point.offset // 8 : point.offset // 8 + 1]
        number = Decimal(wire[0] >> (point.offset % 8) & 1)
    else:
        wire = data[2 * point.offset : 2 * (point.offset + point.width)]
        number = _register_number(point, wire)
    return Word(number, wire.hex().upper(), "" if number is None else str(number))


def _register_number(point: Point, wire: bytes) -> Decimal | None:
    if point.type == BIT:
        return Decimal(int.from_bytes(wire, "big") >> point.bit & 1)
    return to_number(wire, TYPES[point.type], point.order)
