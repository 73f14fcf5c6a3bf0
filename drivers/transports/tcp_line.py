"""A TCP connection to a meter or a gateway: Modbus TCP, or a serial line's bytes as they are."""

from __future__ import annotations

import select
import socket

from drivers.faults import LineFault
from drivers.transports.line import LineSettings, Tap
from drivers.transports.stream import StreamLine

_CONNECT_S = 3.0
_CHUNK = 4096


class TcpLine(StreamLine):
    """One connection; a lost one raises LineFault and is opened anew by its user."""

    lost_code = "connection-lost"

    def __init__(self, settings: LineSettings, tap: Tap | None = None) -> None:
        super().__init__(settings, tap)
        if settings.host is None:
            raise LineFault("settings", f"a {settings.transport} line needs a host")
        try:
            self._socket = socket.create_connection(
                (settings.host, settings.tcp_port), timeout=_CONNECT_S
            )
        except OSError as error:
            raise LineFault("unreachable", f"{settings.place}: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _receive(self, timeout_s: float) -> bytes:
        ready, _, _ = select.select([self._socket], [], [], timeout_s)
        if not ready:
            return b""
        data = self._socket.recv(_CHUNK)
        if not data:
            raise ConnectionResetError("closed by the other side")
        return data

    def _send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _release(self) -> None:
        self._socket.close()
