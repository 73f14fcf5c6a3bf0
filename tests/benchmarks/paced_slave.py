"""Modbus meters on a pseudo-terminal in a process of their own, slow as a wire or late at random.

Prints the terminal's name, then serves until its standard input is closed. Register n of unit u
holds n * 257 + u, so that a client can tell a wrong value; unit 247 tells instead how many
requests came before the silence between frames was over. Shares no code with what it measures.
"""

from __future__ import annotations

import argparse
import functools
import heapq
import os
import pty
import random
import select
import struct
import sys
import time
import tty

TELLER = 247  # the unit that tells of requests that came too early
LOT_S = 0.002  # bytes are handed over in lots, as adapters do; the last one is on time
SPIN_S = 0.000_3  # how late a sleep may end, and is therefore not slept
EARLY_S = 0.000_3  # how much too early a request may seem
FAST_BAUD, FAST_GAP_S = 19_200, 0.001_75  # above it the silence is fixed
REQUEST = 8


@functools.lru_cache(maxsize=1024)
def checksum(frame: bytes) -> bytes:
    """Compute the CRC of Modbus over Serial Line V1.02, bit by bit."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


class Wire:
    """The meters and their end of the line."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.character_s = 10 / options.baud if options.baud else 0.0
        self.gap_s = FAST_GAP_S if options.baud > FAST_BAUD else 3.5 * self.character_s
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.name = os.ttyname(theirs)
        self.chance = random.Random(options.seed)
        self.due: list[tuple[float, int, bytes]] = []
        self.numbered = self.early = 0
        self.free_s = 0.0  # when the wire fell silent
        self.buffer = b""

    def serve(self) -> None:
        """Answer until standard input is closed."""
        while True:
            wait_s = max(self.due[0][0] - time.monotonic() - SPIN_S, 0.0) if self.due else None
            ready, _, _ = select.select([self.ours, sys.stdin], [], [], wait_s)
            if sys.stdin in ready:
                return
            if self.ours in ready:
                self.hear(time.monotonic(), os.read(self.ours, 4096))
            while self.due and self.due[0][0] <= time.monotonic():
                os.write(self.ours, heapq.heappop(self.due)[2])

    def hear(self, now_s: float, data: bytes) -> None:
        """Take requests out of what came."""
        self.buffer += data
        while len(self.buffer) >= REQUEST:
            request = self.buffer[:REQUEST]
            if checksum(request[:-2]) != request[-2:]:
                self.buffer = self.buffer[1:]
                continue
            self.buffer = self.buffer[REQUEST:]
            self.early += now_s < self.free_s + self.gap_s - EARLY_S
            self.answer(now_s + REQUEST * self.character_s, request)

    def answer(self, asked_s: float, request: bytes) -> None:
        """Plan when which bytes go out."""
        unit, function, address, count = struct.unpack(">BBHH", request[:-2])
        if unit in self.options.dead:
            return
        data = b"".join(self.register(unit, address + n) for n in range(count))
        frame = bytes([unit, function, len(data)]) + data
        frame += checksum(frame)
        start_s = asked_s + self.options.turnaround + self.chance.uniform(0, self.options.late)
        lot = max(int(LOT_S / self.character_s), 1) if self.character_s else len(frame)
        for begin in range(0, len(frame), lot):
            end = min(begin + lot, len(frame))
            self.numbered += 1
            at_s = start_s + end * self.character_s
            heapq.heappush(self.due, (at_s, self.numbered, frame[begin:end]))
        self.free_s = max(self.free_s, start_s + len(frame) * self.character_s)

    def register(self, unit: int, number: int) -> bytes:
        """Give the two bytes of a register."""
        if unit == TELLER:
            return struct.pack(">H", self.early & 0xFFFF)
        if self.options.floats:  # a pair is a number that moves, as a meter's does
            number_now = 100 + number + time.monotonic()
            return struct.pack(">f", number_now)[2 * (number % 2) :][:2]
        return struct.pack(">H", (number * 257 + unit) & 0xFFFF)


def main() -> None:
    """Serve as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--baud", type=int, default=0)
    parser.add_argument("--turnaround", type=float, default=0.0)
    parser.add_argument("--late", type=float, default=0.0)
    parser.add_argument("--dead", type=int, nargs="*", default=())
    parser.add_argument("--floats", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    wire = Wire(parser.parse_args())
    sys.stdout.write(wire.name + "\n")
    sys.stdout.flush()
    wire.serve()


if __name__ == "__main__":
    main()
