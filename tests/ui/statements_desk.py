"""The statements page in a window, and the hand on its mouse and keys."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from shared_factory_desktop.domain.statement_life import State
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.credit_notes import Wanted
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.ui.pages.statements.issued import IssuedPanel
from shared_factory_desktop.ui.pages.statements.page import StatementsPage
from shared_factory_desktop.ui.pages.statements.stages import Stage
from shared_factory_desktop.ui.pages.statements.step_form import StepForm
from shared_factory_desktop.ui.window import Window

BOSS, LI = Actor("boss", Role.ADMINISTRATOR), Actor("li", Role.MANAGER)
Kind = TypeVar("Kind")


class Desk:
    """The statements page in a window, and the hand on mouse and keys."""

    def __init__(self, window: Window, qtbot: QtBot, actor: Actor) -> None:
        self.window, self.qtbot = window, qtbot
        window.enter(actor)
        assert window.frame is not None
        window.frame.open("statements")
        self.wait()

    @property
    def page(self) -> StatementsPage:
        assert self.window.frame is not None
        page = self.window.frame.page
        assert isinstance(page, StatementsPage)
        return page

    @property
    def panel(self) -> IssuedPanel:
        return self.content(IssuedPanel)

    @property
    def form(self) -> StepForm:
        assert self.panel.form is not None
        return self.panel.form

    def content(self, kind: type[Kind]) -> Kind:
        content = self.page.panel.content
        assert isinstance(content, kind)
        return content

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: not self.window.tasks.busy, timeout=30_000)

    def click(self, button: QAbstractButton) -> None:
        self.qtbot.waitUntil(button.isVisible)  # a layout shows what it was given an event later
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait()

    def choose(self, number: str) -> IssuedPanel:
        self.page.table.select(number)
        self.wait()
        return self.panel

    def step(self, key: str, **values: str) -> None:
        """Open the form of a step and fill it in as said."""
        self.click(self.panel.steps[key])
        for name, text in values.items():
            edit = self.form.fields[name].edit
            if isinstance(edit, QComboBox):
                edit.setCurrentIndex(edit.findData(text))
            else:
                assert isinstance(edit, QLineEdit)
                edit.clear()
                QTest.keyClicks(edit, text) if text.isascii() else edit.setText(text)

    def take(self, key: str, **values: str) -> None:
        """Take a step to its end."""
        self.step(key, **values)
        self.click(self.form.confirm_button)

    def take_back(self) -> None:
        """Cancel the newest statement, by two people."""
        services = self.window.services
        newest, *_ = services.statements.list(BOSS)
        proposed = services.credits.propose(BOSS, newest.number, Wanted(), "租户有误")
        services.credits.approve(LI, proposed.proposal.id)
        self.page.refresh()
        self.wait()

    def told(self, stage: Stage) -> str:
        return self.page.pipeline.buttons[stage].text().replace("\n", " ")


def state(services: Services, number: str) -> State:
    return services.statements.history(BOSS, number).standing.life.state
