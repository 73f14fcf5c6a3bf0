"""A simulated Modbus meter that answers from its registers, and misbehaves when told to."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from drivers.protocols.modbus import FUNCTIONS, crc, rtu_frame, tcp_frame
from drivers.simulate.image import RegisterImage

_TABLES = {function: table for table, function in FUNCTIONS.items()}
_MOST = {1: 2000, 2: 2000, 3: 125, 4: 125}
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_SPLIT_S = 0.020


class Misbehaviour(StrEnum):
    """How a meter or its line can fail."""

    SILENT = "silent"  # answers nothing
    SHORT = "short"  # leaves out a register, checksum and byte count fitting
    TRUNCATED = "truncated"  # stops in mid-frame
    BAD_CRC = "bad_crc"
    WRONG_UNIT = "wrong_unit"  # another meter's answer, checksum fitting
    WRONG_FUNCTION = "wrong_function"
    WRONG_TRANSACTION = "wrong_transaction"  # TCP: the answer to an earlier request
    BUSY = "busy"  # exception 06
    ECHO = "echo"  # the line repeats the request before the answer
    NOISE = "noise"  # stray bytes before the answer
    SPLIT = "split"  # a 20 ms pause inside the answer
    MOMENTARY_ZERO = "momentary_zero"  # registers read 0, once


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that leave the meter `after_s` seconds after its request came."""

    data: bytes
    after_s: float


class Slave:
    """One meter on a bus. `misbehaviours` and `latency_s` (least, most) may change at any time.

    Latencies and noise are drawn from `seed`, so that a run can be repeated.
    """

    def __init__(self, unit: int, image: RegisterImage, *, seed: int = 0) -> None:
        self.unit = unit
        self.image = image
        self.misbehaviours: frozenset[Misbehaviour] = frozenset()
        self.latency_s = (0.0, 0.0)
        self._random = random.Random(seed)

    def misbehave(self, *modes: Misbehaviour, latency_s: tuple[float, float] | None = None) -> None:
        """Fail in these ways from now on; without any, behave."""
        self.misbehaviours = frozenset(modes)
        if latency_s is not None:
            self.latency_s = latency_s

    def answer_rtu(self, request: bytes) -> tuple[Chunk, ...]:
        """Answer a whole serial frame whose checksum fits and whose unit is this one's."""
        modes = self.misbehaviours
        pdu = self._answer(request[1:-2], modes)
        unit = self.unit % 247 + 1 if Misbehaviour.WRONG_UNIT in modes else self.unit
        frame = rtu_frame(unit, pdu)
        if Misbehaviour.BAD_CRC in modes:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x40])
        return self._send(frame, request, modes)

    def answer_tcp(self, transaction: int, request: bytes) -> tuple[Chunk, ...]:
        """Answer the PDU of a TCP request to this unit."""
        modes = self.misbehaviours
        pdu = self._answer(request, modes)
        unit = self.unit % 247 + 1 if Misbehaviour.WRONG_UNIT in modes else self.unit
        if Misbehaviour.WRONG_TRANSACTION in modes:
            transaction = (transaction - 1) & 0xFFFF
        return self._send(tcp_frame(transaction, unit, pdu), b"", modes)

    def _answer(self, pdu: bytes, modes: frozenset[Misbehaviour]) -> bytes:
        function = pdu[0]
        if Misbehaviour.BUSY in modes:
            return bytes([function | 0x80, 6])
        code, data = self._read(pdu)
        if code:
            return bytes([function | 0x80, code])
        if Misbehaviour.MOMENTARY_ZERO in modes:
            self.misbehaviours = modes - {Misbehaviour.MOMENTARY_ZERO}
            data = bytes(len(data))
        if Misbehaviour.SHORT in modes:
            data = data[:-2]
        if Misbehaviour.WRONG_FUNCTION in modes:
            function = 7 - function  # 3 for 4, 4 for 3
        return bytes([function, len(data)]) + data

    def _read(self, pdu: bytes) -> tuple[int, bytes]:
        if pdu[0] not in _TABLES or len(pdu) != 5:
            return _ILLEGAL_FUNCTION, b""
        function, address, count = struct.unpack(">BHH", pdu)
        if not 1 <= count <= _MOST[function]:
            return _ILLEGAL_VALUE, b""
        data = self.image.read(_TABLES[function], address, count)
        return (_ILLEGAL_ADDRESS, b"") if data is None else (0, data)

    def _send(self, frame: bytes, echo: bytes, modes: frozenset[Misbehaviour]) -> tuple[Chunk, ...]:
        chunks = [Chunk(echo, 0.0)] if Misbehaviour.ECHO in modes else []
        if Misbehaviour.SILENT in modes:
            return tuple(chunks)
        after_s = self._random.uniform(*self.latency_s)
        if Misbehaviour.NOISE in modes:
            frame = self._random.randbytes(self._random.randint(1, 6)) + frame
        if Misbehaviour.TRUNCATED in modes:
            frame = frame[: len(frame) // 2]
        if Misbehaviour.SPLIT in modes:
            chunks += [Chunk(frame[:3], after_s), Chunk(frame[3:], after_s + _SPLIT_S)]
        else:
            chunks.append(Chunk(frame, after_s))
        return tuple(chunks)


def whole_requests(buffer: bytes) -> tuple[Iterable[bytes], bytes]:
    """Cut serial read requests (8 bytes, checksum fitting) out of a stream; also give the rest."""
    requests: list[bytes] = []
    while len(buffer) >= 8:
        if crc(buffer[:6]) == buffer[6:8]:
            requests.append(buffer[:8])
            buffer = buffer[8:]
        else:
            buffer = buffer[1:]
    return requests, buffer
