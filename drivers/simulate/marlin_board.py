"""A simulated 3D printer's board that answers Marlin's questions on a pseudo-terminal."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Self

from drivers.transports.line import LineSettings

_CHUNK = 4096
_STOP_S = 5.0
_UNITS = ((86_400 * 365, "y"), (86_400, "d"), (3600, "h"), (60, "m"))


class BoardFault(StrEnum):
    """How a board or its line can fail, or what it says besides."""

    SILENT = "silent"  # answers nothing
    BUSY = "busy"  # says three times that it is at work, then answers
    BUSY_FOR_EVER = "busy_for_ever"
    GARBLED = "garbled"  # one wrong bit in what is sent to it
    GARBLED_OK = "garbled_ok"  # the same on older firmware, which adds an ok
    NO_OK = "no_ok"  # the last ok is lost
    REPORTS = "reports"  # temperatures and the card's state of its own accord, and echoes
    ADVANCED_OK = "advanced_ok"  # the ok with line number and free places
    NO_COUNTER = "no_counter"  # a build without PRINTCOUNTER
    MUTE = "mute"  # ok to all, no output
    RESET = "reset"  # starts anew instead of answering
    HALTED = "halted"
    NOISE = "noise"  # a wrong byte in every second answer
    LATE = "late"  # answers after `late_s`


@dataclass(slots=True)
class MarlinBoard:
    """What a board counts and measures; `faults` may change at any time.

    `position` of `size` bytes of the file being printed from the card, None while nothing is.
    `received` all commands that passed its check of numbers and sums.
    """

    position: int | None = None
    size: int = 1_000_000
    run_time_s: int = 0
    filament_cm: int = 0
    hotend_c: str = "21.30"
    uuid: str = "6f1d2c3b-0a9e-4d5c-8b7a-112233445566"
    faults: frozenset[BoardFault] = frozenset()
    busy_s: float = 0.1
    late_s: float = 0.2
    received: list[str] = field(default_factory=list)
    _last_number: int = 0
    _answers: int = 0

    def misbehave(self, *faults: BoardFault) -> None:
        """Fail in these ways from now on; without any, behave."""
        self.faults = frozenset(faults)

    def answer(self, line: bytes) -> Iterator[tuple[float, bytes]]:
        """Answer one line without its end: what is written, and the seconds to wait before."""
        if BoardFault.GARBLED in self.faults or BoardFault.GARBLED_OK in self.faults:
            line = line[:-1] + bytes([line[-1] ^ 1])
        command = self._accept(line)
        if BoardFault.SILENT in self.faults:
            return
        if command is None:
            yield 0.0, f"Error:checksum mismatch, Last Line: {self._last_number}\n".encode()
            yield 0.0, f"Resend: {self._last_number + 1}\n".encode()
            if BoardFault.GARBLED_OK in self.faults:
                yield 0.01, b"ok\n"
            return
        self.received.append(command)
        yield from self._carry_out(command)

    def _accept(self, line: bytes) -> str | None:
        """Check number and sum as Marlin does; a command without a number is taken as it is."""
        text = line.decode("ascii", "replace").strip()
        if not text.startswith("N"):
            return text
        body, star, given = text.rpartition("*")
        if not star or given != str(reduce(xor, body.encode())):
            return None
        head, _, command = body.partition(" ")
        number = int(head[1:])
        if command.startswith("M110"):
            number = int(command.rpartition("N")[2])
        elif number != self._last_number + 1:
            return None
        self._last_number = number
        return command

    def _carry_out(self, command: str) -> Iterator[tuple[float, bytes]]:
        faults = self.faults
        if BoardFault.HALTED in faults:
            yield 0.0, b"Error:Printer halted. kill() called!\n"
            return
        if command.startswith("M110"):
            yield 0.0, self._ok(b"")
            return
        if BoardFault.RESET in faults:
            self.faults -= {BoardFault.RESET}
            yield 0.0, b"start\necho:Marlin 2.1.2\n"
            return
        if BoardFault.BUSY_FOR_EVER in faults:
            while BoardFault.BUSY_FOR_EVER in self.faults:
                yield self.busy_s, b"echo:busy: paused for user\n"
        for _ in range(3 if BoardFault.BUSY in faults else 0):
            yield self.busy_s, b"echo:busy: processing\n"
        if BoardFault.REPORTS in faults:
            yield 0.0, b" T:99.99 /0.00 B:88.88 /0.00\nSD printing byte 1/999\nwait\n"
            yield 0.0, b"echo:Unknown setting\nStats: Filament used: 9\n//action:notification x\n"
        late_s = self.late_s if BoardFault.LATE in faults else 0.0
        yield late_s, self._spoilt(self._output(command))

    def _spoilt(self, output: bytes) -> bytes:
        self._answers += 1
        if BoardFault.NO_OK in self.faults:
            return output.replace(b"ok", b"")
        if BoardFault.NOISE in self.faults and self._answers % 2:
            middle = len(output) // 2
            return output[:middle] + bytes([output[middle] ^ 0x04]) + output[middle + 1 :]
        return output

    def _output(self, command: str) -> bytes:
        if BoardFault.MUTE in self.faults:
            return self._ok(b"")
        if command == "M105":
            return self._ok(f" T:{self.hotend_c} /0.00 B:60.00 /60.00 @:0 B@:0".encode())
        texts = {
            "M27": "Not SD printing"
            if self.position is None
            else f"SD printing byte {self.position}/{self.size}",
            "M31": f"echo:Print time: {_span(self.run_time_s)}",
            "M78": "Stats: Prints: 12, Finished: 10, Failed: 2\n"
            f"Stats: Total time: {_span(self.run_time_s)}, Longest job: 1h 2m 3s\n"
            f"Stats: Filament used: {self.filament_cm // 100}.{self.filament_cm % 100:02}m",
            "M115": "FIRMWARE_NAME:Marlin 2.1.2 (Jan 1 2024) SOURCE_CODE_URL:x PROTOCOL_VERSION:1.0"
            f" MACHINE_TYPE:Simulated EXTRUDER_COUNT:1 UUID:{self.uuid}\nCap:EEPROM:1",
        }
        if BoardFault.NO_COUNTER in self.faults:
            texts.pop("M78")
        said = texts.get(command, f'echo:Unknown command: "{command}"')
        return f"{said}\n".encode() + self._ok(b"")

    def _ok(self, more: bytes) -> bytes:
        if BoardFault.ADVANCED_OK in self.faults:
            return f"ok N{self._last_number} P15 B3".encode() + more + b"\n"
        return b"ok" + more + b"\n"


def _span(seconds: int) -> str:
    """Write a span as Marlin does: units from the largest that is not 0."""
    parts: list[str] = []
    for size, unit in _UNITS:
        if parts or seconds >= size:
            parts.append(f"{seconds // size}{unit}")
        seconds %= size
    return " ".join([*parts, f"{seconds}s"])


class VirtualBoard:
    """A board on a pseudo-terminal of its own, at the stable path `link` when given."""

    def __init__(self, board: MarlinBoard, link: Path | None = None) -> None:
        self.board = board
        self._link = link
        self._settings: LineSettings | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def settings(self) -> LineSettings:
        """How to reach the board. Raises RuntimeError before it is started."""
        if self._settings is None:
            raise RuntimeError("the board is not started")
        return self._settings

    def start(self) -> None:
        """Open the terminal and answer on it in a thread of its own."""
        # Unix only, as the rest of the simulation over serial lines.
        import pty
        import tty

        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        device = os.ttyname(self._theirs)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(device)
        self._settings = LineSettings(
            "serial", port=str(self._link or device), baudrate=115_200, careful=True
        )
        self._wake_read, self._wake_write = os.pipe()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._serve, name="virtual-board")
        self._thread.start()

    def stop(self) -> None:
        """Close the terminal, as if it were unplugged, and end the thread."""
        if self._thread is None:
            return
        self._stopping.set()
        os.write(self._wake_write, b"x")
        self._thread.join(_STOP_S)
        self._thread = None
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        for fd in (self._ours, self._theirs, self._wake_read, self._wake_write):
            os.close(fd)

    def say(self, text: bytes) -> None:
        """Write something that nobody asked for."""
        os.write(self._ours, text)

    def _serve(self) -> None:
        buffer = b""
        while not self._stopping.is_set():
            ready, _, _ = select.select([self._ours, self._wake_read], [], [])
            if self._ours in ready:
                *lines, buffer = (buffer + os.read(self._ours, _CHUNK)).split(b"\n")
                for line in filter(None, lines):
                    self._reply(line)

    def _reply(self, line: bytes) -> None:
        for wait_s, data in self.board.answer(line):
            if self._stopping.wait(wait_s):
                return
            os.write(self._ours, data)
