"""Registers become the numbers a meter meant: types, word orders, floats without rounding."""

from __future__ import annotations

import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.decode import Sample
from drivers.decode import decode as decode_words
from drivers.profile import Block, Point
from drivers.protocols import modbus
from drivers.registers import ORDERS, TYPES, reorder, shortest_decimal, to_bytes, to_number


def decode(block: Block, data: bytes) -> tuple[Sample, ...]:
    return decode_words(block, modbus.words(block, data))


def one_point(**fields: object) -> Block:
    point = Point("energy_wh", 0, **fields)  # type: ignore[arg-type]  # the case's own fields
    return Block("input", 0, point.width, (point,))


@pytest.mark.parametrize(
    ("order", "wire"),
    [("ABCD", "12345678"), ("CDAB", "56781234"), ("BADC", "34127856"), ("DCBA", "78563412")],
)
def test_word_orders(order: str, wire: str) -> None:
    sample = decode(one_point(type="uint32", order=order), bytes.fromhex(wire))[0]

    assert sample.value == 0x12345678
    assert sample.raw == wire  # always as it was on the wire


@pytest.mark.parametrize(
    ("order", "wire"),
    [
        ("ABCD", "0102030405060708"), ("CDAB", "0708050603040102"),
        ("BADC", "0201040306050807"), ("DCBA", "0807060504030201"),
    ],
)  # fmt: skip
def test_word_orders_of_four_registers(order: str, wire: str) -> None:
    sample = decode(one_point(type="uint64", order=order), bytes.fromhex(wire))[0]

    assert sample.value == 0x0102030405060708


@pytest.mark.parametrize(
    ("kind", "wire", "scale", "value"),
    [
        ("int16", "FFFE", "1", "-2"),
        ("uint16", "FFFE", "1", "65534"),
        ("int32", "FFFFFF00", "0.1", "-25.6"),
        ("uint32", "FFFFFFFF", "0.01", "42949672.95"),
        ("int64", "FFFFFFFFFFFFFFFF", "1", "-1"),
        ("uint64", "FFFFFFFFFFFFFFFF", "0.0000000001", "1844674407.3709551615"),
        ("float32", "4640E400", "1000", "12345000"),
        ("float32", "43663333", "1", "230.2"),
        ("float32", "3DCCCCCD", "1", "0.1"),
        ("float32", "BDCCCCCD", "1", "-0.1"),
        ("float32", "80000000", "1", "0"),
        ("float32", "4B7FFFFF", "1", "16777215"),
        ("float64", "3FB999999999999A", "10", "1"),
        ("float64", "0000000000000001", "1", "5E-324"),
    ],
)
def test_types_and_scales_give_exact_decimals(kind: str, wire: str, scale: str, value: str) -> None:
    block = one_point(type=kind, scale=Decimal(scale))

    sample = decode(block, bytes.fromhex(wire))[0]

    assert sample.value == Decimal(value)
    assert sample.fault is None


@pytest.mark.parametrize("wire", ["7FC00000", "FFC00001", "7F800000", "FF800000", "7F800001"])
def test_a_float_that_is_no_number_is_a_sensor_error(wire: str) -> None:
    sample = decode(one_point(type="float32"), bytes.fromhex(wire))[0]

    assert (sample.value, sample.fault, sample.raw) == (None, "sensor_error", wire)


@pytest.mark.parametrize(
    ("kind", "order", "wire", "beside", "value"),
    [
        ("int16", "ABCD", "8002", "8003", "-32765"),
        ("uint32", "CDAB", "FFFFFFFF", "FFFEFFFF", "4294967294"),
        ("float32", "ABCD", "C479C000", "C479BFFF", "-998.99994"),  # -999 for a broken sensor
        ("int64", "ABCD", "8000000000000000", "8000000000000001", "-9223372036854775807"),
    ],
)
def test_a_sentinel_is_never_a_number(
    kind: str, order: str, wire: str, beside: str, value: str
) -> None:
    block = one_point(type=kind, order=order, sentinels={wire: "sensor_error"})

    failed, measured = (decode(block, bytes.fromhex(each))[0] for each in (wire, beside))

    assert (failed.value, failed.fault, failed.raw) == (None, "sensor_error", wire)
    assert measured.value == Decimal(value)


