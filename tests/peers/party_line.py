"""Joins several terminals to one line, as an RS-485 pair does: what one says, all others hear."""

from __future__ import annotations

import os
import pty
import select
import socket
import threading
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_CHUNK = 4096


@contextmanager
def party_line(stations: int) -> Iterator[tuple[Path, ...]]:
    """Give the devices of so many stations; a thread carries their bytes until the end."""
    with ExitStack() as closing:
        ours, devices = [], []
        for _ in range(stations):
            inner, outer = pty.openpty()
            tty.setraw(outer)
            # Held open so that the terminal outlives each of its users.
            closing.callback(os.close, outer)
            closing.callback(os.close, inner)
            ours.append(inner)
            devices.append(Path(os.ttyname(outer)))
        stop, stopping = socket.socketpair()
        closing.callback(stopping.close)
        closing.callback(stop.close)
        carrier = threading.Thread(target=_carry, args=(ours, stopping), name="party-line")
        carrier.start()
        closing.callback(carrier.join)
        closing.callback(stop.send, b"x")
        yield tuple(devices)


def _carry(ours: list[int], stopping: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([*ours, stopping.fileno()], [], [])
        if stopping.fileno() in ready:
            return
        for speaker in ready:
            said = os.read(speaker, _CHUNK)
            for other in ours:
                if other != speaker:
                    os.write(other, said)
