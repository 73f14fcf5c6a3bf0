"""Virtual machines draw, count and fail like real ones, the same way every time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.device import read_meter
from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.machine import VirtualMachine
from drivers.simulate.physics import KINDS, Job, Timeline
from drivers.simulate.slave import Misbehaviour
from drivers.transports import open_line
from drivers.transports.line import Timing

START = dt.datetime(2026, 10, 8, 0, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
JOBS = tuple(Job(START + n * 3 * HOUR, START + (n * 3 + 2) * HOUR) for n in range(4))
PATIENT = Timing(timeout_s=1.0, worst_latency_s=1.0, retries=0)


def values(machine: VirtualMachine) -> Mapping[str, Decimal | None]:
    """Read the machine's meter over its real protocol."""
    with VirtualBus([machine.slave], "tcp") as bus, open_line(bus.settings) as line:
        read = read_meter(line, machine.slave.image.profile, machine.slave.unit, timing=PATIENT)
    assert not read.faults
    return {sample.quantity: sample.value for sample in read.samples}


@pytest.mark.parametrize(
    ("kind", "profile"),
    [
        ("3d-printer", "eastron-sdm120"),
        ("plating-line", "eastron-sdm630"),
        ("plating-rectifier", "dc-ampere-hour"),
        ("welder", "chint-dtsu666"),
        ("spray-booth", "chint-ddsu666"),
        ("piece-counter", "counter-32bit"),
    ],
)
def test_every_machine_can_be_metered(kind: str, profile: str) -> None:
    machine = VirtualMachine(kind, load_profile(profile), JOBS)
    counter = next(p.quantity for p in machine.slave.image.profile.points if p.role == "counter")

    readings = []
    for hours in (0, 1, 2, 12):
        machine.advance_to(START + hours * HOUR)
        readings.append(values(machine)[counter])

    assert None not in readings
    assert readings == sorted(readings, key=lambda value: value or 0)
    assert readings[1] != readings[0]


def test_every_kind_is_among_those_metered_above() -> None:
    assert set(KINDS) == {
        "3d-printer", "plating-line", "plating-rectifier", "welder", "spray-booth", "piece-counter",
    }  # fmt: skip


def test_a_printer_is_off_then_idle_then_heats_then_prints() -> None:
    timeline = Timeline("3d-printer", JOBS[:1])

    def power(seconds: int) -> Decimal:
        return timeline.at(START + seconds * SECOND).power_w

    assert power(-601) == 0
    assert power(-1) == 45
    assert 860 < power(10) < 940
    assert {power(200) > 300, power(235) > 300} == {True, False}
    assert power(7200) == 45
    assert power(7800) == 0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_energy_is_the_integral_of_power(kind: str) -> None:
    timeline = Timeline(kind, [Job(START, START + HOUR)], seed=3)
    energy_ws, charge_as = Decimal(0), Decimal(0)

    # Levels change at whole seconds only, so a sum over seconds is the exact integral.
    for second in range(-650, 3600 + 650):
        moment = timeline.at(START + second * SECOND)
        energy_ws += moment.power_w
        charge_as += moment.current_a

    totals = timeline.at(START + 2 * HOUR).totals
    assert totals.energy_ws == energy_ws
    assert totals.charge_as == charge_as
    assert totals.run_time_s == 3600


def test_a_press_drops_a_piece_every_twelve_seconds() -> None:
    timeline = Timeline("piece-counter", JOBS[:1])

    counts = [timeline.at(START + s * SECOND).totals.pieces for s in (11, 12, 13, 24, 7200, 9000)]

    assert counts == [0, 1, 1, 2, 600, 600]


def test_the_same_seed_gives_the_same_month_another_a_different_one() -> None:
    def energy(seed: int) -> Decimal:
        return Timeline("welder", JOBS, seed).at(START + 12 * HOUR).totals.energy_ws

    assert energy(1) == energy(1)
    assert len({energy(seed) for seed in range(5)}) > 1


def test_jobs_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="expected after"):
        Timeline("welder", (JOBS[0], Job(START + HOUR, START + 3 * HOUR)))


def test_a_clock_set_back_does_not_turn_the_meter_back() -> None:
    machine = VirtualMachine("spray-booth", load_profile("eastron-sdm120"), JOBS)
    machine.advance_to(START + 2 * HOUR)
    before = values(machine)["energy_wh"]

    machine.advance_to(START + HOUR)

    assert values(machine)["energy_wh"] == before


def test_a_meter_starts_from_what_it_has_counted_before() -> None:
    machine = VirtualMachine(
        "3d-printer",
        load_profile("eastron-sdm630"),
        JOBS,
        counters={"energy_wh": Decimal(12345000)},
    )
    machine.advance_to(START - HOUR)

    assert values(machine)["energy_wh"] == Decimal(12345000)


def test_a_reset_starts_the_count_again_and_goes_on() -> None:
    machine = VirtualMachine("piece-counter", load_profile("counter-32bit"), JOBS)
    machine.advance_to(START + HOUR)
    machine.reset_counters()
    after_reset = values(machine)["pieces"]
    machine.advance_to(START + HOUR + 120 * SECOND)

    assert after_reset == 0
    assert values(machine)["pieces"] == 10


def test_a_full_counter_starts_again_from_zero() -> None:
    machine = VirtualMachine("piece-counter", load_profile("counter-32bit"), JOBS)
    machine.advance_to(START + HOUR)
    machine.approach_rollover()
    full = values(machine)["pieces"]
    machine.advance_to(START + HOUR + 240 * SECOND)

    assert full == 4294967286
    assert values(machine)["pieces"] == 10


def test_a_momentary_zero_passes() -> None:
    machine = VirtualMachine("piece-counter", load_profile("counter-32bit"), JOBS)
    machine.advance_to(START + HOUR)
    machine.slave.misbehave(Misbehaviour.MOMENTARY_ZERO)

    assert [values(machine)["pieces"] for _ in range(3)] == [0, 300, 300]


def test_all_machines_share_one_bus_at_a_stable_path(tmp_path: Path) -> None:
    machines = [
        VirtualMachine("3d-printer", load_profile("eastron-sdm630"), JOBS, unit=7),
        VirtualMachine("plating-rectifier", load_profile("dc-ampere-hour"), JOBS, unit=8),
    ]
    for machine in machines:
        machine.advance_to(START + HOUR)
    link = tmp_path / "rs485-1"

    with VirtualBus([machine.slave for machine in machines], link=link) as bus:
        assert bus.settings.port == str(link)
        with open_line(replace(bus.settings, opening_quiet_s=0.0)) as line:
            reads = [
                read_meter(line, machine.slave.image.profile, machine.slave.unit, timing=PATIENT)
                for machine in machines
            ]

    assert [read.faults for read in reads] == [(), ()]
    charge = {sample.quantity: sample.value for sample in reads[1].samples}["charge_ah"]
    assert charge is not None
    assert 500 < charge < 2000
    assert not link.exists()


def test_stopping_twice_is_harmless() -> None:
    bus = VirtualBus([], "tcp")
    with pytest.raises(RuntimeError, match="not started"):
        _ = bus.settings
    bus.start()
    bus.stop()
    bus.stop()
