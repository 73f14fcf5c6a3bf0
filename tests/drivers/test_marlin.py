"""A Marlin board's lines become values only when they are the answer, whole and said twice."""

from __future__ import annotations

import collections
import random
from decimal import Decimal
from itertools import pairwise

import pytest

from drivers.device import read_identity, read_meter
from drivers.profile import Profile
from drivers.profile_file import load_profile
from drivers.protocols import marlin, marlin_text
from drivers.simulate.marlin_board import MarlinBoard
from drivers.transports.line import Timing, Verdict
from drivers.transports.replay import ReplayLine

ONCE = Timing(timeout_s=0.1, worst_latency_s=0.1, retries=0)
STATS = (
    b"Stats: Prints: 12, Finished: 10, Failed: 2\n"
    b"Stats: Total time: 3d 4h 5m 6s, Longest job: 9h 10m 11s\n"
    b"Stats: Filament used: 123.45m\n"
)
ANSWERS = {
    "M78": b"ok\n" + STATS + b"ok\n",
    "M27": b"ok\nSD printing byte 484/1339\nok\n",
    "M105": b"ok\nok T:205.13 /205.00 B:60.00 /60.00 @:64 B@:32\n",
}
VALUES = {
    "filament_mm": Decimal("123450.00"),
    "run_time_s": Decimal(273_906),
    "status_printing": Decimal(1),
    "progress_pct": Decimal(36),
    "temperature_c": Decimal("205.13"),
}


@pytest.fixture
def printer() -> Profile:
    return load_profile("marlin")


def read_block(
    printer: Profile, question: str, once: bytes, again: bytes | None = None
) -> tuple[dict[str, Decimal | None], str]:
    """Read one block from what a board said the first and the second time; also give the fault."""
    block = next(block for block in printer.blocks if block.question == question)
    request = marlin.request(question)
    line = ReplayLine([(request, once), (request, once if again is None else again)])
    read = read_meter(line, printer, "", [block], ONCE)
    values = {sample.quantity: sample.value for sample in read.samples}
    return values, read.faults[0].code if read.faults else ""


def test_a_question_is_line_one_after_a_reset_of_the_numbering() -> None:
    assert marlin.request("M27") == b"N0 M110 N0*125\nN1 M27*23\n"


def test_no_wrong_bit_makes_another_command_of_a_question() -> None:
    """Without its number M27, tell of the card, is one bit from M25, pause the print."""
    for question in marlin.QUESTIONS:
        request = marlin.request(question)
        for bit in range(8 * len(request)):
            spoilt = bytearray(request)
            spoilt[bit // 8] ^= 1 << bit % 8
            board = MarlinBoard()
            for line in bytes(spoilt).split(b"\n"):
                collections.deque(board.answer(line) if line else (), maxlen=0)
            done = [command for command in board.received if command[0] in "MG"]
            assert set(done) <= {"M110 N0", question}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("59s", 59),
        ("1h 2m 3s", 3723),
        ("3d 4h 5m 6s", 273_906),
        ("1y 0d 0h 0m 1s", 31_536_001),
        ("135y 364d 23h 59m 59s", 136 * 31_536_000 - 1),
        ("60s", None),
        ("1h 60m 3s", None),
        ("1h 3s", None),
        ("24h 0m 0s", None),
        ("3m", None),
        ("-1s", None),
        ("1h 2m 3s ", None),
    ],
)
def test_a_span_is_read_as_marlin_writes_it(text: str, seconds: int | None) -> None:
    assert marlin_text.seconds(text) == seconds


