"""Cuts requests of Modbus RTU and of DL/T 645 out of the one stream of a line they share."""

from __future__ import annotations

from drivers.protocols.dlt645_frame import PREAMBLE, frame_size, is_sound
from drivers.protocols.modbus import crc

_MODBUS_READ = 8


def whole_requests(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Cut out Modbus reads (8 bytes) and DL/T 645 frames, checksums fitting; also give the rest.

    A frame keeps the FE before it, which no Modbus request begins with.
    """
    requests: list[bytes] = []
    while buffer:
        size = _size(buffer)
        if size == 0:
            break
        if size is None:
            buffer = buffer[1:]
        else:
            requests.append(buffer[:size])
            buffer = buffer[size:]
    return requests, buffer


def is_dlt645(request: bytes) -> bool:
    """Tell the two kinds apart, once cut out."""
    return len(request) != _MODBUS_READ


def _size(buffer: bytes) -> int | None:
    """Tell the size of the request at the start; 0 while it is not whole, None when it is none."""
    rest = buffer.lstrip(PREAMBLE)
    size = frame_size(rest)
    if size is not None:
        if len(rest) >= size and is_sound(rest[:size]):
            return len(buffer) - len(rest) + size
        if len(rest) < size:
            return 0
    if buffer.startswith(PREAMBLE):
        return None
    if len(buffer) < _MODBUS_READ:
        return 0
    return _MODBUS_READ if crc(buffer[:6]) == buffer[6:8] else None
