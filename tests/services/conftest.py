"""Real services on a real SQLite file: a factory with two tenants, and a meter that answers."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
BOSS, PASSWORD = Actor("boss", Role.ADMINISTRATOR), "boss-boss-1"
FLOOR = """
format = 1
[factory]
id = "renze-01"
name = "任泽共享制造车间"
[[bus]]
id = "lan-1"
transport = "tcp"
host = "127.0.0.1"
tcp_port = {port}
timeout_ms = 200
retries = 0
[[meter]]
id = "M-1"
bus = "lan-1"
profile = "eastron-sdm120"
unit = 7
[[meter]]
id = "M-SILENT"
bus = "lan-1"
profile = "eastron-sdm120"
unit = 9
[[machine]]
id = "bench-1"
name = "手工台"
kind = "other"
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
id = "renze"
name = "任泽零件有限公司"
[[tenant]]
id = "stranger"
name = "无合同公司"
[[tariff]]
id = "hourly"
name = "按时"
valid_from = 2026-01-01
tax_mode = "inclusive"
[[tariff.charge]]
id = "machine-time"
name = "机时费"
basis = "time"
clock = "occupied"
unit = "h"
model = "unit"
price = "48.10"
tax_rate = "0.13"
[[contract]]
id = "c-1"
tenant = "anping"
tariff = "hourly"
kinds = ["3d-printer", "other"]
valid_from = 2026-01-01
discount = "0.05"
[[contract]]
id = "c-2"
tenant = "renze"
tariff = "hourly"
kinds = ["3d-printer", "other"]
valid_from = 2026-01-01
[[platform]]
id = "province"
kind = "http"
url = "http://127.0.0.1:1/"
"""
Open = Callable[[], Services]


def usage(months: int = 10) -> dict[str, object]:
    """A paper log: a session of each tenant in each of the year's first months."""
    return {
        "format": 1,
        "sessions": [
            {
                "id": f"P-{tenant}-{month:02d}",
                "machine": "bench-1",
                "tenant": tenant,
                "start": f"2026-{month:02d}-{day}T08:00:00+08:00",
                "end": f"2026-{month:02d}-{day}T09:4{month % 10}:00+08:00",
            }
            for month in range(1, months + 1)
            for tenant, day in (("anping", 12), ("renze", 13))
        ],
    }


@pytest.fixture(scope="session")
def _created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("created")
    Bootstrap(lambda: NOW).create(folder, BOSS.name, PASSWORD)
    return folder


@pytest.fixture
def open_services(_created: Path, tmp_path: Path) -> Iterator[Open]:
    """Open the factory, each time as a process of its own would; empty of floor and sessions."""
    folder = shutil.copytree(_created, tmp_path / "data")
    opened: list[Services] = []

    def open_() -> Services:
        opened.append(Bootstrap(lambda: NOW, lambda _ns: NOW).open_services(folder))
        return opened[-1]

    yield open_
    for services in opened:
        services.close()


@pytest.fixture
def line() -> Iterator[VirtualBus]:
    """A line on which M-1 answers and M-SILENT does not."""
    image = RegisterImage(load_profile("eastron-sdm120"))
    image.set({"energy_wh": Decimal(5000)})
    with VirtualBus([Slave(7, image)], "tcp") as bus:
        yield bus


@pytest.fixture
def services(open_services: Open, line: VirtualBus, tmp_path: Path) -> Services:
    """The services of a factory with a floor and ten months of sessions on paper."""
    return _set_up(open_services(), line, tmp_path, FLOOR)


@pytest.fixture
def unsynced(open_services: Open, line: VirtualBus, tmp_path: Path) -> Services:
    """The same, without a platform to send records to."""
    return _set_up(open_services(), line, tmp_path, FLOOR.partition("[[platform]]")[0])


def _set_up(services: Services, line: VirtualBus, folder: Path, text: str) -> Services:
    floor, log = folder / "floor.toml", folder / "log.json"
    floor.write_text(text.replace("{port}", str(line.settings.tcp_port)), encoding="utf-8")
    log.write_text(json.dumps(usage()), encoding="utf-8")
    services.floor.import_file(BOSS, floor)
    services.sessions.import_usage(BOSS, log)
    return services
