"""A serial port with an RS-485 or RS-232 line behind it."""

from __future__ import annotations

import errno
from contextlib import suppress

import serial

from drivers.faults import LineFault
from drivers.ports import find_usb
from drivers.transports.line import LineSettings, Tap
from drivers.transports.stream import StreamLine

try:
    from termios import error as _SettingsRefused
except ImportError:  # Windows has no termios; there pyserial reports refused settings itself
    _SettingsRefused = serial.SerialException  # type: ignore[assignment,misc]  # same role

# A read returns with its first byte; this only bounds how far a deadline may be overrun.
_READ_S = 0.005
_WRITE_S = 2.0
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
    """A serial port held exclusively; where parity was refused, 8N1 and a note parity-refused."""

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
        self._open(port)

    def _open(self, port: str) -> None:
        try:
            self._try_open()
        except serial.SerialException as error:
            raise _open_fault(error, port) from error

    def _try_open(self) -> None:
        try:
            self._serial.open()
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
        waiting = self._serial.in_waiting
        if not waiting and timeout_s <= 0:
            return b""
        if waiting:
            return bytes(self._serial.read(waiting))
        first = bytes(self._serial.read(1))
        return first + bytes(self._serial.read(self._serial.in_waiting)) if first else first

    def _send(self, data: bytes) -> None:
        self._serial.write(data)

    def _release(self) -> None:
        with suppress(OSError):
            self._serial.close()
