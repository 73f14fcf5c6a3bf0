"""Whatever a meter or its line does to an answer: the right value, or none and the right reason.

A case is one way of failing, on one transport, of the answer for one block. Each is a live line
that reads a block, then another of the same shape whose answer fails, then the first again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import pytest

from drivers.faults import DeviceFault
from drivers.profile import Block
from drivers.protocols import modbus
from drivers.transports import open_line
from drivers.transports.line import Line, Timing
from tests.peers.byte_slave import ByteSlave, Pieces

pytestmark = pytest.mark.slow

UNIT = 17
FIRST, SECOND = 0x0010, 0x2300
RIGHT = "right"
PATIENT = Timing(timeout_s=10.0, worst_latency_s=10.0, retries=0)
QUICK = Timing(timeout_s=0.3, worst_latency_s=0.3, retries=0)
LATE_S, WORST_S = 0.45, 0.7
PAUSE_S = 0.020
AT_ONCE = 16  # cases side by side: nearly all of their time is waiting

SERIAL_LIKE = ("serial", "rtu-over-tcp")
TRANSPORTS = (*SERIAL_LIKE, "tcp")
USUAL = (Block("input", FIRST, 2, ()),)
OTHERS = (
    Block("holding", FIRST, 1, ()),
    Block("holding", FIRST, 30, ()),
    Block("input", FIRST, 125, ()),
    Block("coil", FIRST, 1, ()),
    Block("discrete", FIRST, 2000, ()),
)
EXCEPTIONS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0A, 0x0B)

Edit = Callable[[bytes], bytes]
Send = Callable[[bytes, bytes], Pieces]


@dataclass(frozen=True, slots=True)
class Failing:
    """A way to fail: what goes out, made of the right answer and the request, and what must follow.

    `reasons`: what the fault may be called; `right` where the value must be read all the same.
    """

    name: str
    reasons: tuple[str, ...]
    send: Send
    worst_latency_s: float = QUICK.worst_latency_s

    @property
    def timing(self) -> Timing:
        """Patient where an answer is to come, as the machine may be busy."""
        return (
            PATIENT
            if RIGHT in self.reasons
            else replace(QUICK, worst_latency_s=self.worst_latency_s)
        )


def edited(name: str, reason: str, edit: Edit, *more: str) -> Failing:
    """Fail by an answer that was changed and goes out in one piece."""
    return Failing(name, (reason, *more), lambda answer, _: [(0.0, edit(answer))])


# --- changes of the bytes on the wire ----------------------------------------------------------


def flipped(answer: bytes, at: int, mask: int) -> bytes:
    at %= len(answer)
    return answer[:at] + bytes([answer[at] ^ mask]) + answer[at + 1 :]


def lost(answer: bytes, at: int) -> bytes:
    return answer[:at] + answer[at + 1 :]


def doubled(answer: bytes, at: int) -> bytes:
    return answer[: at + 1] + answer[at:]


def swapped(answer: bytes, at: int) -> bytes:
    return answer[:at] + answer[at : at + 2][::-1] + answer[at + 2 :]


def cut(answer: bytes, share: float) -> bytes:
    """The first bytes, at least one and not all."""
    return answer[: min(max(int(len(answer) * share), 1), len(answer) - 1)]


def after(first: Edit, answer: bytes) -> bytes:
    """The answer behind one that was changed."""
    return first(answer) + answer


def in_two(answer: bytes, _: bytes, share: float) -> Pieces:
    head = cut(answer, share)
    return [(0.0, head), (PAUSE_S, answer[len(head) :])]


# --- whole answers, checksums and lengths fitting, that are not the one ---------------------------


def other_unit(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:]


def other_function(body: bytes) -> bytes:
    return body[:1] + bytes([(body[1] - 1 ^ 1) + 1]) + body[2:]  # coils for inputs, registers too


def resized(body: bytes, by: int) -> bytes:
    data = (body[3:] + bytes(2))[: max(body[2] + by, 0)]
    return body[:2] + bytes([len(data)]) + data


def refusal(body: bytes, code: int) -> bytes:
    return bytes([body[0], body[1] | 0x80, code])


def on_serial(edit: Edit, answer: bytes) -> bytes:
    """Change unit and PDU, and make the checksum fit again."""
    body = edit(answer[:-2])
    return body + modbus.crc(body)


def on_tcp(edit: Edit, answer: bytes) -> bytes:
    """Change unit and PDU, and make the length fit again."""
    body = edit(answer[6:])
    return answer[:4] + len(body).to_bytes(2, "big") + body


# --- the table -----------------------------------------------------------------------------------


def common(wrap: Callable[[Edit, bytes], bytes]) -> Iterator[Failing]:
    """Ways to fail on any transport."""
    yield Failing("silent", ("timeout",), lambda *_: [])
    yield Failing("late", ("timeout",), lambda answer, _: [(LATE_S, answer)], WORST_S)
    for share in (0.0, 0.2, 0.5, 1.0):
        yield edited(f"cut off at {share}", "short", partial(cut, share=share))
        yield Failing(f"a pause at {share}", (RIGHT,), partial(in_two, share=share))
    others: tuple[tuple[str, Edit], ...] = (
        ("another unit's", other_unit),
        ("another function's", other_function),
        ("for two bytes fewer", partial(resized, by=-2)),
        ("for one byte more", partial(resized, by=1)),
        ("for nothing", partial(resized, by=-255)),
        ("another unit's refusal", lambda body: refusal(other_unit(body), 2)),
        ("another function's refusal", lambda body: refusal(other_function(body), 2)),
    )
    for name, edit in others:
        wrong = partial(wrap, edit)
        yield edited(name, "mismatch", wrong)
        yield edited(f"{name}, then the right one", RIGHT, partial(after, wrong))
    for code in EXCEPTIONS:
        refused = partial(wrap, partial(refusal, code=code))
        yield edited(f"exception {code:02X}", f"exception {code:02X}", refused)


def serial_faults() -> Iterator[Failing]:
    """Ways to fail that only a checksum or the order of bytes betrays."""
    places = {"unit": 0, "function": 1, "byte count": 2, "first data byte": 3}
    tail = {"last data byte": -3, "checksum, low": -2, "checksum, high": -1}
    for name, at in (places | tail).items():
        # A function with its top bit set is a refusal, of which the checksum must not fit.
        for mask in (0x01, 0x80):
            header = at in (0, 2) or (at == 1 and mask == 0x01)
            flip = partial(flipped, at=at, mask=mask)
            yield edited(f"bit {mask:02X} of {name}", "mismatch" if header else "crc", flip)
    for name, at in places.items():
        yield edited(f"{name} lost", "mismatch" if at < 3 else "short", partial(lost, at=at))
    yield edited("unit doubled", RIGHT, partial(doubled, at=0))
    # The function may stand where the byte count is expected and be the same number.
    yield edited("function doubled", "mismatch", partial(doubled, at=1), "crc")
    yield edited("byte count doubled", "crc", partial(doubled, at=2))
    yield edited("data byte doubled", "crc", partial(doubled, at=3))
    yield edited("unit and function swapped", "mismatch", partial(swapped, at=0))
    yield edited("data and checksum swapped", "crc", lambda a: swapped(a, len(a) - 3))
    yield edited("noise before", RIGHT, lambda a: b"\x00\xff\x11" + a)
    yield edited("noise behind", RIGHT, lambda a: a + b"\xff\x00")
    yield edited("noise alone", "mismatch", lambda _: b"\x00\xff\x00\xff\x00")
    yield edited(
        "damaged, then the right one", RIGHT, partial(after, partial(flipped, at=-1, mask=4))
    )
    yield Failing("echo", (RIGHT,), lambda answer, request: [(0.0, request + answer)])
    yield Failing("echo alone", ("timeout",), lambda _, request: [(0.0, request)])


def tcp_faults() -> Iterator[Failing]:
    """Ways to fail in the header; TCP itself guards the bytes on their way."""
    header = ("transaction, high", "transaction, low", "protocol, high", "protocol, low")
    for at, name in enumerate(
        (*header, "length, high", "length, low", "unit", "function", "count")
    ):
        for mask in (0x01, 0x80):
            # A length too great is waited for in vain.
            more = ("short",) if "length" in name else ()
            yield edited(
                f"bit {mask:02X} of {name}", "mismatch", partial(flipped, at=at, mask=mask), *more
            )
    yield edited("an earlier answer", "mismatch", partial(flipped, at=1, mask=2))
    yield edited(
        "an earlier answer, then the right one",
        RIGHT,
        partial(after, partial(flipped, at=1, mask=2)),
    )
    yield edited("a serial frame", "mismatch", lambda a: a[6:] + modbus.crc(a[6:]), "short")


def failings(transport: str) -> tuple[Failing, ...]:
    if transport == "tcp":
        return (*common(on_tcp), *tcp_faults())
    return (*common(on_serial), *serial_faults())


CASES = {
    (transport, block): failings(transport) for transport in TRANSPORTS for block in USUAL + OTHERS
}


def data_of(block: Block) -> bytes:
    """What a block's answer holds: bytes that differ from their neighbours and between blocks."""
    if block.count == 1 and block.table == "coil":
        return bytes([block.address == FIRST])
    start = 0x21 if block.address == FIRST else 0x85
    return bytes((start + 37 * n) & 0xFF for n in range(block.size))