@pytest.mark.parametrize("question", ANSWERS)
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda answer: answer,
        lambda answer: answer.replace(b"\n", b"\r\n"),
        lambda answer: b" T:1.00 /0.00 B:2.00 /0.00 @:0\nwait\n" + answer,
        lambda answer: answer.replace(b"ok\n", b"ok\n T:1.00 /0.00 B:2.00 /0.00 @:0\n", 1),
        lambda answer: answer.replace(b"ok\n", b"ok\necho:busy: processing\n//action:x\n", 1),
        lambda answer: answer.replace(b"ok\n", b"ok N0 P15 B3\n", 1),
        lambda answer: b"echo:Not SD printing\nX:1.00 Y:2.00 Z:3.00 E:4.00\n" + answer,
    ],
)
def test_whatever_a_board_says_besides_the_answer_is_found(
    question: str, wrapped: object, printer: Profile
) -> None:
    assert callable(wrapped)
    values, fault = read_block(printer, question, wrapped(ANSWERS[question]))

    assert fault == ""
    assert values == {quantity: VALUES[quantity] for quantity in values}


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        (b"ok\nNot SD printing\nok\n", {"status_printing": 0, "progress_pct": None}),
        (b"ok\nSD printing byte 0/1339\nok\n", {"status_printing": 1, "progress_pct": 0}),
        (b"ok\nSD printing byte 1339/1339\nok\n", {"status_printing": 1, "progress_pct": 100}),
        (b"ok\nSD printing byte 1340/1339\nok\n", {"status_printing": 1, "progress_pct": None}),
        (b"ok\nSD printing byte 0/0\nok\n", {"status_printing": 1, "progress_pct": None}),
        # The report before the answer is older than the answer.
        (
            b"ok\nNot SD printing\nSD printing byte 7/100\nok\n",
            {"status_printing": 1, "progress_pct": 7},
        ),
    ],
)
def test_what_a_board_tells_of_its_card(
    answer: bytes, values: dict[str, int | None], printer: Profile
) -> None:
    assert read_block(printer, "M27", answer) == (values, "")


@pytest.mark.parametrize(
    ("question", "answer", "fault"),
    [
        ("M78", b"", "timeout"),
        ("M78", b"ok\n" + STATS, "short"),
        ("M78", STATS + b"ok\n", "short"),
        ("M78", b"ok\nok\n" + STATS, "exception"),
        ("M78", b'ok\necho:Unknown command: "M78"\nok\n', "exception"),
        ("M78", b"ok\nwait\nok\n", "exception"),
        ("M78", ANSWERS["M27"], "mismatch"),
        ("M27", ANSWERS["M78"], "mismatch"),
        ("M27", ANSWERS["M105"], "mismatch"),
        ("M105", ANSWERS["M27"], "mismatch"),
        ("M105", b"ok\n T:205.13 /205.00 B:60.00 /60.00 @:64 B@:32\nok\n", "mismatch"),
        ("M27", b"Error:checksum mismatch, Last Line: 0\nResend: 1\n", "resend"),
        ("M27", b"Error:checksum mismatch, Last Line: 0\nResend: 1\nok\n", "resend"),
        ("M27", b"ok\nResend:4\nok\nSD printing byte 1/2\nok\n", "resend"),
        ("M27", b"ok\nrs N1\nok\n", "resend"),
        ("M27", b"ok\nSD printing byte " + b"1" * 5000 + b"/2\nok\n", "mismatch"),
        ("M78", b"ok\nStats: Total time: " + b"1" * 5000 + b"s\nok\n", "mismatch"),
        ("M27", b"ok\nError:expected line 1 got 2\n", "resend"),
        ("M27", b"ok N0 P15 B3\nSD printing byte 1/2\nok N7 P15 B3\n", "resend"),
        ("M27", b"Error:Printer halted. kill() called!\n", "exception"),
        ("M27", b"ok\nstart\necho:Marlin 2.1.2\n", "mismatch"),
    ],
)
def test_what_is_no_answer_gives_a_reason_and_no_value(
    question: str, answer: bytes, fault: str, printer: Profile
) -> None:
    values, found = read_block(printer, question, answer)

    assert found == fault
    assert set(values.values()) == {None}


@pytest.mark.parametrize(
    ("question", "before", "after"),
    [
        ("M78", b"123.45m", b"123.46m"),
        ("M78", b"5m 6s", b"5m 7s"),
        ("M27", b"484/", b"584/"),
        ("M27", b"SD printing byte 484/1339", b"Not SD printing"),
        ("M105", b"T:205.13", b"T:203.13"),
    ],
)
def test_answers_that_differ_are_both_disbelieved(
    question: str, before: bytes, after: bytes, printer: Profile
) -> None:
    again = ANSWERS[question].replace(before, after)

    values, fault = read_block(printer, question, ANSWERS[question], again)

    assert fault == "mismatch"
    assert set(values.values()) == {None}


