"""Frames and numbers of DL/T 645, the protocol of Chinese electricity meters, as bytes only.

A frame is 68, the meter's address, 68, a control code, the length L, L data bytes with 33H added
to each, the sum of all bytes so far modulo 256, and 16; some FE may come first to wake the line.
Addresses, identifiers and numbers go low byte first. Where a frame ends is told by L alone, as
16, 68 and FE may stand anywhere inside it.

Source: DL/T 645-2007 clause 5.2 (frame), annex A (data formats); DL/T 645-1997 alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from drivers.transports.line import Judgement, Verdict

PREAMBLE = b"\xfe"
ADDRESS_SIZE = 6
EVERY_METER = b"\xaa" * ADDRESS_SIZE
LONGEST_DATA = 200

# Bits of the control code.
FROM_METER, ABNORMAL, MORE_FOLLOWS = 0x80, 0x40, 0x20

_START, _END = b"\x68", b"\x16"
_OFFSET = 0x33
_SECOND_START, _LENGTH, _DATA = 7, 9, 10
_AROUND = _DATA + 2
_SIGN = 0x80
_ADDRESS = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame says: the address in wire order, control code, data after taking off 33H."""

    address: bytes
    control: int
    data: bytes


def address_field(printed: str) -> bytes:
    """Turn the 12 digits on a meter's plate into wire order. Raises ValueError for others."""
    if not _ADDRESS.fullmatch(printed):
        raise ValueError(f"address {printed!r}; expected 12 digits")
    return bytes.fromhex(printed)[::-1]


def printed_address(field: bytes) -> str:
    """Turn an address from the wire into what is on the meter's plate."""
    return field[::-1].hex().upper()


def build_frame(frame: Frame) -> bytes:
    """Write a frame, without any FE before it."""
    data = bytes(byte + _OFFSET & 0xFF for byte in frame.data)
    body = _START + frame.address + _START + bytes([frame.control, len(data)]) + data
    return body + bytes([sum(body) & 0xFF]) + _END


def parse_frame(received: bytes) -> Frame:
    """Read one whole frame, with or without FE before it. Raises ValueError for anything else."""
    whole = received.lstrip(PREAMBLE)
    size = frame_size(whole)
    if size is None or len(whole) != size:
        raise ValueError(f"{received.hex(' ').upper()}; expected one DL/T 645 frame")
    if not is_sound(whole):
        raise ValueError(f"sum {whole[-2]:02X}; expected {sum(whole[:-2]) & 0xFF:02X}")
    data = bytes(byte - _OFFSET & 0xFF for byte in whole[_DATA:-2])
    return Frame(whole[1:_SECOND_START], whole[_SECOND_START + 1], data)


def frame_size(head: bytes) -> int | None:
    """Tell the bytes that a frame beginning so needs, as far as can be told; None: it is none."""
    for place in (0, _SECOND_START):
        if head[place : place + 1] not in (b"", _START):
            return None
    if len(head) <= _LENGTH:
        return _AROUND
    return _AROUND + head[_LENGTH] if head[_LENGTH] <= LONGEST_DATA else None


def is_sound(whole: bytes) -> bool:
    """Tell whether a frame of the right size has the right sum and end."""
    return whole[-2:] == bytes([sum(whole[:-2]) & 0xFF]) + _END


def judge_answer(buffer: bytes, fits: Callable[[Frame], bool]) -> Judgement:
    """Take the first sound frame that fits for the answer, whatever FE before it included.

    A sound frame that does not fit is thrown away whole, so that nothing inside passes for one.
    """
    waking = len(buffer) - len(buffer.lstrip(PREAMBLE))
    rest = buffer[waking:]
    size = frame_size(rest)
    if size is None:
        return Judgement(Verdict.STRAY, waking + 1, "mismatch")
    if len(rest) < size:
        return Judgement(Verdict.MORE, waking + size)
    if not is_sound(rest[:size]):
        return Judgement(Verdict.STRAY, waking + 1, "crc")
    if not fits(parse_frame(rest[:size])):
        return Judgement(Verdict.STRAY, waking + size, "mismatch")
    return Judgement(Verdict.ANSWER, waking + size)


def digits(wire: bytes) -> str | None:
    """Read packed decimal digits, highest first, zeros kept; None when a nibble is no digit.

    Meters fill with FF what they cannot tell.
    """
    text = wire[::-1].hex()
    return text if text.isdecimal() else None


def from_bcd(wire: bytes, *, signed: bool) -> Decimal | None:
    """Read a number in wire order; when `signed` its topmost bit is a minus. None for no number."""
    negative = signed and bool(wire[-1] & _SIGN)
    text = digits(wire[:-1] + bytes([wire[-1] & ~_SIGN]) if negative else wire)
    if text is None:
        return None
    return -Decimal(text) if negative else Decimal(text)


def to_bcd(number: Decimal, size: int, *, signed: bool) -> bytes:
    """Write a number as a meter would, what is beyond its last digit cut off, in wire order.

    Raises OverflowError when it does not fit.
    """
    whole = int(abs(number).to_integral_value(ROUND_FLOOR))
    negative = number < 0 and whole > 0
    most = (80 if signed else 100) * 100 ** (size - 1)
    if whole >= most or (negative and not signed):
        kind = "signed" if signed else "unsigned"
        raise OverflowError(f"{number}; expected {size} bytes of {kind} digits")
    wire = bytearray(bytes.fromhex(f"{whole:0{2 * size}d}")[::-1])
    wire[-1] |= _SIGN if negative else 0
    return bytes(wire)
