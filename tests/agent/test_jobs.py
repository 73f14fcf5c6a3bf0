"""A printer's jobs are fetched by themselves, each once, also those done while nobody metered."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.simulate.printer_web import VirtualWeb, WebFault, WebJob, WebPrinter
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.readings import Reason
from shared_factory_desktop.services.credentials import FILE_NAME
from shared_factory_desktop.storage.jobs import MachineJob
from tests.agent.conftest import BOSS, PASSWORD, START, Clock

pytestmark = pytest.mark.slow

FLOOR = """
format = 1
[factory]
id = "renze-01"
name = "任泽共享制造车间"
[[bus]]
id = "klipper-1"
transport = "http"
host = "127.0.0.1"
tcp_port = {port}
timeout_ms = 2000
retries = 0
[[meter]]
id = "P-1"
bus = "klipper-1"
profile = "moonraker"
"""
MINUTE, HOUR = 60, 3600
PATIENCE_S = 20.0


class PrintShop:
    """One printer, and an agent stepped by hand whose clock is put by hand too."""

    def __init__(self, data: Path, web: VirtualWeb) -> None:
        self.clock = Clock()
        self.data = data
        wiring = Bootstrap(self.clock, self.clock.stamp)
        wiring.create(data, BOSS.name, PASSWORD)
        self.services = wiring.open_services(data)
        floor = data / "floor.toml"
        floor.write_text(FLOOR.format(port=web.settings.tcp_port), encoding="utf-8")
        self.services.floor.import_file(BOSS, floor)
        self.start()

    def start(self) -> None:
        self.agent = self.services.agent.stepped()
        self.agent.open()

    def step(self, seconds: int = 2) -> bool:
        """Go on by some seconds; tells whether the agent's set-up still holds."""
        self.clock.at += dt.timedelta(seconds=seconds)
        return self.agent.step(self.clock.at.timestamp(), beat=True)

    def wait_for(self, count: int) -> tuple[MachineJob, ...]:
        """Step until so many jobs are stored; the clock moves less than a minute."""
        deadline = time.monotonic() + PATIENCE_S
        while len(jobs := self.services.meters.jobs(BOSS, "P-1")) < count:
            assert time.monotonic() < deadline
            assert self.step(seconds=0)
            threading.Event().wait(0.02)
        return jobs

    def close(self) -> None:
        self.agent.close()
        self.services.close()


def ended(job: int, hours_ago: int, status: str = "completed") -> WebJob:
    started_s = int(START.timestamp()) - hours_ago * HOUR
    return WebJob(
        job,
        f"支架-{job}.gcode",
        status,
        started_s,
        started_s + HOUR,
        Decimal("5241.5"),
        Decimal(3541),
    )


@pytest.fixture
def printer() -> WebPrinter:
    """A printer that did two jobs and has begun a third, before anybody metered it."""
    begun = WebJob(3, "running.gcode", started_s=int(START.timestamp()) - MINUTE)
    history = [ended(1, 30), ended(2, 5, "cancelled"), begun]
    totals = (2 * Decimal("5241.5"), 2 * Decimal(3541))
    return WebPrinter(history=history, totals=totals, state="printing")


@pytest.fixture
def web(printer: WebPrinter) -> Iterator[VirtualWeb]:
    with VirtualWeb(printer) as served:
        yield served


@pytest.fixture
def shop(tmp_path: Path, web: VirtualWeb) -> Iterator[PrintShop]:
    opened = PrintShop(tmp_path / "data", web)
    yield opened
    opened.close()


def ids(jobs: tuple[MachineJob, ...]) -> list[str]:
    return [job.id for job in jobs]


def test_jobs_done_while_nobody_metered_are_found(shop: PrintShop) -> None:
    first, second = shop.wait_for(2)

    assert (first.id, first.name, first.status) == ("000001", "支架-1.gcode", "completed")
    assert first.start == START - dt.timedelta(hours=30)
    assert first.end == START - dt.timedelta(hours=29)
    assert (first.run_time_s, first.filament_mm) == (Decimal(3541), Decimal("5241.5"))
    assert not first.estimated
    assert (second.id, second.status) == ("000002", "cancelled")


def test_each_is_stored_once_however_often_it_is_told(shop: PrintShop, printer: WebPrinter) -> None:
    shop.wait_for(2)
    printer.history[-1].print_s = Decimal(120)
    printer.end()
    shop.step(5 * MINUTE)
    assert ids(shop.wait_for(3)) == ["000001", "000002", "000003"]
    shop.agent.close()
    shop.start()
    printer.history.append(ended(4, 0))
    shop.step(5 * MINUTE)

    assert ids(shop.wait_for(4)) == ["000001", "000002", "000003", "000004"]


def test_a_printer_that_is_back_is_asked_at_once(
    shop: PrintShop, printer: WebPrinter, web: VirtualWeb
) -> None:
    shop.wait_for(2)
    web.stop()
    shop.step()
    printer.history[-1].print_s = Decimal(120)
    printer.end()
    web.start()
    shop.step(10)

    assert ids(shop.wait_for(3)) == ["000001", "000002", "000003"]
    assert shop.clock.at - START < dt.timedelta(minutes=1)


def test_nothing_is_stored_of_an_answer_that_is_cut(shop: PrintShop, printer: WebPrinter) -> None:
    printer.misbehave(WebFault.TRUNCATED)
    for _ in range(5):
        shop.step(5 * MINUTE)
    assert shop.services.meters.jobs(BOSS, "P-1") == ()
    printer.misbehave()
    shop.step(5 * MINUTE)

    assert ids(shop.wait_for(2)) == ["000001", "000002"]


def test_a_key_stored_opens_a_printer_that_wants_one(shop: PrintShop, printer: WebPrinter) -> None:
    printer.key = "5A7C-printer-key"
    shop.agent.close()
    shop.start()
    shop.step()
    readings = shop.services.metering.readings(BOSS, "P-1", None, None)
    assert {reading.value for reading in readings} == {None}

    shop.services.meters.log_in(BOSS, "P-1", "5A7C-printer-key")
    assert not shop.step()  # the agent starts again under the new set-up
    shop.agent.close()
    shop.start()

    assert ids(shop.wait_for(2)) == ["000001", "000002"]
    values = {r.quantity: r.value for r in shop.agent.read_now(["P-1"], Reason.MANUAL)}
    assert values["filament_mm"] == 2 * Decimal("5241.5")


def test_a_key_is_kept_for_its_owner_alone(shop: PrintShop) -> None:
    shop.services.meters.log_in(BOSS, "P-1", " 5A7C ")
    file = shop.data / FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(Refused) as refused:
        shop.services.meters.log_in(BOSS, "P-1", "other")
    assert refused.value.causes[0].code == "key-open"
    assert shop.step() is True  # a key that others may read is none: nothing new


@pytest.mark.parametrize("credential", ["", "  ", "a\nb"])
def test_what_cannot_be_a_key_is_refused(shop: PrintShop, credential: str) -> None:
    with pytest.raises(Refused) as refused:
        shop.services.meters.log_in(BOSS, "P-1", credential)
    assert refused.value.causes[0].code == "credential-empty"
    assert not (shop.data / FILE_NAME).exists()
