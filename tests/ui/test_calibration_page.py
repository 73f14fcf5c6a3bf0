"""The page of calibration: every step of one taken by mouse and keys, over real services and a
simulated meter with a known error.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Misbehaviour, Slave
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.calibration import Instrument, Standard, Verdict
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.services.workflows.calibrating import Step
from shared_factory_desktop.ui import shots
from shared_factory_desktop.ui.pages.calibration.page import CalibrationPage
from shared_factory_desktop.ui.pages.calibration.points import PointsStep
from shared_factory_desktop.ui.pages.calibration.record_panel import RecordPanel
from shared_factory_desktop.ui.pages.calibration.result import ResultStep
from shared_factory_desktop.ui.pages.calibration.settled import ConditionsStep
from shared_factory_desktop.ui.pages.calibration.verdict import SummaryStep, VerdictStep
from shared_factory_desktop.ui.window import Window
from shared_factory_desktop.words import LANGUAGES
from tests.ui.calibration_desk import Clock, Desk, cells
from tests.ui.conftest import FLOOR

BOSS, OTHER = Actor("boss", Role.ADMINISTRATOR), Actor("zhang", Role.MANAGER)
OPERATOR = Actor("li", Role.OPERATOR)
STANDARD = Standard(
    id="std-1",
    name="三相功率源",
    serial="S-77",
    traceability="证书 2026-118，省计量院",
    uncertainty=Decimal("0.001"),
    coverage=Decimal(2),
    due=dt.date(2027, 3, 1),
)
POWER = Instrument(
    meter="M-1",
    quantity="power_w",
    serial="A-1",
    maker="Eastron",
    model="SDM630",
    measuring_range="0.25–5 (100) A",
    resolution=Decimal("0.1"),
    accuracy_class="1",
    limit=Decimal("0.005"),
    location="一车间",
    interval_months=12,
    legal_use="internal",
)
LOADS_W = (1000, 5000, 10000)
Open = Callable[[Services], Window]


@pytest.fixture
def services(equipped: Path, tmp_path: Path) -> Iterator[Services]:
    """Services of the equipped factory whose clock goes on."""
    clock = Clock()
    folder = shutil.copytree(equipped, tmp_path / "data")
    opened = Bootstrap(clock, clock.stamp).open_services(folder)
    yield opened
    opened.close()


@pytest.fixture
def meter(services: Services, tmp_path: Path) -> Iterator[Slave]:
    """A meter that shows 0.8 % too much of what it is given, and all there is to calibrate it."""
    slave = Slave(1, RegisterImage(load_profile("eastron-sdm630")))
    with VirtualBus([slave], "tcp") as line:
        floor = tmp_path / "floor.toml"
        text = FLOOR.replace("{port}", str(line.settings.tcp_port))
        floor.write_text(text, encoding="utf-8")
        services.floor.import_file(BOSS, floor)
        services.calibration.add_standard(BOSS, STANDARD)
        for quantity, resolution in (("energy_wh", "1"), ("power_w", "0.1")):
            one = replace(POWER, quantity=quantity, resolution=Decimal(resolution))
            services.calibration.add_instrument(BOSS, one)
        yield slave


@pytest.fixture
def desk(qtbot: QtBot, services: Services, open_window: Open, meter: Slave) -> Desk:
    return Desk(qtbot, open_window(services), BOSS, meter)


def test_a_calibration_from_the_first_step_to_the_review(desk: Desk, services: Services) -> None:
    assert set(cells(desk.page.lists.due, 0)) == {"? 未校准"}
    desk.begin()
    desk.settle()
    for load_w in LOADS_W:
        desk.measure(load_w)
    points = desk.step(PointsStep)
    assert isinstance(points, PointsStep)
    assert cells(points.table, 2) == ["+0.80", "+0.80", "+0.80"]
    assert cells(points.table, 1) == ["▲ 不合格"] * 3
    assert cells(points.table, 6) == ["10"] * 3
    assert (points.nominal.text(), points.reference.text()) == ("", "")
    place = points.plot.getPlotItem().getViewBox().mapViewToScene(QPointF(5000, 0.8))
    assert points.plot.reading_at(QPointF(place)).startswith("5000 W\n+0.80 %")
    desk.next()

    result = desk.step(ResultStep)
    assert isinstance(result, ResultStep)
    assert "0.99206" in result.line.text()
    assert len(cells(result.budget, 0)) == 3
    desk.next()
    verdict = desk.step(VerdictStep)
    assert isinstance(verdict, VerdictStep)
    assert verdict.proposed.text() == "建议：调整（用新系数）"
    assert cells(verdict.after, 1) == ["● 合格"] * 3
    desk.next()
    for load_w in LOADS_W[:2]:
        desk.measure(load_w)
    desk.next()
    summary = desk.step(SummaryStep)
    assert isinstance(summary, SummaryStep)
    desk.write(summary.remarks, "现场")
    desk.next()

    assert desk.page.wizard is None
    assert "JZ-2026-000001" in desk.page.banner.text.text()
    desk.enter(OTHER)
    desk.page.lists.calibrations.select("JZ-2026-000001")
    panel = desk.page.panel.content
    assert isinstance(panel, RecordPanel)
    desk.click(panel.review_button)
    [made] = services.calibration.list(BOSS)
    assert (made.reviewer, made.verdict, made.remarks) == ("zhang", Verdict.ADJUST, "现场")
    assert made.temperature_c == Decimal("23.5")
    assert cells(desk.page.lists.due, 0) == ["? 未校准", "● 有效"]


@pytest.mark.slow
def test_the_certificate_is_written_to_a_folder(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.begin()
    desk.settle()
    for load_w in LOADS_W[:2]:
        desk.measure(load_w)
    desk.next()
    desk.next()
    verdict = desk.step(VerdictStep)
    assert isinstance(verdict, VerdictStep)
    desk.click(verdict.verdict.buttons["reject"])
    desk.next()
    desk.next()
    panel = desk.page.panel.content
    assert isinstance(panel, RecordPanel)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_asked: str(tmp_path))

    desk.click(panel.export_button)

    written = sorted(file.suffix for file in tmp_path.glob("JZ-2026-000001*"))
    assert written == [".json", ".pdf", ".pdf"]
    assert "JZ-2026-000001.pdf" in panel.banner.text.text()


@pytest.mark.slow
def test_what_was_typed_and_read_outlives_the_window(
    desk: Desk, services: Services, open_window: Open, qtbot: QtBot, meter: Slave
) -> None:
    desk.begin()
    desk.settle()
    desk.measure(1000)
    desk.click(desk.wizard.back_button)
    conditions = desk.step(ConditionsStep)
    assert isinstance(conditions, ConditionsStep)
    desk.write(conditions.place, "二车间")
    drafts = services.calibration_drafts
    qtbot.waitUntil(lambda: drafts.list(BOSS)[0]["place"] == "二车间", timeout=5000)
    desk.wait()
    desk.window.close()

    again = Desk(qtbot, open_window(services), BOSS, meter)
    [strip] = again.page.lists.strips.values()
    again.click(strip.resume_button)
    shown = again.step(ConditionsStep)
    assert isinstance(shown, ConditionsStep)
    assert (shown.place.text(), shown.method.text()) == ("二车间", "标准表法")
    again.next()
    points = again.step(PointsStep)
    assert isinstance(points, PointsStep)
    assert cells(points.table, 0) == ["1000 W"]


@pytest.mark.slow
def test_a_counter_is_started_and_ended(desk: Desk) -> None:
    desk.slave.image.set({"energy_wh": Decimal(5000)})
    desk.begin("M-1 · 电量")
    desk.settle()
    points = desk.step(PointsStep)
    assert isinstance(points, PointsStep)
    assert not points.read_button.isVisible()
    desk.write(points.nominal, "1 kWh")
    desk.click(points.start_button)
    assert "1 kWh" in points.counting.text()
    desk.slave.image.set({"energy_wh": Decimal(5010)})
    desk.write(points.reference, "10")
    desk.click(points.stop_button)
    assert cells(points.table, 0) == ["1 kWh"]
    assert cells(points.table, 5) == ["10"]

    desk.write(points.nominal, "2 kWh")
    desk.click(points.start_button)
    desk.click(points.abandon_button)
    assert cells(points.table, 0) == ["1 kWh"]
    assert not points.counting.isVisible()


@pytest.mark.slow
def test_the_line_may_have_an_offset(desk: Desk) -> None:
    desk.begin()
    desk.settle()
    for load_w in LOADS_W:
        desk.measure(load_w)
    desk.next()
    result = desk.step(ResultStep)
    assert isinstance(result, ResultStep)
    desk.click(result.model.buttons["gain-offset"])
    assert result.line.text().endswith(" W")
    assert "u(a)" in result.line_about.text()
    result.load.setCurrentIndex(2)
    assert "U = 0.10 %" in result.combined.text()


def test_a_step_that_is_not_done_says_what_is_missing(desk: Desk) -> None:
    desk.begin()
    desk.next()
    assert "标准器" in desk.wizard.banner.text.text()
    assert desk.wizard.view.draft.step is Step.SUBJECT
    desk.settle()
    desk.next()
    assert "0 个负载点" in desk.wizard.banner.text.text()


@pytest.mark.slow
def test_a_number_that_is_none_is_told(desk: Desk) -> None:
    desk.begin()
    desk.settle()
    points = desk.step(PointsStep)
    assert isinstance(points, PointsStep)
    assert not points.read_button.isEnabled()
    desk.write(points.nominal, "1 kW")
    desk.write(points.reference, "many")
    desk.click(points.read_button)
    assert "many" in desk.wizard.banner.text.text()


@pytest.mark.slow
def test_a_meter_that_does_not_answer_is_told_and_nothing_is_lost(desk: Desk) -> None:
    desk.begin()
    desk.settle()
    desk.measure(1000)
    desk.slave.misbehave(Misbehaviour.BUSY)
    desk.measure(5000)
    assert "M-1" in desk.wizard.banner.text.text()
    desk.slave.misbehave()
    desk.measure(5000)
    points = desk.step(PointsStep)
    assert isinstance(points, PointsStep)
    assert cells(points.table, 0) == ["1000 W", "5000 W"]
    assert not desk.wizard.banner.isVisible()


@pytest.mark.slow
def test_closing_the_window_ends_a_long_reading_and_keeps_it(
    desk: Desk, services: Services, qtbot: QtBot
) -> None:
    desk.begin()
    desk.settle()
    points = desk.step(PointsStep)
    assert isinstance(points, PointsStep)
    desk.slave.misbehave(latency_s=(0.1, 0.1))  # 50 readings are 10 s at least
    points.count.setCurrentIndex(points.count.findData(50))
    desk.write(points.nominal, "1 kW")
    desk.write(points.reference, "1000")
    QTest.mouseClick(points.read_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(cells(points.table, 0)) == 1, timeout=20_000)
    assert points.progress.isVisible()

    desk.window.close()

    [draft] = services.calibration_drafts.list(BOSS)
    assert 5 <= len(draft["as_found"][0]["runs"]) < 50


@pytest.mark.slow
def test_a_point_is_removed_and_measured_again(desk: Desk) -> None:
    desk.begin()
    desk.settle()
    desk.measure(1000)
    points = desk.step(PointsStep)
    assert isinstance(points, PointsStep)
    assert not points.remove_button.isEnabled()
    points.table.select("1000 W")
    desk.click(points.remove_button)
    assert cells(points.table, 0) == []


@pytest.mark.slow
def test_every_step_has_its_picture(desk: Desk, services: Services, tmp_path: Path) -> None:
    desk.begin()
    desk.settle()
    for load_w in LOADS_W[:2]:
        desk.measure(load_w)
    for _ in range(3):
        desk.next()
    desk.measure(LOADS_W[1])
    desk.next()
    kept = services.calibration_drafts.list(BOSS)
    desk.window.close()

    shots.write(services, tmp_path / "shots")

    drawn = {file.name for file in (tmp_path / "shots").glob("calibration-*-*.png")}
    wanted = {f"calibration-{step}-{language}.png" for step in Step for language in LANGUAGES}
    assert drawn >= wanted
    assert services.calibration_drafts.list(BOSS) == kept


def test_keys_lead_through_the_steps(desk: Desk) -> None:
    desk.begin()
    desk.settle()
    desk.window.activateWindow()
    desk.qtbot.waitUntil(desk.window.isActiveWindow, timeout=5000)
    QTest.keyClick(desk.wizard.step, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    desk.wait()
    desk.step(ConditionsStep)
    QTest.keyClick(desk.wizard.step, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    desk.wait()
    desk.step(PointsStep)


def test_a_calibration_is_put_aside_and_given_up(desk: Desk) -> None:
    desk.begin()
    desk.click(desk.wizard.leave_button)
    assert desk.page.wizard is None
    [strip] = desk.page.lists.strips.values()
    desk.click(strip.discard_button)
    assert len(desk.page.lists.strips) == 1  # asked first
    desk.click(strip.discard_button)
    assert desk.page.lists.strips == {}


def test_an_operator_sees_the_lists_alone(desk: Desk) -> None:
    desk.enter(OPERATOR)
    assert not desk.page.begin_button.isVisible()
    assert len(cells(desk.page.lists.due, 0)) == 2


def test_without_instruments_the_page_says_what_to_do(
    services: Services, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(services)
    window.enter(BOSS)
    assert window.frame is not None
    window.frame.open(CalibrationPage.KEY)
    qtbot.waitUntil(lambda: not window.tasks.busy, timeout=15_000)
    page = window.frame.page
    assert page.stack.currentWidget() is page.notice
    assert "instrument set" in page.notice.text.text()
