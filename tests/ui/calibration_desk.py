"""Somebody at the page of calibration: a mouse, a keyboard, and the load of a simulated meter."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QTableView
from pytestqt.qtbot import QtBot

from drivers.simulate.slave import Slave
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.ui.pages.calibration.page import CalibrationPage
from shared_factory_desktop.ui.pages.calibration.points import PointsStep
from shared_factory_desktop.ui.pages.calibration.settled import ConditionsStep, SubjectStep
from shared_factory_desktop.ui.pages.calibration.step import StepView
from shared_factory_desktop.ui.pages.calibration.wizard import Wizard
from shared_factory_desktop.ui.window import Window
from tests.ui.conftest import NOW

ERROR = Decimal("0.008")


class Clock:
    """Each look at it is a millisecond later."""

    def __init__(self) -> None:
        self.at = NOW
        self._lock = threading.Lock()

    def __call__(self) -> dt.datetime:
        with self._lock:
            self.at += dt.timedelta(milliseconds=1)
            return self.at

    def stamp(self, _monotonic_ns: int) -> dt.datetime:
        return self()


class Desk:
    """Somebody at the page: a mouse, a keyboard, and the meter's load."""

    def __init__(self, qtbot: QtBot, window: Window, actor: Actor, slave: Slave) -> None:
        self.qtbot, self.window, self.slave = qtbot, window, slave
        self.enter(actor)

    def enter(self, actor: Actor) -> None:
        """Sign in and open the page."""
        self.window.enter(actor)
        assert self.window.frame is not None
        self.window.frame.open(CalibrationPage.KEY)
        self.wait()

    @property
    def page(self) -> CalibrationPage:
        assert self.window.frame is not None
        page = self.window.frame.page
        assert isinstance(page, CalibrationPage)
        return page

    @property
    def wizard(self) -> Wizard:
        assert self.page.wizard is not None
        return self.page.wizard

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: not self.window.tasks.busy, timeout=20_000)

    def click(self, button: QAbstractButton) -> None:
        self.qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=5000)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait()

    def write(self, field: QLineEdit, text: str) -> None:
        """Write as an input method does: QTest has no keys for Chinese."""
        field.setFocus()
        field.selectAll()
        field.insert(text)

    def step(self, kind: type[StepView]) -> StepView:
        step = self.wizard.step
        assert isinstance(step, kind), self.wizard.banner.text.text()
        assert step.isVisible()
        return step

    def next(self) -> None:
        self.click(self.wizard.next_button)

    def begin(self, register: str = "M-1 · 功率") -> None:
        index = self.page.register.findText(register)
        self.page.register.setCurrentIndex(index)
        self.click(self.page.begin_button)

    def settle(self) -> None:
        """Fill in all that comes before the points."""
        subject = self.step(SubjectStep)
        assert isinstance(subject, SubjectStep)
        QTest.keyClick(subject.standard, Qt.Key.Key_Down)
        self.next()
        conditions = self.step(ConditionsStep)
        assert isinstance(conditions, ConditionsStep)
        self.write(conditions.method, "标准表法")
        self.write(conditions.temperature, "23.5")
        self.click(conditions.rule.buttons["simple"])
        self.next()

    def measure(self, load_w: int) -> None:
        """Name a load, type its reference, press Enter."""
        points = self.step(PointsStep)
        assert isinstance(points, PointsStep)
        self.slave.image.set({"power_w": load_w * (1 + ERROR)})
        self.write(points.nominal, f"{load_w} W")
        self.write(points.reference, str(load_w))
        QTest.keyClick(points.reference, Qt.Key.Key_Return)
        self.wait()


def cells(table: QTableView, column: int) -> list[str]:
    """Give the texts of a column as they are shown."""
    model = table.model()
    return [str(model.data(model.index(row, column))) for row in range(model.rowCount())]
