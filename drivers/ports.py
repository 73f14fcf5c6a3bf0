"""The serial ports of this computer, and the port a USB adapter is at today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from serial.tools import list_ports as _system

from drivers.faults import LineFault


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """A serial adapter by what stays when it is plugged elsewhere; `vid`, `pid` are hex text."""

    vid: str
    pid: str
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Port:
    """A serial port: `device` to open; `vid`, `pid` four upper-case hex digits when on USB."""

    device: str
    description: str = ""
    vid: str | None = None
    pid: str | None = None
    serial: str | None = None
    location: str | None = None


def list_ports() -> tuple[Port, ...]:
    """List the ports the system knows, by device name."""
    return tuple(
        Port(
            found.device,
            found.description or "",
            None if found.vid is None else f"{found.vid:04X}",
            None if found.pid is None else f"{found.pid:04X}",
            found.serial_number,
            found.location,
        )
        for found in sorted(_system.comports(), key=lambda found: str(found.device))
    )


def find_usb(usb: UsbAddress, ports: Iterable[Port] | None = None) -> str:
    """Tell the device of the one adapter that fits `usb`, among `ports` or the system's.

    Raises LineFault port-missing when none fits, port-ambiguous when several do: to guess
    would be to bill one machine's meter to another.
    """
    wanted = f"{usb.vid.upper():0>4}:{usb.pid.upper():0>4}"
    fitting = [
        port.device
        for port in (list_ports() if ports is None else ports)
        if f"{port.vid}:{port.pid}" == wanted and usb.serial in (None, port.serial)
    ]
    name = wanted if usb.serial is None else f"{wanted} {usb.serial}"
    if not fitting:
        raise LineFault("port-missing", f"usb {name}")
    if len(fitting) > 1:
        raise LineFault("port-ambiguous", f"usb {name}: {', '.join(fitting)}; give its serial")
    return fitting[0]
