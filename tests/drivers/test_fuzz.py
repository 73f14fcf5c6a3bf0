"""Thousands of damaged, foreign and stale answers: not one is taken for a value.

On a serial line an answer is known by unit, function, byte count and checksum, in that order and
without a gap; on Modbus TCP by the seven bytes of the header, function and byte count, while TCP
guards the rest. What fits all that and yet answers another question is the one thing that no
judge can tell: a line that waits until a late meter has spoken keeps it out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from drivers.faults import DeviceFault
from drivers.profile import Block
from drivers.protocols import modbus
from drivers.transports import open_line
from drivers.transports.line import Match, Timing
from drivers.transports.receive import Receiver
from tests.peers.byte_slave import ByteSlave, Pieces

pytestmark = pytest.mark.slow

FRAMES_A_KIND = 1000
LIVE_READS = 300
MOST_DATA = 250


@dataclass(frozen=True, slots=True)
class Question:
    """A read, its one right answer, and how both are wrapped: on TCP by a transaction."""

    unit: int
    function: int
    data: bytes
    transaction: int | None

    @property
    def request(self) -> bytes:
        return self._wrapped(bytes([self.function, 0x12, 0x34, 0, 1]))

    @property
    def answer(self) -> bytes:
        return self._wrapped(bytes([self.function, len(self.data)]) + self.data)

    @property
    def match(self) -> Match:
        if self.transaction is None:
            return modbus.rtu_match(self.unit, self.function, len(self.data))
        return modbus.tcp_match(self.transaction, self.unit, self.function, len(self.data))

    def _wrapped(self, pdu: bytes) -> bytes:
        if self.transaction is None:
            return modbus.rtu_frame(self.unit, pdu)
        return modbus.tcp_frame(self.transaction, self.unit, pdu)


Kind = Callable[[random.Random, Question], bytes]


def a_question(chance: random.Random, on_tcp: bool) -> Question:
    # Short answers are the likelier ones, and the likelier to be met by accident.
    size = min(chance.randint(1, MOST_DATA), chance.randint(1, MOST_DATA))
    transaction = chance.randrange(0x10000) if on_tcp else None
    return Question(
        chance.randint(1, 247), chance.randint(1, 4), chance.randbytes(size), transaction
    )


def another_size(chance: random.Random, data: bytes) -> bytes:
    sizes = [size for size in range(1, MOST_DATA + 1) if size != len(data)]
    return chance.randbytes(chance.choice(sizes))


def noise(chance: random.Random, _: Question) -> bytes:
    return chance.randbytes(chance.randint(1, 80))


def noise_after_the_right_start(chance: random.Random, question: Question) -> bytes:
    return question.answer[: chance.randint(1, 3)] + chance.randbytes(chance.randint(1, 300))


def flipped_bits(chance: random.Random, question: Question) -> bytes:
    size = len(question.answer)
    mask = sum({1 << chance.randrange(8 * size) for _ in range(chance.randint(1, 8))})
    return (int.from_bytes(question.answer, "big") ^ mask).to_bytes(size, "big")


def flipped_header(chance: random.Random, question: Question) -> bytes:
    at = chance.randrange(9)
    changed = question.answer[at] ^ chance.randint(1, 255)
    return question.answer[:at] + bytes([changed]) + question.answer[at + 1 :]


def flattened(chance: random.Random, question: Question) -> bytes:
    """A stretch reads 00 or FF, as while two meters talk at once."""
    start = chance.randrange(len(question.answer))
    length = chance.randint(1, len(question.answer) - start)
    level = chance.choice((b"\x00", b"\xff"))
    return question.answer[:start] + level * length + question.answer[start + length :]


def cut_off(chance: random.Random, question: Question) -> bytes:
    return question.answer[: chance.randrange(len(question.answer))]


def bytes_lost(chance: random.Random, question: Question) -> bytes:
    start = chance.randrange(len(question.answer))
    return question.answer[:start] + question.answer[start + chance.randint(1, 4) :]


def bytes_added(chance: random.Random, question: Question) -> bytes:
    at = chance.randint(0, len(question.answer))
    return question.answer[:at] + chance.randbytes(chance.randint(1, 4)) + question.answer[at:]


def out_of_order(chance: random.Random, question: Question) -> bytes:
    first, second = sorted(chance.sample(range(len(question.answer) + 1), 2))
    answer = question.answer
    return answer[:first] + answer[second:] + answer[first:second]


def of_another_unit(chance: random.Random, question: Question) -> bytes:
    unit = chance.choice([unit for unit in range(1, 248) if unit != question.unit])
    return replace(question, unit=unit).answer


def of_another_function(chance: random.Random, question: Question) -> bytes:
    function = chance.choice([f for f in (1, 2, 3, 4, 5, 6, 15, 16, 23) if f != question.function])
    return replace(question, function=function).answer


def of_another_length(chance: random.Random, question: Question) -> bytes:
    return replace(question, data=another_size(chance, question.data)).answer


def of_another_transaction(chance: random.Random, question: Question) -> bytes:
    earlier = ((question.transaction or 0) - chance.randint(1, 0xFFFE)) & 0xFFFF
    return replace(question, transaction=earlier, data=chance.randbytes(len(question.data))).answer


def two_glued(chance: random.Random, question: Question) -> bytes:
    """The start of an answer, then the end of a stale one of its shape, unlike it in every byte."""
    unlike = bytes(byte ^ chance.randint(1, 255) for byte in question.data)
    stale = replace(question, data=unlike).answer
    return question.answer[: chance.randint(1, len(stale) - 1)] + stale[chance.randint(4, 9) :]


def others_then_the_right_one(chance: random.Random, question: Question) -> bytes:
    kinds = (of_another_unit, of_another_function, of_another_length)
    others = (chance.choice(kinds)(chance, question) for _ in range(chance.randint(1, 3)))
    return b"".join(others) + question.answer


def another_master(chance: random.Random, question: Question) -> bytes:
    """Requests and answers between others on the same pair of wires."""
    other = replace(question, unit=question.unit % 247 + 1)
    return (other.request + other.answer) * chance.randint(1, 2)


ON_ANY: tuple[Kind, ...] = (
    noise, cut_off, of_another_unit, of_another_function, of_another_length,
    others_then_the_right_one, another_master,
)  # fmt: skip
ON_SERIAL: tuple[Kind, ...] = (
    *ON_ANY, noise_after_the_right_start, flipped_bits, flattened, bytes_lost, bytes_added,
    out_of_order, two_glued,
)  # fmt: skip
ON_TCP: tuple[Kind, ...] = (*ON_ANY, flipped_header, of_another_transaction)


def received(chance: random.Random, question: Question, arrived: bytes) -> bytes | None:
    """Hand bytes over in lots of random size, as adapters do."""
    receiver = Receiver(question.request, question.match.judge)
    while arrived:
        size = chance.randint(1, len(arrived))
        answer = receiver.feed(arrived[:size])
        if answer is not None:
            return answer
        arrived = arrived[size:]
    return None


def verdict(question: Question, arrived: bytes, answer: bytes | None) -> str:
    """Say what came of it; `WRONG` is a value that the meter never gave."""
    if answer is None:
        return "none"
    function = answer[1] if question.transaction is None else answer[7]
    if function & 0x80:
        return "refusal"
    return "right" if answer == question.answer and answer in arrived else "WRONG"


@pytest.mark.parametrize("kind", ON_SERIAL, ids=lambda kind: kind.__name__)
def test_on_a_serial_line(kind: Kind) -> None:
    assert_no_wrong_value(kind, on_tcp=False)


@pytest.mark.parametrize("kind", ON_TCP, ids=lambda kind: kind.__name__)
def test_on_modbus_tcp(kind: Kind) -> None:
    assert_no_wrong_value(kind, on_tcp=True)


def assert_no_wrong_value(kind: Kind, *, on_tcp: bool) -> None:
    chance = random.Random(f"{kind.__name__}/{on_tcp}")
    seen: Counter[str] = Counter()
    for _ in range(FRAMES_A_KIND):
        question = a_question(chance, on_tcp)
        arrived = kind(chance, question)
        seen[verdict(question, arrived, received(chance, question, arrived))] += 1

    assert seen["WRONG"] == 0
    assert seen.total() == FRAMES_A_KIND
    # The right one must be found behind the others, and must not be read into anything else.
    if kind is others_then_the_right_one:
        assert seen["right"] > 0.9 * FRAMES_A_KIND
    if kind in (cut_off, noise, of_another_unit, of_another_function, of_another_length):
        assert seen["right"] == 0


def test_more_than_ten_thousand_frames_are_tried() -> None:
    assert FRAMES_A_KIND * (len(ON_SERIAL) + len(ON_TCP)) >= 10_000


def test_only_tcp_can_tell_a_late_answer_of_the_same_shape() -> None:
    """Why a serial line must wait a late meter out: nothing in its answer says what was asked."""
    chance = random.Random(1)
    serial, tcp = a_question(chance, on_tcp=False), a_question(chance, on_tcp=True)
    late = replace(serial, data=chance.randbytes(len(serial.data))).answer

    assert received(chance, serial, late) == late
    assert received(chance, tcp, of_another_transaction(chance, tcp)) is None


def live_reads(transport: str) -> Counter[str]:
    """Read two blocks of one shape in turn from a meter that is late, silent or garbled at random.

    It answers within 0.1 s or never, which is what the line is told of it.
    """
    chance = random.Random(transport)
    timing = Timing(timeout_s=0.05, worst_latency_s=0.15, retries=0)
    blocks = (Block("input", 0x0010, 2, ()), Block("input", 0x2300, 2, ()))
    values = {block.address: bytes([block.address >> 8] * 4) for block in blocks}

    def answer(request: bytes) -> Pieces:
        transaction = int.from_bytes(request[:2], "big") if transport == "tcp" else None
        asked = request[6:] if transport == "tcp" else request
        data = values[int.from_bytes(asked[2:4], "big")]
        right = Question(asked[0], asked[1], data, transaction)
        garbled = chance.choice((cut_off, of_another_unit, of_another_length))(chance, right)
        sent = chance.choices((right.answer, garbled, b""), weights=(8, 1, 1))[0]
        return [(chance.uniform(0.0, 0.1), sent)]

    seen: Counter[str] = Counter()
    with ByteSlave(transport, answer) as slave, open_line(slave.settings) as line:
        for number in range(LIVE_READS):
            block = blocks[number % 2]
            try:
                read = modbus.read(line, 9, block, timing)
            except DeviceFault as fault:
                seen[fault.code] += 1
            else:
                seen["right" if read.data == values[block.address] else "WRONG"] += 1
    return seen


def test_a_meter_that_fails_at_random_never_gives_a_wrong_value() -> None:
    transports = ("serial", "rtu-over-tcp", "tcp")
    with ThreadPoolExecutor(len(transports)) as threads:
        seen = dict(zip(transports, threads.map(live_reads, transports), strict=True))

    for transport, outcomes in seen.items():
        assert outcomes["WRONG"] == 0, transport
        # Both happen often, or the test would show nothing.
        assert outcomes["timeout"] > LIVE_READS / 5, transport
        assert outcomes["right"] > LIVE_READS / 5, transport
