"""Ports are named as people know them, and told apart by what stays when they are replugged."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.ports import ADAPTERS, Port, UsbAddress, by_socket, fits, list_ports, look_alikes

FIRST = Port("/dev/ttyUSB0", "USB Serial", "1A86", "7523", None, "1-1.1")
TWIN = Port("/dev/ttyUSB1", "USB Serial", "1A86", "7523", None, "1-1.2")
NUMBERED = Port("/dev/ttyUSB2", "USB Serial", "1A86", "7523", "A1", "1-1.3")
PLAIN = Port("/dev/ttyS0")


@pytest.mark.parametrize(
    ("vid", "pid", "name"),
    [
        ("1A86", "7523", "WCH CH340"),
        ("10C4", "EA60", "Silicon Labs CP2102"),
        ("0403", "6015", "FTDI FT231X"),
        ("067B", "2303", "Prolific PL2303"),
        ("067B", "23A3", "Prolific"),
        ("2341", "8036", "Arduino"),
        ("1D50", "614E", "Klipper"),
        ("1D50", "0001", None),
        (None, None, None),
    ],
)
def test_adapters_go_by_their_common_names(
    vid: str | None, pid: str | None, name: str | None
) -> None:
    assert Port("/dev/ttyUSB0", vid=vid, pid=pid).adapter == name


def test_the_table_of_adapters_names_each_once_by_four_digits() -> None:
    ids = [(vid, pid) for vid, pid, _ in ADAPTERS]

    assert len(set(ids)) == len(ids)
    assert all(len(vid) == 4 and len(pid) in (0, 4) for vid, pid in ids)
    assert all((vid, pid) == (vid.upper(), pid.upper()) for vid, pid in ids)


def test_an_address_without_a_serial_fits_all_of_a_model() -> None:
    model, one = UsbAddress("1a86", "7523"), UsbAddress("1A86", "7523", "A1")

    assert [fits(port, model) for port in (FIRST, TWIN, NUMBERED, PLAIN)] == [True] * 3 + [False]
    assert [fits(port, one) for port in (FIRST, TWIN, NUMBERED, PLAIN)] == [False] * 2 + [
        True,
        False,
    ]


def test_twins_are_alike_and_one_with_a_number_is_not() -> None:
    ports = (FIRST, TWIN, NUMBERED, PLAIN)

    assert look_alikes(FIRST, ports) == (TWIN, NUMBERED)
    assert look_alikes(NUMBERED, ports) == ()
    assert look_alikes(PLAIN, ports) == ()


def test_a_socket_has_a_name_of_its_own(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    link = tmp_path / "by-path" / "pci-0000:00:14.0-usb-0:1.1:1.0-port0"
    link.parent.mkdir()
    link.symlink_to(device)

    assert by_socket(Port(str(device)), link.parent) == str(link)
    assert by_socket(Port(str(tmp_path / "other")), link.parent) is None
    assert by_socket(Port(str(device)), tmp_path / "missing") is None


def test_the_ports_of_this_computer_are_listed_by_device() -> None:
    devices = [port.device for port in list_ports()]

    assert devices == sorted(devices)
