"""What all steps of a calibration share: how they are filled, read out, and act on the draft."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.services.workflows.calibrating import Draft, Step
from shared_factory_desktop.services.workflows.calibrating_bench import (
    CalibrationBench,
    Offer,
    View,
)
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.widgets.facts import Facts
from shared_factory_desktop.ui.widgets.labels import label

Call = Callable[[], View | Calibration]
Action = Callable[[Draft], Call]
"""Given the draft as it is, gives the call that is made beside the window; may raise Refused."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Surroundings of a step; `run` does an action after what is under way."""

    page: Page
    bench: CalibrationBench
    offer: Offer
    run: Callable[[Action], None]

    @property
    def actor(self) -> Actor:
        """Who calibrates."""
        return self.page.context.actor

    def unit(self, quantity: str) -> str:
        """Give the unit in which a quantity is read."""
        return self.page.context.services.metering.unit(quantity)


class StepView(QWidget):
    """One step; `changed` tells that something was typed or chosen."""

    changed = Signal()

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__()
        self.desk = desk
        self.page = desk.page
        self.word = desk.page.word
        self.kind = step
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 8, 0)
        self.column.setSpacing(12)

    def enter(self, view: View) -> None:
        """Fill the fields, as the step is opened."""

    def show_view(self, view: View) -> None:
        """Show what follows from the draft; the fields stay as they are."""

    def show_running(self, running: bool) -> None:
        """Let nothing be pressed twice while a call runs."""

    def interrupt(self) -> None:
        """End early what would run on."""

    def gathered(self, draft: Draft) -> Draft:
        """Give the draft with what the fields say; raises Refused for what cannot be meant."""
        return draft


class Choice(QWidget):
    """One of a few, each a button with its word; arrow keys move between them."""

    picked = Signal()

    def __init__(self, options: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for value, word in options:
            button = QPushButton(word)
            button.setProperty("role", "chip")
            button.setCheckable(True)
            button.clicked.connect(self.picked)
            self._group.addButton(button)
            self.buttons[value] = button
            row.addWidget(button)
        row.addStretch()

    @property
    def value(self) -> str | None:
        """What is chosen."""
        return next((value for value, one in self.buttons.items() if one.isChecked()), None)

    def choose(self, value: str | None) -> None:
        """Choose one; nothing for None."""
        self._group.setExclusive(False)
        for each, button in self.buttons.items():
            button.setChecked(each == value)
        self._group.setExclusive(True)


def facts(rows: Iterable[tuple[str, str]]) -> Facts:
    """List names and values no higher than they need."""
    made = Facts(rows)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return made


def form(rows: Iterable[tuple[str, QWidget]]) -> QGridLayout:
    """Lay fields under each other, each after its name, which screen readers say too."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(12)
    grid.setColumnMinimumWidth(0, 120)
    grid.setColumnStretch(1, 1)
    for number, (name, field) in enumerate(rows):
        field.setAccessibleName(name)
        grid.addWidget(label(name, "quiet"), number, 0)
        grid.addWidget(field, number, 1)
    return grid


def line_edit(changed: Callable[[], object], hint: str = "") -> QLineEdit:
    """Make a field of one line that tells of each change somebody makes."""
    edit = QLineEdit()
    edit.setPlaceholderText(hint)
    edit.textEdited.connect(lambda _text: changed())
    return edit
