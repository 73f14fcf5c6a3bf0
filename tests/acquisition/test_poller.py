"""Whose values count: a meter that shows another number than it should bills nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.profile import Block, Limits, LineDefaults, Point, Profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Misbehaviour, Slave
from shared_factory_desktop.acquisition.plan import MeterPlan, plan_meter
from shared_factory_desktop.acquisition.poller import Poller
from shared_factory_desktop.acquisition.recorder import Poll
from shared_factory_desktop.domain.floor import Bus, Factory, Floor, Meter

ENERGY, EXPORT = Decimal(5000), Decimal(700)

NUMBERED = Profile(
    "numbered", "Numbered", "modbus", "made for tests", "none", LineDefaults(),
    Limits(worst_latency_ms=150),
    (
        Block("holding", 0x10, 2, (Point("energy_wh", 0, "uint32", role="counter"),)),
        Block("holding", 0x14, 2, (Point("energy_export_wh", 0, "uint32", role="counter"),)),
    ),
    "0",
    identity=Block("holding", 0x100, 2, (Point("serial_number", 0, "uint32"),)),
)  # fmt: skip


def stamp(monotonic_ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(monotonic_ns / 1e9, dt.UTC)


def meter_no(number: int, energy: Decimal = ENERGY) -> Slave:
    image = RegisterImage(NUMBERED)
    image.set({"serial_number": Decimal(number), "energy_wh": energy, "energy_export_wh": EXPORT})
    return Slave(1, image)


def plan(serial_number: str | None = None, identity: str | None = None) -> MeterPlan:
    meter = Meter("M", "line", "numbered", 1, serial_number=serial_number)
    return plan_meter(Floor(Factory("f", "F"), meters=(meter,)), meter, NUMBERED, identity)


class Watch:
    """A poller whose clock is moved by hand."""

    def __init__(self, line: VirtualBus, planned: MeterPlan) -> None:
        to = line.settings
        bus = Bus("line", to.transport, host=to.host, tcp_port=to.tcp_port, timeout_ms=200)
        self.poller = Poller(replace(bus, retries=0), [planned], stamp, 1)
        self.now_s = 0.0

    def poll(self) -> dict[str, tuple[Decimal | None, str | None]]:
        """Read everything that is due a minute later."""
        self.now_s += 60
        [poll] = self.poller.poll_due(self.now_s)
        return values(poll)

    @property
    def state(self) -> str:
        return self.poller.health().meters["M"].identity.state


def values(poll: Poll) -> dict[str, tuple[Decimal | None, str | None]]:
    return {sample.quantity: (sample.value, sample.fault) for sample in poll.samples}


@contextmanager
def watch(slave: Slave, planned: MeterPlan) -> Iterator[Watch]:
    with VirtualBus([slave], "tcp") as line:
        found = Watch(line, planned)
        try:
            yield found
        finally:
            found.poller.close()


TRUE = {"energy_wh": (ENERGY, None), "energy_export_wh": (EXPORT, None)}
REFUSED = {"energy_wh": (None, "implausible"), "energy_export_wh": (None, "implausible")}


def test_a_first_meter_is_new_and_believed() -> None:
    with watch(meter_no(77), plan()) as seen:
        assert seen.poll() == TRUE
        assert seen.poller.health().meters["M"].identity.as_json() == {
            "expected": "77",
            "found": "77",
            "state": "new",
        }


def test_a_known_meter_is_the_same() -> None:
    with watch(meter_no(77), plan(identity="77")) as seen:
        assert seen.poll() == TRUE
        assert seen.state == "same"


@pytest.mark.parametrize("planned", [plan(identity="77"), plan(serial_number="77")])
def test_another_meter_at_the_start_bills_nothing(planned: MeterPlan) -> None:
    with watch(meter_no(78), planned) as seen:
        assert seen.poll() == REFUSED
        assert seen.poll() == REFUSED
        assert seen.state == "swapped"
        assert seen.poller.health().swapped == ("M",)


def test_the_floor_files_number_goes_before_the_one_seen_last() -> None:
    with watch(meter_no(78), plan(serial_number="78", identity="77")) as seen:
        assert seen.poll() == TRUE


def test_a_meter_swapped_while_it_was_silent_bills_nothing_until_it_is_back() -> None:
    first, second = meter_no(77), meter_no(78, ENERGY + 1)
    with watch(first, plan()) as seen:
        assert seen.poll() == TRUE
        first.misbehave(Misbehaviour.SILENT)
        assert seen.poll()["energy_wh"] == (None, "comm_error")
        first.misbehave()
        first.image.set({"serial_number": Decimal(78)})
        assert seen.poll() == REFUSED
        first.image.set({"serial_number": Decimal(77)})
        assert seen.poll() == TRUE
    assert second.unit == 1


def test_a_swap_between_two_reads_shows_in_the_count_that_falls() -> None:
    slave = meter_no(77)
    with watch(slave, plan()) as seen:
        assert seen.poll() == TRUE
        slave.image.set({"serial_number": Decimal(78), "energy_wh": Decimal(3)})
        assert seen.poll() == REFUSED
        assert seen.state == "swapped"


def test_a_reset_of_the_same_meter_is_not_a_swap() -> None:
    slave = meter_no(77)
    with watch(slave, plan()) as seen:
        assert seen.poll() == TRUE
        slave.image.set({"energy_wh": Decimal(3)})
        assert seen.poll()["energy_wh"] == (Decimal(3), None)
        assert seen.state == "new"


def test_a_meter_that_will_not_show_its_number_bills_nothing_where_one_is_expected() -> None:
    image = RegisterImage(replace(NUMBERED, identity=None))
    image.set({"energy_wh": ENERGY, "energy_export_wh": EXPORT})
    with watch(Slave(1, image), plan(identity="77")) as seen:
        assert seen.poll()["energy_wh"] == (None, "exception")
    with watch(Slave(1, image), plan()) as seen:
        assert seen.poll() == TRUE


def test_registers_in_a_hole_that_are_refused_cost_no_value() -> None:
    """Both blocks are asked for at once; this meter has nothing between them and says so."""
    requests: list[bytes] = []
    with watch(meter_no(77), plan(identity="77")) as seen:
        seen.poller.tap = lambda way, data, _at_s: requests.append(data) if way == "tx" else None
        assert seen.poll() == TRUE
        first, requests[:] = len(requests), []
        assert seen.poll() == TRUE
        assert seen.poller.health().meters["M"].faults == {}
    assert first == 4  # the joined one, its two parts, the meter's number
    assert len(requests) == 2


def test_counts_go_on_over_a_restart() -> None:
    slave = meter_no(77)
    with watch(slave, plan()) as seen:
        seen.poll()
        before = seen.poller.health().as_json()
    with VirtualBus([slave], "tcp") as line:
        to = line.settings
        bus = Bus("line", to.transport, host=to.host, tcp_port=to.tcp_port)
        poller = Poller(bus, [plan()], stamp, 2, before=before)
        try:
            poller.poll_due(1.0)
            health = poller.health()
        finally:
            poller.close()
    assert (health.polls, health.meters["M"].polls) == (2, 2)
    assert sum(health.meters["M"].latency_ms.values()) == 4


def test_traffic_is_told_to_whom_it_may_concern() -> None:
    heard: list[tuple[str, bytes]] = []
    with watch(meter_no(77), plan()) as seen:
        seen.poller.tap = lambda way, data, _at_s: heard.append((way, data))
        seen.poll()
    assert [way for way, _ in heard[:2]] == ["tx", "rx"]
    assert bytes.fromhex("00001388") in b"".join(data for way, data in heard if way == "rx")