def faithful(transport: str, block: Block, request: bytes) -> bytes:
    """The right answer to a request of this block's shape at either address."""
    body = request[6:] if transport == "tcp" else request[:-2]
    data = data_of(replace(block, address=int.from_bytes(body[2:4], "big")))
    right = body[:2] + bytes([len(data)]) + data
    if transport == "tcp":
        return request[:4] + len(right).to_bytes(2, "big") + right
    return right + modbus.crc(right)


def outcome(line: Line, block: Block, timing: Timing) -> str:
    try:
        answer = modbus.read(line, UNIT, block, timing)
    except DeviceFault as fault:
        return f"{fault.code} {fault.detail}" if fault.code == "exception" else fault.code
    return RIGHT if answer.data == data_of(block) else f"WRONG {answer.data.hex()}"


def run(transport: str, block: Block, failing: Failing) -> tuple[str, ...]:
    """Read well, fail, read well; give the outcomes."""
    second = replace(block, address=SECOND)

    def answer(request: bytes) -> Pieces:
        right = faithful(transport, block, request)
        asked_for_second = SECOND.to_bytes(2, "big") in request
        return failing.send(right, request) if asked_for_second else [(0.0, right)]

    with ByteSlave(transport, answer) as slave, open_line(slave.settings) as line:
        return (
            outcome(line, block, PATIENT),
            outcome(line, second, failing.timing),
            outcome(line, block, PATIENT),
        )


def wrong_outcomes(transport: str, block: Block) -> dict[str, tuple[str, ...]]:
    """Run all cases of a block side by side; give those that ended otherwise than they must."""
    cases = CASES[transport, block]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ended = list(threads.map(partial(run, transport, block), cases))
    return {
        failing.name: seen
        for failing, seen in zip(cases, ended, strict=True)
        if seen not in [(RIGHT, reason, RIGHT) for reason in failing.reasons]
    }


@pytest.mark.parametrize("block", USUAL)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_answer_that_fails_gives_no_value_and_the_right_reason(
    transport: str, block: Block
) -> None:
    assert wrong_outcomes(transport, block) == {}


@pytest.mark.parametrize("block", OTHERS, ids=lambda block: f"{block.table}-{block.count}")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_so_does_an_answer_of_another_size_or_table(transport: str, block: Block) -> None:
    assert wrong_outcomes(transport, block) == {}


def test_the_table_is_as_long_as_promised_and_names_every_case_once() -> None:
    usual = [CASES[transport, block] for transport in TRANSPORTS for block in USUAL]

    assert sum(map(len, usual)) >= 150
    assert sum(map(len, CASES.values())) >= 900
    assert all(len({case.name for case in cases}) == len(cases) for cases in CASES.values())
