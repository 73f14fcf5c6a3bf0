"""Who is on a line is found whatever it speaks and however it is set, with values as proof."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.fitting import fitting
from drivers.meter_search import Heard, search
from drivers.profile_file import load_profile, shipped_profiles
from drivers.protocols.modbus import rtu_frame
from drivers.scan import (
    BAUDRATES,
    PARITIES,
    Found,
    Garbled,
    Step,
    candidates,
    scan,
    silent_s,
)
from drivers.simulate.bus import VirtualBus
from drivers.simulate.dlt645_meter import Dlt645Image, Dlt645Meter
from drivers.simulate.image import RegisterImage
from drivers.simulate.meter import Misbehaviour
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import Line, LineSettings, Timing
from drivers.transports.replay import ReplayLine

pytestmark = pytest.mark.slow

PROFILES = shipped_profiles()
UNITS = range(1, 8)
QUESTION = rtu_frame(1, bytes.fromhex("0300000001"))
OWN = LineSettings("serial", port="a port that is never opened", opening_quiet_s=0.0)


def modbus(unit: int, profile: str = "eastron-sdm120", **values: int) -> Slave:
    image = RegisterImage(load_profile(profile))
    image.set({"voltage_v": Decimal(230), **{q: Decimal(v) for q, v in values.items()}})
    return Slave(unit, image)


def dlt645(address: str, energy_wh: int = 1000) -> Dlt645Meter:
    image = Dlt645Image(load_profile("dlt645-2007-single-phase"))
    image.set({"energy_wh": Decimal(energy_wh), "voltage_v": Decimal(220)})
    return Dlt645Meter(address, image)


def quick(settings: LineSettings) -> LineSettings:
    return replace(settings, timeout_s=0.05, opening_quiet_s=0.0)


class Wire:
    """A line whose devices hear only who asks at their own speed and parity."""

    def __init__(self, buses: Mapping[tuple[int, str], VirtualBus], silent: VirtualBus) -> None:
        self._buses = buses
        self._silent = silent
        self.opened: list[tuple[int, str]] = []

    def open(self, settings: LineSettings) -> Line:
        key = (settings.baudrate, settings.parity)
        self.opened.append(key)
        there = self._buses.get(key, self._silent).settings
        return open_line(quick(replace(there, baudrate=key[0])))


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A Modbus meter at 9600 8E1, a DL/T 645 one at 2400 8E1, and nothing at other settings."""
    at = {
        (9600, "E"): VirtualBus([modbus(3)], "rtu-over-tcp"),
        (2400, "E"): VirtualBus([dlt645("000000000161")], "rtu-over-tcp"),
    }
    silent = VirtualBus([], "rtu-over-tcp")
    with ExitStack() as started:
        for bus in (*at.values(), silent):
            started.enter_context(bus)
        yield Wire(at, silent)


def found_on(bus: VirtualBus) -> list[Found]:
    events = scan(open_line, [quick(bus.settings)], UNITS, PROFILES)
    return [event for event in events if isinstance(event, Found)]


@pytest.mark.parametrize("transport", ["serial", "tcp"])
def test_everybody_who_answers_is_found_with_the_profile_and_live_values(transport: str) -> None:
    meters = [modbus(2, energy_wh=12_345_000), modbus(7, "chint-dtsu666", energy_wh=500)]
    with VirtualBus(meters, transport) as bus:
        first, second = found_on(bus)

    assert (first.protocol, first.address, second.address) == ("modbus", 2, 7)
    assert "eastron-sdm120" in [proposal.profile.id for proposal in first.proposals]
    values = {s.quantity: s.value for s in first.proposals[0].samples}
    assert values["energy_wh"] == 12_345_000
    assert values["voltage_v"] == 230
    assert [proposal.profile.id for proposal in second.proposals] == ["chint-dtsu666"]


