"""A serial port with an RS-485 or RS-232 line behind it."""

from __future__ import annotations

import errno
import os
import re
import select
from contextlib import suppress

import serial

from drivers.faults import LineFault
from drivers.ports import find_usb
from drivers.transports.line import LineSettings, Tap
from drivers.transports.port_holder import port_holder
from drivers.transports.stream import StreamLine

try:
    import termios
    from termios import error as _SettingsRefused
except ImportError:  # Windows has no termios; there pyserial reports refused settings itself
    termios = None  # type: ignore[assignment]  # its absence is asked for
    _SettingsRefused = serial.SerialException  # type: ignore[assignment,misc]  # same role

# Where the library reads, that ends with the first byte; this bounds how far past a deadline.
_READ_S = 0.005
_WRITE_S = 2.0
# What the boards of 3D printers say when they have started (Marlin, RepRap firmwares).
_STARTED = re.compile(rb"[^A-Za-z]start\r?\n")
_REMEMBERED = 16
_CHUNK = 4096
_CFLAG = 2  # where tcgetattr puts the control modes
_CODES = {
    errno.ENOENT: "port-missing",
    errno.ENODEV: "port-missing",
    errno.ENXIO: "port-missing",
    errno.EACCES: "port-denied",
    errno.EPERM: "port-denied",
    errno.EBUSY: "port-busy",
    errno.EAGAIN: "port-busy",
}
# pyserial on Windows gives no number, only the system's error as text; access is denied
# there while another program holds the port.
_WINDOWS_CODES = {"FileNotFoundError": "port-missing", "PermissionError": "port-busy"}


def _open_fault(error: serial.SerialException, port: str) -> LineFault:
    code = _CODES.get(error.errno or 0)
    for text, windows_code in _WINDOWS_CODES.items():
        if code is None and text in str(error):
            code = windows_code
    return LineFault(code or "port-missing", f"{port}: {error}")


class SerialLine(StreamLine):
    """A serial port held exclusively; where parity was refused, 8N1 and a note parity-refused.

    Raising DTR resets the boards of many 3D printers, and with them a print under way. Linux
    raises it whenever a port is opened and drops it when one is closed, so a careful line asks
    for it to stay up: at most the first opening after plugging in is a reset. Windows leaves it
    to the program, so there it stays down. A board that did start anew is noted as board-reset.
    """

    def __init__(self, settings: LineSettings, tap: Tap | None = None) -> None:
        super().__init__(settings, tap)
        port = settings.port
        if port is None and settings.usb is not None:
            port = find_usb(settings.usb)
        if port is None:
            raise LineFault("settings", "a serial line needs a port or a usb address")
        self._serial = serial.Serial(
            None,
            baudrate=settings.baudrate,
            parity=settings.parity,
            stopbits=settings.stopbits,
            timeout=_READ_S,
            write_timeout=_WRITE_S,
            exclusive=True,
        )
        self._serial.port = port
        self._heard = b"\n"
        if settings.careful:
            self._take_care(port)
        self._open(port)

    def _open(self, port: str) -> None:
        try:
            self._try_open()
        except serial.SerialException as error:
            raise _open_fault(error, port) from error

    def _take_care(self, port: str) -> None:
        holder = port_holder(port)
        if holder is not None:
            raise LineFault("port-busy", f"{port}: held by {holder}")
        if termios is None:
            self._serial.dtr = self._serial.rts = False

    def _try_open(self) -> None:
        try:
            self._serial.open()
            if self.settings.careful and termios is not None:
                modes = termios.tcgetattr(self._serial.fileno())
                modes[_CFLAG] &= ~termios.HUPCL
                termios.tcsetattr(self._serial.fileno(), termios.TCSANOW, modes)
            if self.settings.parity != "N":
                # A pseudo-terminal takes parity silently and refuses the next change: ask twice.
                self._serial.timeout = 2 * _READ_S
                self._serial.timeout = _READ_S
        except _SettingsRefused:
            self._serial.close()
            self._serial.parity = serial.PARITY_NONE
            self._serial.open()
            self._note("parity-refused")

    def _receive(self, timeout_s: float) -> bytes:
        data = self._read_by_library(timeout_s) if termios is None else self._read(timeout_s)
        if data and self.settings.careful:
            self._watch_for_start(data)
        return data

    def _read(self, timeout_s: float) -> bytes:
        """Wait and read with one system call each: the library's way costs a poll 0.2 ms more."""
        port = self._serial.fileno()
        ready, _, _ = select.select([port], [], [], timeout_s)
        if not ready:
            return b""
        data = os.read(port, _CHUNK)
        if not data:
            raise OSError(errno.ENODEV, "unplugged")
        return data

    def _read_by_library(self, timeout_s: float) -> bytes:
        waiting = self._serial.in_waiting
        if not waiting and timeout_s <= 0:
            return b""
        data = bytes(self._serial.read(waiting or 1))
        return data + bytes(self._serial.read(self._serial.in_waiting)) if data else data

    def _watch_for_start(self, data: bytes) -> None:
        self._heard += data
        if _STARTED.search(self._heard):
            self._note("board-reset")
            self._heard = b"\n"
        self._heard = self._heard[-_REMEMBERED:]

    def _send(self, data: bytes) -> None:
        self._serial.write(data)

    def _release(self) -> None:
        with suppress(OSError):
            self._serial.close()
