"""What befalls a simulated Modbus meter: a reset, a roll-over, a power cut, another one's place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.device import read_identity, read_meter
from drivers.faults import DeviceFault
from drivers.profile import Block, Limits, LineDefaults, Point, Profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import Line, Timing

PATIENT = Timing(timeout_s=5.0, worst_latency_s=5.0, retries=0)


@pytest.fixture
def counting() -> Slave:
    """A meter with a number, a lasting and a passing counter, and a power; all told in one read."""
    points = (
        Point("energy_wh", 0, "uint16", scale=Decimal(10), role="counter", wrap=Decimal(65536)),
        Point("pieces", 1, "uint16", role="counter", wrap=Decimal(1000), on_power_loss="zero"),
        Point("power_w", 2, "uint16"),
    )
    identity = Block("holding", 0x100, 2, (Point("serial_number", 0, "uint32"),))
    profile = Profile(
        "counting", "Counting", "modbus", "made for tests", "none",
        LineDefaults(), Limits(), (Block("holding", 0, 3, points),), "0", identity,
    )  # fmt: skip
    image = RegisterImage(profile)
    image.set({"energy_wh": Decimal(4560), "pieces": Decimal(77), "power_w": Decimal(9)})
    image.set({"serial_number": Decimal(19680785)})
    return Slave(1, image)


def values(line: Line, slave: Slave) -> list[Decimal | None]:
    read = read_meter(line, slave.image.profile, slave.unit, timing=PATIENT)
    assert not read.faults
    return [sample.value for sample in read.samples]


def test_a_reset_clears_the_counters_and_nothing_else(counting: Slave) -> None:
    with VirtualBus([counting], "tcp") as bus, open_line(bus.settings) as line:
        counting.reset_counters()

        assert values(line, counting) == [0, 0, 9]


def test_counters_roll_over_at_their_wrap(counting: Slave) -> None:
    with VirtualBus([counting], "tcp") as bus, open_line(bus.settings) as line:
        counting.approach_rollover()
        assert values(line, counting) == [655260, 990, 9]

        counting.image.set({"energy_wh": Decimal(655390), "pieces": Decimal(1001)})
        assert values(line, counting) == [30, 1, 9]


def test_a_power_cut_clears_only_what_it_clears_in_the_real_meter(counting: Slave) -> None:
    quick = Timing(timeout_s=0.1, worst_latency_s=0.1, retries=0)
    with VirtualBus([counting]) as bus:
        settings = replace(bus.settings, opening_quiet_s=0.0)
        with open_line(settings) as line:
            counting.lose_power()
            silent = read_meter(line, counting.image.profile, 1, timing=quick)
            counting.restore_power()

            assert [fault.code for fault in silent.faults] == ["timeout"]
            assert values(line, counting) == [4560, 0, 9]


def test_another_meter_in_its_place_has_another_number(counting: Slave) -> None:
    profile = counting.image.profile
    with VirtualBus([counting], "tcp") as bus, open_line(bus.settings) as line:
        assert read_identity(line, profile, 1, PATIENT) == "19680785"
        counting.swap(Decimal(4711), {"energy_wh": Decimal(120), "pieces": Decimal(3)})

        assert read_identity(line, profile, 1, PATIENT) == "4711"
        assert values(line, counting) == [120, 3, 9]


def test_a_dead_meter_has_no_number(counting: Slave) -> None:
    quick = Timing(timeout_s=0.1, worst_latency_s=0.1, retries=0)
    counting.lose_power()
    with (
        VirtualBus([counting], "tcp") as bus,
        open_line(bus.settings) as line,
        pytest.raises(DeviceFault, match="timeout"),
    ):
        read_identity(line, counting.image.profile, 1, quick)
