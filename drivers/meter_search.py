"""Finds every DL/T 645-2007 meter on a line by asking for shorter and longer parts of addresses.

An address field may hold AA for digits that do not matter (DL/T 645-2007, abbreviated addresses).
Where several meters answer, in turn or spoiling each other's answers, one more pair of digits is
named, until each has answered alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.faults import DeviceFault
from drivers.protocols.dlt645 import READ_ADDRESS
from drivers.protocols.dlt645_2007 import EDITION
from drivers.protocols.dlt645_frame import (
    ABNORMAL,
    ADDRESS_SIZE,
    EVERY_METER,
    FROM_METER,
    PREAMBLE,
    Frame,
    build_frame,
    digits,
    judge_answer,
    parse_frame,
    printed_address,
)
from drivers.transports.line import Judgement, Line, Match, Timing, Verdict

_ENERGY = bytes.fromhex("00000100")  # forward active energy, 00010000: every meter has it
_WAKING = 4 * PREAMBLE
_LISTENED_BYTES = 56  # two answers of four FE, the frame, identifier and four bytes of energy
_ANY = EVERY_METER[:1]
_MOST_CROWDED = 20  # of 100 endings: beyond that it is the line that spoils answers


@dataclass(frozen=True, slots=True)
class Heard:
    """The addresses that answered one question; `spoiled`: bytes came that are no answer."""

    addresses: tuple[str, ...]
    spoiled: bool


def search(line: Line, timing: Timing) -> Iterator[Heard]:
    """Ask everybody for the address, then, where not just one answered, number by number.

    `timing` must leave the slowest meter its time, 500 ms by the standard. Raises LineFault.
    """
    everybody = _ask(line, Frame(EVERY_METER, READ_ADDRESS, b""), timing)
    yield everybody
    if everybody.spoiled or len(everybody.addresses) > 1:
        yield from _narrow(line, timing, b"")


def _narrow(line: Line, timing: Timing, ending: bytes) -> Iterator[Heard]:
    """Ask for all meters whose last pairs of digits are `ending`, in wire order."""
    crowded = []
    for pair in range(100):
        named = ending + bytes.fromhex(f"{pair:02d}")
        field = named + _ANY * (ADDRESS_SIZE - len(named))
        heard = _ask(line, Frame(field, EDITION.read, _ENERGY), timing)
        yield heard
        if heard.spoiled and len(named) < ADDRESS_SIZE:
            crowded.append(named)
    if len(crowded) <= _MOST_CROWDED:
        for named in crowded:
            yield from _narrow(line, timing, named)


def _ask(line: Line, request: Frame, timing: Timing) -> Heard:
    """Hear whoever answers until the time is up: the first one may not be the only one."""
    heard: list[str] = []
    strays: list[str] = []

    def judge(buffer: bytes) -> Judgement:
        judgement = judge_answer(buffer, lambda answer: _answers(request, answer))
        if judgement.verdict is Verdict.MORE:
            return judgement
        if judgement.verdict is Verdict.ANSWER:
            heard.append(printed_address(parse_frame(buffer[: judgement.length]).address))
        else:
            strays.append(judgement.reason)
        return Judgement(Verdict.STRAY, judgement.length, "mismatch")

    match = Match((printed_address(request.address),), _LISTENED_BYTES, judge)
    code = ""
    try:
        line.transact(_WAKING + build_frame(request), match, timing)
    except DeviceFault as fault:
        code = fault.code
    return Heard(tuple(dict.fromkeys(heard)), bool(strays) or code == "short")


def _answers(request: Frame, answer: Frame) -> bool:
    """Tell whether a frame answers, be it with a refusal; only the address is of interest."""
    good = request.control | FROM_METER
    told = answer.address if request.control == READ_ADDRESS else _ENERGY
    read = answer.control == good and answer.data.startswith(told)
    refused = answer.control == good | ABNORMAL and len(answer.data) == 1
    meant = all(
        asked in (own, *_ANY) for asked, own in zip(request.address, answer.address, strict=True)
    )
    return (read or refused) and meant and digits(answer.address) is not None
