"""An adapter pulled out of a running bus and plugged in again is metered on, under its old name."""

from __future__ import annotations

import datetime as dt
import queue
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.profile_file import load_profile
from shared_factory_desktop.acquisition.bus import BusThread
from shared_factory_desktop.acquisition.health import BusHealth
from shared_factory_desktop.acquisition.plan import plan_meter
from shared_factory_desktop.acquisition.poller import Poller
from shared_factory_desktop.acquisition.recorder import Poll
from shared_factory_desktop.domain.floor import Bus, Factory, Floor, Meter
from tests.peers.wire import Cable, built_on_libmodbus, running

PIECES = Decimal(0x435C_8000)  # what libmodbus/server.c holds in the first two input registers
BACK_WITHIN_S = 5.0


def stamp(monotonic_ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(monotonic_ns / 1e9, dt.UTC)


def next_poll(polls: queue.Queue[Poll], wanted: Callable[[Poll], bool]) -> Poll:
    while True:
        poll = polls.get(timeout=30)
        if wanted(poll):
            return poll


def good(poll: Poll) -> bool:
    return poll.samples[0].value == PIECES


def missing(poll: Poll) -> bool:
    return poll.samples[0].value is None and poll.samples[0].fault == "comm_error"


@pytest.mark.slow
@pytest.mark.parametrize("out_s", [0.0, 3.5], ids=["at-once", "after-some-attempts"])
def test_back_within_five_seconds_under_the_same_name(out_s: float, tmp_path: Path) -> None:
    server = built_on_libmodbus("server", tmp_path)
    meter = Meter("C-1", "line", "counter-32bit", 1, poll_ms=100)
    plan = plan_meter(Floor(Factory("f", "F"), meters=(meter,)), meter, load_profile(meter.profile))
    polls: queue.Queue[Poll] = queue.Queue()
    seen: list[BusHealth] = []
    with Cable(tmp_path) as cable:
        bus = Bus("line", "serial", port=str(cable.near), baudrate=115_200, retries=0)
        thread = BusThread(Poller(bus, [plan], stamp, 1), polls, seen.append)
        thread.start()
        try:
            with running(server, cable.far):
                next_poll(polls, good)
                cable.unplug()
            lost = next_poll(polls, missing)
            back_from = lost.at + dt.timedelta(seconds=out_s)
            while next_poll(polls, missing).at < back_from:
                pass
            plugged_s = time.monotonic()
            cable.plug()
            with running(server, cable.far):
                back = next_poll(polls, good)
                took_s = time.monotonic() - plugged_s
        finally:
            thread.stop()

    assert back.meter == "C-1"
    assert took_s < BACK_WITHIN_S
    assert {"port-lost", "port-missing"} <= {health.fault for health in seen}
    assert seen[-1].ok
