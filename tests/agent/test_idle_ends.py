"""The agent ends the session of a press that has stood idle for too long, when it last worked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionState
from tests.agent.conftest import BOSS, START, Press, Workshop


def works(press: Press, second: int) -> None:
    """Work from second 20 to 80, a Wh every 2 s; then stand idle."""
    press.power_w = 1800 if 20 <= second < 80 else 50
    press.energy_wh += 20 < second <= 80 and second % 2 == 0
    press.show()


def test_a_press_at_rest_ends_its_session_by_itself(workshop: Workshop) -> None:
    after = dt.timedelta(minutes=1)
    workshop.services.idle_ends.set(BOSS, "press-1", after)
    workshop.run(10, lambda second: works(workshop.first, second))
    workshop.agent.sessions.start(BOSS, "press-1", "anping")
    workshop.agent.sessions.start(BOSS, "press-2", "anping")

    workshop.run(135, lambda second: works(workshop.first, second))
    early = workshop.services.sessions.list(BOSS, open_only=True)
    workshop.run(150, lambda second: works(workshop.first, second))
    workshop.agent.step(150, True)

    assert {view.machine for view in early} == {"press-1", "press-2"}
    [still] = workshop.services.sessions.list(BOSS, open_only=True)
    [ended] = [v for v in workshop.services.sessions.list(BOSS) if v.machine == "press-1"]
    assert still.machine == "press-2"
    assert (ended.state, ended.quality) == (SessionState.CLOSED, Quality.GOOD)
    assert ended.end == START + dt.timedelta(seconds=80)
    assert ended.working_s == 60
    # 20 Wh were read at 60 s, and 30 when the press had been idle for its hold time, at 85 s.
    assert ended.measures == (("energy_wh", Decimal(28)),)
