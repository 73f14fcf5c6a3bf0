"""Reads electricity meters that speak DL/T 645: what both editions of the standard share.

An answer counts only when its address, control code, data identifier, length and sum are those
that the request calls for. Nothing is ever written to a meter.

Source: DL/T 645-2007 clause 7 (reading, reading on), annex A (identifiers); DL/T 645-1997.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.answer import BlockRead, Word
from drivers.faults import DeviceFault
from drivers.profile import Block, Place, Point
from drivers.profile_table import Table
from drivers.protocols.dlt645_frame import (
    ABNORMAL,
    ADDRESS_SIZE,
    EVERY_METER,
    FROM_METER,
    LONGEST_DATA,
    MORE_FOLLOWS,
    PREAMBLE,
    Frame,
    address_field,
    build_frame,
    digits,
    from_bcd,
    judge_answer,
    parse_frame,
    printed_address,
)
from drivers.transports.line import Exchange, Line, Match, Timing

TRANSPORTS = ("serial", "rtu-over-tcp")
ADDRESSING = "address"
READ_ADDRESS = 0x13
NUMBERS = {"bcd2": 2, "bcd3": 3, "bcd4": 4, "bcd6": 6, "sbcd2": 2, "sbcd3": 3, "sbcd4": 4}

_WAKING = 4 * PREAMBLE
_AROUND_DATA = 12
_LAST_SEQUENCE = 255
_MOST_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the standard: its control codes and the bytes of its identifiers.

    `read_on`: asks for what did not fit into an answer, by a number counted from 1; None where
    that cannot be told from a repeated answer and is therefore not done.
    """

    read: int
    read_on: int | None
    identifier_size: int


def is_signed(number_type: str) -> bool:
    """Tell whether the topmost bit of this type of number is its sign."""
    return number_type.startswith("s")


def block(table: Table, edition: Edition) -> Block:
    """Read `identifier` (hex, as printed in the standard) and `count`, the data bytes after it."""
    size = 2 * edition.identifier_size
    text = table.text("identifier")
    good = bool(re.fullmatch(rf"[0-9A-F]{{{size}}}", text))
    if text and not good:
        table.problem("identifier", repr(text), f"{size} upper-case hex digits")
    longest = LONGEST_DATA - edition.identifier_size
    count = table.integer("count", 1, _MOST_BYTES if edition.read_on else longest)
    return Block("identifier", int(text, 16) if good else 0, count, ())


def place(table: Table, block: Block) -> Place:
    """Read `type` and `offset` in bytes (0 where the value fills the block) of a value."""
    kind = table.choice("type", tuple(NUMBERS))
    size = NUMBERS.get(kind, 0)
    offset = table.integer("offset", 0, _MOST_BYTES, 0 if size >= block.count else None)
    if offset + size > block.count:
        table.problem("offset", str(offset), f"{kind} inside {block.count} bytes of the block")
    return Place(kind, offset, size=size)


