"""Tens of thousands of damaged and misplaced DL/T 645 frames: the right value or none at all."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

import pytest

from drivers.protocols import dlt645
from drivers.protocols.dlt645_frame import Frame, address_field, build_frame, parse_frame
from drivers.transports.receive import Receiver
from tests.drivers.dlt645_published import ANSWERED, WAKING, Row, hexed

pytestmark = pytest.mark.slow

# Answers of both editions, with 2 to 6 bytes of data.
FUZZED = [row for row in ANSWERED if row.number in ("5", "10", "11", "13")]


def outcome(row: Row, arrived: bytes) -> str:
    """Say what a reader of this row makes of bytes that arrive at once: right, none or WRONG."""
    left = row.block.count
    match = dlt645.answer_match(row.asked, row.edition.identifier_size, left)
    receiver = Receiver(WAKING + build_frame(row.asked), match.judge)
    answer = receiver.feed(arrived)
    if answer is None:
        return "none"
    right = parse_frame(hexed(row.answer or ""))
    return "right" if parse_frame(answer) == right else "WRONG"


def bursts(frame: bytes) -> Iterable[bytes]:
    """Flip bits in every run of up to eight neighbours, in the order of the wire."""
    size = len(frame)
    whole = int.from_bytes(frame, "little")  # a serial line sends each byte's lowest bit first
    for start in range(8 * size - 7):
        for pattern in range(1, 256, 2):
            yield (whole ^ pattern << start).to_bytes(size, "little")


@pytest.mark.parametrize("row", FUZZED[1::2], ids=lambda row: row.number)
def test_no_run_of_up_to_eight_flipped_bits_goes_unnoticed(row: Row) -> None:
    frame = hexed(row.answer or "")

    outcomes = Counter(outcome(row, damaged) for damaged in bursts(frame))

    assert outcomes == {"none": (8 * len(frame) - 7) * 128}
    assert outcomes["none"] > 15_000


@pytest.mark.parametrize("row", FUZZED, ids=lambda row: row.number)
def test_a_lost_or_added_byte_gives_no_other_value(row: Row) -> None:
    frame = hexed(row.answer or "")
    lost = [frame[:place] + frame[place + 1 :] for place in range(len(frame))]
    cut = [frame[:place] for place in range(len(frame))]
    added = [
        frame[:place] + bytes([byte]) + frame[place:]
        for place in range(len(frame) + 1)
        for byte in range(256)
    ]

    assert {outcome(row, each) for each in (*lost, *cut)} == {"none"}
    outcomes = Counter(outcome(row, each) for each in added)
    assert outcomes["WRONG"] == 0
    # Before or behind the frame a byte does no harm, inside always.
    assert outcomes["right"] >= 2 * 256


def test_among_other_traffic_only_the_own_answer_is_taken() -> None:
    chance = random.Random(645)
    outcomes: Counter[str] = Counter()
    for _ in range(4000):
        row = chance.choice(FUZZED)
        own = hexed(row.answer or "")
        pieces = [chance.choice(STRAYS)(chance, row) for _ in range(chance.randint(1, 4))]
        present = chance.random() < 0.5
        if present:
            pieces.append(own)
        outcomes[f"{outcome(row, b''.join(pieces))} {present}"] += 1

    assert outcomes["WRONG True"] == outcomes["WRONG False"] == 0
    assert outcomes["right False"] == 0
    # A frame cut short may swallow the answer behind it, which is then asked for again.
    assert outcomes["right True"] > 1000
    assert outcomes["none False"] > 1000


def _changed(chance: random.Random, row: Row) -> bytes:
    """Give a sound frame that is the answer but for its address, control code, data or length."""
    right = parse_frame(hexed(row.answer or ""))
    other = address_field(f"{chance.randrange(10**12):012d}")
    shorter = right.data[: chance.randrange(len(right.data))]
    identifier = bytes([right.data[0] ^ chance.randint(1, 255)]) + right.data[1:]
    return build_frame(
        chance.choice(
            (
                Frame(other, right.control, right.data),
                Frame(right.address, right.control ^ chance.choice((1, 2, 4, 8, 16, 128)),
                      right.data),
                Frame(right.address, right.control | 0x20, right.data),
                Frame(right.address, right.control | 0x40, right.data),
                Frame(right.address, right.control, shorter),
                Frame(right.address, right.control, right.data + chance.randbytes(1)),
                Frame(right.address, right.control, identifier),
            )
        )
    )  # fmt: skip


def _noise(chance: random.Random, row: Row) -> bytes:
    return chance.randbytes(chance.randint(1, 8)) + bytes([row.asked.control])


def _beginning(chance: random.Random, row: Row) -> bytes:
    frame = hexed(row.answer or "")
    return frame[: chance.randint(1, len(frame) - 3)]  # noise may bring a last byte, not more


def _other_answer(chance: random.Random, row: Row) -> bytes:
    return hexed(chance.choice([other for other in ANSWERED if other is not row]).answer or "")


def _waking(chance: random.Random, row: Row) -> bytes:
    return chance.choice((WAKING, WAKING + build_frame(row.asked)))


STRAYS = (_changed, _changed, _noise, _beginning, _other_answer, _waking)
