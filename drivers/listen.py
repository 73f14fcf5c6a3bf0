"""Listens to a line without ever sending: what others say there, as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from drivers.faults import LineFault
from drivers.transports.line import LineSettings
from drivers.transports.serial_line import SerialLine
from drivers.transports.tcp_line import TcpLine

# A Modbus TCP or HTTP server tells nobody what it tells others; a gateway's raw port does.
SHARED = ("serial", "rtu-over-tcp")

Listen = Callable[[float], bytes]
"""Gives what came, waiting at most so many seconds for a first byte. Raises LineFault."""


class _SerialEar(SerialLine):
    def listen(self, timeout_s: float) -> bytes:
        return self._take(timeout_s)


class _TcpEar(TcpLine):
    def listen(self, timeout_s: float) -> bytes:
        return self._take(timeout_s)


@contextmanager
def listening(settings: LineSettings) -> Iterator[Listen]:
    """Open a line to listen for as long as the block runs. Raises LineFault, as of open_line.

    Always carefully: to look at a machine must not reset it.
    """
    if settings.transport not in SHARED:
        expected = " or ".join(SHARED)
        raise LineFault("settings", f"transport {settings.transport!r}; expected {expected}")
    ear = (_SerialEar if settings.transport == "serial" else _TcpEar)(
        replace(settings, careful=True)
    )
    try:
        yield ear.listen
    finally:
        ear.close()
