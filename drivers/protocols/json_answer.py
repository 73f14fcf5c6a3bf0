"""Answers in JSON: taken whole or not at all, their numbers exact from the text they stand in."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import NoReturn

from drivers.answer import BlockRead, Word
from drivers.profile import Block, Place, Point
from drivers.profile_table import Table
from drivers.transports.line import Exchange, Judgement, Line, Match, Timing, Verdict

NUMBER, TRUTH, STATE, TEXT = "number", "truth", "state", "text"
TYPES = (NUMBER, TRUTH, STATE, TEXT)

_PATH = re.compile(r"/[!-~]{1,300}")
_MAX_CODE = 255
# More digits than any printer counts; an exponent of a million would fill the memory.
_BOUNDED = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?")


class Literal(str):
    """A JSON number as it was written."""

    __slots__ = ()


def parse(body: bytes) -> dict[str, object]:
    """Read one JSON object; numbers become Literal. Raises ValueError for anything else.

    Stricter than RFC 8259 where that leaves the meaning open: NaN and a key given twice are
    refused.
    """
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_int=Literal,
            parse_float=Literal,
            parse_constant=_refuse,
            object_pairs_hook=_unique,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key twice")
    return content


def find(document: object, path: str) -> object:
    """Follow `path`, keys joined by points and indexes of lists; None where it leads nowhere."""
    for key in path.split("."):
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def number(value: object) -> Decimal | None:
    """Tell the number that a JSON number stands for, exactly; None for any other value."""
    bounded = isinstance(value, Literal) and _BOUNDED.fullmatch(value)
    return Decimal(str(value)) if bounded else None


def word(point: Point, document: object) -> Word:
    """Find one point's value; where there is none, or one of another type, it has no number."""
    value = find(document, point.path)
    if isinstance(value, bool):
        return Word(Decimal(value) if point.type == TRUTH else None, _hex(json.dumps(value)))
    if not isinstance(value, str):
        return Word(None, "")
    if point.type == NUMBER:
        return Word(number(value), _hex(value), value)
    if point.type == STATE and not isinstance(value, Literal):
        return Word(point.codes.get(value), _hex(value), value)
    return Word(None, _hex(value), value)


def _hex(written: str) -> str:
    return written.encode("utf-8", "backslashreplace").hex().upper()


def match(sender: tuple[int | str, ...]) -> Match:
    """Know a whole JSON object from a part of one or from anything else."""

    def judge(buffer: bytes) -> Judgement:
        try:
            parse(buffer)
        except json.JSONDecodeError as error:
            if error.pos >= len(error.doc) or "Unterminated" in error.msg:
                return Judgement(Verdict.MORE)
            return Judgement(Verdict.STRAY, len(buffer), "mismatch")
        except ValueError:
            return Judgement(Verdict.STRAY, len(buffer), "mismatch")
        return Judgement(Verdict.ANSWER, len(buffer))

    return Match(sender, 2, judge)


def ask(line: Line, question: str, timing: Timing) -> tuple[dict[str, object], Exchange]:
    """Ask a path and read the object that comes. Raises DeviceFault, LineFault."""
    exchange = line.transact(f"GET {question}".encode("ascii"), match((question,)), timing)
    return parse(exchange.answer), exchange


def words(block: Block, data: bytes) -> tuple[Word, ...]:
    """Find the values of all points in an answer. Raises ValueError for what is no JSON object."""
    document = parse(data)
    return tuple(word(point, document) for point in block.points)


def read(line: Line, address: int | str, block: Block, timing: Timing) -> BlockRead:  # noqa: ARG001 (a protocol's signature)
    """Ask the block's path once. Raises DeviceFault, LineFault."""
    _, exchange = ask(line, block.question, timing)
    return BlockRead(exchange.answer, exchange.latency_s, exchange.at_monotonic_ns)


def wire_bytes(block: Block) -> int:
    """Count the bytes of a request; no wire of known speed is behind it, so no answer counts."""
    return len(block.question)


def block(table: Table, beginnings: tuple[str, ...]) -> Block:
    """Read `question` of a profile's block: a path that begins with one of `beginnings`."""
    question = table.text("question")
    if question and not (_PATH.fullmatch(question) and question.startswith(beginnings)):
        table.problem("question", repr(question), f"a path from {', '.join(beginnings)}")
    return Block("", 0, 0, (), question)


def place(table: Table, states: tuple[str, ...] = ()) -> Place:
    """Read `path`, `type` and, of a state, `codes`: numbers for those of `states` that have one."""
    kind = table.choice("type", TYPES, NUMBER)
    path = table.text("path")
    inner = table.table("codes")
    numbers = {state: Decimal(inner.integer(state, 0, _MAX_CODE, 0)) for state in states}
    codes = {state: number for state, number in numbers.items() if inner.has(state)}
    inner.finish()
    if kind and (kind == STATE) != bool(codes):
        table.problem("codes", str(sorted(codes)), "numbers of states, of a state alone")
    truth = kind == TRUTH or (kind == STATE and set(codes.values()) <= {Decimal(0), Decimal(1)})
    return Place(kind, path=path, codes=codes, truth=truth, inexact=kind == NUMBER)
