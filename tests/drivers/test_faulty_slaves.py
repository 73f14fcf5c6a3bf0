"""A meter or line that misbehaves yields an honest error or the right value, never a wrong one."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.device import read_meter, timing_of
from drivers.profile import Limits, Profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Misbehaviour, Slave
from drivers.transports import open_line
from drivers.transports.line import Line, Timing

pytestmark = pytest.mark.slow

RIGHT = {"energy_wh": Decimal(1111), "energy_export_wh": Decimal(2222)}
SERIAL_LIKE = ("serial", "rtu-over-tcp")
ALL = (*SERIAL_LIKE, "tcp")
PATIENT = Timing(timeout_s=0.05, worst_latency_s=0.14, retries=0)


def reach(bus: VirtualBus) -> Line:
    """Open a line to a bus that nobody else has used before."""
    return open_line(replace(bus.settings, baudrate=115_200, opening_quiet_s=0.0))


def read_one(line: Line, profile: Profile, number: int, timing: Timing) -> tuple[str, object]:
    """Read one block; its fault's code or `right`, and the value."""
    read = read_meter(line, profile, 1, [profile.blocks[number % 2]], timing)
    sample = read.samples[0]
    if sample.value is None:
        return read.faults[0].code, None
    return "right" if sample.value == RIGHT[sample.quantity] else "WRONG", sample.value


def many_reads(
    transport: str, profile: Profile, meter: Slave, count: int, timing: Timing
) -> Counter[str]:
    """Read two registers in turn from a slave that answers within 0 to 100 ms."""
    slave = Slave(1, meter.image)
    slave.misbehave(latency_s=(0.0, 0.1))
    with VirtualBus([slave], transport) as bus, reach(bus) as line:
        return Counter(read_one(line, profile, number, timing)[0] for number in range(count))


def test_300_reads_of_a_slave_that_is_late_half_the_time_give_no_wrong_value(
    meter: Slave, two_alike: Profile
) -> None:
    with ThreadPoolExecutor(len(ALL)) as threads:
        runs = [
            threads.submit(many_reads, transport, two_alike, meter, 300, PATIENT)
            for transport in ALL
        ]
        counts = {transport: run.result() for transport, run in zip(ALL, runs, strict=True)}

    for transport, outcomes in counts.items():
        assert outcomes["WRONG"] == 0, transport
        # Both happen often, or the test would show nothing.
        assert outcomes["timeout"] > 75, transport
        assert outcomes["right"] > 75, transport


@pytest.mark.parametrize("transport", SERIAL_LIKE)
def test_the_quiet_time_is_what_protects(transport: str, meter: Slave, two_alike: Profile) -> None:
    trusting = replace(PATIENT, worst_latency_s=0.0)

    outcomes = many_reads(transport, two_alike, meter, 16, trusting)

    assert outcomes["WRONG"] > 0


@pytest.mark.parametrize("transport", ALL)
def test_a_late_answer_is_thrown_away(transport: str, meter: Slave, two_alike: Profile) -> None:
    with VirtualBus([meter], transport) as bus, reach(bus) as line:
        for number in range(3):
            meter.misbehave(latency_s=(0.09, 0.1))
            assert read_one(line, two_alike, number, PATIENT)[0] == "timeout"
            meter.misbehave(latency_s=(0.0, 0.0))
            assert read_one(line, two_alike, number + 1, PATIENT)[0] == "right"


