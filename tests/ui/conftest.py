"""A window over real services: a SQLite folder, a floor, and a simulated meter on loopback TCP."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.machine import VirtualMachine
from drivers.simulate.physics import Job
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.ui.window import Window

# Qt's own remark about the platform without a screen, at every window.
_REMARK = "This plugin does not support propagateSizeHints"
NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
BOSS, PASSWORD = "boss", "boss-boss-1"
FLOOR = """
format = 1
[factory]
id = "renze-01"
name = "任泽共享制造车间"
uscc = "91130600MA07T1KX5L"
[[bus]]
id = "lan-1"
transport = "tcp"
host = "127.0.0.1"
tcp_port = {port}
timeout_ms = 300
retries = 0
[[meter]]
id = "M-1"
bus = "lan-1"
profile = "eastron-sdm630"
unit = 1
[[meter]]
id = "M-SILENT"
bus = "lan-1"
profile = "eastron-sdm630"
unit = 9
[[machine]]
id = "printer-1"
name = "3D打印机 1号"
kind = "3d-printer"
[[machine.measure]]
name = "energy_wh"
meter = "M-1"
quantity = "energy_wh"
[[machine]]
id = "printer-2"
name = "3D打印机 2号"
kind = "3d-printer"
[[machine.measure]]
name = "energy_wh"
meter = "M-SILENT"
quantity = "energy_wh"
[[tenant]]
id = "anping"
name = "安平丝网有限公司"
[[tenant]]
id = "stranger"
name = "无合同公司"
[[tariff]]
id = "printing"
name = "3D打印"
valid_from = 2026-01-01
tax_mode = "inclusive"
[[tariff.charge]]
id = "machine-time"
name = "机时费"
basis = "time"
clock = "occupied"
unit = "h"
model = "unit"
price = "48.00"
tax_rate = "0.13"
[[contract]]
id = "c-1"
tenant = "anping"
tariff = "printing"
kinds = ["3d-printer"]
valid_from = 2026-01-01
[[platform]]
id = "province"
kind = "http"
url = "http://127.0.0.1:1/"
"""
USAGE = {
    "format": 1,
    "sessions": [
        {
            "id": f"P-{day}",
            "machine": "printer-1",
            "tenant": "anping",
            "job": f"J-{day}",
            "start": f"2026-10-{day}T08:00:00+08:00",
            "end": f"2026-10-{day}T10:00:00+08:00",
            "readings": {
                "energy_wh": [
                    [f"2026-10-{day}T08:00:00+08:00", "1000"],
                    [f"2026-10-{day}T10:00:00+08:00", "3500"],
                ]
            },
        }
        for day in (12, 13, 14)
    ],
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore(_REMARK, extend=True))


@pytest.fixture(scope="session")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A factory's folder, just created: one administrator, no floor."""
    folder = tmp_path_factory.mktemp("created")
    Bootstrap(lambda: NOW).create(folder, BOSS, PASSWORD)
    return folder


@pytest.fixture(scope="session")
def equipped(created: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A factory with a floor, one meter that answers and one that does not, three past sessions."""
    folder = tmp_path_factory.mktemp("equipped")
    shutil.copytree(created, folder, dirs_exist_ok=True)
    meter = VirtualMachine(
        "3d-printer",
        load_profile("eastron-sdm630"),
        [Job(NOW - dt.timedelta(hours=1), NOW + dt.timedelta(hours=1))],
        unit=1,
        seed=1,
        counters={"energy_wh": Decimal(5000)},
    )
    meter.advance_to(NOW)
    boss = Actor(BOSS, Role.ADMINISTRATOR)
    with VirtualBus([meter.slave], "tcp") as bus:
        floor, usage = folder / "floor.toml", folder / "usage.json"
        floor.write_text(FLOOR.replace("{port}", str(bus.settings.tcp_port)), encoding="utf-8")
        usage.write_text(json.dumps(USAGE), encoding="utf-8")
        services = Bootstrap(lambda: NOW).open_services(folder)
        services.floor.import_file(boss, floor)
        services.sessions.import_usage(boss, usage)
        services.close()
        yield folder


@pytest.fixture
def empty_services(created: Path, tmp_path: Path) -> Iterator[Services]:
    """Services of a factory without a floor, a copy for this test alone."""
    yield from _opened(created, tmp_path)


@pytest.fixture
def services(equipped: Path, tmp_path: Path) -> Iterator[Services]:
    """Services of the equipped factory, a copy for this test alone."""
    yield from _opened(equipped, tmp_path)


def _opened(prepared: Path, folder: Path) -> Iterator[Services]:
    shutil.copytree(prepared, folder / "data")
    services = Bootstrap(lambda: NOW).open_services(folder / "data")
    yield services
    services.close()


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[[Services], Window]]:
    """Open a window in Chinese, in front of which nobody has signed in."""
    opened: list[Window] = []

    def make(services: Services) -> Window:
        window = Window(services, "zh_CN", "light", lambda: NOW)
        opened.append(window)
        window.show()
        qtbot.waitUntil(lambda: not window.tasks.busy)
        return window

    yield make
    for window in opened:
        window.close()
        window.deleteLater()
