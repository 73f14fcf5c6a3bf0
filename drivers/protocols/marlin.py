"""Reads a 3D printer's own board, running Marlin, over its serial port.

Only questions of a closed list are ever sent; none moves, heats or stops anything. Each is sent
as line 1 after `M110 N0`, so that nothing has to be remembered between questions and every line
bears a number, without which Marlin checks no checksum: one wrong bit makes M25, pause, of M27.

Answers bear no checksum, so each question is asked twice, and what the two answers do not agree
on is thrown away. An ok bears mostly no number, so an answer must also have the line that its
question calls for; reports that a board sends of its own accord have no ok.

Source: see drivers/protocols/marlin_text.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import xor

from drivers.answer import BlockRead, Word
from drivers.faults import DeviceFault
from drivers.profile import Block, Limits, Place, Point
from drivers.profile_table import Table
from drivers.protocols import marlin_text
from drivers.protocols.marlin_text import FIELDS, End
from drivers.transports.line import Exchange, Judgement, Line, Match, Timing, Verdict

KEY = "marlin"
TRANSPORTS: tuple[str, ...] = ("serial", "rtu-over-tcp")
ADDRESSING = "none"
CAREFUL = True  # opening its port may reset the board, and with it somebody's print

# Question -> the longest answer to expect, in bytes, for timing alone.
QUESTIONS = {"M27": 60, "M31": 60, "M78": 200, "M105": 100, "M115": 1500}

_COMMANDS = 2
# Between the moves of a print a question waits for its turn; a board at work says so every 2 s.
PATIENCE_S = 3.0
_FAULTS = {
    End.BAD_LINE: ("resend", ""),
    End.HALTED: ("exception", "error"),
    End.STARTED: ("mismatch", "the board started anew"),
}


def numbered(number: int, command: str) -> bytes:
    """Write a command as line `number`, with the checksum that Marlin wants: all bytes XORed."""
    line = f"N{number} {command}".encode("ascii")
    return line + f"*{reduce(xor, line)}\n".encode("ascii")


def request(question: str) -> bytes:
    """Write what is sent to ask `question`."""
    return numbered(0, "M110 N0") + numbered(1, question)


def answer_match(question: str) -> Match:
    """Know the end of an answer: the ok of both commands, or what a board says instead."""

    def judge(buffer: bytes) -> Judgement:
        heard = marlin_text.hear(buffer, _COMMANDS)
        if heard.end is not None:
            return Judgement(Verdict.ANSWER, heard.size)
        return Judgement(Verdict.WAIT if heard.busy else Verdict.MORE, heard.busy)

    # Nothing tells one question's ok from another's, so after a fault nothing is asked.
    return Match((KEY,), QUESTIONS[question], judge)


def block(table: Table, limits: Limits) -> Block:  # noqa: ARG001 (a protocol's signature)
    """Read `question` of a profile's block."""
    return Block("", 0, 0, (), table.choice("question", tuple(QUESTIONS)))


def place(table: Table, block: Block) -> Place:
    """Read `path` of a value: the name of a field in the answer to the block's question."""
    fields = {name: field for name, field in FIELDS.items() if field.question == block.question}
    path = table.choice("path", tuple(fields))
    if not path:
        return Place("")
    kind = fields[path].type
    return Place(
        kind,
        path=path,
        truth=kind == marlin_text.TRUTH,
        inexact=kind == marlin_text.NUMBER,
    )


def wire_bytes(block: Block) -> int:
    """Count the bytes of a request for the block and of its answer, both twice."""
    return 2 * (len(request(block.question)) + QUESTIONS[block.question])


def read(line: Line, address: int | str, block: Block, timing: Timing) -> BlockRead:  # noqa: ARG001 (a protocol's signature)
    """Read one block once: ask twice, hand on what both answers say. Raises DeviceFault, LineFault.

    A board that says that it is at work is waited for; one without the command is an exception.
    """
    patient = replace(timing, timeout_s=max(timing.timeout_s, PATIENCE_S))
    first = _ask(line, block, patient)
    second = _ask(line, block, patient)
    pairs = zip(block.points, words(block, first.answer), words(block, second.answer), strict=True)
    if not all(_agree(point, once, again) for point, once, again in pairs):
        raise DeviceFault("mismatch", "two answers that differ")
    return BlockRead(second.answer, second.latency_s, second.at_monotonic_ns)


def words(block: Block, data: bytes) -> tuple[Word, ...]:
    """Find the values of all points in an answer's lines."""
    lines = marlin_text.hear(data, _COMMANDS).lines
    return tuple(_word(point, lines) for point in block.points)


def _ask(line: Line, block: Block, timing: Timing) -> Exchange:
    match = answer_match(block.question)
    exchange = line.transact(request(block.question), match, timing)
    heard = marlin_text.hear(exchange.answer, _COMMANDS)
    if heard.end in _FAULTS:
        # An ok may still follow, which would be taken for the next question's.
        line.distrust(match, timing)
        raise DeviceFault(*_FAULTS[heard.end])
    if not any(_word(point, heard.lines).raw for point in block.points):
        if marlin_text.unknown(heard.lines):
            raise DeviceFault("exception", "unknown")
        line.distrust(match, timing)
        raise DeviceFault("mismatch", "the answer to something else")
    return exchange


def _word(point: Point, lines: tuple[str, ...]) -> Word:
    field = FIELDS[point.path]
    text = marlin_text.find(field, lines)
    if text is None:
        return Word(None, "")
    return Word(field.number(text), text.encode("ascii").hex().upper(), text)


def _agree(point: Point, once: Word, again: Word) -> bool:
    slack = FIELDS[point.path].slack
    if once.number is None or again.number is None:
        return once.number == again.number and once.text == again.text
    return once.raw == again.raw or abs(once.number - again.number) <= slack
