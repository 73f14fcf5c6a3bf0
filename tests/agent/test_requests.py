"""A running agent does what it is asked: bursts of reads, a scan of its line, its traffic shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from drivers.simulate.slave import Misbehaviour
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.readings import Quality, Reading, Reason
from shared_factory_desktop.services.agent_requests import MONITOR
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.bus_scan import ScanWish
from shared_factory_desktop.services.clocks import utc_now
from shared_factory_desktop.storage import leases, requests
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.frames import Frame, Frames
from tests.agent.conftest import BOSS, PASSWORD, Press, floor_text

pytestmark = pytest.mark.slow

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Site:
    """A factory metered by an agent in a thread, and another process's view of its database."""

    services: Services
    presses: list[Press]
    database: Database
    frames: Frames

    def holder(self) -> leases.Lease | None:
        with self.database.read() as tx:
            lease = leases.get(tx, "lan-1")
        return lease if lease is not None and lease.until > utc_now() else None


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


@contextmanager
def metering(services: Services) -> Iterator[None]:
    """Run the agent as its command does."""
    stop = threading.Event()
    agent = threading.Thread(target=services.agent.run, args=(stop, None), name="agent")
    agent.start()
    try:
        yield
    finally:
        stop.set()
        agent.join()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two presses and no agent yet."""
    data = tmp_path / "data"
    Bootstrap().create(data, BOSS.name, PASSWORD)
    services = Bootstrap().open_services(data)
    database = Database.open(data / "factory.db", utc_now)
    frames = Frames.open(data / "trend.db")
    presses = [Press(1), Press(2)]
    with VirtualBus([press.slave for press in presses], "tcp") as line:
        floor = tmp_path / "floor.toml"
        floor.write_text(floor_text(line.settings.tcp_port), encoding="utf-8")
        services.floor.import_file(BOSS, floor)
        yield Site(services, presses, database, frames)
    frames.close()
    database.close()
    services.close()


@pytest.fixture
def metered(site: Site) -> Iterator[Site]:
    """Two presses metered by an agent."""
    with metering(site.services):
        wait_for(lambda: site.holder() is not None)
        yield site


def values(readings: tuple[Reading, ...]) -> list[tuple[Decimal | None, Quality]]:
    return [(r.value, r.quality) for r in readings if r.quantity == "energy_wh"]


def test_a_meter_is_read_so_many_times_in_one_answer(metered: Site) -> None:
    found = metered.services.metering.read_meter(BOSS, "M-1", 20, Reason.CALIBRATION)

    assert values(found) == [(Decimal(100_000), Quality.GOOD)] * 20
    assert {(reading.meter, reading.reason) for reading in found} == {("M-1", Reason.CALIBRATION)}
    instants = [reading.at for reading in found if reading.quantity == "energy_wh"]
    assert instants == sorted(set(instants))
    stored = metered.services.metering.readings(BOSS, "M-1", None, None)
    asked = [reading for reading in stored if reading.reason is Reason.CALIBRATION]
    assert [reading.seq for reading in found] == sorted(reading.seq for reading in asked)


def test_it_is_read_as_often_straight(site: Site) -> None:
    found = site.services.metering.read_meter(BOSS, "M-1", 5)

    assert values(found) == [(Decimal(100_000), Quality.GOOD)] * 5
    assert site.holder() is None


def test_a_burst_tells_of_each_read_that_failed(metered: Site) -> None:
    metered.presses[0].slave.misbehave(Misbehaviour.BUSY)
    found = metered.services.metering.read_meter(BOSS, "M-1", 3)

    assert values(found) == [(None, Quality.MISSING)] * 3


@pytest.mark.parametrize("count", [0, 101])
def test_a_burst_has_an_end(site: Site, count: int) -> None:
    with pytest.raises(Refused) as refused:
        site.services.metering.read_meter(BOSS, "M-1", count)
    assert refused.value.causes[0].code == "read-count"


def test_an_agents_line_is_scanned_and_metered_again(metered: Site) -> None:
    epoch = metered.holder()
    wish = ScanWish.of("1-3", everywhere=False)
    found = metered.services.commissioning.scan(
        BOSS, "lan-1", wish, lambda _progress: None, lambda: False
    )

    devices = found["found"]
    assert isinstance(devices, list)
    assert [(device["unit"], device["meter"]) for device in devices] == [(1, "M-1"), (2, "M-2")]
    again = metered.services.metering.read_meter(BOSS, "M-2")
    assert values(again) == [(Decimal(100_000), Quality.GOOD)]
    now = metered.holder()
    assert epoch is not None
    assert now is not None
    assert (now.holder, now.epoch) == (epoch.holder, epoch.epoch)


def watch(site: Site, seconds: int) -> int:
    """Ask for a bus's traffic; gives the number that it follows on."""
    with site.database.write() as tx:
        asked = requests.ask(tx, MONITOR, "lan-1", "lan-1", seconds, "", "ws")

    def answer() -> requests.Request:
        with site.database.read() as tx:
            request = requests.get(tx, asked)
        assert request is not None
        return request

    wait_for(lambda: answer().answer is not None)
    told = answer().answer
    assert told is not None
    assert told["seconds"] == min(seconds, 600)
    after = told["after"]
    assert isinstance(after, int)
    return after


def heard(site: Site, after: int) -> tuple[Frame, ...]:
    return site.frames.since("lan-1", after)


def test_traffic_is_kept_while_somebody_watches(metered: Site) -> None:
    metered.services.metering.read_meter(BOSS, "M-1")
    assert metered.frames.last("lan-1") == 0

    after = watch(metered, 3600)
    metered.services.metering.read_meter(BOSS, "M-2")
    wait_for(lambda: {frame.direction for frame in heard(metered, after)} == {"tx", "rx"})

    sent = [frame.data for frame in heard(metered, after) if frame.direction == "tx"]
    assert {data[6] for data in sent} <= {1, 2}  # the unit of a Modbus TCP request
    assert all(
        abs((utc_now() - frame.at).total_seconds()) < PATIENCE_S for frame in heard(metered, 0)
    )


def test_watching_ends_by_itself(metered: Site) -> None:
    after = watch(metered, 1)
    began = time.monotonic()
    wait_for(lambda: bool(heard(metered, after)))
    wait_for(lambda: time.monotonic() > began + 1.5)
    last = metered.frames.last("lan-1")
    metered.services.metering.read_meter(BOSS, "M-1", 3)

    assert heard(metered, last) == ()
