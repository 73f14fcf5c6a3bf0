"""Only the answer to the very question is taken for it, wherever and whatever else arrives."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.faults import DeviceFault
from drivers.profile import Block, Point
from drivers.protocols import dlt645, dlt645_2007
from drivers.protocols.dlt645_frame import Frame, address_field, build_frame, parse_frame, to_bcd
from drivers.transports.line import Timing
from drivers.transports.receive import Receiver
from drivers.transports.replay import ReplayLine
from tests.drivers.dlt645_published import ANSWERED, ENERGY, METER_161, WAKING, Row, hexed


def summed(text: str) -> str:
    """Finish a frame with the sum of its bytes, added up here, and 16."""
    total = 0
    for byte in hexed(text):
        total = (total + byte) % 256
    return f"{text} {total:02X} 16"


def receiver_of(row: Row) -> Receiver:
    """Give what judges the answers to a row's request."""
    left = row.block.count
    match = dlt645.answer_match(row.asked, row.edition.identifier_size, left)
    return Receiver(WAKING + build_frame(row.asked), match.judge)


def receive(row: Row, *arrived: str) -> bytes | None:
    """Feed bytes one at a time, as the slowest line would deliver them."""
    receiver = receiver_of(row)
    for byte in hexed(" ".join(arrived)):
        answer = receiver.feed(bytes([byte]))
        if answer is not None:
            return answer
    return None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (summed("68 62 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33"), "mismatch"),  # meter 162
        (summed("68 AA AA AA AA AA AA 68 91 08 33 33 34 33 59 33 33 33"), "mismatch"),  # wildcard
        (summed("… 91 08 33 33 35 33 59 33 33 33"), "mismatch"),  # 00020000
        (summed("… 94 08 33 33 34 33 59 33 33 33"), "mismatch"),  # to a request of writing
        (summed("… 81 06 33 33 34 33 59 33"), "mismatch"),  # the other edition
        (summed("… 11 08 33 33 34 33 59 33 33 33"), "mismatch"),  # from a master
        (summed("… 91 07 33 33 34 33 59 33 33"), "mismatch"),  # a byte less
        (summed("… 91 09 33 33 34 33 59 33 33 33 33"), "mismatch"),  # a byte more
        (summed("… B1 08 33 33 34 33 59 33 33 33"), "mismatch"),  # all of it, and more to come
        (summed("… D1 02 35 33"), "mismatch"),
        ("… 91 08 33 33 34 33 59 33 33 33 8B 16", "crc"),
        ("… 91 08 33 33 34 33 59 33 33 33 8A 17", "crc"),
        ("… 91 08 33 33 34 33 59 34 33 33 8A 16", "crc"),
        ("… 91 08 33 33 34 33 59 33", "short"),
        ("FE FE FE FE 68 61", "short"),
        ("68 68 68 FF FF FF FF FF", "mismatch"),
        ("", "timeout"),
    ],
)
def test_what_is_not_the_answer_is_named(answer: str, reason: str) -> None:
    receiver = receiver_of(ENERGY)

    assert receiver.feed(hexed(answer)) is None
    assert receiver.fault(24)[0] == reason


@pytest.mark.parametrize("before", ["", "FE", "FE FE FE FE FE FE FE", "00 FE", "68", "16 68 FE"])
def test_the_answer_is_found_behind_noise_and_waking_bytes(before: str) -> None:
    answer = receive(ENERGY, before, ENERGY.answer or "")

    assert answer is not None
    assert answer.endswith(hexed(ENERGY.answer or ""))


@pytest.mark.parametrize("lost", range(5))
def test_the_echo_of_the_request_is_skipped_even_when_its_start_is_lost(lost: int) -> None:
    echo = (WAKING + build_frame(ENERGY.asked))[lost:].hex(" ")

    answer = receive(ENERGY, echo, "FE FE", ENERGY.answer or "")

    assert answer is not None
    assert parse_frame(answer).control == 0x91
    assert receive(ENERGY, echo) is None