def test_a_refusal_is_an_answer() -> None:
    with VirtualBus([modbus(4)], "tcp") as bus:
        [device] = found_on(bus)  # an SDM120 has input registers only

    assert (device.address, device.exception) == (4, "02")


@pytest.mark.parametrize("code", [0x0A, 0x0B])
def test_a_gateway_without_a_meter_behind_it_is_no_device(code: int) -> None:
    line = ReplayLine([(QUESTION, rtu_frame(1, bytes([0x83, code])))])

    events = list(scan(lambda _settings: line, [OWN], [1], PROFILES))

    assert all(isinstance(event, Step) for event in events)
    assert line.unasked == ()


def test_a_line_of_both_protocols_gives_both() -> None:
    with VirtualBus([modbus(1), dlt645("000000000161", 260)], "serial") as bus:
        meter, plain = found_on(bus)

    assert (meter.protocol, meter.address) == ("dlt645-2007", "000000000161")
    [proposal] = [p for p in meter.proposals if p.profile.id == "dlt645-2007-single-phase"]
    assert {s.quantity: s.value for s in proposal.samples}["energy_wh"] == 260
    assert (plain.protocol, plain.address) == ("modbus", 1)


def test_devices_are_found_at_settings_other_than_the_line_s_own(wire: Wire) -> None:
    tried = [s for s in candidates(OWN) if s.baudrate in (9600, 2400) and s.parity == "E"]
    events = list(scan(wire.open, tried, [3], PROFILES))

    found = [event for event in events if isinstance(event, Found)]
    assert [(d.settings.baudrate, d.settings.parity, d.address) for d in found] == [
        (9600, "E", 3),
        (2400, "E", "000000000161"),
    ]
    assert wire.opened == [(9600, "E"), (2400, "E")]
    steps = [event for event in events if isinstance(event, Step)]
    assert [(step.done, step.total) for step in steps] == [(0, 2), (1, 2), (1, 2), (2, 2)]


def test_the_line_s_own_settings_are_tried_first_then_its_speed_with_other_parity() -> None:
    own = replace(OWN, baudrate=4800, parity="O", stopbits=2)

    tried = [(s.baudrate, s.parity, s.stopbits) for s in candidates(own)]

    assert tried[:3] == [(4800, "O", 2), (4800, "N", 1), (4800, "E", 1)]
    assert len(tried) == len(set(tried)) == len(BAUDRATES) * len(PARITIES) + 1
    assert candidates(own, everywhere=False) == (own,)
    assert candidates(LineSettings("tcp", host="h")) == (LineSettings("tcp", host="h"),)


def test_a_pseudo_terminal_is_asked_once_as_speed_means_nothing_there() -> None:
    with VirtualBus([modbus(2)], "serial") as bus:
        events = list(scan(open_line, candidates(quick(bus.settings)), [2], PROFILES))

    assert [event.address for event in events if isinstance(event, Found)] == [2]
    assert [event.done for event in events if isinstance(event, Step)] == [0, 1]


def test_two_meters_of_one_number_are_told_not_taken_for_one() -> None:
    spoilt = rtu_frame(1, bytes([0x03, 2, 0, 1]))[:-1] + b"\x00"
    line = ReplayLine([(QUESTION, spoilt), (QUESTION, spoilt)])

    events = list(scan(lambda _settings: line, [OWN], [1], PROFILES))

    [told] = [event for event in events if not isinstance(event, Step)]
    assert told == Garbled(OWN, "modbus", 1, "crc")
    assert line.unasked == ()


def test_a_disturbed_answer_is_asked_for_again() -> None:
    meter = modbus(5)
    meter.misbehave(Misbehaviour.NOISE, Misbehaviour.ECHO)
    with VirtualBus([meter], "serial") as bus:
        events = scan(open_line, [quick(bus.settings)], [5])
        [device] = [event for event in events if isinstance(event, Found)]

    assert device.address == 5


