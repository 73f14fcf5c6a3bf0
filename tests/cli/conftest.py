"""A command line to type at: the real program in this process, on a real data folder."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from shared_factory_desktop.bootstrap import Bootstrap, run
from shared_factory_desktop.storage import users
from shared_factory_desktop.storage.database import Database

PASSWORD = "boss-boss-1"
FLOOR = """
format = 1

[factory]
id = "renze-01"
name = "任泽共享喷涂车间"
uscc = "91130600MA07T1KX5L"

[[bus]]
id = "lan-1"
transport = "tcp"
host = "127.0.0.1"
tcp_port = {port}
timeout_ms = 200
retries = 0

[[meter]]
id = "M-001"
bus = "lan-1"
profile = "eastron-sdm120"
unit = 7

[[meter]]
id = "M-SILENT"
bus = "lan-1"
profile = "eastron-sdm120"
unit = 9

[[machine]]
id = "printer-1"
name = "3D打印机 1号"
kind = "3d-printer"
[[machine.measure]]
name = "energy_wh"
meter = "M-001"
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
id = "anping-mesh"
name = "安平丝网有限公司"

[[tenant]]
id = "stranger"
name = "过路客户"

[[tariff]]
id = "printer-2026"
name = "3D打印 2026"
valid_from = 2026-01-01
tax_mode = "inclusive"
[[tariff.charge]]
id = "machine-time"
name = "机时费"
basis = "time"
clock = "working"
unit = "h"
model = "unit"
price = "60.00"
tax_rate = "0.13"

[[contract]]
id = "c-anping"
tenant = "anping-mesh"
tariff = "printer-2026"
kinds = ["3d-printer"]
valid_from = 2026-01-01
"""
USAGE = {
    "format": 1,
    "sessions": [
        {
            "id": "S-1",
            "machine": "printer-1",
            "tenant": "anping-mesh",
            "job": "J-17",
            "start": "2026-10-08T08:00:00+08:00",
            "end": "2026-10-08T10:00:00+08:00",
            "working": [["2026-10-08T08:05:00+08:00", "2026-10-08T09:35:00+08:00"]],
            "value": "35000.00",
            "readings": {
                "energy_wh": [
                    ["2026-10-08T08:00:00+08:00", "1000"],
                    ["2026-10-08T10:00:00+08:00", "4000"],
                ]
            },
        }
    ],
}


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit status, and the lines on each stream."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on standard error."""
        [line] = self.err.splitlines()
        return line


Cli = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED_FACTORY_PASSWORD", PASSWORD)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Type a command line as it stands."""

    def type_(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return Outcome(status, written.out, written.err)

    return type_


@pytest.fixture(scope="session")
def _created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("factory") / "data"
    Bootstrap().create(folder, "boss", PASSWORD)
    _sign_in_quickly(folder)
    return folder


def _sign_in_quickly(folder: Path) -> None:
    """Hash the password with less work: every command of every test signs in."""
    database = Database.open(folder / "factory.db", lambda: dt.datetime.now(dt.UTC))
    with database.write() as tx:
        [boss] = users.list_users(tx)
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        users.save(tx, replace(boss, password_hash=quick))
    database.close()


@pytest.fixture
def data(_created: Path, tmp_path: Path) -> Path:
    """A data folder with one administrator, for this test alone."""
    return Path(shutil.copytree(_created, tmp_path / "data"))


@pytest.fixture
def cli(shell: Cli, data: Path) -> Cli:
    """Type a command as the administrator of the data folder."""
    return lambda *arguments: shell(*arguments, "--data", data, "--as", "boss")


@pytest.fixture
def line() -> Iterator[VirtualBus]:
    """A line on which M-001 answers that it has counted 12345 kWh, and M-SILENT does not."""
    image = RegisterImage(load_profile("eastron-sdm120"))
    image.set({"energy_wh": Decimal(12_345_000), "power_w": Decimal(500)})
    with VirtualBus([Slave(7, image)], "tcp") as bus:
        yield bus


@pytest.fixture
def floor_file(tmp_path: Path) -> Path:
    """A floor file whose line nobody answers on."""
    return write_floor(tmp_path, 1)


@pytest.fixture
def usage_file(tmp_path: Path) -> Path:
    """A usage file of one past session."""
    file = tmp_path / "usage.json"
    file.write_text(json.dumps(USAGE), encoding="utf-8")
    return file


@pytest.fixture
def factory(cli: Cli, floor_file: Path) -> Cli:
    """The administrator's command line of a factory that is set up."""
    assert cli("import", floor_file).status == 0
    return cli


@pytest.fixture
def metered(cli: Cli, tmp_path: Path, line: VirtualBus) -> Cli:
    """The administrator's command line of a factory whose line works."""
    assert cli("import", write_floor(tmp_path, line.settings.tcp_port or 0)).status == 0
    return cli


def write_floor(folder: Path, port: int) -> Path:
    file = folder / "floor.toml"
    file.write_text(FLOOR.replace("{port}", str(port)), encoding="utf-8")
    return file
