"""A slave on a real line whose every byte a test decides: what comes back, in pieces, and when."""

from __future__ import annotations

import os
import pty
import socket
import threading
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

from drivers.transports.line import LineSettings

Pieces = Sequence[tuple[float, bytes]]
"""What is sent for one request: seconds to wait, then bytes, again and again."""

_CHUNK = 4096
_BAUDRATE = 115_200
_RTU_REQUEST, _TCP_REQUEST = 8, 12  # bytes of a read's request


class ByteSlave:
    """Answers one client; `settings` tell how to reach it. The client must be closed first.

    `answer` is given each whole request in turn, in a thread of the slave's own.
    """

    def __init__(self, transport: str, answer: Callable[[bytes], Pieces]) -> None:
        self._answer = answer
        self._request_size = _TCP_REQUEST if transport == "tcp" else _RTU_REQUEST
        self._leaving = threading.Event()
        self._listener: socket.socket | None = None
        if transport == "serial":
            self._ours, self._theirs = pty.openpty()
            tty.setraw(self._theirs)
            port = os.ttyname(self._theirs)
            self.settings = LineSettings(
                "serial", port=port, baudrate=_BAUDRATE, opening_quiet_s=0.0
            )
        else:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.settings = LineSettings(
                transport,
                host="127.0.0.1",
                tcp_port=self._listener.getsockname()[1],
                baudrate=_BAUDRATE,
                opening_quiet_s=0.0,
            )
        self._thread = threading.Thread(target=self._run, name="byte-slave")

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; also where no client has come."""
        self._leaving.set()
        if self._listener is None:
            os.close(self._theirs)
        else:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._thread.join()
        if self._listener is None:
            os.close(self._ours)

    def _run(self) -> None:
        with suppress(OSError):  # the client is gone, or none has come
            if self._listener is None:
                self._serve(lambda: os.read(self._ours, _CHUNK), self._write)
                return
            connection, _ = self._listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._serve(lambda: connection.recv(_CHUNK), connection.sendall)

    def _write(self, data: bytes) -> None:
        os.write(self._ours, data)

    def _serve(self, receive: Callable[[], bytes], send: Callable[[bytes], None]) -> None:
        buffer = b""
        while data := receive():
            buffer += data
            while len(buffer) >= self._request_size:
                request, buffer = buffer[: self._request_size], buffer[self._request_size :]
                for pause_s, piece in self._answer(request):
                    if pause_s and self._leaving.wait(pause_s):
                        return
                    send(piece)
