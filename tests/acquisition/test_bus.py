"""A bus over real lines: whatever meter or line do, nothing wrong is read and it goes on."""

from __future__ import annotations

import datetime as dt
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Misbehaviour, Slave
from shared_factory_desktop.acquisition.bus import BusThread
from shared_factory_desktop.acquisition.health import BusHealth
from shared_factory_desktop.acquisition.plan import MeterPlan, plan_meter
from shared_factory_desktop.acquisition.poller import Ask, Poller
from shared_factory_desktop.acquisition.recorder import Poll
from shared_factory_desktop.domain.floor import Bus, Factory, Floor, Meter
from shared_factory_desktop.domain.readings import Reason

pytestmark = pytest.mark.slow

PIECES = Decimal(300)


def stamp(monotonic_ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(monotonic_ns / 1e9, dt.UTC)


def counter(unit: int = 1) -> Slave:
    image = RegisterImage(load_profile("counter-32bit"))
    image.set({"pieces": PIECES})
    return Slave(unit, image)


def plans(units: tuple[int, ...] = (1,), poll_ms: int = 50) -> list[MeterPlan]:
    meters = tuple(Meter(f"C-{n}", "line", "counter-32bit", n, poll_ms=poll_ms) for n in units)
    floor = Floor(Factory("f", "F"), meters=meters)
    return [plan_meter(floor, meter, load_profile("counter-32bit")) for meter in meters]


def bus_of(line: VirtualBus) -> Bus:
    to = line.settings
    return Bus(
        "line",
        to.transport,
        port=to.port,
        host=to.host,
        tcp_port=to.tcp_port,
        baudrate=115_200,
        timeout_ms=60,
        retries=0,
    )


class Reading:
    """A bus thread at work, with what it brought and said of itself."""

    def __init__(self, bus: Bus, units: tuple[int, ...] = (1,), room: int = 10_000) -> None:
        self.polls: queue.Queue[Poll] = queue.Queue(maxsize=room)
        self.health: BusHealth | None = None
        self.thread = BusThread(Poller(bus, plans(units), stamp, 1), self.polls, self._note)

    def _note(self, health: BusHealth) -> None:
        self.health = health

    def next(self, wanted: Callable[[Poll], bool], within_s: float = 5.0) -> Poll:
        """Give the next poll that is wanted; fails where none comes in time."""
        deadline = time.monotonic() + within_s
        while True:
            poll = self.polls.get(timeout=max(deadline - time.monotonic(), 0.001))
            if wanted(poll):
                return poll


@pytest.fixture
def read() -> Iterator[Callable[..., Reading]]:
    started: list[Reading] = []

    def start(bus: Bus, units: tuple[int, ...] = (1,), room: int = 10_000) -> Reading:
        started.append(Reading(bus, units, room))
        started[-1].thread.start()
        return started[-1]

    yield start
    for reading in started:
        reading.thread.stop()


def good(poll: Poll) -> bool:
    return poll.samples[0].value == PIECES


def missing(poll: Poll) -> bool:
    sample = poll.samples[0]
    return sample.value is None and sample.raw is None and sample.fault is not None


def health(reading: Reading) -> BusHealth:
    assert reading.health is not None
    return reading.health


MODES: list[tuple[str, Misbehaviour, tuple[pytest.MarkDecorator, ...]]] = [
    ("serial", Misbehaviour.BAD_CRC, ()),
    ("tcp", Misbehaviour.WRONG_TRANSACTION, ()),
    ("rtu-over-tcp", Misbehaviour.WRONG_UNIT, (pytest.mark.slow,)),
    *(
        (transport, mode, (pytest.mark.slow,))
        for transport in ("serial", "tcp")
        for mode in (
            Misbehaviour.SILENT,
            Misbehaviour.SHORT,
            Misbehaviour.TRUNCATED,
            Misbehaviour.WRONG_UNIT,
            Misbehaviour.WRONG_FUNCTION,
            Misbehaviour.BUSY,
        )
    ),
]


@pytest.mark.parametrize(
    ("transport", "mode"),
    [pytest.param(transport, mode, marks=marks) for transport, mode, marks in MODES],
)
def test_a_misbehaving_meter_is_missing_and_then_back(
    read: Callable[..., Reading], transport: str, mode: Misbehaviour
) -> None:
    slave = counter()
    with VirtualBus([slave], transport) as line:
        reading = read(bus_of(line))
        reading.next(good)
        slave.misbehave(mode)
        reading.next(missing)
        slave.misbehave()
        seen = reading.next(lambda poll: poll.samples[0].value is not None)
        assert seen.samples[0].value == PIECES


def test_late_answers_are_never_taken_for_others(read: Callable[..., Reading]) -> None:
    slaves = [counter(1), counter(2)]
    slaves[1].image.set({"pieces": Decimal(9_000_000)})
    for slave in slaves:
        slave.misbehave(latency_s=(0.0, 0.12))
    with VirtualBus(slaves, "serial") as line:
        reading = read(bus_of(line), (1, 2))
        seen = {"C-1": set[Decimal | None](), "C-2": set[Decimal | None]()}
        for _ in range(20):
            poll = reading.polls.get(timeout=5)
            seen[poll.meter].add(poll.samples[0].value)
    assert seen["C-1"] <= {PIECES, None}
    assert seen["C-2"] <= {Decimal(9_000_000), None}


def test_a_silent_meter_leaves_the_others_their_rate(read: Callable[..., Reading]) -> None:
    dead = counter(2)
    dead.misbehave(Misbehaviour.SILENT)
    with VirtualBus([counter(1), dead], "tcp") as line:
        reading = read(bus_of(line), (1, 2))
        for _ in range(3):
            reading.next(lambda poll: poll.meter == "C-2" and missing(poll))
        start = time.monotonic()
        alive = 0
        while time.monotonic() < start + 1.4:
            alive += good(reading.polls.get(timeout=1))
        assert alive >= 22  # of 28
        assert health(reading).silent == ("C-2",)
        assert health(reading).ok


def test_a_port_that_is_missing_is_told_and_used_once_it_is_there(
    read: Callable[..., Reading], tmp_path: Path
) -> None:
    link = tmp_path / "rs485"
    reading = read(Bus("line", "serial", port=str(link), baudrate=115_200, timeout_ms=60))
    reading.next(missing)
    assert (health(reading).ok, health(reading).fault) == (False, "port-missing")

    with VirtualBus([counter()], "serial", link=link):
        reading.next(good)
        assert health(reading).ok


@pytest.mark.parametrize("transport", ["serial", "tcp"])
def test_a_line_that_vanishes_is_back_within_five_seconds_and_no_other_bus_notices(
    read: Callable[..., Reading], tmp_path: Path, transport: str
) -> None:
    slave, link = counter(), tmp_path / "rs485"
    line = VirtualBus([slave], transport, link=link)
    with VirtualBus([counter()], "tcp") as other_line:
        other = read(bus_of(other_line))
        line.start()
        try:
            reading = read(bus_of(line))
            reading.next(good)
            line.stop()
            reading.next(lambda poll: missing(poll) and not health(reading).ok)
            fault = health(reading).fault
            while not other.polls.empty():
                other.polls.get()
            line.start()
            start = time.monotonic()
            reading.next(good, within_s=5)
            kept = [other.polls.get() for _ in range(other.polls.qsize())]
        finally:
            line.stop()
    assert fault in ("port-lost", "port-missing", "connection-lost", "unreachable")
    assert all(good(poll) for poll in kept)
    assert len(kept) >= 0.8 * (time.monotonic() - start) / 0.05 - 2


def test_a_full_queue_holds_nothing_up_and_is_counted(read: Callable[..., Reading]) -> None:
    with VirtualBus([counter()], "tcp") as line:
        reading = read(bus_of(line), room=2)
        told = threading.Event()
        deadline = time.monotonic() + 5
        while (reading.health is None or reading.health.lost < 3) and time.monotonic() < deadline:
            told.wait(0.01)
        start = time.monotonic()
        reading.thread.stop()
        assert time.monotonic() - start < 1
    assert health(reading).lost >= 3
    assert health(reading).as_json()["lost"] == health(reading).lost


def test_a_meter_asked_for_is_read_at_once(read: Callable[..., Reading]) -> None:
    with VirtualBus([counter()], "tcp") as line:
        reading = read(bus_of(line))
        reading.thread.ask(Ask("C-1", Reason.START, 5))
        poll = reading.next(lambda poll: poll.request == 5)
    assert (poll.reason, poll.samples[0].value) == (Reason.START, PIECES)


@pytest.mark.expects_warnings
def test_a_job_that_cannot_be_done_fails_its_asker_and_not_the_bus(
    read: Callable[..., Reading],
) -> None:
    with VirtualBus([counter()], "tcp") as line:
        reading = read(bus_of(line))
        reading.thread.ask(Ask("no-such-meter", Reason.MANUAL, 1))
        reading.next(good)
        reading.next(good)


@pytest.mark.expects_warnings
def test_a_defect_met_while_reading_is_shown_and_the_next_read_comes() -> None:
    [plan] = plans()
    unspoken = replace(plan, meter=replace(plan.meter, unit=None))  # an import would refuse it
    with VirtualBus([counter()], "tcp") as line:
        poller = Poller(bus_of(line), [unspoken], stamp, 1)
        try:
            [poll] = poller.poll_next(time.monotonic())
            assert missing(poll)
            assert poller.health().fault == "defect"
            assert poller.poll_next(time.monotonic()) == []  # left alone for a while
            assert missing(poller.poll_next(time.monotonic() + 60)[0])
        finally:
            poller.close()


def test_the_beat_is_kept(read: Callable[..., Reading]) -> None:
    with VirtualBus([counter()], "tcp") as line:
        reading = read(bus_of(line))
        first = reading.next(good)
        for _ in range(10):
            last = reading.next(good)
    elapsed_s = (last.at - first.at).total_seconds()
    assert elapsed_s == pytest.approx(0.5, abs=0.15)
