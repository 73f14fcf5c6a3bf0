"""A session across a calibration: split where the new gain counts, from the meter to the proof."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.readings import Reason
from shared_factory_desktop.services import bundles
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.recomputing import recompute
from shared_factory_desktop.storage import statements
from shared_factory_desktop.storage.database import Database
from tests.exports.bundle_scene import alone, forged, unpacked
from tests.services.conftest import BOSS
from tests.services.metering_scene import (
    ZONE,
    counted,
    energy_floor,
    frozen_use,
    right,
    set_up,
)

pytestmark = pytest.mark.slow

MORNING = dt.datetime(2026, 11, 10, 8, tzinfo=ZONE)
HOUR = dt.timedelta(hours=1)


@dataclass
class Workshop:
    """A machine whose meter counts what the test says, when the test says."""

    services: Services
    database: Database
    image: RegisterImage
    folder: Path
    at: dt.datetime = MORNING

    def now(self) -> dt.datetime:
        return self.at.astimezone(dt.UTC)

    def counts(self, kwh: int, hours: int = 0) -> None:
        """Let some hours pass in which the register goes on to `kwh`."""
        self.image.set({"energy_wh": Decimal(kwh * 1000)})
        self.at += hours * HOUR


@pytest.fixture
def workshop(_created: Path, tmp_path: Path) -> Iterator[Workshop]:
    folder = shutil.copytree(_created, tmp_path / "data")
    image = RegisterImage(load_profile("eastron-sdm120"))
    made: list[Workshop] = []

    def now() -> dt.datetime:
        return made[0].now() if made else MORNING.astimezone(dt.UTC)

    with VirtualBus([Slave(7, image)], "tcp") as bus:
        services = Bootstrap(now, lambda _ns: now()).open_services(folder)
        with closing(services), closing(Database.open(folder / "factory.db", now)) as database:
            made.append(Workshop(services, database, image, tmp_path))
            set_up(services, tmp_path, energy_floor(bus.settings.tcp_port or 0))
            yield made[0]


def calibrated_session(workshop: Workshop) -> str:
    """Use 10 kWh in one hour, calibrate to a gain of 0.9957, use 10 kWh more in three."""
    services = workshop.services
    counted(services, right(MORNING - 24 * HOUR))
    workshop.counts(1000)
    started = services.sessions.start(BOSS, "printer-1", "anping")
    workshop.counts(1010, hours=1)
    services.metering.read_meter(BOSS, "M-1", reason=Reason.CALIBRATION)
    counted(services, right(workshop.at, gain="0.9957"))
    workshop.counts(1020, hours=3)
    return started.id


def test_ten_kilowatt_hours_before_and_ten_after_make_19_957(workshop: Workshop) -> None:
    services = workshop.services
    session = calibrated_session(workshop)
    [running] = services.sessions.list(BOSS, open_only=True)
    services.metering.read_meter(BOSS, "M-1")
    [live] = services.sessions.list(BOSS, open_only=True)
    closed = services.sessions.stop(BOSS, "printer-1")

    assert dict(running.measures) == {"energy_wh": Decimal(10000)}
    assert dict(live.measures) == dict(closed.measures) == {"energy_wh": Decimal(19957)}
    assert live.cost_fen == closed.cost_fen == 1297  # 19.957 kWh at 0.65 are 12.97205
    use = frozen_use(workshop.database, session)
    values = [plain(value) for _, value in use.readings["energy_wh"]]
    assert values[0] == "1000000"
    assert values[-1] == "1019957"
    raw = [r.value for r in services.metering.readings(BOSS, "M-1", None, None)
           if r.quantity == "energy_wh"]  # fmt: skip
    assert raw == [1000000, 1010000, 1020000, 1020000]  # what was read never changes


def test_statement_recomputation_and_bundle_agree(workshop: Workshop) -> None:
    services = workshop.services
    session = calibrated_session(workshop)
    services.sessions.stop(BOSS, "printer-1")
    workshop.at = dt.datetime(2026, 12, 2, 9, tzinfo=ZONE)
    document = services.billing.issue(BOSS, "anping", "2026-11")
    number = document.number or ""

    [line] = document.statement.lines
    assert (plain(line.quantity), line.gross_fen) == ("19.957", 1297)
    assert [plain(detail.quantity) for detail in line.details] == ["19.957"]
    with workshop.database.read() as tx:
        stored = statements.get(tx, number)
        assert stored is not None
        assert recompute(tx, stored) == stored.document["lines"]
    [file] = services.exporting.export(
        BOSS, number, ["bundle"], workshop.folder, lambda _done, _all: None
    )
    checked = bundles.check(file)
    assert checked.ok, checked.problems
    assert f"校准修正 correction {session} energy_wh 一致 agrees" in checked.told
    assert f"表计读数 register {session} energy_wh 一致 agrees" in checked.told
    files = unpacked(file.read_bytes())
    gains = json.loads(files["calibration.json"])["calibrations"]
    assert [(one["number"], one["gain"], one["sessions"]) for one in gains] == [
        ("JZ-2026-000001", "1", [session]),
        ("JZ-2026-000002", "0.9957", [session]),
    ]
    assert gains[1]["certificate"]["method"] == "JJG 596-2012"
    script = workshop.folder / "verify.py"
    script.write_bytes(files["verify.py"])
    assert alone(script, file, workshop.folder).returncode == 0


def test_a_part_of_a_session_that_was_cut_holds_too(workshop: Workshop) -> None:
    services = workshop.services
    session = calibrated_session(workshop)
    services.sessions.stop(BOSS, "printer-1")
    services.corrections.split(BOSS, session, workshop.at - HOUR, "换班")
    workshop.at = dt.datetime(2026, 12, 2, 9, tzinfo=ZONE)
    document = services.billing.issue(BOSS, "anping", "2026-11")

    quantities = [line.quantity for line in document.statement.lines]
    assert [len(quantities), sum(quantities)] == [2, Fraction("19.957")]
    [file] = services.exporting.export(
        BOSS, document.number or "", ["bundle"], workshop.folder, lambda _done, _all: None
    )
    checked = bundles.check(file)
    assert checked.ok, checked.problems


@pytest.mark.parametrize("forge", ["gain", "certificate", "usage"])
def test_a_forged_calibration_is_found(workshop: Workshop, forge: str) -> None:
    services = workshop.services
    calibrated_session(workshop)
    services.sessions.stop(BOSS, "printer-1")
    workshop.at = dt.datetime(2026, 12, 2, 9, tzinfo=ZONE)
    number = services.billing.issue(BOSS, "anping", "2026-11").number or ""
    [file] = services.exporting.export(
        BOSS, number, ["bundle"], workshop.folder, lambda _done, _all: None
    )
    files = unpacked(file.read_bytes())
    name, old, new = {
        "gain": ("calibration.json", '"gain": "0.9957"', '"gain": "0.9"'),
        "certificate": ("calibration.json", '"version": 1', '"version": 2'),
        "usage": ("usage.json", "1019957", "1019900"),
    }[forge]
    text = files[name].decode()
    assert old in text
    file.write_bytes(forged({**files, name: text.replace(old, new).encode()}))

    assert bundles.check(file).problems


def test_a_closed_session_stays_as_it_was_when_a_calibration_comes_after_it(
    workshop: Workshop,
) -> None:
    services = workshop.services
    session = calibrated_session(workshop)
    services.sessions.stop(BOSS, "printer-1")
    before = frozen_use(workshop.database, session)

    counted(services, right(MORNING + HOUR, gain="0.5"))

    assert frozen_use(workshop.database, session) == before
    [shown] = services.sessions.list(BOSS)
    assert dict(shown.measures) == {"energy_wh": Decimal(19957)}