def test_a_profile_whose_values_are_beyond_belief_is_not_proposed() -> None:
    meter = modbus(1, "chint-ddsu666", energy_wh=1000)
    meter.image.set_raw("voltage_v", bytes.fromhex("7F000000"))  # 1.7e38 V
    with VirtualBus([meter], "tcp") as bus:
        [device] = found_on(bus)

    assert "chint-ddsu666" not in [proposal.profile.id for proposal in device.proposals]


def test_the_time_announced_is_what_silence_takes() -> None:
    with VirtualBus([], "rtu-over-tcp") as bus:
        line = quick(bus.settings)
        announced_s = silent_s([line], [1, 2, 3])
        began_s = time.monotonic()
        events = list(scan(open_line, [line], [1, 2, 3]))
        took_s = time.monotonic() - began_s

    assert all(isinstance(event, Step) for event in events)
    assert announced_s * 0.7 <= took_s <= announced_s * 1.3 + 0.5


def test_a_scan_left_in_the_middle_gives_the_line_back() -> None:
    with VirtualBus([modbus(1)], "serial") as bus:
        with closing(scan(open_line, [quick(bus.settings)], UNITS)) as events:
            next(events)
        with open_line(bus.settings) as line:
            assert line.notes == ()


@pytest.mark.parametrize("seed", range(8))
def test_however_a_line_is_disturbed_no_wrong_value_is_proposed(seed: int) -> None:
    meter = modbus(1, energy_wh=12_345_000, power_w=500)
    randomly = random.Random(seed)
    modes = [Misbehaviour.NOISE, Misbehaviour.SPLIT, Misbehaviour.ECHO, Misbehaviour.TRUNCATED]
    meter.misbehave(*randomly.sample(modes, 2), latency_s=(0.0, 0.06))
    profile = load_profile("eastron-sdm120")
    timing = Timing(0.05, worst_latency_s=0.08, retries=0)
    with VirtualBus([meter], "rtu-over-tcp") as bus, open_line(quick(bus.settings)) as line:
        proposals = fitting(line, "modbus", 1, [profile], timing)

    for proposal in proposals:
        told = {sample.quantity: sample.value for sample in proposal.samples}
        assert told["energy_wh"] == 12_345_000
        assert told["power_w"] == 500


def test_one_dlt645_meter_is_found_by_one_question() -> None:
    with VirtualBus([dlt645("000000000161")], "serial") as bus, open_line(bus.settings) as line:
        heard = list(search(line, Timing(0.1, worst_latency_s=0.1)))

    assert heard == [Heard(("000000000161",), spoiled=False)]


def search_on(meters: list[Dlt645Meter]) -> list[Heard]:
    with VirtualBus(meters, "rtu-over-tcp") as bus:
        settings = replace(quick(bus.settings), baudrate=115_200)
        with open_line(settings) as line:
            return list(search(line, Timing(0.02, worst_latency_s=0.02)))


def test_several_dlt645_meters_on_a_line_are_told_apart_by_their_digits() -> None:
    addresses = {"000000000161", "123456780161", "000000000007"}

    heard = search_on([dlt645(address) for address in addresses])

    assert {address for h in heard for address in h.addresses} == addresses


def test_meters_that_spoil_each_other_s_answers_are_asked_for_by_more_digits() -> None:
    spoiling = dlt645("000000000161")
    spoiling.misbehave(Misbehaviour.BAD_CRC)

    heard = search_on([spoiling, dlt645("000000000007")])

    assert {address for h in heard for address in h.addresses} == {"000000000007"}
    assert len(heard) == 1 + 6 * 100


def test_a_line_that_spoils_everything_is_not_searched_for_ever() -> None:
    meters = [dlt645(f"0000000000{ending:02d}") for ending in range(30)]
    for meter in meters:
        meter.misbehave(Misbehaviour.BAD_CRC)

    heard = search_on(meters)

    assert len(heard) == 1 + 100
