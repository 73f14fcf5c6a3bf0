"""A bus of simulated meters that answers real protocols on a pseudo-terminal or loopback TCP."""

from __future__ import annotations

import heapq
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from drivers.protocols.dlt645_frame import parse_frame
from drivers.simulate.dlt645_meter import Dlt645Meter
from drivers.simulate.meter import Chunk
from drivers.simulate.requests import is_dlt645, whole_requests
from drivers.simulate.slave import Slave
from drivers.transports.line import LineSettings

_LOOPBACK = "127.0.0.1"
_MBAP = struct.Struct(">HHHB")
_CHUNK = 4096
_STOP_S = 5.0
_LOT_S = 0.004  # bytes of a clocked wire are handed over in lots this long, not to wake for each
# A thread wakes, and has bytes from a terminal's other end, about this late; a wire's clock does
# not, so a clocked line begins everything as much earlier.
_LATE_S = 0.000_1


class _Terminal:
    """Our end of a pseudo-terminal, with a socket's methods."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def recv(self, size: int) -> bytes:
        return os.read(self._fd, size)

    def send(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def close(self) -> None:
        os.close(self._fd)


class _Peer:
    """One client, what it has sent so far, and until when its wire is busy."""

    def __init__(self, stream: _Terminal | socket.socket) -> None:
        self.stream = stream
        self.buffer = b""
        self.busy_until_s = 0.0


class VirtualBus:
    """Meters on one line; `settings` tell how to reach it once started.

    `transport`: serial (a pseudo-terminal, at the stable path `link` when given), tcp or
    rtu-over-tcp (on a free loopback port, or `tcp_port`). One thread serves it until `stop`.
    Modbus and DL/T 645 meters may share a serial line; `slaves` finds them by unit or address.

    With `clocked`, every byte takes its time on a wire of these settings: a meter has its request
    when the last byte would have come, and its answer arrives byte by byte, `latency_s` later.
    """

    def __init__(
        self,
        slaves: Iterable[Slave | Dlt645Meter],
        transport: str = "serial",
        *,
        link: Path | None = None,
        tcp_port: int = 0,
        clocked: LineSettings | None = None,
    ) -> None:
        self.slaves: dict[int | str, Slave | Dlt645Meter] = {
            slave.unit if isinstance(slave, Slave) else slave.address: slave for slave in slaves
        }
        self._line = replace(clocked or LineSettings(transport), transport=transport)
        self._character_s, self._late_s = 0.0, 0.0
        if clocked:
            self._character_s, self._late_s = self._line.character_s, _LATE_S
        self._transport = transport
        self._link = link
        self._tcp_port = tcp_port
        self._settings: LineSettings | None = None
        self._thread: threading.Thread | None = None
        self._closers: list[Callable[[], None]] = []
        self._due: list[tuple[float, int, _Peer, bytes]] = []
        self._sent = 0

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def settings(self) -> LineSettings:
        """How to reach the bus. Raises RuntimeError before it is started."""
        if self._settings is None:
            raise RuntimeError("the bus is not started")
        return self._settings

    def start(self) -> None:
        """Open the line and answer on it in a thread of its own."""
        self._selector = selectors.SelectSelector()  # the others round up to milliseconds
        self._wake_in, self._wake_out = socket.socketpair()
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)
        if self._transport == "serial":
            self._open_terminal()
        else:
            self._open_listener()
        self._thread = threading.Thread(target=self._serve, name="virtual-bus")
        self._thread.start()

    def stop(self) -> None:
        """Close the line, as if it were unplugged, and end the thread; harmless when stopped."""
        if self._thread is None:
            return
        self._wake_out.send(b"x")
        self._thread.join(_STOP_S)
        self._thread = None
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, _Peer):
                key.data.stream.close()
        for close in self._closers:
            close()
        self._closers.clear()
        self._due.clear()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def _open_terminal(self) -> None:
        # Unix only, while the module also serves Windows over TCP.
        import pty
        import tty

        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        device = os.ttyname(theirs)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(device)
            self._closers.append(partial(self._link.unlink, missing_ok=True))
        # Held open so that the terminal outlives each of its users.
        self._closers.append(partial(os.close, theirs))
        self._add(_Terminal(ours))
        self._settings = replace(self._line, port=str(self._link or device))

    def _open_listener(self) -> None:
        listener = socket.create_server((_LOOPBACK, self._tcp_port))
        self._tcp_port = listener.getsockname()[1]
        self._closers.append(listener.close)
        self._selector.register(listener, selectors.EVENT_READ, listener)
        self._settings = replace(self._line, host=_LOOPBACK, tcp_port=self._tcp_port)

    def _add(self, stream: _Terminal | socket.socket) -> None:
        self._selector.register(stream, selectors.EVENT_READ, _Peer(stream))

    def _serve(self) -> None:
        while True:
            wait_s = max(self._due[0][0] - time.monotonic(), 0.0) if self._due else None
            for key, _ in self._selector.select(wait_s):
                if key.fileobj is self._wake_in:
                    return
                if isinstance(key.data, _Peer):
                    self._listen(key.data)
                else:
                    self._accept(key.data)
            while self._due and self._due[0][0] <= time.monotonic():
                _, _, peer, data = heapq.heappop(self._due)
                with suppress(OSError):  # the client may have gone meanwhile
                    peer.stream.send(data)

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        self._add(connection)

    def _listen(self, peer: _Peer) -> None:
        try:
            data = peer.stream.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(peer.stream)
            self._due = [entry for entry in self._due if entry[2] is not peer]
            heapq.heapify(self._due)
            peer.stream.close()
            return
        peer.buffer += data
        sent_s = time.monotonic() - self._late_s
        peer.busy_until_s = max(peer.busy_until_s, sent_s) + len(data) * self._character_s
        for chunks in self._answers_tcp(peer) if self._transport == "tcp" else self._answers(peer):
            self._schedule(peer, chunks)

    def _answers(self, peer: _Peer) -> Iterator[tuple[Chunk, ...]]:
        requests, peer.buffer = whole_requests(peer.buffer)
        for request in requests:
            if is_dlt645(request):
                field = parse_frame(request).address
                for meter in self.slaves.values():
                    if isinstance(meter, Dlt645Meter) and meter.is_meant(field):
                        yield meter.answer(request)
            elif isinstance(slave := self.slaves.get(request[0]), Slave):
                yield slave.answer_rtu(request)

    def _answers_tcp(self, peer: _Peer) -> Iterator[tuple[Chunk, ...]]:
        while len(peer.buffer) >= _MBAP.size:
            transaction, _, following, unit = _MBAP.unpack_from(peer.buffer)
            end = _MBAP.size - 1 + following
            if len(peer.buffer) < end:
                return
            pdu, peer.buffer = peer.buffer[_MBAP.size : end], peer.buffer[end:]
            slave = self.slaves.get(unit)
            if isinstance(slave, Slave) and pdu:
                yield slave.answer_tcp(transaction, pdu)

    def _schedule(self, peer: _Peer, chunks: Iterable[Chunk]) -> None:
        asked_s = peer.busy_until_s
        lot = max(int(_LOT_S / self._character_s), 1) if self._character_s else _CHUNK
        for chunk in chunks:
            start_s = max(asked_s + chunk.after_s, peer.busy_until_s)
            for end in range(len(chunk.data), 0, -lot):
                # Counted from the end, so that a short lot comes first and the last byte on time.
                due_s = start_s + end * self._character_s - self._late_s
                self._put_off(due_s, peer, chunk.data[max(end - lot, 0) : end])
            if self._character_s:
                peer.busy_until_s = start_s + len(chunk.data) * self._character_s

    def _put_off(self, due_s: float, peer: _Peer, data: bytes) -> None:
        self._sent += 1
        heapq.heappush(self._due, (due_s, self._sent, peer, data))
