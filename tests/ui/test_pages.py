"""The pages, used as a person uses them, over real services and a simulated meter."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.ui import shots
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.diagnostics.page import DiagnosticsPage
from shared_factory_desktop.ui.pages.floor.page import FloorPage
from shared_factory_desktop.ui.pages.floor.panels import StartPanel, StopPanel
from shared_factory_desktop.ui.pages.sessions.page import SessionsPage
from shared_factory_desktop.ui.pages.statements.draft import DraftPanel
from shared_factory_desktop.ui.pages.statements.issued import IssuedPanel
from shared_factory_desktop.ui.pages.statements.page import StatementsPage
from shared_factory_desktop.ui.pages.sync.page import SyncPage
from shared_factory_desktop.ui.window import Window

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
BOSS = Actor("boss", Role.ADMINISTRATOR)
Kind = TypeVar("Kind")
Open = Callable[[Services], Window]


class Desk:
    """A signed-in window and the hand on its mouse."""

    def __init__(self, window: Window, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        window.enter(BOSS)
        self.wait()

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: not self.window.tasks.busy, timeout=15_000)

    def open(self, kind: type[Kind]) -> Kind:
        assert self.window.frame is not None
        assert issubclass(kind, Page)
        self.window.frame.open(kind.KEY)
        self.wait()
        page = self.window.frame.page
        assert isinstance(page, kind)
        return page

    def click(self, button: QAbstractButton) -> None:
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait()

    def panel(self, page: Page, kind: type[Kind]) -> Kind:
        assert page.panel.isVisible()
        assert isinstance(page.panel.content, kind)
        return page.panel.content


@pytest.fixture
def desk(services: Services, open_window: Open, qtbot: QtBot) -> Desk:
    return Desk(open_window(services), qtbot)


def test_a_machine_is_started_and_stopped_for_a_tenant(desk: Desk, services: Services) -> None:
    floor = desk.open(FloorPage)
    assert list(floor.cards) == ["printer-1", "printer-2"]
    card = floor.cards["printer-1"]
    desk.click(card.start_button)
    start = desk.panel(floor, StartPanel)
    assert start.tenant.currentText() == "安平丝网有限公司"
    QTest.keyClicks(start.job, "J-99")
    desk.click(start.button)
    assert not floor.panel.isVisible()
    assert "已开始" in floor.banner.text.text()
    assert card.user.text() == "安平丝网有限公司 · 工单 J-99"
    assert card.cost.text() == "¥ 0.00"

    desk.click(card.stop_button)
    stop = desk.panel(floor, StopPanel)
    desk.click(stop.button)
    assert "已结束" in floor.banner.text.text()
    assert card.user.text() == "空闲"
    ended = services.sessions.list(BOSS)[0]
    assert (ended.job, ended.tenant, ended.started_by) == ("J-99", "anping", "boss")
    assert ended.end is not None


def test_a_refused_start_shows_every_reason_in_the_panel(desk: Desk) -> None:
    floor = desk.open(FloorPage)
    desk.click(floor.cards["printer-2"].start_button)
    start = desk.panel(floor, StartPanel)
    start.tenant.setCurrentIndex(start.tenant.findData("stranger"))
    desk.click(start.button)
    assert start.refusal.isVisible()
    said = start.refusal.text.text().splitlines()
    assert len(said) == 2  # no contract, and a meter that does not answer
    assert any("M-SILENT" in line for line in said)
    assert start.button.isEnabled()


def test_a_start_without_readings_is_in_doubt(desk: Desk, services: Services) -> None:
    floor = desk.open(FloorPage)
    desk.click(floor.cards["printer-2"].start_button)
    start = desk.panel(floor, StartPanel)
    assert not start.without_readings.isVisible()
    desk.click(start.button)
    start.without_readings.setChecked(True)
    desk.click(start.button)
    assert "存疑" in floor.banner.text.text()
    assert [view.machine for view in services.sessions.list(BOSS, open_only=True)] == ["printer-2"]


def test_details_of_a_machine_open_beside_the_cards(desk: Desk) -> None:
    floor = desk.open(FloorPage)
    QTest.mouseClick(floor.cards["printer-1"], Qt.MouseButton.LeftButton)
    desk.wait()
    assert floor.panel.title.text() == "3D打印机 1号"
    QTest.keyClick(floor.panel, Qt.Key.Key_Escape)
    assert not floor.panel.isVisible()
    assert floor.cards["printer-1"].isVisible()


def test_sessions_are_filtered_and_looked_into(desk: Desk, services: Services) -> None:
    services.sessions.start(BOSS, "printer-1", "anping", "J-now")
    page = desk.open(SessionsPage)
    assert page.count.text() == "4 条"
    desk.click(page.filter_buttons["open"])
    assert [view.job for view in page.table.table.rows] == ["J-now"]
    desk.click(page.filter_buttons["problem"])
    assert page.notice.isVisible()
    desk.click(page.filter_buttons["all"])
    page.table.select("P-13")
    assert page.panel.isVisible()
    values = [label.text() for label in page.panel.findChildren(type(page.count))]
    assert "P-13" in values
    assert "2.50 kWh" in values
    assert "2 h 0 min" in values


def test_a_statement_is_drafted_issued_and_exported(
    desk: Desk, services: Services, tmp_path: Path
) -> None:
    page = desk.open(StatementsPage)
    desk.click(page.new_button)
    draft = desk.panel(page, DraftPanel)
    assert draft.period.text() == "2026-10"
    assert [row.line.gross_fen for row in draft.lines.table.rows] == [9600, 9600, 9600]
    assert "合计 ¥ 288.00" in draft.totals.text()
    assert not draft.confirm_button.isVisible()
    desk.click(draft.issue_button)
    for part in ("安平丝网有限公司", "2026-10", "¥ 288.00"):
        assert part in draft.banner.text.text()
    assert services.billing.list(BOSS) == ()
    desk.click(draft.confirm_button)
    (issued,) = services.billing.list(BOSS)
    assert issued.number in page.banner.text.text()
    assert [row.number for row in page.table.table.rows] == [issued.number]

    page.table.select(issued.number)
    desk.wait()
    panel = desk.panel(page, IssuedPanel)
    assert len(panel.lines.table.rows) == 3
    for kind, box in panel.files.kinds.items():
        box.setChecked(kind == "csv")
    panel.files.folder.setText(str(tmp_path / "out"))
    desk.click(panel.files.export_button)
    (file,) = (tmp_path / "out").iterdir()
    assert file.name in panel.files.banner.text.text()
    with file.open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.reader(stream))) > 3


def test_stepping_back_issues_nothing(desk: Desk, services: Services) -> None:
    page = desk.open(StatementsPage)
    desk.click(page.notice.button)
    draft = desk.panel(page, DraftPanel)
    desk.click(draft.issue_button)
    desk.click(draft.back_button)
    assert draft.issue_button.isVisible()
    assert not draft.banner.isVisible()
    assert services.billing.list(BOSS) == ()


def test_other_dates_bill_the_last_day_too(desk: Desk) -> None:
    page = desk.open(StatementsPage)
    desk.click(page.new_button)
    draft = desk.panel(page, DraftPanel)
    period = draft.period
    period.month.setCurrentIndex(period.month.count() - 1)
    period.first.setDate(period.first.date().fromString("2026-10-12", "yyyy-MM-dd"))
    period.last.setDate(period.last.date().fromString("2026-10-13", "yyyy-MM-dd"))
    desk.wait()
    assert period.text() == "2026-10-12..2026-10-14"
    assert len(draft.lines.table.rows) == 2


def test_a_tenant_who_used_nothing_cannot_be_billed(desk: Desk) -> None:
    page = desk.open(StatementsPage)
    desk.click(page.new_button)
    draft = desk.panel(page, DraftPanel)
    draft.tenant.setCurrentIndex(draft.tenant.findData("stranger"))
    desk.wait()
    assert draft.banner.isVisible()
    assert not draft.issue_button.isVisible()


def test_an_export_without_a_format_is_refused(desk: Desk, services: Services) -> None:
    issued = services.billing.issue(BOSS, "anping", "2026-10")
    page = desk.open(StatementsPage)
    assert issued.number is not None
    page.table.select(issued.number)
    desk.wait()
    panel = desk.panel(page, IssuedPanel)
    for box in panel.files.kinds.values():
        box.setChecked(False)
    desk.click(panel.files.export_button)
    assert panel.files.banner.text.text() == "请至少选一种格式。"


def test_sync_shows_what_waits(desk: Desk) -> None:
    page = desk.open(SyncPage)
    view = page.platforms["province"]
    assert int(view.counts["pending"].text()) > 0
    assert view.counts["sent"].text() == "0"


def test_diagnostics_are_copied_as_text(desk: Desk, tmp_path: Path) -> None:
    page = desk.open(DiagnosticsPage)
    desk.click(page.copy_button)
    text = QGuiApplication.clipboard().text()
    assert str(tmp_path) in text
    assert all(len(line.split("\t")) == 2 for line in text.splitlines())


def test_a_page_that_cannot_fetch_says_why_and_offers_to_try_again(
    desk: Desk, services: Services, qtbot: QtBot
) -> None:
    window = desk.window
    operator = Actor("li", Role.OPERATOR)
    page = StatementsPage(
        Context(services, operator, window.words, window.colours, window.tasks, lambda: NOW)
    )
    qtbot.addWidget(page)
    page.show()
    page.load(
        lambda: services.billing.draft(operator, "anping", "2026-10"),
        lambda _draft: page.show_content(),
    )
    desk.wait()
    assert page.notice.title.text() == "没有取到数据"
    assert "li" in page.notice.text.text()
    assert page.notice.button.text() == "再试一次"
    desk.click(page.notice.button)
    assert page.notice.title.text() == "还没有对账单"


def test_pictures_of_every_page_are_written(services: Services, tmp_path: Path) -> None:
    files = shots.write(services, tmp_path / "shots")
    assert len(files) == 18
    assert all(file.stat().st_size > 10_000 for file in files)
