"""A simulated Modbus meter that answers from its registers, and misbehaves when told to."""

from __future__ import annotations

import struct

from drivers.protocols.modbus import FUNCTIONS, rtu_frame, tcp_frame
from drivers.simulate.image import RegisterImage
from drivers.simulate.meter import Chunk, SimulatedMeter
from drivers.simulate.meter import Misbehaviour as Misbehaviour  # offered here too

_TABLES = {function: table for table, function in FUNCTIONS.items()}
_MOST = {1: 2000, 2: 2000, 3: 125, 4: 125}
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3


class Slave(SimulatedMeter):
    """One Modbus meter on a bus, at a unit."""

    def __init__(self, unit: int, image: RegisterImage, *, seed: int = 0) -> None:
        super().__init__(image, seed)
        self.unit = unit
        self.image = image

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
