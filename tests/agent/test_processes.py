"""The agent as a process of its own: asked by others, killed, followed by the next, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.services.clocks import utc_now
from shared_factory_desktop.storage import leases
from shared_factory_desktop.storage.database import Database
from tests.agent.conftest import BOSS, PASSWORD, Press, floor_text

PROGRAM = (sys.executable, "-m", "shared_factory_desktop")
PATIENCE_S = 20.0


class Site:
    """A data folder, and the programs that people and machines run on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.agents: list[subprocess.Popen[str]] = []
        self.database = Database.open(data / "factory.db", utc_now)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *words, "--data", str(self.data), "--as", BOSS.name],
            env={**os.environ, "SHARED_FACTORY_PASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start_agent(self) -> subprocess.Popen[str]:
        self.agents.append(
            subprocess.Popen(
                [*PROGRAM, "agent", "--data", str(self.data)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return self.agents[-1]

    def lease(self) -> leases.Lease | None:
        with self.database.read() as tx:
            return leases.get(tx, "lan-1")

    def holds(self, agent: subprocess.Popen[str]) -> bool:
        lease = self.lease()
        return lease is not None and lease.holder.endswith(f":{agent.pid}")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    Bootstrap().create(tmp_path / "data", BOSS.name, PASSWORD)
    site = Site(tmp_path / "data")
    yield site
    for agent in site.agents:
        if agent.poll() is None:
            agent.kill()
        agent.communicate()
    site.database.close()


def wait_for(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


@pytest.mark.slow
def test_an_agent_waits_for_a_factory_is_asked_killed_replaced_and_stopped(
    site: Site, tmp_path: Path
) -> None:
    presses = [Press(1), Press(2)]
    with VirtualBus([press.slave for press in presses], "tcp") as line:
        first = site.start_agent()
        floor = tmp_path / "floor.toml"
        floor.write_text(floor_text(line.settings.tcp_port), encoding="utf-8")
        assert site.command("import", str(floor)).returncode == 0
        wait_for(lambda: site.holds(first))

        through_it = site.command("meter", "read", "M-1", "--json")
        assert through_it.returncode == 0, through_it.stderr
        values = {r["quantity"]: r for r in json.loads(through_it.stdout)["readings"]}
        assert (values["energy_wh"]["value"], values["energy_wh"]["quality"]) == ("100000", "good")
        assert site.holds(first)

        another = site.start_agent()
        assert another.wait(PATIENCE_S) == 2

        first.kill()  # not waited for: a process that is gone but still listed
        started = time.monotonic()
        straight = site.command("session", "start", "--machine", "press-1", "--tenant", "anping")
        assert straight.returncode == 0, straight.stderr
        assert time.monotonic() - started < 8
        second = site.start_agent()
        wait_for(lambda: site.holds(second))
        stopped = site.command("session", "stop", "--machine", "press-1")
        assert stopped.returncode == 0, stopped.stderr

        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE_S) == 0
    lease = site.lease()
    assert lease is not None
    assert lease.until <= utc_now()