def wire_bytes(edition: Edition, block: Block) -> int:
    """Count the bytes of all requests for the block and of all answers, each with four FE."""
    parts = -(-block.count // (LONGEST_DATA - edition.identifier_size))
    return 2 * parts * (len(_WAKING) + _AROUND_DATA + edition.identifier_size) + block.count


def words(block: Block, data: bytes) -> tuple[Word, ...]:
    """Find the values of all points in an answer's data. Raises ValueError for another length."""
    if len(data) != block.count:
        raise ValueError(f"{len(data)} data bytes; expected {block.count}")
    return tuple(_word(point, data) for point in block.points)


def _word(point: Point, data: bytes) -> Word:
    wire = data[point.offset : point.offset + NUMBERS[point.type]]
    signed = is_signed(point.type)
    number = from_bcd(wire, signed=signed)
    text = str(number) if signed and number is not None else digits(wire) or ""
    return Word(number, wire.hex().upper(), text)


def read_request(edition: Edition, address: bytes, block: Block) -> Frame:
    """Ask the meter at this address, in wire order, for a block."""
    identifier = block.address.to_bytes(edition.identifier_size, "little")
    return Frame(address, edition.read, identifier)


def answer_match(request: Frame, identifier_size: int, left: int) -> Match:
    """Know the answer to a read of which `left` bytes are still to come.

    A meter that owes an answer is asked nothing at all: a late one to the same question would
    bring an old value.
    """
    longest = min(len(request.data) + left, LONGEST_DATA)
    return Match(
        (printed_address(request.address),),
        len(_WAKING) + _AROUND_DATA + longest,
        lambda buffer: judge_answer(
            buffer, lambda answer: _answers(request, answer, identifier_size, left)
        ),
    )


def _answers(request: Frame, answer: Frame, identifier_size: int, left: int) -> bool:
    """Tell whether a frame answers a read.

    A last answer brings exactly what is left, one that more follow less, and at least a byte; the
    sequence number comes back behind it. A refusal has the error byte alone.
    """
    good = request.control | FROM_METER
    if answer.address != request.address:
        return False
    if answer.control == good | ABNORMAL:
        return len(answer.data) == 1
    size = len(answer.data) - len(request.data)
    right_size = size == left if answer.control == good else 0 < size < left
    return (
        answer.control in (good, good | MORE_FOLLOWS)
        and right_size
        and answer.data.startswith(request.data[:identifier_size])
        and answer.data.endswith(request.data[identifier_size:])
    )


def read(
    edition: Edition, line: Line, address: int | str, block: Block, timing: Timing
) -> BlockRead:
    """Read one block of the meter with this printed address once, in as many answers as it takes.

    Raises DeviceFault, LineFault; ValueError for an address that is not 12 digits.
    """
    request = read_request(edition, address_field(str(address)), block)
    identifier, data, latency_s = request.data, b"", 0.0
    for sequence in range(1, _LAST_SEQUENCE + 1):
        left = block.count - len(data)
        exchange, answer = _ask(line, request, len(identifier), left, timing)
        latency_s = max(latency_s, exchange.latency_s)
        behind = len(request.data) - len(identifier)
        data += answer.data[len(identifier) : len(answer.data) - behind]
        if not answer.control & MORE_FOLLOWS:
            return BlockRead(data, latency_s, exchange.at_monotonic_ns)
        if edition.read_on is None:
            raise DeviceFault("mismatch", f"{answer.control:02X}, answer in parts")
        request = Frame(request.address, edition.read_on, identifier + bytes([sequence]))
    raise DeviceFault("mismatch", f"more than {_LAST_SEQUENCE} parts")


def _ask(
    line: Line, request: Frame, identifier_size: int, left: int, timing: Timing
) -> tuple[Exchange, Frame]:
    match = answer_match(request, identifier_size, left)
    exchange = line.transact(_WAKING + build_frame(request), match, timing)
    answer = parse_frame(exchange.answer)
    if answer.control & ABNORMAL:
        raise DeviceFault("exception", f"{answer.data[0]:02X}")
    return exchange, answer


def read_address(line: Line, timing: Timing) -> str:
    """Ask the only meter on a line for its address, 12 digits (2007 edition, for commissioning).

    Raises DeviceFault (timeout: none answers; of several at once, whatever their answers make of
    each other), LineFault.
    """
    match = Match(
        (printed_address(EVERY_METER),),
        len(_WAKING) + _AROUND_DATA + ADDRESS_SIZE,
        lambda buffer: judge_answer(buffer, _tells_its_address),
    )
    request = build_frame(Frame(EVERY_METER, READ_ADDRESS, b""))
    exchange = line.transact(_WAKING + request, match, timing)
    return printed_address(parse_frame(exchange.answer).address)


def _tells_its_address(answer: Frame) -> bool:
    return (
        answer.control == READ_ADDRESS | FROM_METER
        and answer.data == answer.address
        and digits(answer.address) is not None
    )