def test_bits_of_registers_and_coils() -> None:
    register = Point("status_working", 1, "bit", bit=9)
    coil = Point("status_working", 10, "bit")

    assert decode(Block("input", 0, 2, (register,)), bytes.fromhex("00000200"))[0].value == 1
    assert decode(Block("input", 0, 2, (register,)), bytes.fromhex("FFFFFDFF"))[0].value == 0
    assert decode(Block("coil", 0, 16, (coil,)), bytes.fromhex("0004"))[0].value == 1
    assert decode(Block("coil", 0, 16, (coil,)), bytes.fromhex("FFFB"))[0].value == 0


def test_data_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 data bytes; expected 4"):
        decode(one_point(type="uint32"), b"\0\0")


def _read_back(decimal: Decimal, size: int) -> bytes:
    """Round a decimal to the nearest float by exact comparison, independent of the code tested."""
    form, whole = (">f", ">I") if size == 4 else (">d", ">Q")
    try:
        guess = struct.unpack(whole, struct.pack(form, float(abs(decimal))))[0]
    except OverflowError:
        return b""  # reads back as no float at all
    near = [bits for bits in (guess - 1, guess, guess + 1) if bits >= 0]
    floats = [(struct.unpack(form, struct.pack(whole, bits))[0], bits) for bits in near]
    finite = [(value, bits) for value, bits in floats if math.isfinite(value)]
    exact = abs(decimal).as_integer_ratio()

    def distance(entry: tuple[float, int]) -> tuple[int, int]:
        top, bottom = entry[0].as_integer_ratio()
        # Common scale: both differences over the same denominators, then even wins a tie.
        return abs(top * exact[1] - exact[0] * bottom) * (2**1200 // bottom), entry[1] % 2

    bits = min(finite, key=distance)[1]
    return struct.pack(whole, bits | (1 << (8 * size - 1) if decimal < 0 else 0))


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_is_the_shortest_decimal_that_reads_back(value: float) -> None:
    wire = struct.pack(">f", value)
    decimal = shortest_decimal(wire)
    assert decimal is not None
    assert abs(Decimal(value) - decimal) <= abs(Decimal(value)) / 2**23 + Decimal("1E-44")
    if decimal:
        assert _read_back(decimal, 4) == wire
        digits = len(decimal.normalize().as_tuple().digits)
        shorter = [f"{value:.{n}e}" for n in range(max(digits - 1, 0))]
        assert all(_read_back(Decimal(text), 4) != wire for text in shorter)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_float64_is_what_python_itself_would_print(value: float) -> None:
    assert shortest_decimal(struct.pack(">d", value)) == Decimal(repr(value))


@given(st.decimals(min_value=0, max_value=999_999, places=None), st.integers(0, 6))
def test_what_an_engineer_would_write_in_six_digits_comes_back(typed: Decimal, places: int) -> None:
    text = f"{typed:.6g}"
    wire = struct.pack(">f", float(text))
    if float(text) > 1e-30:
        assert shortest_decimal(wire) == Decimal(text), places


@given(st.sampled_from(sorted(TYPES)), st.sampled_from(ORDERS), st.binary(min_size=8, max_size=8))
def test_what_is_read_can_be_written_again(kind: str, order: str, noise: bytes) -> None:
    number_type = TYPES[kind]
    wire = noise[: number_type.size]
    number = to_number(wire, number_type, order)
    if number:
        assert to_bytes(number, number_type, order) == wire
    assert reorder(reorder(wire, order), order) == wire
