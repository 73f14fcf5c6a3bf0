"""The page of reports, used as a person uses it, over real services."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.ui.pages.reports.page import ReportsPage
from shared_factory_desktop.ui.window import Window

pytestmark = pytest.mark.slow

BOSS, OPERATOR = Actor("boss", Role.ADMINISTRATOR), Actor("li", Role.OPERATOR)
Open = Callable[[Services], Window]
Show = Callable[[Actor], ReportsPage]


@pytest.fixture
def show(services: Services, open_window: Open, qtbot: QtBot) -> Show:
    """Sign in and open the page of reports."""

    def call(actor: Actor) -> ReportsPage:
        window = open_window(services)
        window.enter(actor)
        assert window.frame is not None
        window.frame.open(ReportsPage.KEY)
        page = window.frame.page
        assert isinstance(page, ReportsPage)
        wait(qtbot, page)
        return page

    return call


def wait(qtbot: QtBot, page: ReportsPage) -> None:
    qtbot.waitUntil(lambda: not page.context.tasks.busy, timeout=15_000)


def choose(qtbot: QtBot, page: ReportsPage, name: str) -> None:
    page.choice.setCurrentIndex(page.choice.findData(name))
    wait(qtbot, page)


def table_of(page: ReportsPage) -> list[list[str]]:
    table = page.view.table
    assert table is not None
    return [
        [str(table.table.data(table.table.index(row, column))) for column in range(3)]
        for row in range(table.table.rowCount())
    ]


def test_bars_table_and_totals_say_the_same(show: Show, services: Services, qtbot: QtBot) -> None:
    services.billing.issue(BOSS, "anping", "2026-10")
    page = show(BOSS)

    assert page.choice.currentText() == "收入（按租户）"
    assert table_of(page) == [["安平丝网有限公司", "254.88", "33.12"]]
    assert "价税合计 (元) 288.00" in page.view.totals.text()
    tip = page.view.plot.reading_at(_middle_of_first_row(page))
    assert tip.splitlines() == [
        "安平丝网有限公司",
        "不含税 (元)  254.88",
        "税额 (元)  33.12",
        "价税合计 (元)  288.00",
    ]

    choose(qtbot, page, "utilisation")
    assert table_of(page) == [["3D打印机 1号", "0.00", "6.00"], ["3D打印机 2号", "0.00", "0.00"]]


def test_a_report_is_written_to_the_file_that_is_chosen(
    show: Show, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = show(BOSS)
    choose(qtbot, page, "energy")
    chosen = str(tmp_path / "电量"), "CSV (*.csv)"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: chosen)

    QTest.mouseClick(page.export_button, Qt.MouseButton.LeftButton)
    wait(qtbot, page)

    rows = (tmp_path / "电量.csv").read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ['"3D打印机 1号"', '"3D打印机 2号"', '"合计"']
    assert rows[1].endswith(",7.5")
    assert "电量.csv" in page.banner.text.text()


def test_a_file_that_cannot_be_written_is_told(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    page = show(BOSS)
    choose(qtbot, page, "energy")
    (tmp_path / "taken").write_bytes(b"")

    page.save(tmp_path / "taken" / "energy.csv")
    wait(qtbot, page)

    assert "taken" in page.banner.text.text()
    assert page.export_button.isEnabled()


def test_a_period_without_statements_says_what_will_appear(show: Show, qtbot: QtBot) -> None:
    page = show(BOSS)

    assert page.stack.currentWidget() is page.notice
    assert not page.export_button.isEnabled()

    choose(qtbot, page, "utilisation")
    assert page.stack.currentWidget() is page.content
    assert page.export_button.isEnabled()


def test_a_period_that_ends_before_it_begins_is_told(show: Show, qtbot: QtBot) -> None:
    page = show(OPERATOR)
    page.period.month.setCurrentIndex(page.period.month.count() - 1)
    page.period.first.setDate(QDate(2026, 11, 20))
    page.period.last.setDate(QDate(2026, 11, 1))
    wait(qtbot, page)

    assert "2026-11-20..2026-11-02" in page.banner.text.text()
    assert page.report is None
    assert not page.export_button.isEnabled()


def test_an_operator_is_offered_no_report_on_money(show: Show) -> None:
    page = show(OPERATOR)

    offered = [page.choice.itemData(index) for index in range(page.choice.count())]
    assert offered == ["utilisation", "energy"]
    assert page.report is not None


def test_the_choice_that_counts_is_the_last(show: Show, qtbot: QtBot) -> None:
    page = show(BOSS)

    for name in ("energy", "income", "policy", "utilisation"):
        page.choice.setCurrentIndex(page.choice.findData(name))
    wait(qtbot, page)

    assert page.report is not None
    assert page.report.name == "utilisation"
    assert len(table_of(page)) == 2


def test_a_double_click_undoes_the_zoom(show: Show) -> None:
    page = show(OPERATOR)
    plot = page.view.plot
    whole = plot.viewRange()
    plot.setXRange(1, 2)

    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton)

    assert plot.viewRange() == whole


def _middle_of_first_row(page: ReportsPage) -> QPointF:
    box = page.view.plot.getPlotItem().getViewBox()
    place = box.mapViewToScene(QPointF(1.0, 0.0))
    return QPointF(place)
