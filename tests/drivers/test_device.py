"""One meter is read block by block: retries, honest gaps, and a dead one left alone for a while."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.device import Backoff, MeterRead, read_identity, read_meter, timing_of
from drivers.faults import DeviceFault
from drivers.profile import Block, Point, Profile
from drivers.protocols.modbus import read_pdu, rtu_frame
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Misbehaviour, Slave
from drivers.transports import open_line
from drivers.transports.line import Timing
from drivers.transports.replay import ReplayLine

pytestmark = pytest.mark.slow


def frame(pdu: str) -> bytes:
    return rtu_frame(1, bytes.fromhex(pdu))


def asked(profile: Profile, number: int) -> bytes:
    return rtu_frame(1, read_pdu(profile.blocks[number]))


def test_a_passing_fault_is_tried_again_and_forgotten(two_alike: Profile) -> None:
    good, request = frame("04 04 00 00 04 57"), asked(two_alike, 0)
    for first in (b"", good[:-1] + b"\0", frame("84 06"), frame("84 0B")):
        line = ReplayLine([(request, first), (request, good)])

        read = read_meter(line, two_alike, 1, two_alike.blocks[:1], Timing(retries=1))

        assert [sample.value for sample in read.samples] == [1111]
        assert not read.faults
        assert line.exchanges == 2


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (2, 3)])
def test_tries_end_after_the_retries(retries: int, tries: int, two_alike: Profile) -> None:
    line = ReplayLine([])

    read = read_meter(line, two_alike, 1, two_alike.blocks[:1], Timing(retries=retries))

    assert line.exchanges == tries
    assert (read.faults[0].code, read.faults[0].tries) == ("timeout", tries)


@pytest.mark.parametrize("code", ["01", "02", "03", "04"])
def test_a_refusal_is_not_asked_again_and_leaves_the_other_block_readable(
    code: str, two_alike: Profile
) -> None:
    line = ReplayLine(
        [
            (asked(two_alike, 0), frame(f"84 {code}")),
            (asked(two_alike, 1), frame("04 04 00 00 08 AE")),
        ]
    )

    read = read_meter(line, two_alike, 1, timing=Timing(retries=3))

    assert line.exchanges == 2
    assert [(s.quantity, s.value, s.raw, s.fault) for s in read.samples] == [
        ("energy_wh", None, None, "exception"),
        ("energy_export_wh", Decimal(2222), "000008AE", None),
    ]
    assert (read.faults[0].code, read.faults[0].detail) == ("exception", code)
    assert read.answered


def test_a_block_that_is_never_answered_leaves_the_other_readable(two_alike: Profile) -> None:
    line = ReplayLine([(asked(two_alike, 1), frame("04 04 00 00 08 AE"))])

    read = read_meter(line, two_alike, 1, timing=Timing(retries=0))

    assert [(s.value, s.fault) for s in read.samples] == [(None, "comm_error"), (2222, None)]


def test_a_dead_meter_costs_little_of_the_line(two_alike: Profile) -> None:
    blocks = tuple(
        Block("input", 16 * n, 2, (Point(q, 0, "uint32"),))
        for n, q in enumerate(("energy_wh", "power_w", "voltage_v", "current_a", "pieces"))
    )
    line = ReplayLine([])

    read = read_meter(line, replace(two_alike, blocks=blocks), 1, timing=Timing(retries=1))

    assert line.exchanges == 3  # two tries of the first block, one of the second
    assert [sample.fault for sample in read.samples] == ["comm_error"] * 5
    assert not read.answered


def test_a_meter_that_was_silent_is_probed_once(two_alike: Profile) -> None:
    dead, back = (
        ReplayLine([]),
        ReplayLine(
            [
                (asked(two_alike, 0), frame("04 04 00 00 04 57")),
                (asked(two_alike, 1), frame("04 04 00 00 08 AE")),
            ]
        ),
    )

    silent = read_meter(dead, two_alike, 1, timing=Timing(retries=3), probing=True)
    answered = read_meter(back, two_alike, 1, timing=Timing(retries=3), probing=True)

    assert dead.exchanges == 1
    assert [sample.value for sample in silent.samples] == [None, None]
    assert [sample.value for sample in answered.samples] == [1111, 2222]


def test_backoff_grows_by_half_a_second_to_ten_and_ends_with_an_answer(two_alike: Profile) -> None:
    silent = read_meter(ReplayLine([]), two_alike, 1, timing=Timing(retries=0))
    refused = read_meter(
        ReplayLine([(asked(two_alike, 0), frame("84 02"))]), two_alike, 1, timing=Timing(retries=0)
    )

    backoff, waits = Backoff(), []
    for _ in range(25):
        backoff = backoff.after(silent)
        waits.append(backoff.wait_s)

    assert waits[:3] == [0.5, 1.0, 1.5]
    assert waits[19:] == [10.0] * 6
    assert backoff.after(refused).wait_s == 0.0


def test_the_instant_is_the_arrival_of_the_answer(meter: Slave, two_alike: Profile) -> None:
    meter.misbehave(latency_s=(0.06, 0.06))
    with VirtualBus([meter]) as bus, open_line(replace(bus.settings, opening_quiet_s=0.0)) as line:
        before_ns = time.monotonic_ns()
        read = read_meter(line, two_alike, 1, timing=Timing(0.5, 0.5))
        after_ns = time.monotonic_ns()

    first, second = read.samples
    assert before_ns + 60_000_000 <= first.at_monotonic_ns <= second.at_monotonic_ns <= after_ns
    assert second.at_monotonic_ns - first.at_monotonic_ns >= 60_000_000
    assert read.at_monotonic_ns == second.at_monotonic_ns
    assert 0.04 <= max(read.latencies_s) <= 0.3


def test_a_missing_value_has_the_instant_of_its_last_try(meter: Slave, two_alike: Profile) -> None:
    meter.misbehave(Misbehaviour.SILENT)
    quick = Timing(timeout_s=0.05, worst_latency_s=0.05, retries=1)
    with VirtualBus([meter]) as bus, open_line(replace(bus.settings, opening_quiet_s=0.0)) as line:
        before_ns = time.monotonic_ns()
        read = read_meter(line, two_alike, 1, timing=quick)

    assert read.samples[0].at_monotonic_ns >= before_ns + 100_000_000


def test_a_dead_meter_is_not_asked_in_every_round(meter: Slave, two_alike: Profile) -> None:
    slaves = [Slave(unit, meter.image) for unit in range(1, 6)]
    slaves[3].misbehave(Misbehaviour.SILENT)
    timing = Timing(timeout_s=0.1, worst_latency_s=0.1, retries=0)
    backoffs, due_s = [Backoff() for _ in slaves], [0.0 for _ in slaves]
    asked_at_s: list[float] = []
    healthy = 0
    with VirtualBus(slaves) as bus, open_line(replace(bus.settings, opening_quiet_s=0.0)) as line:
        while len(asked_at_s) < 2:
            for index, slave in enumerate(slaves):
                if due_s[index] > time.monotonic():
                    continue
                read: MeterRead = read_meter(
                    line, two_alike, slave.unit, timing=timing, probing=backoffs[index].failures > 0
                )
                backoffs[index] = backoffs[index].after(read)
                due_s[index] = time.monotonic() + backoffs[index].wait_s
                healthy += read.answered
                if slave is slaves[3]:
                    asked_at_s.append(time.monotonic())

    assert asked_at_s[1] - asked_at_s[0] >= 0.5
    assert healthy >= 8  # the others went on meanwhile, round after round


def test_the_profile_says_how_late_an_answer_may_come(two_alike: Profile) -> None:
    assert timing_of(two_alike, 0.3, 2) == Timing(0.3, 0.15, 0.0, 2)


def test_the_number_of_the_meter_itself_is_read(two_alike: Profile) -> None:
    identity = Block("holding", 0xFC00, 2, (Point("serial_number", 0, "uint32"),))
    named = replace(two_alike, identity=identity)
    image = RegisterImage(named)
    image.set_raw("serial_number", bytes.fromhex("012C4E11"))
    timing = Timing(0.1, 0.1, retries=0)
    with (
        VirtualBus([Slave(1, image)]) as bus,
        open_line(replace(bus.settings, opening_quiet_s=0.0)) as line,
    ):
        assert read_identity(line, named, 1, timing) == "19680785"
        assert read_identity(line, two_alike, 1, timing) is None
        with pytest.raises(DeviceFault, match="timeout"):
            read_identity(line, named, 2, timing)
