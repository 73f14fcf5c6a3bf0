"""The serial ports of this computer, and the port a USB adapter is at today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports as _system

from drivers.faults import LineFault

BY_PATH = Path("/dev/serial/by-path")  # Linux names ports there after the socket they are in

# USB ids of adapters and boards met in workshops: vendor, product ("" for all others of it), name.
# Sources: the makers' data sheets and the drivers of the Linux kernel (drivers/usb/serial).
ADAPTERS = (
    ("1A86", "7523", "WCH CH340"),
    ("1A86", "7522", "WCH CH340K"),
    ("1A86", "5523", "WCH CH341"),
    ("1A86", "55D3", "WCH CH343"),
    ("1A86", "55D4", "WCH CH9102"),
    ("10C4", "EA60", "Silicon Labs CP2102"),
    ("10C4", "EA70", "Silicon Labs CP2105"),
    ("10C4", "EA71", "Silicon Labs CP2108"),
    ("0403", "6001", "FTDI FT232R"),
    ("0403", "6010", "FTDI FT2232"),
    ("0403", "6011", "FTDI FT4232"),
    ("0403", "6014", "FTDI FT232H"),
    ("0403", "6015", "FTDI FT231X"),
    ("067B", "2303", "Prolific PL2303"),
    ("067B", "", "Prolific"),
    ("2341", "0043", "Arduino Uno"),
    ("2341", "0010", "Arduino Mega 2560"),
    ("2341", "0042", "Arduino Mega 2560"),
    ("2341", "", "Arduino"),
    ("2A03", "", "Arduino"),
    ("1D50", "614E", "Klipper"),
    ("1D50", "6029", "Marlin"),
    ("2C99", "", "Prusa"),
    ("0483", "5740", "STM32"),
    ("303A", "", "Espressif"),
    ("2E8A", "", "Raspberry Pi Pico"),
)


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

    @property
    def usb(self) -> UsbAddress | None:
        """The adapter's address, None when the port is not on USB."""
        if self.vid is None or self.pid is None:
            return None
        return UsbAddress(self.vid, self.pid, self.serial)

    @property
    def adapter(self) -> str | None:
        """What people call the adapter or board, None where its ids are not known."""
        names = {(vid, pid): name for vid, pid, name in ADAPTERS}
        vid, pid = self.vid or "", self.pid or ""
        return names.get((vid, pid)) or names.get((vid, ""))


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


def fits(port: Port, usb: UsbAddress) -> bool:
    """Tell whether a port is one that `usb` names; without a serial it names all of the model."""
    model = (usb.vid.upper().zfill(4), usb.pid.upper().zfill(4))
    return (port.vid, port.pid) == model and usb.serial in (None, port.serial)


def find_usb(usb: UsbAddress, ports: Iterable[Port] | None = None) -> str:
    """Tell the device of the one adapter that fits `usb`, among `ports` or the system's.

    Raises LineFault port-missing when none fits, port-ambiguous when several do: to guess
    would be to bill one machine's meter to another.
    """
    fitting = [
        port.device for port in (list_ports() if ports is None else ports) if fits(port, usb)
    ]
    model = f"{usb.vid.upper():0>4}:{usb.pid.upper():0>4}"
    name = model if usb.serial is None else f"{model} {usb.serial}"
    if not fitting:
        raise LineFault("port-missing", f"usb {name}")
    if len(fitting) > 1:
        raise LineFault("port-ambiguous", f"usb {name}: {', '.join(fitting)}; give its serial")
    return fitting[0]


def look_alikes(port: Port, ports: Iterable[Port]) -> tuple[Port, ...]:
    """Give the other ports that a USB address does not tell from this one: only the socket does."""
    if port.usb is None:
        return ()
    return tuple(other for other in ports if other.device != port.device and fits(other, port.usb))


def by_socket(port: Port, folder: Path = BY_PATH) -> str | None:
    """Give the name the system keeps for whatever is in this port's socket, None without one."""
    if not folder.is_dir():
        return None
    device = Path(port.device).resolve()
    return next((str(link) for link in sorted(folder.iterdir()) if link.resolve() == device), None)
