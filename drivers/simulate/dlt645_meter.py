"""A simulated DL/T 645 electricity meter, made from the same profile that reads the real one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal

from drivers.profile import Block, Point, Profile
from drivers.protocols import dlt645, dlt645_1997, dlt645_2007
from drivers.protocols.dlt645_frame import (
    ABNORMAL,
    EVERY_METER,
    FROM_METER,
    LONGEST_DATA,
    MORE_FOLLOWS,
    PREAMBLE,
    Frame,
    address_field,
    build_frame,
    parse_frame,
    to_bcd,
)
from drivers.registers import EXACT
from drivers.simulate.meter import Chunk, Misbehaviour, SimulatedMeter

_EDITIONS = {protocol.KEY: protocol.EDITION for protocol in (dlt645_1997, dlt645_2007)}
_OTHER_ERROR, _NO_SUCH_DATA = b"\x01", b"\x02"
_WILD = EVERY_METER[0]


class Dlt645Image:
    """All data of a profile as decimal digits; set by the physics, read by the bus, safe for both.

    Raises KeyError for a profile of another protocol.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.edition = _EDITIONS[profile.protocol]
        identity = () if profile.identity is None else (profile.identity,)
        self._blocks = {block.address: block for block in profile.blocks + identity}
        self._bytes = {address: bytearray(block.count) for address, block in self._blocks.items()}
        self._lock = threading.Lock()

    def set(self, values: Mapping[str, Decimal]) -> None:
        """Store values of quantities, in their units, as the meter would show them, all at once.

        Quantities that the profile has no point for are not this meter's business. A counter
        starts again from 0 at its wrap. Raises OverflowError where a value does not fit.
        """
        with self._lock:
            for block, point in self._points():
                if point.quantity in values:
                    self._store(block, point, _digits(point, values[point.quantity]))

    def set_raw(self, quantity: str, raw: bytes) -> None:
        """Store data bytes in wire order, such as FF for "unknown". Raises KeyError, ValueError."""
        with self._lock:
            for block, point in self._points():
                if point.quantity == quantity:
                    size = dlt645.NUMBERS[point.type]
                    if len(raw) != size:
                        raise ValueError(f"{len(raw)} bytes; expected {size}")
                    self._store(block, point, raw)
                    return
        raise KeyError(quantity)

    def read(self, identifier: bytes) -> bytes | None:
        """Give the data behind an identifier (wire order); None when the meter has none such."""
        with self._lock:
            data = self._bytes.get(int.from_bytes(identifier, "little"))
            return None if data is None else bytes(data)

    def _points(self) -> tuple[tuple[Block, Point], ...]:
        return tuple((block, point) for block in self._blocks.values() for point in block.points)

    def _store(self, block: Block, point: Point, raw: bytes) -> None:
        self._bytes[block.address][point.offset : point.offset + len(raw)] = raw


def _digits(point: Point, value: Decimal) -> bytes:
    number = EXACT.divide(value, point.scale)
    if point.wrap is not None:
        number = EXACT.remainder(number, point.wrap)
    return to_bcd(number, dlt645.NUMBERS[point.type], signed=dlt645.is_signed(point.type))


class Dlt645Meter(SimulatedMeter):
    """One DL/T 645 meter on a bus, at its printed 12-digit address.

    Wakes the line with `preamble` FE before an answer; what is longer than `most_bytes` of data
    it tells in parts. Raises ValueError for an address that is none.
    """

    def __init__(
        self,
        address: str,
        image: Dlt645Image,
        *,
        seed: int = 0,
        preamble: int = 4,
        most_bytes: int = LONGEST_DATA - 5,
    ) -> None:
        super().__init__(image, seed)
        self.address = address
        self.image = image
        self._field = address_field(address)
        self._preamble = preamble * PREAMBLE
        self._most_bytes = most_bytes

    def is_meant(self, field: bytes) -> bool:
        """Tell whether a request to this address field, AA standing for any digits, is for it."""
        return all(asked in (own, _WILD) for asked, own in zip(field, self._field, strict=True))

    def answer(self, request: bytes) -> tuple[Chunk, ...]:
        """Answer a whole sound frame that is meant for this meter; nothing to what it cannot do."""
        modes = self.misbehaviours
        answer = self._reply(parse_frame(request), modes)
        if answer is None:
            return ()
        address, control = answer.address, answer.control
        if Misbehaviour.WRONG_UNIT in modes:
            address = address_field(f"{(int(self.address) + 1) % 10**12:012d}")
        if Misbehaviour.WRONG_FUNCTION in modes:
            control ^= 0x05  # to a request of writing, in the 2007 edition
        frame = build_frame(Frame(address, control, answer.data))
        if Misbehaviour.BAD_CRC in modes:
            frame = frame[:-2] + bytes([frame[-2] ^ 0x40]) + frame[-1:]
        return self._send(self._preamble + frame, request, modes)

    def _reply(self, request: Frame, modes: frozenset[Misbehaviour]) -> Frame | None:
        edition, data = self.image.edition, request.data
        if request.control == dlt645.READ_ADDRESS and edition.read_on and not data:
            return self._tell(request, self._field)
        size = edition.identifier_size
        asked = (request.control, len(data))
        if asked not in ((edition.read, size), (edition.read_on, size + 1)):
            return None
        if Misbehaviour.BUSY in modes:
            return self._tell(request, _OTHER_ERROR, ABNORMAL)
        identifier, sequence = data[:size], data[size:]
        stored = self.image.read(identifier)
        start = self._most_bytes * int.from_bytes(sequence, "little")
        if stored is None or start >= len(stored):
            return self._tell(request, _NO_SUCH_DATA, ABNORMAL)
        part = self._spoil(stored[start : start + self._most_bytes], modes)
        follows = MORE_FOLLOWS if start + self._most_bytes < len(stored) else 0
        if Misbehaviour.WRONG_IDENTIFIER in modes:
            identifier = bytes([identifier[0] ^ 0x01]) + identifier[1:]
        return self._tell(request, identifier + part + sequence, follows)

    def _spoil(self, part: bytes, modes: frozenset[Misbehaviour]) -> bytes:
        if Misbehaviour.MOMENTARY_ZERO in modes:
            self.misbehaviours = modes - {Misbehaviour.MOMENTARY_ZERO}
            part = bytes(len(part))
        return part[:-1] if Misbehaviour.SHORT in modes else part

    def _tell(self, request: Frame, data: bytes, bits: int = 0) -> Frame:
        return Frame(self._field, request.control | FROM_METER | bits, data)
