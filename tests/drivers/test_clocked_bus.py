"""A simulated line with a clock takes the time that the wire takes, byte by byte."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from itertools import pairwise

import pytest
import serial

from drivers.profile import Block, Point
from drivers.profile_file import load_profile
from drivers.protocols import modbus
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import LineSettings, Timing

pytestmark = pytest.mark.slow

TURNAROUND_S = 0.010
PATIENT = Timing(timeout_s=5.0, worst_latency_s=5.0, retries=0)
POLLS = 5


def slave_of(count: int) -> Slave:
    """Give a meter with `count` registers from 0 that takes 10 ms to begin."""
    block = Block("holding", 0, count, (Point("pieces", 0, "uint16"),))
    profile = replace(load_profile("counter-32bit"), blocks=(block,), identity=None)
    slave = Slave(1, RegisterImage(profile))
    slave.misbehave(latency_s=(TURNAROUND_S, TURNAROUND_S))
    return slave


def poll_s(settings: LineSettings, count: int) -> list[float]:
    """Measure polls of `count` registers, from one's beginning to the next one's."""
    slave = slave_of(count)
    block = slave.image.profile.blocks[0]
    with VirtualBus([slave], clocked=settings) as bus:
        line_settings = replace(bus.settings, opening_quiet_s=0.0)
        with open_line(line_settings) as line:
            modbus.read(line, 1, block, PATIENT)  # the first one waits for a line without past
            begun_s = [time.monotonic()]
            for _ in range(POLLS):
                modbus.read(line, 1, block, PATIENT)
                begun_s.append(time.monotonic())
    return [later - earlier for earlier, later in pairwise(begun_s)]


@pytest.mark.parametrize(
    ("baudrate", "parity", "count"),
    [
        (2400, "E", 2),
        (9600, "N", 2),
        (9600, "E", 30),
        (19_200, "N", 30),
        (115_200, "N", 125),
    ],
)
def test_a_poll_takes_as_long_as_the_wire_does(baudrate: int, parity: str, count: int) -> None:
    settings = LineSettings("serial", baudrate=baudrate, parity=parity)
    wire_s = (8 + 5 + 2 * count) * settings.character_s + TURNAROUND_S + settings.gap_s

    polls_s = poll_s(settings, count)

    # A busy computer may be late, so the best of them is judged; none may be early.
    assert min(polls_s) <= 1.03 * wire_s
    assert statistics.fmean(polls_s) >= 0.99 * wire_s


def test_the_line_says_how_fast_it_is_clocked() -> None:
    settings = LineSettings("serial", baudrate=2400, parity="E", timeout_s=1.5)

    with VirtualBus([], "rtu-over-tcp", clocked=settings) as bus:
        reached = bus.settings

    assert (reached.transport, reached.baudrate, reached.parity) == ("rtu-over-tcp", 2400, "E")
    assert reached.timeout_s == 1.5


def test_an_answer_comes_bit_by_bit() -> None:
    lots: list[bytes] = []
    settings = LineSettings("serial", baudrate=9600)
    with (
        VirtualBus([slave_of(30)], clocked=settings) as bus,
        serial.Serial(bus.settings.port, 9600, timeout=PATIENT.timeout_s) as port,
    ):
        port.write(modbus.rtu_frame(1, modbus.read_pdu(Block("holding", 0, 30, ()))))
        while sum(map(len, lots)) < 65:
            lots.append(port.read(1) + port.read(port.in_waiting))
            assert lots[-1] != b""

    # A lot is four milliseconds long; on a busy computer some come together.
    assert len(lots) >= 5
    assert max(map(len, lots)) < 33
    assert len(b"".join(lots)) == 65