@pytest.mark.parametrize(
    ("question", "before", "after", "quantity", "value"),
    [
        ("M27", b"484/", b"486/", "progress_pct", Decimal(36)),
        ("M105", b"T:205.13", b"T:205.20", "temperature_c", Decimal("205.20")),
    ],
)
def test_what_moves_on_between_two_answers_agrees(
    question: str, before: bytes, after: bytes, quantity: str, value: Decimal, printer: Profile
) -> None:
    again = ANSWERS[question].replace(before, after)

    values, fault = read_block(printer, question, ANSWERS[question], again)

    assert (values[quantity], fault) == (value, "")


def test_a_loose_thermistor_is_no_temperature(printer: Profile) -> None:
    block = next(block for block in printer.blocks if block.question == "M105")
    answer = ANSWERS["M105"].replace(b"T:205.13", b"T:-15.00")
    line = ReplayLine([(marlin.request("M105"), answer)] * 2)

    sample = read_meter(line, printer, "", [block], ONCE).samples[0]

    assert (sample.value, sample.raw, sample.fault) == (None, "2D31352E3030", "sensor_error")


def test_the_text_a_value_came_from_is_kept(printer: Profile) -> None:
    block = printer.blocks[0]
    line = ReplayLine([(marlin.request("M78"), ANSWERS["M78"])] * 2)

    raw = [sample.raw for sample in read_meter(line, printer, "", [block], ONCE).samples]

    assert [bytes.fromhex(str(each)).decode() for each in raw] == ["123.45", "3d 4h 5m 6s"]


@pytest.mark.parametrize(
    ("answer", "identity"),
    [
        (
            b"FIRMWARE_NAME:Marlin 2.1 EXTRUDER_COUNT:1 UUID:6f1d2c3b-0a9e-4d5c-8b7a-112233445566",
            "6f1d2c3b-0a9e-4d5c-8b7a-112233445566",
        ),
        (b"FIRMWARE_NAME:Marlin 2.1 UUID:00112233 EXTRA:1", "00112233"),
    ],
)
def test_a_board_is_known_by_its_uuid(answer: bytes, identity: str, printer: Profile) -> None:
    said = b"ok\n" + answer + b"\nCap:SDCARD:1\nok\n"
    line = ReplayLine([(marlin.request("M115"), said)] * 2)

    assert read_identity(line, printer, "", ONCE) == identity


def test_an_answer_that_comes_byte_by_byte_is_waited_for() -> None:
    judge = marlin.answer_match("M27").judge
    answer = b"ok\necho:busy: processing\necho:busy: processing\nNot SD printing\nok\n"

    verdicts = [judge(answer[:size]) for size in range(1, len(answer) + 1)]

    assert verdicts[-1].verdict is Verdict.ANSWER
    assert all(each.verdict in (Verdict.MORE, Verdict.WAIT) for each in verdicts[:-1])
    assert {each.length for each in verdicts[:-1]} == {0, 1, 2}
    assert all(a.length <= b.length for a, b in pairwise(verdicts))


MUTATIONS = 12_000


def spoil(answer: bytes, chance: random.Random) -> bytes:
    """Change, drop, double or move bytes, as noise and lost bytes do."""
    data = bytearray(answer)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(data))
        what = chance.randrange(6)
        if what == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif what == 1:
            data[place] = chance.choice(b"0123456789./ :dhmskoN\n\r")
        elif what == 2:
            del data[place : place + chance.randint(1, 4)]
        elif what == 3:
            data[place:place] = data[place : place + chance.randint(1, 8)]
        elif what == 4:
            data[place:place] = chance.randbytes(chance.randint(1, 4))
        else:
            data[place:place] = chance.choice([b"ok\n", b"wait\n", b"ok T:9.99 /0.00\n", b"\n"])
        if not data:
            break
    return bytes(data)


@pytest.mark.parametrize("question", ANSWERS)
def test_no_spoilt_answer_gives_a_wrong_value(question: str, printer: Profile) -> None:
    """Either of the two answers is spoilt: what comes out is right to the slack, or nothing."""
    chance = random.Random(question)
    good = ANSWERS[question]
    missing = 0
    for _ in range(MUTATIONS // len(ANSWERS)):
        answers = [good, spoil(good, chance)]
        chance.shuffle(answers)
        values, _ = read_block(printer, question, *answers)
        for quantity, value in values.items():
            missing += value is None
            slack = Decimal(1) if quantity == "temperature_c" else Decimal(0)
            assert value is None or abs(value - VALUES[quantity]) <= slack, answers

    assert missing > MUTATIONS / len(ANSWERS) / 4  # most of them do harm
