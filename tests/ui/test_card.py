"""The machine's card: what an operator reads from it, by the values of a MachineCard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from shared_factory_desktop.domain.readings import State
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.live import MachineCard
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.ui import theme
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.pages.floor.card import MachineCardView
from shared_factory_desktop.ui.tasks import Tasks
from shared_factory_desktop.words import Words

NOW = dt.datetime(2026, 11, 23, 10, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WORKING = MachineCard(
    machine="printer-1",
    name="3D打印机 1号",
    kind="3d-printer",
    state=State.WORKING,
    state_since=NOW - dt.timedelta(seconds=2535),
    session="S-1",
    tenant_name="安平丝网有限公司",
    job="J-17",
    working_s=4320,
    powered_s=5000,
    occupied_s=5400,
    measures=(("energy_wh", Decimal(4210)), ("pieces", Decimal(36))),
    cost_fen=7240,
    power_w=Decimal(1840),
    last_good_at=NOW - dt.timedelta(seconds=2),
    fault=None,
    can_start=False,
)
FREE = replace(
    WORKING,
    state=State.OFF,
    session=None,
    tenant_name=None,
    job=None,
    measures=(),
    cost_fen=None,
    power_w=Decimal(0),
    can_start=True,
)
Show = Callable[..., MachineCardView]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def make(
        card: MachineCard, role: Role = Role.OPERATOR, language: str = "zh_CN"
    ) -> MachineCardView:
        # a card only shows values: it calls no service and runs no task
        nothing = cast("Services", None), cast("Tasks", None)
        context = Context(
            nothing[0],
            Actor("li", role),
            Words(language),
            theme.LIGHT,
            nothing[1],
            lambda: NOW,
        )
        view = MachineCardView(context)
        qtbot.addWidget(view)
        view.show_card(card)
        view.resize(420, view.sizeHint().height())
        view.show()
        return view

    return make


def measures(view: MachineCardView) -> list[str]:
    read = [f"{m.name.text()} {m.value.number.text()} {m.value.unit.text()}" for m in view.measures]
    return [text.strip() for text in read if text.strip()]


def test_a_working_machine_tells_all(show: Show) -> None:
    view = show(WORKING)
    assert view.mark.state == "working"
    assert view.name.text() == "3D打印机 1号"
    assert (view.state_word.text(), view.state_time.text()) == ("工作中", "42:15")
    assert view.user.text() == "安平丝网有限公司 · 工单 J-17"
    assert (view.power.number.text(), view.power.unit.text()) == ("1.84", "kW")
    assert measures(view) == ["工作 1 h 12 min", "占用 1 h 30 min", "电量 4.21 kWh", "件数 36 件"]
    assert view.cost.text() == "¥ 72.40"
    assert view.about.isVisible()
    assert view.age.text() == "读数 2 秒前"
    assert view.stop_button.isVisible()
    assert not view.start_button.isVisible()


def test_a_free_machine_offers_itself(show: Show) -> None:
    view = show(FREE, language="en")
    assert view.user.text() == "Free"
    assert view.cost.text() == ""
    assert not view.about.isVisible()
    assert measures(view) == []
    assert view.start_button.isEnabled()
    assert not view.stop_button.isVisible()


def test_a_machine_that_cannot_start_says_so(show: Show) -> None:
    assert not show(replace(FREE, can_start=False)).start_button.isEnabled()


def test_an_old_reading_is_greyed_and_says_since_when(show: Show) -> None:
    view = show(replace(WORKING, last_good_at=NOW - dt.timedelta(seconds=75)))
    assert view.age.text() == "读数停在 09:58:45"
    assert view.power.number.property("role") == "figure-stale"
    view.show_card(WORKING)
    assert view.power.number.property("role") == "figure"


def test_a_machine_that_was_never_read_shows_no_value(show: Show) -> None:
    view = show(replace(FREE, last_good_at=None, power_w=None, state_since=None))
    assert view.power.number.text() == "—"
    assert view.age.text() == "从未读到"
    assert view.state_time.text() == ""


@pytest.mark.parametrize(
    ("fault", "says"), [("comm_error", "检查通讯线"), ("no-agent", "采集没有运行"), ("odd", "odd")]
)
def test_a_fault_says_what_to_do(show: Show, fault: str, says: str) -> None:
    view = show(replace(WORKING, state=State.UNKNOWN, fault=fault))
    assert (view.mark.state, view.state_word.text()) == ("fault", "故障")
    assert says in view.fault.text()
    assert view.fault.isVisible()
    assert not view.plot.isVisible()


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_own_shape(show: Show, state: State) -> None:
    view = show(replace(WORKING, state=state))
    picture = view.mark.grab().toImage()
    others = [show(replace(WORKING, state=other)).mark for other in State if other != state]
    assert all(other.grab().toImage() != picture for other in others)


def test_gaps_in_the_trend_are_gaps_in_the_line(show: Show) -> None:
    view = show(WORKING)
    view.show_trend([(0.0, 100.0), (1.0, None), (2.0, 300.0)])
    drawn = view.plot.listDataItems()[0].getData()[1]
    assert [drawn[0], drawn[2]] == [100.0, 300.0]
    assert drawn[1] != drawn[1]  # NaN: nothing is drawn there


def test_buttons_name_the_machine(show: Show, qtbot: QtBot) -> None:
    view = show(FREE)
    with qtbot.waitSignal(view.start_wished) as started:
        QTest.mouseClick(view.start_button, Qt.MouseButton.LeftButton)
    assert started.args == ["printer-1"]
    view.show_card(WORKING)
    with qtbot.waitSignal(view.stop_wished) as stopped:
        QTest.mouseClick(view.stop_button, Qt.MouseButton.LeftButton)
    assert stopped.args == ["printer-1"]
    with qtbot.waitSignal(view.opened) as opened:
        QTest.mouseClick(view.plot.parentWidget(), Qt.MouseButton.LeftButton)
    assert opened.args == ["printer-1"]


def test_a_long_name_shortens_and_stays_whole_in_the_tip(show: Show) -> None:
    name = "衡水橡塑制品厂股份有限责任公司第三分厂一车间" * 3
    view = show(replace(WORKING, tenant_name=name))
    assert view.width() == 420
    assert view.user.width() < 420
    assert view.user.toolTip().startswith(name)
