"""Frames on a line are cut whole out of whatever comes, and said in the words of their protocol."""

from __future__ import annotations

import random

import pytest

from drivers.frames import HEARD, RECEIVED, SENT, describe
from drivers.framing import APART_S, Cutter, Frame
from drivers.protocols.modbus import rtu_frame, tcp_frame

READ = rtu_frame(7, bytes.fromhex("0400480002"))
DATA = rtu_frame(7, bytes.fromhex("04044640E400"))
REFUSAL = rtu_frame(7, bytes.fromhex("8402"))
# The public worked frames of DL/T 645-2007: reference, rows 1, 8 and 12.
ASK_645 = bytes.fromhex("6861010000000068110433333433 14 16")
TOLD_645 = bytes.fromhex("6861010000000068910833333433593333338A16")
ADDRESS_645 = bytes.fromhex("FEFEFEFE68AAAAAAAAAAAA681300DF16")
ERROR_645 = bytes.fromhex("68129078563412 68D101358D16")
ASK_1997 = bytes.fromhex("680300000000006801 02 44E9 0316")


def meaning(
    data: bytes, direction: str, previous: bytes | None = None, transport: str = "serial"
) -> tuple[str, dict[str, str]]:
    said = describe(data, direction, previous, transport)
    return said.code, dict(said.values)


def test_a_modbus_question_names_table_address_and_count() -> None:
    code, values = meaning(READ, SENT)

    assert code == "modbus-read"
    assert values == {
        "unit": "7",
        "function": "04",
        "table": "input",
        "address": "0x0048",
        "count": "2",
    }


def test_a_modbus_answer_gives_its_registers() -> None:
    code, values = meaning(DATA, RECEIVED, READ)

    assert code == "modbus-data"
    assert (values["unit"], values["size"], values["data"]) == ("7", "4", "4640 E400")


def test_a_refusal_names_the_exception() -> None:
    assert meaning(REFUSAL, RECEIVED, READ) == (
        "modbus-exception",
        {"unit": "7", "function": "04", "exception": "02"},
    )


def test_an_answer_to_another_question_is_told_from_the_one_awaited() -> None:
    other = rtu_frame(8, bytes.fromhex("04044640E400"))

    assert meaning(other, RECEIVED, READ) == ("modbus-stray", {"unit": "8", "what": "04"})


def test_a_tcp_answer_of_another_transaction_is_told() -> None:
    asked, answer = bytes.fromhex("0400480002"), bytes.fromhex("04044640E400")

    right = meaning(tcp_frame(9, 7, answer), RECEIVED, tcp_frame(9, 7, asked), "tcp")
    late = meaning(tcp_frame(8, 7, answer), RECEIVED, tcp_frame(9, 7, asked), "tcp")

    assert (right[0], right[1]["data"]) == ("modbus-data", "4640 E400")
    assert late == ("modbus-stray", {"unit": "7", "what": "#8"})


def test_where_nobody_says_who_sent_it_turns_tell_question_from_answer() -> None:
    write = rtu_frame(7, bytes.fromhex("0600100001"))

    assert describe(READ, HEARD, None, "serial").asks
    assert meaning(DATA, HEARD, READ)[0] == "modbus-data"
    assert describe(write, HEARD, None, "serial").asks
    assert not describe(write, HEARD, write, "serial").asks


def test_our_own_question_coming_back_is_an_echo() -> None:
    assert meaning(READ, RECEIVED, READ) == ("echo", {})


@pytest.mark.parametrize(
    ("frame", "code", "values"),
    [
        (ASK_645, "dlt645-question", {"identifier": "00010000", "data": "-"}),
        (TOLD_645, "dlt645-data", {"identifier": "00010000", "data": "26 00 00 00"}),
        (ADDRESS_645, "dlt645-question", {"identifier": "-", "address": "AAAAAAAAAAAA"}),
        (ERROR_645, "dlt645-error", {"error": "02", "address": "123456789012"}),
        (ASK_1997, "dlt645-question", {"identifier": "B611", "address": "000000000003"}),
    ],
)
def test_dlt645_frames_are_read_as_the_standard_prints_them(
    frame: bytes, code: str, values: dict[str, str]
) -> None:
    said, told = meaning(frame, HEARD)

    assert said == code
    assert values.items() <= told.items()


