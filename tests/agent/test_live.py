"""The live floor tells what is known of the present, and from when on nothing is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from drivers.simulate.slave import Misbehaviour
from shared_factory_desktop.domain.readings import State
from shared_factory_desktop.services.live import MachineCard
from tests.agent.conftest import BOSS, START, Workshop


def card(shop: Workshop, after_s: float = 0) -> MachineCard:
    """Give the first press's card so many seconds from now."""
    shop.clock.at += dt.timedelta(seconds=after_s)
    return shop.services.live.cards(BOSS)[0]


def work(shop: Workshop, until_s: int) -> None:
    shop.first.power_w = 1800
    shop.first.show()
    shop.run(until_s)


def test_a_value_is_the_presents_for_three_polls_and_a_little(workshop: Workshop) -> None:
    work(workshop, 8)
    fresh, last_moment, old = card(workshop), card(workshop, 5), card(workshop, 1)

    assert (fresh.state, fresh.power_w, fresh.fault) == (State.WORKING, Decimal(1800), None)
    assert (last_moment.state, last_moment.power_w) == (State.WORKING, Decimal(1800))
    assert (old.state, old.power_w, old.fault) == (State.UNKNOWN, None, "stale")
    assert old.last_good_at == START + dt.timedelta(seconds=8)
    assert old.stale_after_s == 5


def test_without_an_agent_that_is_what_is_told(workshop: Workshop) -> None:
    work(workshop, 8)
    gone = card(workshop, 30)

    assert (gone.state, gone.power_w, gone.fault) == (State.UNKNOWN, None, "no-agent")


def test_a_meter_that_refuses_is_not_called_stale(workshop: Workshop) -> None:
    work(workshop, 8)
    workshop.first.slave.misbehave(Misbehaviour.BUSY)
    workshop.run(10)
    mute = card(workshop)

    assert (mute.state, mute.power_w, mute.fault) == (State.UNKNOWN, None, "comm_error")
    assert mute.last_good_at is not None


def test_a_slow_poll_is_waited_for_longer(workshop: Workshop) -> None:
    floor = workshop.data / "floor.toml"
    text = floor.read_text(encoding="utf-8")
    floor.write_text(text.replace("unit = 1\n", "unit = 1\npoll_ms = 60000\n"), encoding="utf-8")
    workshop.services.floor.import_file(BOSS, floor)
    work(workshop, 8)

    assert card(workshop).stale_after_s == 182
    assert card(workshop, 9).fault is None
