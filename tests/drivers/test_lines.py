"""Lines open, fail and come back with errors that name the port and what is wrong with it."""

from __future__ import annotations

import os
import pty
import select
import socket
import threading
import time
import tty
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.device import read_meter
from drivers.faults import DeviceFault, LineFault
from drivers.ports import Port, UsbAddress, find_usb, list_ports
from drivers.profile import Profile
from drivers.protocols.modbus import crc, read_pdu, rtu_frame, rtu_match
from drivers.simulate.bus import VirtualBus
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import LineSettings, Timing

NOW = Timing(timeout_s=0.05, worst_latency_s=0.05, retries=0)


@pytest.fixture
def terminal() -> Iterator[tuple[int, LineSettings]]:
    """A bare pseudo-terminal: our end's descriptor, and the settings to open the other."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    settings = LineSettings("serial", port=os.ttyname(theirs), opening_quiet_s=0.0)
    yield ours, settings
    os.close(theirs)
    os.close(ours)


def test_a_missing_port_is_named() -> None:
    with pytest.raises(LineFault, match=r"port-missing: /dev/no-such-port") as fault:
        open_line(LineSettings("serial", port="/dev/no-such-port"))

    assert fault.value.code == "port-missing"


def test_a_port_in_use_is_named(terminal: tuple[int, LineSettings]) -> None:
    with open_line(terminal[1]), pytest.raises(LineFault) as fault:
        open_line(terminal[1])

    assert fault.value.code == "port-busy"
    assert str(terminal[1].port) in fault.value.detail


def test_a_closed_port_can_be_opened_again(terminal: tuple[int, LineSettings]) -> None:
    for _ in range(3):
        with open_line(terminal[1]) as line:
            assert line.notes == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is denied to root")
def test_a_forbidden_port_is_named(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch(mode=0)

    with pytest.raises(LineFault) as fault:
        open_line(LineSettings("serial", port=str(port)))

    assert fault.value.code == "port-denied"


@pytest.mark.parametrize(
    "settings",
    [LineSettings("serial"), LineSettings("tcp"), LineSettings("can", host="127.0.0.1")],
)
def test_impossible_settings_are_refused(settings: LineSettings) -> None:
    with pytest.raises(LineFault) as fault:
        open_line(settings)

    assert fault.value.code == "settings"


@pytest.mark.parametrize("transport", ["tcp", "rtu-over-tcp"])
def test_a_host_that_refuses_is_unreachable(transport: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]

    with pytest.raises(LineFault, match=f"127.0.0.1:{free}") as fault:
        open_line(LineSettings(transport, host="127.0.0.1", tcp_port=free))

    assert fault.value.code == "unreachable"


@pytest.mark.parametrize("parity", ["E", "O"])
def test_a_terminal_without_parity_is_used_as_8n1_and_says_so(
    parity: str, meter: Slave, two_alike: Profile, quick: Timing
) -> None:
    with VirtualBus([meter]) as bus:
        for _ in range(2):  # refused in another way the second time
            settings = replace(bus.settings, parity=parity, opening_quiet_s=0.0)
            with open_line(settings) as line:
                assert line.notes == ("parity-refused",)
                assert not read_meter(line, two_alike, 1, timing=quick).faults


@pytest.mark.parametrize(
    ("transport", "code"),
    [("serial", "port-lost"), ("tcp", "connection-lost"), ("rtu-over-tcp", "connection-lost")],
)
def test_a_line_that_vanishes_is_reported_and_can_be_opened_when_back(
    transport: str, code: str, meter: Slave, two_alike: Profile, quick: Timing, tmp_path: Path
) -> None:
    link = tmp_path / "ttyUSB0"
    bus = VirtualBus([meter], transport, link=link)
    bus.start()
    line = open_line(replace(bus.settings, opening_quiet_s=0.0))
    assert not read_meter(line, two_alike, 1, timing=quick).faults
    bus.stop()

    with pytest.raises(LineFault) as lost:
        read_meter(line, two_alike, 1, timing=quick)
    with pytest.raises(LineFault) as closed:
        read_meter(line, two_alike, 1, timing=quick)
    with pytest.raises(LineFault) as missing:
        open_line(bus.settings)

    assert lost.value.code == code
    assert closed.value.code == "closed"
    assert missing.value.code == ("port-missing" if transport == "serial" else "unreachable")
    bus.start()
    with open_line(replace(bus.settings, opening_quiet_s=0.0)) as line:
        assert not read_meter(line, two_alike, 1, timing=quick).faults
    bus.stop()


def test_a_line_serves_only_the_thread_that_opened_it(
    terminal: tuple[int, LineSettings], two_alike: Profile
) -> None:
    seen: list[BaseException] = []
    with open_line(terminal[1]) as line:

        def trespass() -> None:
            try:
                read_meter(line, two_alike, 1, timing=NOW)
            except RuntimeError as error:
                seen.append(error)

        thread = threading.Thread(target=trespass)
        thread.start()
        thread.join()

    assert "thread that did not open it" in str(seen[0])


def test_an_answer_nobody_asked_for_is_not_taken(
    terminal: tuple[int, LineSettings], two_alike: Profile
) -> None:
    ours, settings = terminal
    request = rtu_frame(1, read_pdu(two_alike.blocks[0]))
    planted = rtu_frame(1, bytes.fromhex("04 04 00 00 00 07"))
    with open_line(replace(settings, baudrate=115_200)) as line:
        watch = os.open(str(settings.port), os.O_RDWR | os.O_NOCTTY)
        for _ in range(2):
            os.write(ours, planted)
            # The system takes a moment to carry bytes from one end of a terminal to the other.
            assert select.select([watch], [], [], 10)[0]
            with pytest.raises(DeviceFault, match="timeout"):
                line.transact(request, rtu_match(1, 4, 4), NOW)
        os.close(watch)


def test_two_answers_to_one_request_are_both_disbelieved(
    terminal: tuple[int, LineSettings], two_alike: Profile
) -> None:
    ours, settings = terminal
    request = rtu_frame(1, read_pdu(two_alike.blocks[0]))
    answers = [rtu_frame(1, bytes.fromhex(f"04 04 00 00 00 0{n}")) for n in (7, 8)]

    def answer_twice() -> None:
        assert os.read(ours, 64) == request
        os.write(ours, b"".join(answers))

    slave = threading.Thread(target=answer_twice)
    slave.start()
    with open_line(settings) as line, pytest.raises(DeviceFault, match="two answers"):
        line.transact(request, rtu_match(1, 4, 4), replace(NOW, timeout_s=2.0))
    slave.join()


def test_a_line_that_never_falls_silent_is_given_up(
    terminal: tuple[int, LineSettings], two_alike: Profile
) -> None:
    ours, settings = terminal
    enough = threading.Event()

    def babble() -> None:
        while not enough.wait(0.005):
            os.write(ours, b"\x55")

    babbler = threading.Thread(target=babble)
    with open_line(settings) as line:
        babbler.start()
        started_s = time.monotonic()
        with pytest.raises(LineFault, match="noisy"):
            read_meter(line, two_alike, 1, two_alike.blocks[:1], NOW)
        took_s = time.monotonic() - started_s
        enough.set()
        babbler.join()

    assert took_s < 4.0


def test_the_monitor_sees_every_frame_in_order(
    meter: Slave, two_alike: Profile, quick: Timing
) -> None:
    traffic: list[tuple[str, bytes, float]] = []

    def tap(direction: str, data: bytes, at_s: float) -> None:
        traffic.append((direction, data, at_s))

    with VirtualBus([meter]) as bus:
        settings = replace(bus.settings, opening_quiet_s=0.0)
        with open_line(settings, tap) as line:
            read_meter(line, two_alike, 1, two_alike.blocks[:1], quick)

    assert traffic[0][:2] == ("tx", rtu_frame(1, bytes.fromhex("04 00 00 00 02")))
    received = b"".join(data for direction, data, _ in traffic[1:] if direction == "rx")
    assert received == rtu_frame(1, bytes.fromhex("04 04 00 00 04 57"))
    assert received[-2:] == crc(received[:-2])


@pytest.mark.parametrize(
    ("line", "gap_s"),
    [
        (LineSettings("serial", baudrate=9600, parity="E"), 0.00401),
        (LineSettings("serial", baudrate=9600), 0.00401),
        (LineSettings("serial", baudrate=1200, stopbits=2), 0.0321),
        (LineSettings("serial", baudrate=19200, parity="E"), 0.0020),
        (LineSettings("serial", baudrate=38400), 0.00175),
        (LineSettings("serial", baudrate=115200), 0.00175),
        (LineSettings("tcp"), 0.0),
    ],
)
def test_the_gap_between_frames(line: LineSettings, gap_s: float) -> None:
    assert line.gap_s == pytest.approx(gap_s, rel=0.01)


def test_requests_keep_the_gap_after_the_last_byte(meter: Slave, two_alike: Profile) -> None:
    instants: list[tuple[str, float]] = []
    with VirtualBus([meter]) as bus:
        settings = replace(bus.settings, baudrate=1200, opening_quiet_s=0.0)
        with open_line(settings, lambda way, _, at_s: instants.append((way, at_s))) as line:
            for _ in range(3):
                read_meter(line, two_alike, 1, timing=Timing(0.5, 0.5))

    gaps = [
        later[1] - earlier[1]
        for earlier, later in pairwise(instants)
        if (earlier[0], later[0]) == ("rx", "tx")
    ]
    assert len(gaps) == 5
    assert min(gaps) >= 0.029  # 3.5 characters of 10 bits


PORTS = (
    Port("/dev/ttyUSB0", vid="1A86", pid="7523", serial="A1"),
    Port("/dev/ttyUSB1", vid="1A86", pid="7523", serial="A2"),
    Port("/dev/ttyUSB2", vid="0403", pid="6001"),
    Port("/dev/ttyS0"),
)


@pytest.mark.parametrize(
    ("usb", "device"),
    [
        (UsbAddress("1A86", "7523", "A2"), "/dev/ttyUSB1"),
        (UsbAddress("1a86", "7523", "A1"), "/dev/ttyUSB0"),
        (UsbAddress("403", "6001"), "/dev/ttyUSB2"),
    ],
)
def test_an_adapter_is_found_wherever_it_is_plugged(usb: UsbAddress, device: str) -> None:
    assert find_usb(usb, PORTS) == device


@pytest.mark.parametrize(
    ("usb", "code"),
    [
        (UsbAddress("1A86", "7523"), "port-ambiguous"),
        (UsbAddress("1A86", "7523", "A3"), "port-missing"),
        (UsbAddress("FFFF", "7523"), "port-missing"),
    ],
)
def test_a_doubtful_adapter_is_never_guessed(usb: UsbAddress, code: str) -> None:
    with pytest.raises(LineFault) as fault:
        find_usb(usb, PORTS)

    assert fault.value.code == code


def test_a_line_by_an_absent_adapter_says_which() -> None:
    with pytest.raises(LineFault, match="FFFE:FFFE NOPE"):
        open_line(LineSettings("serial", usb=UsbAddress("FFFE", "FFFE", "NOPE")))


def test_the_ports_of_this_computer_have_devices() -> None:
    assert all(port.device for port in list_ports())
