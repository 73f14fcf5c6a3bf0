"""Lines to meters: serial ports, TCP connections and web servers, opened by their settings."""

from __future__ import annotations

from drivers.faults import LineFault
from drivers.transports.http_line import HttpLine
from drivers.transports.line import TRANSPORTS, Line, LineSettings, Tap
from drivers.transports.serial_line import SerialLine
from drivers.transports.tcp_line import TcpLine

__all__ = ["open_line"]


def open_line(settings: LineSettings, tap: Tap | None = None) -> Line:
    """Open the line for the calling thread alone; `tap` is told of all traffic.

    Raises LineFault: port-missing, port-busy, port-denied, port-ambiguous, unreachable, settings.
    """
    if settings.transport == "serial":
        return SerialLine(settings, tap)
    if settings.transport == "http":
        return HttpLine(settings, tap)
    if settings.transport in TRANSPORTS:
        return TcpLine(settings, tap)
    expected = ", ".join(TRANSPORTS)
    raise LineFault("settings", f"transport {settings.transport!r}; expected one of {expected}")