def test_another_meters_answer_before_ours_is_skipped() -> None:
    other = summed("68 62 01 00 00 00 00 68 91 08 33 33 34 33 99 33 33 33")

    assert receive(ENERGY, other, ENERGY.answer or "") == hexed(ENERGY.answer or "")


def test_our_answer_inside_anothers_data_is_not_taken() -> None:
    inner = parse_frame(hexed(ENERGY.answer or ""))
    wire = build_frame(inner)
    data = bytes(byte - 0x33 & 0xFF for byte in wire)  # so that the wire carries the frame itself
    outer = build_frame(Frame(address_field("000000000162"), 0x91, data))
    assert wire in outer

    assert receive(ENERGY, outer.hex(" ")) is None


@pytest.mark.parametrize("wanted", [0x16, 0x68, 0xFE], ids=hex)
def test_marks_of_the_frame_may_stand_in_address_data_and_sum(wanted: int) -> None:
    address = "166816681668"
    block = Block("identifier", 0x00353500, 2, (Point("value", 0, "bcd2"),))  # 35H goes as 68H
    sums = {}
    for number in range(10_000):
        data = bytes.fromhex("00353500")[::-1] + to_bcd(Decimal(number), 2, signed=False)
        sums[build_frame(Frame(address_field(address), 0x91, data))[-2]] = number, data
    number, data = sums[wanted]
    answer = build_frame(Frame(address_field(address), 0x91, data))
    request = build_frame(Frame(address_field(address), 0x11, data[:4]))
    line = ReplayLine([(WAKING + request, b"\xfe\xfe" + answer)])

    got = dlt645_2007.read(line, address, block, Timing())

    assert answer[-2] == wanted
    assert dlt645.words(block, got.data)[0].number == number


PARTS = Row("parts", METER_161, "00010000", None, None, "bcd6", "1", None)
FIRST = summed("… B1 07 33 33 34 33 44 55 66")  # 11 22 33, and more follows


def read_in_parts(*later: str) -> bytes:
    transcript = [(WAKING + build_frame(PARTS.asked), hexed(FIRST))]
    for sequence, answer in enumerate(later, 1):
        request = Frame(PARTS.asked.address, 0x12, PARTS.asked.data + bytes([sequence]))
        transcript.append((WAKING + build_frame(request), hexed(answer)))
    return dlt645.read(
        PARTS.edition, ReplayLine(transcript), PARTS.address, PARTS.block, Timing()
    ).data


def later_part(control: int, data: str, identifier: str = "00010000") -> str:
    """Build a later part from data and sequence number as hex."""
    body = bytes.fromhex(identifier)[::-1] + bytes.fromhex(data)
    return build_frame(Frame(address_field(METER_161), control, body)).hex(" ")


def test_an_answer_in_parts_is_put_together() -> None:
    assert read_in_parts(later_part(0x92, "445566 01")) == bytes.fromhex("112233445566")
    assert read_in_parts(
        later_part(0xB2, "44 01"), later_part(0x92, "5566 02")
    ) == bytes.fromhex("112233445566")  # fmt: skip


@pytest.mark.parametrize(
    "later",
    [
        later_part(0x92, "445566 02"),  # a part lost
        later_part(0x92, "4455 01"),  # a byte lost
        later_part(0xB2, "445566 01"),  # more than there is
        later_part(0xB2, "01"),  # nothing new
        later_part(0x92, "445566 01", "00020000"),
        FIRST,
    ],
)
def test_a_part_that_does_not_follow_is_refused(later: str) -> None:
    with pytest.raises(DeviceFault, match="mismatch"):
        read_in_parts(later)


def test_a_later_part_may_be_refused() -> None:
    with pytest.raises(DeviceFault, match="exception: 02"):
        read_in_parts(summed("… D2 01 35"))


def test_an_old_meters_answer_in_parts_is_refused_by_name() -> None:
    row = ANSWERED[-1]

    with pytest.raises(DeviceFault, match="mismatch: A1, answer in parts"):
        row.read(summed("68 54 07 13 00 80 13 68 A1 05 43 C3 34 33 33"))