@pytest.mark.parametrize(
    ("transport", "mode", "code"),
    [
        ("serial", Misbehaviour.SILENT, "timeout"),
        ("serial", Misbehaviour.SHORT, "mismatch"),
        ("serial", Misbehaviour.TRUNCATED, "short"),
        ("serial", Misbehaviour.BAD_CRC, "crc"),
        ("serial", Misbehaviour.WRONG_UNIT, "mismatch"),
        ("serial", Misbehaviour.WRONG_FUNCTION, "mismatch"),
        ("serial", Misbehaviour.BUSY, "exception"),
        ("rtu-over-tcp", Misbehaviour.SHORT, "mismatch"),
        ("rtu-over-tcp", Misbehaviour.BAD_CRC, "crc"),
    ],
)
def test_a_faulty_answer_is_named_and_the_next_read_is_right(
    transport: str, mode: Misbehaviour, code: str, meter: Slave, two_alike: Profile, quick: Timing
) -> None:
    with VirtualBus([meter], transport) as bus, reach(bus) as line:
        meter.misbehave(mode)
        assert read_one(line, two_alike, 0, quick) == (code, None)
        meter.misbehave()
        assert read_one(line, two_alike, 1, quick) == ("right", Decimal(2222))


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (Misbehaviour.SILENT, "timeout"),
        (Misbehaviour.SHORT, "mismatch"),
        (Misbehaviour.TRUNCATED, "short"),
        (Misbehaviour.WRONG_UNIT, "mismatch"),
        (Misbehaviour.WRONG_FUNCTION, "mismatch"),
        (Misbehaviour.WRONG_TRANSACTION, "mismatch"),
    ],
)
def test_a_faulty_answer_over_modbus_tcp(
    mode: Misbehaviour, code: str, meter: Slave, two_alike: Profile, quick: Timing
) -> None:
    with VirtualBus([meter], "tcp") as bus, reach(bus) as line:
        meter.misbehave(mode)
        assert read_one(line, two_alike, 0, quick) == (code, None)
        meter.misbehave()
        assert read_one(line, two_alike, 1, quick) == ("right", Decimal(2222))


@pytest.mark.parametrize("transport", SERIAL_LIKE)
@pytest.mark.parametrize(
    "modes",
    [
        (Misbehaviour.ECHO,),
        (Misbehaviour.NOISE,),
        (Misbehaviour.SPLIT,),
        (Misbehaviour.ECHO, Misbehaviour.NOISE, Misbehaviour.SPLIT),
    ],
    ids="+".join,
)
def test_a_bad_line_still_reads_right(
    transport: str,
    modes: tuple[Misbehaviour, ...],
    meter: Slave,
    two_alike: Profile,
    quick: Timing,
) -> None:
    meter.misbehave(*modes)
    with VirtualBus([meter], transport) as bus, reach(bus) as line:
        outcomes = [read_one(line, two_alike, number, quick)[0] for number in range(4)]

        assert outcomes == ["right"] * 4
        assert ("echo" in line.notes) == (Misbehaviour.ECHO in modes)


@pytest.mark.parametrize("mode", [Misbehaviour.SILENT, Misbehaviour.BAD_CRC])
def test_a_faulty_neighbour_does_not_disturb(
    mode: Misbehaviour, meter: Slave, two_alike: Profile, quick: Timing
) -> None:
    neighbour = Slave(2, meter.image)
    neighbour.misbehave(mode)
    with VirtualBus([meter, neighbour]) as bus, reach(bus) as line:
        for number in range(2):
            bad = read_meter(line, two_alike, 2, two_alike.blocks[:1], quick)
            assert bad.samples[0].value is None
            assert read_one(line, two_alike, number, quick)[0] == "right"


def test_while_one_meter_owes_an_answer_the_others_are_read(
    meter: Slave, two_alike: Profile
) -> None:
    """Its late answer falls into another's exchange and is known for what it is."""
    late = Slave(2, RegisterImage(two_alike))
    late.misbehave(latency_s=(0.12, 0.12))
    meter.misbehave(latency_s=(0.08, 0.08))
    timing = Timing(timeout_s=0.05, worst_latency_s=5.0, retries=0)
    with VirtualBus([meter, late]) as bus, reach(bus) as line:
        started_s = time.monotonic()
        owed = read_meter(line, two_alike, 2, two_alike.blocks[:1], timing)
        outcome = read_one(line, two_alike, 0, replace(timing, timeout_s=1.0))
        took_s = time.monotonic() - started_s

    assert owed.faults[0].code == "timeout"
    assert outcome == ("right", Decimal(1111))
    assert took_s < 2.0


def test_an_answer_late_by_the_common_half_second_is_never_taken_for_the_next(
    meter: Slave, two_alike: Profile
) -> None:
    """A slave at 0.7 s with a time-out of 0.5 s, and what a profile says that says nothing."""
    timing = timing_of(replace(two_alike, limits=Limits()), 0.5, 1)
    meter.misbehave(latency_s=(0.7, 0.7))
    with VirtualBus([meter]) as bus, reach(bus) as line:
        late = [read_one(line, two_alike, number, timing)[0] for number in range(3)]
        meter.misbehave(latency_s=(0.0, 0.0))
        prompt = [read_one(line, two_alike, number, timing)[0] for number in range(4)]

    assert late == ["timeout"] * 3
    assert prompt == ["right"] * 4
