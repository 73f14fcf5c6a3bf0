"""DL/T 645 meters on live lines: alone, failing, tampered with, and beside Modbus meters."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.device import MeterRead, read_identity, read_meter
from drivers.faults import DeviceFault
from drivers.profile import Block, Point, Profile
from drivers.profile_file import load_profile
from drivers.protocols.dlt645 import read_address
from drivers.simulate.bus import VirtualBus
from drivers.simulate.dlt645_meter import Dlt645Image, Dlt645Meter
from drivers.simulate.meter import Misbehaviour
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import Line, Timing

pytestmark = pytest.mark.slow

ADDRESS = "002241020208"
TRANSPORTS = ("serial", "rtu-over-tcp")
PATIENT = Timing(timeout_s=5.0, worst_latency_s=5.0, retries=0)
SHOWN = {
    "energy_wh": "112280260", "energy_export_wh": "1260", "power_w": "-1234.5",
    "voltage_v": "230.1", "current_a": "5.386", "voltage_l1_v": "229", "voltage_l2_v": "230",
    "voltage_l3_v": "231", "current_l1_a": "5.38", "current_l2_a": "3.04", "current_l3_a": "7.16",
    "power_l1_w": "-1234.5", "power_l2_w": "700", "power_l3_w": "1646.7",
}  # fmt: skip


def build_meter(
    profile: str = "dlt645-2007-single-phase", address: str = ADDRESS, **options: int
) -> Dlt645Meter:
    image = Dlt645Image(load_profile(profile))
    image.set({quantity: Decimal(value) for quantity, value in SHOWN.items()})
    image.set({"serial_number": Decimal(address)})
    return Dlt645Meter(address, image, **options)


def reach(bus: VirtualBus) -> Line:
    """Open a line to a bus that nobody else has used before."""
    return open_line(replace(bus.settings, baudrate=115_200, opening_quiet_s=0.0))


def ask(line: Line, found: Dlt645Meter, timing: Timing = PATIENT) -> MeterRead:
    return read_meter(line, found.image.profile, found.address, timing=timing)


def energy(line: Line, found: Dlt645Meter, timing: Timing = PATIENT) -> tuple[str, Decimal | None]:
    """Read the energy alone; `right`, `WRONG` or its fault's code, and the value."""
    profile = found.image.profile
    read = read_meter(line, profile, found.address, profile.blocks[:1], timing)
    value = read.samples[0].value
    if value is None:
        return read.faults[0].code if read.faults else str(read.samples[0].fault), None
    return "right" if value == Decimal(SHOWN["energy_wh"]) else "WRONG", value


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "profile", ["dlt645-2007-single-phase", "dlt645-2007-three-phase", "dlt645-1997"]
)
def test_everything_a_meter_shows_is_read(transport: str, profile: str) -> None:
    found = build_meter(profile)
    with VirtualBus([found], transport) as bus, reach(bus) as line:
        read = ask(line, found)

    values = {sample.quantity: sample.value for sample in read.samples}
    assert not read.faults
    assert values == {quantity: Decimal(SHOWN[quantity]) for quantity in values}
    assert {"energy_wh", "energy_export_wh", "power_w"} <= set(values)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (Misbehaviour.SILENT, "timeout"),
        (Misbehaviour.SHORT, "mismatch"),
        (Misbehaviour.TRUNCATED, "short"),
        (Misbehaviour.BAD_CRC, "crc"),
        (Misbehaviour.WRONG_UNIT, "mismatch"),
        (Misbehaviour.WRONG_FUNCTION, "mismatch"),
        (Misbehaviour.WRONG_IDENTIFIER, "mismatch"),
        (Misbehaviour.BUSY, "exception"),
    ],
)
def test_a_faulty_answer_is_named_and_the_next_read_is_right(
    transport: str, mode: Misbehaviour, code: str, quick: Timing
) -> None:
    found = build_meter()
    with VirtualBus([found], transport) as bus, reach(bus) as line:
        found.misbehave(mode)
        assert energy(line, found, quick) == (code, None)
        found.misbehave()
        assert energy(line, found)[0] == "right"


@pytest.mark.parametrize("transport", TRANSPORTS)
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
def test_a_bad_line_still_reads_right(transport: str, modes: tuple[Misbehaviour, ...]) -> None:
    found = build_meter(preamble=2)
    found.misbehave(*modes)
    with VirtualBus([found], transport) as bus, reach(bus) as line:
        assert [energy(line, found)[0] for _ in range(4)] == ["right"] * 4
        assert ("echo" in line.notes) == (Misbehaviour.ECHO in modes)


def test_a_late_answer_never_passes_for_a_later_one() -> None:
    found = build_meter()
    late = Timing(timeout_s=0.05, worst_latency_s=1.0, retries=0)
    with VirtualBus([found]) as bus, reach(bus) as line:
        found.misbehave(latency_s=(0.1, 0.1))
        assert energy(line, found, late)[0] == "timeout"
        found.image.set({"energy_wh": Decimal(112280270)})
        found.misbehave(latency_s=(0.0, 0.0))
        assert energy(line, found)[1] == Decimal(112280270)


def test_what_a_meter_does_not_know_is_no_number() -> None:
    found = build_meter()
    found.image.set_raw("energy_wh", b"\xff" * 4)
    with VirtualBus([found]) as bus, reach(bus) as line:
        sample = ask(line, found).samples[0]

    assert (sample.value, sample.raw, sample.fault) == (None, "FFFFFFFF", "sensor_error")


