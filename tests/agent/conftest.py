"""A workshop on a simulated line, a data folder with real services, and a clock put by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.services.agent import Agent
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.storage.database import Database

START = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
BOSS, PASSWORD = Actor("boss", Role.ADMINISTRATOR), "boss-boss-1"
PROFILE = "eastron-sdm120"
_HEAD = """
format = 1
[factory]
id = "renze-01"
name = "任泽共享制造车间"
[[bus]]
id = "lan-1"
transport = "tcp"
host = "127.0.0.1"
tcp_port = {port}
timeout_ms = 100
retries = 0
[[tenant]]
id = "anping"
name = "安平丝网有限公司"
[[tariff]]
id = "hourly"
name = "按时"
valid_from = 2026-01-01
tax_mode = "inclusive"
[[tariff.charge]]
id = "machine-time"
name = "机时费"
basis = "time"
clock = "working"
unit = "h"
model = "unit"
price = "60"
tax_rate = "0.13"
[[contract]]
id = "c-1"
tenant = "anping"
tariff = "hourly"
kinds = ["other"]
valid_from = 2026-01-01
"""
_MACHINE = """
[[meter]]
id = "M-{unit}"
bus = "lan-1"
profile = "{profile}"
unit = {unit}
max_rate = {{ energy_wh = "60000" }}
[[machine]]
id = "press-{unit}"
name = "冲床 {unit}号"
kind = "other"
[machine.state]
meter = "M-{unit}"
quantity = "power_w"
idle_from = "20"
working_from = "150"
hold_s = 5
[[machine.measure]]
name = "energy_wh"
meter = "M-{unit}"
quantity = "energy_wh"
"""


def floor_text(port: int, profile: str = PROFILE) -> str:
    """Give a floor file of two presses with a meter each."""
    machines = [_MACHINE.format(unit=unit, profile=profile) for unit in (1, 2)]
    return _HEAD.format(port=port) + "".join(machines)


class Clock:
    """A clock that stands until it is put on; everything read meanwhile was read now."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> dt.datetime:
        return self.at

    def stamp(self, _monotonic_ns: int) -> dt.datetime:
        return self.at


class Press:
    """A press with a meter at 100 kWh; `power_w` is shown, its energy counted by hand."""

    def __init__(self, unit: int, profile: str = PROFILE) -> None:
        self.slave = Slave(unit, RegisterImage(load_profile(profile)))
        self.energy_wh, self.power_w = 100_000, 0
        self.show()

    def show(self) -> None:
        values = {"energy_wh": Decimal(self.energy_wh), "power_w": Decimal(self.power_w)}
        self.slave.image.set(values)


class Workshop:
    """Two presses, the services of their factory, and an agent stepped second by second."""

    def __init__(
        self, data: Path, line: VirtualBus, presses: list[Press], profile: str = PROFILE
    ) -> None:
        self.clock = Clock()
        self.data = data
        self.line = line
        self.first, self.second = presses
        wiring = Bootstrap(self.clock, self.clock.stamp)
        wiring.create(data, BOSS.name, PASSWORD)
        self.services: Services = wiring.open_services(data)
        floor = data / "floor.toml"
        floor.write_text(floor_text(line.settings.tcp_port, profile), encoding="utf-8")
        self.services.floor.import_file(BOSS, floor)
        self.agent: Agent = self.services.agent.stepped()
        self.agent.open()
        self.second_s = 0

    def run(self, until_s: int, each_s: Callable[[int], None] = lambda _s: None) -> None:
        """Let it be `until_s` seconds after START, the agent at work every second."""
        while self.second_s < until_s:
            self.second_s += 1
            self.clock.at = START + dt.timedelta(seconds=self.second_s)
            each_s(self.second_s)
            if not self.agent.step(self.clock.at.timestamp(), beat=self.second_s % 2 == 0):
                self.agent.close()
                self.start_again()

    def start_again(self) -> None:
        """Start another agent after the first was closed."""
        self.agent = self.services.agent.stepped()
        self.agent.open()

    def database(self) -> Database:
        """Open the factory's database a second time."""
        return Database.open(self.data / "factory.db", self.clock)

    def close(self) -> None:
        self.agent.close()
        self.services.close()


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    presses = [Press(1), Press(2)]
    with VirtualBus([press.slave for press in presses], "tcp") as line:
        shop = Workshop(tmp_path / "data", line, presses)
        try:
            yield shop
        finally:
            shop.close()
