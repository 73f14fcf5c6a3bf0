"""An agent killed at any moment: no acknowledged reading is lost, no machine has two sessions."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.readings import Reading
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role

BOSS, PASSWORD = Actor("boss", Role.ADMINISTRATOR), "boss-boss-1"
KILLS = 5
RESUMES_WITHIN_S = 20.0
ROOT = Path(__file__).resolve().parents[2]
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
poll_ms = 200
max_rate = { energy_wh = "100000000" }
[[machine]]
id = "printer-1"
name = "3D打印机 1号"
kind = "3d-printer"
[machine.state]
meter = "M-1"
quantity = "power_w"
idle_from = "20"
working_from = "150"
hold_s = 1
[[machine.measure]]
name = "energy_wh"
meter = "M-1"
quantity = "energy_wh"
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
price = "48.00"
tax_rate = "0.13"
[[contract]]
id = "c-1"
tenant = "anping"
tariff = "hourly"
machines = ["printer-1"]
valid_from = 2026-01-01
"""


class Printer:
    """A meter whose machine works for a few seconds, rests for a few, and so on."""

    def __init__(self) -> None:
        self._image = RegisterImage(load_profile("eastron-sdm120"))
        self._stop = threading.Event()
        self._energy_wh = Decimal(1000)
        self._show(working=True)
        self.slave = Slave(7, self._image)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._go_on, name="printer")
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _go_on(self) -> None:
        step = 0
        while not self._stop.wait(0.2):
            step += 1
            self._show(working=step // 20 % 2 == 0)

    def _show(self, working: bool) -> None:
        self._energy_wh += 1 if working else 0
        power_w = Decimal(500 if working else 40)
        self._image.set({"energy_wh": self._energy_wh, "power_w": power_w})


@contextmanager
def _agent(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A metering process of its own, killed at the end."""
    command = [sys.executable, "-m", "shared_factory_desktop", "agent", "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()


def _wait(true: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not true():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.1)
    return True


def _readings(services: Services) -> Sequence[Reading]:
    return services.metering.readings(BOSS, None, None, None)


def _open_sessions(services: Services) -> int:
    return len(services.sessions.list(BOSS, open_only=True))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_agent_killed_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    chance, data, printer = random.Random(7), tmp_path / "data", Printer()
    Bootstrap().create(data, BOSS.name, PASSWORD)
    floor = tmp_path / "floor.toml"
    with VirtualBus([printer.slave], "tcp") as bus, printer.at_work():
        floor.write_text(FLOOR.replace("{port}", str(bus.settings.tcp_port)), encoding="utf-8")
        services = Bootstrap().open_services(data)
        try:
            services.floor.import_file(BOSS, floor)
            services.sessions.automate(BOSS, "printer-1", "anping", "J-1")
            acknowledged: Sequence[Reading] = ()
            for _ in range(KILLS):
                acknowledged = _run_and_kill(services, data, acknowledged, chance.uniform(0, 5))
            sessions = services.sessions.list(BOSS)
            verified = services.verification.verify(BOSS)
        finally:
            services.close()

    assert verified.ok, verified.problems
    assert sessions
    assert [s.id for s in sessions] == [f"S-{n:06d}" for n in range(len(sessions), 0, -1)]
    in_order = sessions[::-1]
    for one, following in itertools.pairwise(in_order):
        assert one.end is not None
        assert one.end <= following.start


def _run_and_kill(
    services: Services, data: Path, acknowledged: Sequence[Reading], after_s: float
) -> Sequence[Reading]:
    """Start an agent, see it record, kill it some time later; gives what it had acknowledged."""
    known = len(acknowledged)
    started = dt.datetime.now(dt.UTC)
    with _agent(data) as agent:
        resumed = _wait(lambda: len(_readings(services)) > known, RESUMES_WITHIN_S)
        assert resumed, f"nothing recorded since {started}, exit {agent.poll()}"
        deadline = time.monotonic() + after_s
        seen = _readings(services)
        while time.monotonic() < deadline:
            seen = _readings(services)
            assert _open_sessions(services) <= 1
        os.kill(agent.pid, signal.SIGKILL)
        agent.wait()
    assert [*_readings(services)][: len(seen)] == [*seen]
    assert [*seen][:known] == [*acknowledged]
    return _readings(services)


@contextmanager
def _window(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A window without a screen, and the end of the agent that it starts."""
    command = [sys.executable, "-m", "shared_factory_desktop", "--data", str(data)]
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen(command, cwd=ROOT, env=surroundings, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def _agent_pid(services: Services) -> int | None:
    shown = dict(services.diagnostics.rows(BOSS))["agent"].split(",")[0]
    return int(shown) if shown.isdigit() else None


def _gone(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody has asked after yet counts too."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "Z"


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_metering_goes_on_when_the_window_is_killed(tmp_path: Path) -> None:
    data, printer = tmp_path / "data", Printer()
    Bootstrap().create(data, BOSS.name, PASSWORD)
    floor = tmp_path / "floor.toml"
    with VirtualBus([printer.slave], "tcp") as bus, printer.at_work():
        floor.write_text(FLOOR.replace("{port}", str(bus.settings.tcp_port)), encoding="utf-8")
        services = Bootstrap().open_services(data)
        pid = None
        try:
            services.floor.import_file(BOSS, floor)
            with _window(data) as window:
                assert _wait(lambda: len(_readings(services)) > 0, RESUMES_WITHIN_S)
                pid = _agent_pid(services)
                services.sessions.start(BOSS, "printer-1", "anping")
                acknowledged = _readings(services)
                os.kill(window.pid, signal.SIGKILL)
                window.wait()
            assert _wait(lambda: len(_readings(services)) > len(acknowledged), RESUMES_WITHIN_S)
            kept = _readings(services)
            running = _open_sessions(services)
        finally:
            if pid is not None:
                os.kill(pid, signal.SIGTERM)
                assert _wait(lambda: _gone(pid), RESUMES_WITHIN_S)
            services.close()

    assert [*kept][: len(acknowledged)] == [*acknowledged]
    assert running == 1
