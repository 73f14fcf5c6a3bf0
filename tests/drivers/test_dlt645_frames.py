"""DL/T 645 frames that others published decode to the values stated, and numbers are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.decode import decode
from drivers.faults import DeviceFault
from drivers.protocols import dlt645, dlt645_2007
from drivers.protocols.dlt645_frame import (
    EVERY_METER,
    Frame,
    address_field,
    build_frame,
    from_bcd,
    parse_frame,
    printed_address,
    to_bcd,
)
from drivers.transports.line import Timing
from drivers.transports.replay import ReplayLine
from tests.drivers.dlt645_published import ANSWERED, ROWS, Row, hexed


@pytest.mark.parametrize("row", [row for row in ROWS if row.request], ids=lambda row: row.number)
def test_requests_are_the_published_ones(row: Row) -> None:
    assert build_frame(row.asked) == hexed(row.request or "")


@pytest.mark.parametrize("row", ANSWERED, ids=lambda row: row.number)
def test_published_answers_have_the_value_stated(row: Row) -> None:
    data = row.read(row.answer or "")

    sample = decode(row.block, dlt645.words(row.block, data))[0]
    assert sample.value == Decimal(row.value or "")
    assert sample.raw == data.hex().upper()


def test_a_meter_number_keeps_the_zeros_of_its_plate() -> None:
    row = next(row for row in ROWS if row.number == "11")

    word = dlt645.words(row.block, row.read(row.answer or ""))[0]

    assert (word.text, word.raw) == ("002241020208", "080202412200")


def test_a_wildcard_read_is_built_as_published() -> None:  # row 7
    frame = build_frame(Frame(EVERY_METER, 0x11, bytes.fromhex("00010000")[::-1]))

    assert frame == hexed("68 AA AA AA AA AA AA 68 11 04 33 33 34 33 AE 16")


def test_a_meter_tells_its_address() -> None:  # row 8
    request = hexed("FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16")
    answer = hexed("68 01 00 00 00 00 00 68 93 06 34 33 33 33 33 33 9D 16")

    assert dlt645.read_address(ReplayLine([(request, answer)]), Timing()) == "000000000001"


@pytest.mark.parametrize(
    "answer",
    [
        "68 01 00 00 00 00 00 68 93 06 35 33 33 33 33 33 9E 16",  # two addresses in one frame
        "68 FF 00 00 00 00 00 68 93 06 32 33 33 33 33 33 99 16",  # no digits
        "68 01 00 00 00 00 00 68 91 06 34 33 33 33 33 33 9B 16",
        "68 01 00 00 00 00 00 68 93 05 34 33 33 33 33 69 16",
    ],
)
def test_a_doubtful_address_is_none(answer: str) -> None:
    request = hexed("FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16")
    assert parse_frame(hexed(answer)).address  # sound, and still not taken

    with pytest.raises(DeviceFault, match="mismatch"):
        dlt645.read_address(ReplayLine([(request, hexed(answer))]), Timing())


@pytest.mark.parametrize(  # row 12
    ("address", "answer"),
    [
        ("123456789012", "68 12 90 78 56 34 12 68 D1 01 35 8D 16"),
        ("000006605518", "FE FE FE FE 68 18 55 60 06 00 00 68 D1 01 35 AA 16"),
        ("398192000337", "68 37 03 00 92 81 39 68 D1 01 35 5D 16"),
    ],
)
def test_a_refusal_names_the_error(address: str, answer: str) -> None:
    row = Row("12", address, "00010000", None, answer, "bcd4", "10", None)

    with pytest.raises(DeviceFault) as refused:
        row.read(answer)

    assert (refused.value.code, refused.value.detail) == ("exception", "02")


def test_a_request_to_read_on_is_built_as_published() -> None:  # row 12c
    part = bytes.fromhex("03300001")[::-1] + bytes([1])
    request = Frame(address_field("123456789012"), dlt645_2007.EDITION.read_on or 0, part)

    assert build_frame(request) == hexed("68 12 90 78 56 34 12 68 12 05 34 33 63 36 34 D1 16")


def test_every_published_row_is_among_these() -> None:
    tested_alone = {"7", "8", "12", "12c"}

    assert {row.number for row in ROWS} | tested_alone == {
        *(str(number) for number in range(1, 15)), "12a", "12b", "12c",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wire", "signed", "number"),
    [
        ("26000000", False, "26"),
        ("99999999", False, "99999999"),
        ("00000080", False, "80000000"),
        ("00000080", True, "0"),
        ("45230180", True, "-12345"),
        ("99999979", True, "79999999"),
        ("FFFFFFFF", False, None),
        ("FFFFFFFF", True, None),
        ("FEFFFFFF", False, None),
        ("0A000000", False, None),
        ("000000A0", True, "-20000000"),
        ("000000F0", True, "-70000000"),
        ("000000FA", True, None),
    ],
)
def test_only_decimal_digits_are_a_number(wire: str, signed: bool, number: str | None) -> None:
    expected = None if number is None else Decimal(number)

    assert from_bcd(bytes.fromhex(wire), signed=signed) == expected


@pytest.mark.parametrize(("number", "signed"), [("100", False), ("-1", False), ("-80", True)])
def test_a_number_too_large_for_its_bytes_is_not_written(number: str, signed: bool) -> None:
    with pytest.raises(OverflowError, match=number):
        to_bcd(Decimal(number), 1, signed=signed)


def test_a_number_reads_back_as_it_was_written() -> None:
    for number in range(-79, 80):
        assert from_bcd(to_bcd(Decimal(number), 1, signed=True), signed=True) == number


@pytest.mark.parametrize("address", ["", "7", "00000000016A", "0000000000161", "AAAAAAAAAAAA"])
def test_an_address_is_twelve_digits(address: str) -> None:
    with pytest.raises(ValueError, match="expected 12 digits"):
        address_field(address)


def test_an_address_goes_low_byte_first() -> None:
    assert address_field("123456789012") == bytes.fromhex("129078563412")
    assert printed_address(bytes.fromhex("129078563412")) == "123456789012"


@pytest.mark.parametrize("frame", ["", "68", "… 91 08 33", "… 91 08 33 33 34 33 59 33 33 33 8A"])
def test_part_of_a_frame_is_none(frame: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_frame(hexed(frame))
