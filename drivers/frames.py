"""Says what a frame seen on a line means: codes and values, for which screens hold the words.

Sources: Modbus Application Protocol V1.1b3 and Modbus over Serial Line V1.02 (request, answer,
exception), Modbus Messaging on TCP/IP V1.0b (MBAP header), DL/T 645-2007 and -1997 (frame,
control codes, data field less 33H).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from drivers.protocols.dlt645_frame import ABNORMAL, FROM_METER, parse_frame, printed_address
from drivers.protocols.modbus import FUNCTIONS, crc

SENT, RECEIVED, HEARD = "tx", "rx", ""  # by us, by us, or by others while we only listen

_TABLES = {function: table for table, function in FUNCTIONS.items()}
_REFUSED = 0x80
_MBAP = struct.Struct(">HHHB")
_MAX_FUNCTION = 0x2B
_MAX_UNIT = 247
_FUNCTION_645 = 0x1F  # what of a control code is neither sender, success nor more to follow
_READ_1997, _READ_ADDRESS = 0x01, 0x13
_WHITE = b"\r\n\t"


@dataclass(frozen=True, slots=True)
class Described:
    """What a frame says: a sentence's `code` and the `values` that fill it.

    `asks`: it is a question, to which the next frame may be the answer. `sound`: its checksum or
    its length fits.
    """

    code: str
    values: tuple[tuple[str, str], ...] = ()
    asks: bool = False
    sound: bool = True


def describe(data: bytes, direction: str, previous: bytes | None, transport: str) -> Described:
    """Say what a frame means; `previous` is the question that has no answer yet.

    `direction`: tx, rx, or empty where it is not known who sent it.
    """
    if direction == RECEIVED and data == previous:
        return Described("echo")
    if transport == "tcp":
        return _tcp(data, direction, previous)
    if is_text(data):
        return Described("text", (("text", _line(data)),), asks=direction == SENT)
    if sound_645(data):
        return _dlt645(data)
    if sound_rtu(data):
        asked = previous[:-2] if previous is not None and sound_rtu(previous) else None
        return _modbus(data[0], data[1:-2], direction, asked)
    return _broken(data, direction, previous)


def sound_rtu(data: bytes) -> bool:
    """Tell whether these bytes are one whole Modbus RTU frame."""
    if len(data) < 4 or data[0] > _MAX_UNIT or not 1 <= data[1] & ~_REFUSED <= _MAX_FUNCTION:
        return False
    return crc(data[:-2]) == data[-2:]


def sound_645(data: bytes) -> bool:
    """Tell whether these bytes are one whole DL/T 645 frame, any FE before it included."""
    try:
        parse_frame(data)
    except ValueError:
        return False
    return True


def _broken(data: bytes, direction: str, previous: bytes | None) -> Described:
    """Describe bytes that are no frame; what begins like the answer awaited is most likely it."""
    if direction != SENT and previous is not None and data[:2] == previous[:2]:
        return Described("modbus-broken", (("unit", str(data[0])),), sound=False)
    return Described("unknown", (("size", str(len(data))),), sound=False)


def is_text(data: bytes) -> bool:
    """Tell whether these bytes are lines of printable characters."""
    return bool(data) and all(32 <= byte < 127 or byte in _WHITE for byte in data)


def _tcp(data: bytes, direction: str, previous: bytes | None) -> Described:
    if len(data) <= _MBAP.size or _MBAP.unpack_from(data)[1:3] != (0, len(data) - _MBAP.size + 1):
        return Described("unknown", (("size", str(len(data))),), sound=False)
    if direction == RECEIVED and previous is not None and data[:2] != previous[:2]:
        transaction = int.from_bytes(data[:2], "big")
        return Described("modbus-stray", (("unit", str(data[6])), ("what", f"#{transaction}")))
    asked = previous[6:] if previous is not None else None
    return _modbus(data[6], data[7:], direction, asked)


def _modbus(unit: int, pdu: bytes, direction: str, asked: bytes | None) -> Described:
    """Describe a PDU; `asked` is unit and PDU of the open question."""
    function = pdu[0]
    about = (("unit", str(unit)), ("function", f"{function & ~_REFUSED:02d}"))
    if function & _REFUSED:
        return Described("modbus-exception", (*about, ("exception", f"{pdu[1]:02X}")))
    if direction == SENT or (direction == HEARD and _is_question(pdu, unit, asked)):
        return _question(pdu, about)
    if asked is not None and asked[:2] != bytes([unit, function]):
        return Described("modbus-stray", (("unit", str(unit)), ("what", f"{function:02d}")))
    if function in _TABLES and len(pdu) == 2 + pdu[1]:
        grouped = _hex(pdu[2:], 2 if function in (3, 4) else 1)
        return Described("modbus-data", (*about, ("size", str(pdu[1])), ("data", grouped)))
    return Described("modbus-other", (*about, ("data", _hex(pdu[1:], 1))))


def _is_question(pdu: bytes, unit: int, asked: bytes | None) -> bool:
    """Tell a question from an answer where nobody says who sent it: by length and by turns."""
    if pdu[0] in _TABLES and len(pdu) != 5:
        return False
    return asked is None or asked[:2] != bytes([unit, pdu[0]])


def _question(pdu: bytes, about: tuple[tuple[str, str], ...]) -> Described:
    if pdu[0] not in _TABLES or len(pdu) != 5:
        return Described("modbus-other", (*about, ("data", _hex(pdu[1:], 1))), asks=True)
    _, address, count = struct.unpack(">BHH", pdu)
    values = (("table", _TABLES[pdu[0]]), ("address", f"0x{address:04X}"), ("count", str(count)))
    return Described("modbus-read", (*about, *values), asks=True)


def _dlt645(data: bytes) -> Described:
    frame = parse_frame(data)
    about = (("address", printed_address(frame.address)), ("control", f"{frame.control:02X}"))
    if frame.control & ABNORMAL:
        return Described("dlt645-error", (*about, ("error", _hex(frame.data, 1))))
    asks = not frame.control & FROM_METER
    # Reading the address names no identifier; the 1997 edition has identifiers of two bytes.
    function = frame.control & _FUNCTION_645
    width = {_READ_ADDRESS: 0, _READ_1997: 2}.get(function, 4)
    identifier = frame.data[:width][::-1].hex().upper() or "-"
    rest = _hex(frame.data[width:], 1) or "-"
    code = "dlt645-question" if asks else "dlt645-data"
    return Described(code, (*about, ("identifier", identifier), ("data", rest)), asks)


def _hex(data: bytes, group: int) -> str:
    """Write bytes as upper-case hex, a space after each `group` of them."""
    return data.hex(" ", -group).upper()


def _line(data: bytes) -> str:
    return " | ".join(data.decode("ascii").split("\n")).strip(" |\r")