def test_the_meter_of_a_dlt645_frame_is_named_as_on_its_plate() -> None:
    assert meaning(TOLD_645, HEARD)[1]["address"] == "000000000161"


def test_a_printer_s_lines_are_text() -> None:
    assert meaning(b"ok T:21.3 /0.0\r\n", RECEIVED) == ("text", {"text": "ok T:21.3 /0.0"})


def test_a_frame_of_the_wrong_checksum_is_told_as_unsound() -> None:
    broken = DATA[:-1] + bytes([DATA[-1] ^ 1])

    awaited = describe(broken, RECEIVED, READ, "serial")
    unasked = describe(broken, RECEIVED, None, "serial")

    assert (awaited.code, awaited.sound) == ("modbus-broken", False)
    assert (unasked.code, unasked.sound) == ("unknown", False)


def cut(pieces: list[tuple[str, bytes, float]], transport: str = "serial") -> list[Frame]:
    cutter = Cutter(transport)
    frames = [frame for piece in pieces for frame in cutter.feed(*piece)]
    return [*frames, *cutter.flush()]


def test_pieces_of_a_frame_are_joined_and_stamped_with_their_end() -> None:
    pieces = [(RECEIVED, DATA[:3], 1.0), (RECEIVED, DATA[3:], 1.02)]

    assert cut(pieces) == [Frame(RECEIVED, DATA, 1.02)]


def test_frames_that_come_in_one_lot_are_cut_apart() -> None:
    lot = READ + DATA + ADDRESS_645 + TOLD_645

    frames = cut([(HEARD, lot, 1.0)])

    assert [frame.data for frame in frames] == [READ, DATA, ADDRESS_645, TOLD_645]


def test_a_frame_is_given_as_soon_as_it_is_whole() -> None:
    cutter = Cutter("serial")

    assert cutter.feed(HEARD, READ, 1.0) == (Frame(HEARD, READ, 1.0),)
    assert cutter.feed(HEARD, DATA, 1.03) == (Frame(HEARD, DATA, 1.03),)


def test_stray_bytes_before_a_frame_do_not_hide_it() -> None:
    frames = cut([(RECEIVED, b"\x00\xff\x13" + DATA, 1.0)])

    assert [frame.data for frame in frames] == [b"\x00\xff\x13", DATA]


def test_a_pause_ends_a_frame_that_never_was_whole() -> None:
    frames = cut([(RECEIVED, DATA[:4], 1.0), (RECEIVED, DATA, 1.0 + 2 * APART_S)])

    assert [frame.data for frame in frames] == [DATA[:4], DATA]


def test_what_is_sent_and_what_is_received_never_mix() -> None:
    frames = cut([(SENT, READ[:4], 1.0), (RECEIVED, DATA, 1.001)])

    assert [(frame.direction, frame.data) for frame in frames] == [
        (SENT, READ[:4]),
        (RECEIVED, DATA),
    ]


def test_tcp_frames_are_cut_by_their_header() -> None:
    first, second = tcp_frame(1, 7, b"\x04\x02\x00\x01"), tcp_frame(2, 7, b"\x84\x02")

    frames = cut([(RECEIVED, first + second[:5], 1.0), (RECEIVED, second[5:], 1.01)], "tcp")

    assert [frame.data for frame in frames] == [first, second]


def test_whatever_comes_every_byte_is_shown_once_and_in_order() -> None:
    randomly = random.Random(1)
    known = [READ, DATA, REFUSAL, ASK_645, TOLD_645, ADDRESS_645, b"ok\n", b"T:20\r\n"]
    for _ in range(2000):
        line, at_s, pieces = b"", 0.0, []
        for _ in range(randomly.randint(1, 6)):
            data = randomly.choice([*known, randomly.randbytes(randomly.randint(1, 30))])
            half = randomly.randint(0, len(data))
            for part in (data[:half], data[half:]):
                at_s += randomly.choice([0.001, 0.01, 0.2])
                pieces.append((HEARD, part, at_s))
                line += part
        frames = cut(pieces)
        assert b"".join(frame.data for frame in frames) == line
        for frame in frames:
            describe(frame.data, frame.direction, READ, "serial")
