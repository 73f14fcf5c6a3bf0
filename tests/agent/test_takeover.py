"""One tenant takes a working press over from another: no second and no Wh is in both or none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.simulate.slave import Misbehaviour
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionState
from tests.agent.conftest import BOSS, Workshop

pytestmark = pytest.mark.slow

SECOND_TENANT = """
[[tenant]]
id = "renze"
name = "任泽零件有限公司"
[[contract]]
id = "c-2"
tenant = "renze"
tariff = "hourly"
kinds = ["other"]
valid_from = 2026-01-01
"""
SECOND_METER = """
[[machine.measure]]
name = "oven_wh"
meter = "M-2"
quantity = "energy_wh"
"""


def set_up(workshop: Workshop, second_meter: str = "") -> None:
    """Add a tenant, and what press-1 is measured by beside its own meter."""
    floor = workshop.data / "floor.toml"
    first, next_meter, rest = floor.read_text(encoding="utf-8").rpartition("[[meter]]")
    text = f"{first}{second_meter}{next_meter}{rest}{SECOND_TENANT}"
    floor.write_text(text, encoding="utf-8")
    workshop.services.floor.import_file(BOSS, floor)


def test_a_takeover_shares_out_every_second_and_wh(workshop: Workshop) -> None:
    set_up(workshop)
    press = workshop.first

    def works(second: int) -> None:
        """Work from second 20 to 80, a Wh every 2 s."""
        press.power_w = 1800 if 20 <= second < 80 else 0
        press.energy_wh += 20 < second <= 80 and second % 2 == 0
        press.show()

    workshop.run(10, works)
    start = workshop.agent.sessions.start
    start(BOSS, "press-1", "anping")
    workshop.run(50, works)
    second = start(BOSS, "press-1", "renze", takeover=True)
    workshop.run(100, works)
    later = workshop.agent.sessions.stop(BOSS, "press-1")

    [earlier] = [v for v in workshop.services.sessions.list(BOSS) if v.tenant == "anping"]
    assert earlier.end == later.start == second.start
    assert (earlier.state, earlier.quality) == (SessionState.CLOSED, Quality.GOOD)
    assert (later.state, later.quality) == (SessionState.CLOSED, Quality.GOOD)
    assert [int(v.occupied_s) for v in (earlier, later)] == [40, 50]
    assert [int(v.working_s) for v in (earlier, later)] == [30, 30]
    assert [v.measures for v in (earlier, later)] == [(("energy_wh", Decimal(15)),)] * 2


@pytest.mark.parametrize("takeover", [True, False], ids=["takeover", "stop"])
def test_a_silent_meter_takes_only_its_own_measure_with_it(
    workshop: Workshop, takeover: bool
) -> None:
    """The oven's meter falls silent; the press's is read as the session ends."""
    set_up(workshop, SECOND_METER)
    press, oven = workshop.first, workshop.second

    def works(second: int) -> None:
        for one in (press, oven):
            one.energy_wh += second % 2 == 0
            one.show()

    workshop.run(10, works)
    sessions = workshop.agent.sessions
    sessions.start(BOSS, "press-1", "anping")
    workshop.run(50, works)
    oven.slave.misbehave(Misbehaviour.SILENT)
    if takeover:
        sessions.start(BOSS, "press-1", "renze", without_readings=True, takeover=True)
    else:
        sessions.stop(BOSS, "press-1")

    [ended] = [v for v in workshop.services.sessions.list(BOSS) if v.tenant == "anping"]
    assert (ended.state, ended.quality) == (SessionState.PROBLEM, Quality.SUSPECT)
    assert ended.measures == (("energy_wh", Decimal(20)),)
