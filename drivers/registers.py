"""Numbers in Modbus registers: types, word orders, and the exact decimal a float stands for."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import lru_cache

BIT = "bit"
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
EXACT = Context(prec=400)  # wider than any product here, so that nothing is ever rounded

_DIGITS = {4: 9, 8: 17}  # significant digits that always suffice to tell two floats apart


@dataclass(frozen=True, slots=True)
class NumberType:
    """How a number is stored: `size` bytes, two's complement when signed, or IEEE 754."""

    size: int
    signed: bool = False
    floating: bool = False

    @property
    def registers(self) -> int:
        """How many 16-bit registers it fills."""
        return self.size // 2


TYPES = {
    "int16": NumberType(2, signed=True),
    "uint16": NumberType(2),
    "int32": NumberType(4, signed=True),
    "uint32": NumberType(4),
    "int64": NumberType(8, signed=True),
    "uint64": NumberType(8),
    "float32": NumberType(4, floating=True),
    "float64": NumberType(8, floating=True),
}


def reorder(data: bytes, order: str) -> bytes:
    """Turn wire order into most significant byte first, or back: each order is its own inverse.

    Named by where the bytes of 12345678 hex stand on the wire: ABCD 12345678, CDAB 56781234,
    BADC 34127856, DCBA 78563412; eight bytes likewise, words or bytes turned about.
    """
    if order in ("BADC", "DCBA"):
        data = b"".join(data[i : i + 2][::-1] for i in range(0, len(data), 2))
    if order in ("CDAB", "DCBA"):
        data = b"".join(data[i : i + 2] for i in range(len(data) - 2, -2, -2))
    return data


def to_number(data: bytes, kind: NumberType, order: str) -> Decimal | None:
    """Read bytes in wire order; None for a float that is no number (NaN, infinity)."""
    ordered = reorder(data, order)
    if kind.floating:
        return shortest_decimal(ordered)
    return Decimal(int.from_bytes(ordered, "big", signed=kind.signed))


def to_bytes(number: Decimal, kind: NumberType, order: str) -> bytes:
    """Write a number as a meter would: the nearest float, or the integer below, in wire order.

    Raises OverflowError when it does not fit.
    """
    if kind.floating:
        ordered = struct.pack(">f" if kind.size == 4 else ">d", number)
    else:
        whole = int(number.to_integral_value(ROUND_FLOOR))
        ordered = whole.to_bytes(kind.size, "big", signed=kind.signed)
    return reorder(ordered, order)


def _exact(bits: int, size: int) -> Fraction:
    fraction_bits = 23 if size == 4 else 52
    bias = 127 if size == 4 else 1023
    exponent, fraction = divmod(bits, 1 << fraction_bits)
    if exponent == 0:
        return Fraction(fraction) * Fraction(2) ** (1 - bias - fraction_bits)
    return Fraction((1 << fraction_bits) + fraction) * Fraction(2) ** (
        exponent - bias - fraction_bits
    )


@lru_cache(maxsize=4096)
def shortest_decimal(ordered: bytes) -> Decimal | None:
    """Give the shortest decimal that reads back as this IEEE 754 number; None for NaN, infinity.

    `ordered`: 4 bytes (binary32) or 8 (binary64), most significant first. All arithmetic is exact:
    a decimal reads back when it lies within half a step of the number, the ends included when
    the number is even (round half to even). Of several equally short ones the nearest is taken.
    """
    size = len(ordered)
    sign, bits = divmod(int.from_bytes(ordered, "big"), 1 << (8 * size - 1))
    if bits == 0:
        return Decimal(0)
    if bits >= (0x7F80_0000 if size == 4 else 0x7FF0_0000_0000_0000):
        return None
    number = _exact(bits, size)
    low = (_exact(bits - 1, size) + number) / 2
    high = (_exact(bits + 1, size) + number) / 2
    exact = EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))
    for digits in range(1, _DIGITS[size] + 1):
        around = [
            Context(prec=digits, rounding=rounding).plus(exact)
            for rounding in (ROUND_FLOOR, ROUND_CEILING)
        ]
        fitting = [d for d in around if _within(d, low, high, even=bits % 2 == 0)]
        if fitting:
            nearest = min(fitting, key=lambda d: abs(Fraction(d) - number))
            return _plain(-nearest if sign else nearest)
    raise AssertionError(f"{ordered.hex()}: no decimal of {_DIGITS[size]} digits reads back")


def _within(decimal: Decimal, low: Fraction, high: Fraction, *, even: bool) -> bool:
    value = Fraction(decimal)
    return low <= value <= high if even else low < value < high


def _plain(decimal: Decimal) -> Decimal:
    """Drop trailing zeros of the fraction, write out those of a whole number."""
    whole = EXACT.to_integral_exact(decimal) == decimal
    return EXACT.quantize(decimal, Decimal(1)) if whole else EXACT.normalize(decimal)