def test_what_a_meter_does_not_have_is_refused_by_number() -> None:
    found = build_meter()
    unknown = Block("identifier", 0x00030000, 4, (Point("varh", 0, "bcd4"),))
    with VirtualBus([found]) as bus, reach(bus) as line:
        read = read_meter(line, found.image.profile, ADDRESS, [unknown], PATIENT)

    assert (read.faults[0].code, read.faults[0].detail) == ("exception", "02")


def long_profile(count: int) -> Profile:
    """One block of `count` bytes with numbers at its start and end."""
    points = (Point("voltage_v", 0, "bcd2"), Point("current_a", count - 2, "bcd2"))
    block = Block("identifier", 0x0201FF00, count, points)
    return replace(load_profile("dlt645-2007-single-phase"), blocks=(block,))


@pytest.mark.parametrize(("count", "most_bytes"), [(6, 2), (7, 6), (9, 9), (400, 195)])
def test_a_long_answer_is_read_in_parts(count: int, most_bytes: int) -> None:
    image = Dlt645Image(long_profile(count))
    image.set({"voltage_v": Decimal(1234), "current_a": Decimal(5678)})
    found = Dlt645Meter(ADDRESS, image, most_bytes=most_bytes)
    with VirtualBus([found]) as bus, reach(bus) as line:
        read = ask(line, found)
        parts = line.exchanges

    assert [sample.value for sample in read.samples] == [1234, 5678]
    assert parts == -(-count // most_bytes)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_only_meter_on_a_line_tells_its_address(transport: str, quick: Timing) -> None:
    found = build_meter()
    with VirtualBus([found], transport) as bus, reach(bus) as line:
        assert read_address(line, PATIENT) == ADDRESS
        found.misbehave(Misbehaviour.SILENT)
        with pytest.raises(DeviceFault, match="timeout"):
            read_address(line, quick)


def test_a_swapped_meter_shows_by_its_number() -> None:
    found = build_meter()
    profile = found.image.profile
    with VirtualBus([found]) as bus, reach(bus) as line:
        before = read_identity(line, profile, ADDRESS, PATIENT)
        found.swap(Decimal(77), {"energy_wh": Decimal(500)})
        after = read_identity(line, profile, ADDRESS, PATIENT)
        counted = energy(line, found)[1]

    assert (before, after, counted) == (ADDRESS, "000000000077", Decimal(500))


def test_a_power_cut_silences_a_meter_that_then_counts_on(quick: Timing) -> None:
    found = build_meter()
    with VirtualBus([found]) as bus, reach(bus) as line:
        found.lose_power()
        assert energy(line, found, quick) == ("timeout", None)
        found.restore_power()
        assert energy(line, found)[0] == "right"


def test_a_full_counter_starts_again_from_zero() -> None:
    found = build_meter()
    with VirtualBus([found]) as bus, reach(bus) as line:
        found.approach_rollover()
        full = energy(line, found)[1]
        found.image.set({"energy_wh": Decimal(1_000_000_020)})
        rolled = energy(line, found)[1]
        found.reset_counters()
        reset = energy(line, found)[1]

    assert [full, rolled, reset] == [999_999_900, 20, 0]


def test_a_momentary_zero_passes() -> None:
    found = build_meter()
    found.misbehave(Misbehaviour.MOMENTARY_ZERO)
    with VirtualBus([found]) as bus, reach(bus) as line:
        values = [energy(line, found)[1] for _ in range(3)]

    assert values == [0, 112280260, 112280260]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("modes", [(), (Misbehaviour.ECHO,)], ids=["clean", "echo"])
def test_sixty_reads_of_modbus_and_two_dlt645_meters_in_turn(
    transport: str, modes: tuple[Misbehaviour, ...], meter: Slave
) -> None:
    old, new = build_meter("dlt645-1997", "138000130754"), build_meter()
    for each in (meter, old, new):
        each.misbehave(*modes)
    outcomes: Counter[str] = Counter()
    with VirtualBus([meter, old, new], transport) as bus, reach(bus) as line:
        for number in range(60):
            if number % 3:
                outcomes[energy(line, (old, new)[number % 3 - 1])[0]] += 1
            else:
                read = read_meter(line, meter.image.profile, meter.unit, timing=PATIENT)
                right = [sample.value for sample in read.samples] == [1111, 2222]
                outcomes["right" if right else "WRONG"] += 1

    assert outcomes == {"right": 60}


@pytest.mark.parametrize("mode", [Misbehaviour.SILENT, Misbehaviour.BAD_CRC])
def test_a_faulty_dlt645_meter_disturbs_no_neighbour(
    mode: Misbehaviour, meter: Slave, quick: Timing
) -> None:
    bad, good = build_meter(), build_meter(address="000000000162")
    bad.misbehave(mode)
    with VirtualBus([meter, bad, good]) as bus, reach(bus) as line:
        for _ in range(2):
            assert energy(line, bad, quick)[1] is None
            assert energy(line, good)[0] == "right"
            read = read_meter(line, meter.image.profile, meter.unit, timing=PATIENT)
            assert [sample.value for sample in read.samples] == [1111, 2222]
