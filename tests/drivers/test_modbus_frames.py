"""Modbus frames: built as the standard says, and nothing but the answer is taken for the answer."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from drivers.profile import Block
from drivers.protocols.modbus import crc, read_pdu, rtu_frame, rtu_match, tcp_frame, tcp_match
from drivers.transports.line import Match, Verdict
from drivers.transports.receive import Receiver

# Eastron's manual: volts of phase 1, 230.2 V.
REQUEST = bytes.fromhex("01 04 00 00 00 02 71 CB")
ANSWER = bytes.fromhex("01 04 04 43 66 33 34 1B 38")


def receive(match: Match, arrived: bytes, request: bytes = REQUEST) -> bytes | None:
    """Feed bytes one at a time, as the slowest line would deliver them."""
    receiver = Receiver(request, match.judge)
    for byte in arrived:
        answer = receiver.feed(bytes([byte]))
        if answer is not None:
            return answer
    return None


@pytest.mark.parametrize(
    ("unit", "block", "frame"),
    [
        (1, Block("input", 0, 2, ()), "01 04 00 00 00 02 71 CB"),
        (0x11, Block("holding", 0x6B, 3, ()), "11 03 00 6B 00 03 76 87"),
        (0x11, Block("coil", 0x13, 0x25, ()), "11 01 00 13 00 25 0E 84"),
        (0x11, Block("discrete", 0xC4, 0x16, ()), "11 02 00 C4 00 16 BA A9"),
    ],
)
def test_requests_are_those_of_the_books(unit: int, block: Block, frame: str) -> None:
    assert rtu_frame(unit, read_pdu(block)) == bytes.fromhex(frame)


def test_a_tcp_request_has_its_header() -> None:
    frame = tcp_frame(0x1234, 0x11, read_pdu(Block("holding", 0x6B, 3, ())))

    assert frame == bytes.fromhex("12 34 00 00 00 06 11 03 00 6B 00 03")


def test_the_crc_is_the_catalogued_one() -> None:
    assert crc(b"123456789") == (0x4B37).to_bytes(2, "little")


@pytest.mark.parametrize("before", ["", "FF", "00 00", "01", "01 04", "01 04 04", "01 04 04 43"])
def test_the_answer_is_found_behind_noise(before: str) -> None:
    assert receive(rtu_match(1, 4, 4), bytes.fromhex(before) + ANSWER) == ANSWER


def test_the_echo_of_the_own_request_is_skipped() -> None:
    assert receive(rtu_match(1, 4, 4), REQUEST + ANSWER) == ANSWER


def test_an_echo_that_would_pass_for_an_answer_is_not_one() -> None:
    # A read of 24 coils at 03xx looks, byte for byte, like an answer with three data bytes.
    request = rtu_frame(1, read_pdu(Block("coil", 0x0301, 24, ())))
    assert rtu_match(1, 1, 3).judge(request).verdict is Verdict.ANSWER

    assert receive(rtu_match(1, 1, 3), request, request) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("02 04 04 43 66 33 34 28 38", "mismatch"),  # another unit
        ("01 03 04 43 66 33 34 1A 8F", "mismatch"),  # another function
        ("01 04 02 43 66 09 DA", "mismatch"),  # fewer registers than asked
        ("01 04 04 43 66 33 34 1B 39", "crc"),
        ("01 04 04 43 66", "short"),
        ("", "timeout"),
    ],
)
def test_what_is_not_the_answer_is_named(answer: str, reason: str) -> None:
    receiver = Receiver(REQUEST, rtu_match(1, 4, 4).judge)

    assert receiver.feed(bytes.fromhex(answer)) is None
    assert receiver.fault(9)[0] == reason


def test_an_exception_is_an_answer() -> None:
    refusal = rtu_frame(1, bytes.fromhex("84 02"))

    assert receive(rtu_match(1, 4, 4), refusal) == refusal


def test_tcp_takes_only_its_own_transaction() -> None:
    late = tcp_frame(6, 1, bytes.fromhex("04 04 11 11 11 11"))
    right = tcp_frame(7, 1, bytes.fromhex("04 04 43 66 33 34"))

    assert receive(tcp_match(7, 1, 4, 4), late + right, b"\0") == right
    assert receive(tcp_match(7, 1, 4, 4), late, b"\0") is None


@given(st.binary(max_size=300))
def test_random_bytes_are_never_an_answer_that_fails_the_checks(noise: bytes) -> None:
    answer = receive(rtu_match(1, 4, 4), noise)

    if answer is not None:
        assert answer in noise
        assert answer[0] == 1
        assert answer[1:3] == b"\x04\x04" or (answer[1] == 0x84 and len(answer) == 5)
        assert crc(answer[:-2]) == answer[-2:]


@given(st.integers(0, len(ANSWER) * 8 - 1), st.integers(1, 2**16 - 1))
@example(0, 1)
def test_a_burst_of_up_to_16_flipped_bits_never_gives_a_value(start: int, burst: int) -> None:
    size = len(ANSWER)
    mask = burst << start & (1 << 8 * size) - 1
    # Little-endian, because a serial line sends each byte's lowest bit first.
    assume(mask)
    damaged = (int.from_bytes(ANSWER, "little") ^ mask).to_bytes(size, "little")

    answer = receive(rtu_match(1, 4, 4), damaged)

    assert answer is None or answer[1] == 0x84  # at worst it looks like a refusal


@given(st.data())
def test_a_frame_cut_and_glued_to_another_gives_the_whole_one_or_nothing(
    data: st.DataObject,
) -> None:
    cut = data.draw(st.integers(0, len(ANSWER) - 1))
    noise = data.draw(st.binary(max_size=12))

    assert receive(rtu_match(1, 4, 4), ANSWER[:cut] + noise + ANSWER) in (ANSWER, None)
