"""The lines that a board running Marlin writes, and the values that stand in them.

Source: Marlin 2.1, Marlin/src/gcode: queue.cpp (ok, Resend, numbering), M27, M31, M105, M115;
module/printcounter.cpp (M78, the totals of a build with PRINTCOUNTER); libs/duration_t.h;
marlinfw.org/docs/gcode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

NUMBER, TRUTH, TEXT = "number", "truth", "text"

_OK = re.compile(r"ok(?: N(\d+))?(?: .*)?")
_BARE_OK = re.compile(r"ok(?: [NPB]\d+)*")
_BUSY = re.compile(r"(?:echo:)?\s*busy:?\s*(?:processing|paused for (?:user|input)).*")
_BAD_LINE = re.compile(
    r"(?:Resend|rs)\b.*|Error:.*(?:checksum|line number|expected line).*", re.IGNORECASE
)
_ERROR = re.compile(r"(?:Error:|!!).*")
_UNKNOWN = re.compile(r"echo:\s*Unknown command.*", re.IGNORECASE)
_STARTED = "start"
_DURATION = re.compile(r"(?:(?:(?:(?:(\d+)y )?(\d+)d )?(\d+)h )?(\d+)m )?(\d+)s")
_PARTS_IN_A_LARGER = (1, 365, 24, 60, 60)
_SPAN = r"\d[\dydhm ]{0,30}s"
_OF_FILE = r"\d{1,12}/\d{1,12}"
_HEAT = r"(-?\d{1,4}\.\d{1,3}) ?/ ?-?\d{1,4}\.\d{1,3}"
_HEATED = r"ok(?: [NPB]\d+)* "


@dataclass(frozen=True, slots=True)
class Field:
    """A value in the answer to one question: the line it stands in, and how it is written.

    `pattern` fits the whole line, its group is the value. Two answers asked for at once agree
    when their numbers differ by no more than `slack`.
    """

    question: str
    pattern: re.Pattern[str]
    type: str
    number: Callable[[str], Decimal | None]
    slack: Decimal = Decimal(0)


def seconds(text: str) -> Decimal | None:
    """Read `1y 2d 3h 4m 5s`, whose larger units are left out where 0; a year has 365 days."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    total = 0
    for part, parts_in_a_larger in zip(found.groups(), _PARTS_IN_A_LARGER, strict=True):
        value = int(part or 0)
        if value >= parts_in_a_larger > 1:
            return None
        total = total * parts_in_a_larger + value
    return Decimal(total)


def percent(text: str) -> Decimal | None:
    """Tell from `3/7` how far a print is, in whole percent as the board's own display does."""
    position, _, size = text.partition("/")
    if not 0 <= int(position) <= int(size) or int(size) == 0:
        return None
    return Decimal(100 * int(position) // int(size))


def _printing(text: str) -> Decimal:
    return Decimal(not text.startswith("Not"))


def _no_number(_text: str) -> None:
    return None


def _field(
    question: str,
    pattern: str,
    number: Callable[[str], Decimal | None],
    type_: str = NUMBER,
    slack: str = "0",
) -> Field:
    return Field(question, re.compile(pattern), type_, number, Decimal(slack))


FIELDS = {
    "sd_printing": _field(
        "M27", rf"(SD printing byte {_OF_FILE}|Not SD printing)", _printing, TRUTH
    ),
    "progress": _field("M27", rf"SD printing byte ({_OF_FILE})", percent),
    "print_time": _field("M31", rf"echo:\s*Print time: ({_SPAN})", seconds),
    "total_time": _field("M78", rf"Stats: Total time: ({_SPAN}), Longest job: {_SPAN}", seconds),
    "filament_used": _field("M78", r"Stats: Filament used: (\d{1,7}\.\d\d)m", Decimal),
    "hotend": _field("M105", rf"{_HEATED}T:{_HEAT}(?: .*)?", Decimal, slack="1"),
    "bed": _field("M105", rf"{_HEATED}T:.* B:{_HEAT}(?: .*)?", Decimal, slack="1"),
    "uuid": _field("M115", r"FIRMWARE_NAME:.* UUID:([0-9A-Fa-f-]{8,64})(?: .*)?", _no_number, TEXT),
}


class End(Enum):
    """How an exchange came to its end."""

    ANSWERED = auto()
    BAD_LINE = auto()  # the board did not understand what was sent, and asks for it again
    HALTED = auto()  # the board reports an error, mostly its last words
    STARTED = auto()  # the board has started anew


@dataclass(frozen=True, slots=True)
class Heard:
    """What has come so far: `end` None while it goes on, `size` bytes up to the end, all of them
    where that is no answer.

    `lines` those between the first command's ok and the last one's, which is among them; `busy`
    how often the board said that it is at work.
    """

    end: End | None
    size: int
    lines: tuple[str, ...]
    busy: int


def hear(data: bytes, commands: int) -> Heard:
    """Read lines until each of `commands` has its ok, or something ends them earlier.

    Whatever else a board says of its own accord (temperatures, echoes, wait) stands in between.
    """
    lines: list[str] = []
    size = busy = oks = 0
    *whole, _ = data.split(b"\n")
    for raw in whole:
        size += len(raw) + 1
        line = raw.decode("ascii", "replace").strip()
        end = _end(line)
        if end is not None:
            return Heard(end, len(data), (), busy)
        busy += _BUSY.fullmatch(line) is not None
        if oks:
            lines.append(line)
        found = _OK.fullmatch(line)
        if found and found[1] not in (None, str(oks)):
            return Heard(End.BAD_LINE, len(data), (), busy)  # the ok of some other command
        oks += found is not None
        if oks == commands:
            return Heard(End.ANSWERED, size, tuple(lines), busy)
    return Heard(None, size, (), busy)


def _end(line: str) -> End | None:
    if _BAD_LINE.fullmatch(line):
        return End.BAD_LINE
    if _ERROR.fullmatch(line):
        return End.HALTED
    return End.STARTED if line == _STARTED else None


def find(field: Field, lines: Iterable[str]) -> str | None:
    """Find the field's text: in the last line that fits, as a command's output precedes its ok."""
    found = None
    for line in lines:
        fit = field.pattern.fullmatch(line)
        found = fit[1] if fit else found
    return found


def unknown(lines: Iterable[str]) -> bool:
    """Tell whether the board has no such command: it says so, or nothing but ok."""
    said = [line for line in lines if not _BUSY.fullmatch(line) and line != "wait"]
    silent = len(said) == 1 and _BARE_OK.fullmatch(said[0]) is not None
    return silent or any(_UNKNOWN.fullmatch(line) for line in said)
