"""One tenant takes a working press over from another: no second and no Wh is in both or none."""

from __future__ import annotations

from decimal import Decimal

from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionState
from tests.agent.conftest import BOSS, Workshop

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


def test_a_takeover_shares_out_every_second_and_wh(workshop: Workshop) -> None:
    floor = workshop.data / "floor.toml"
    floor.write_text(floor.read_text(encoding="utf-8") + SECOND_TENANT, encoding="utf-8")
    workshop.services.floor.import_file(BOSS, floor)
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
