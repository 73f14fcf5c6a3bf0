"""The form of one step: its fields, and the sentence that says what will happen before it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from shared_factory_desktop.domain.ledger import Method
from shared_factory_desktop.domain.money import yuan_text
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.statements.steps import Action, Field, FieldKind, Opened, Said
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner

Lines = Callable[[], tuple[int, ...]]


class FieldEdit(QWidget):
    """What one field is filled in with; `changed` at every change."""

    changed = Signal()

    def __init__(self, page: Page, field: Field, one: Opened) -> None:
        super().__init__()
        self._page = page
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.edit: QLineEdit | QComboBox | QDateEdit = QLineEdit()
        if field.kind is FieldKind.DAY:
            self.edit = _day_edit(page, one)
            self.edit.dateChanged.connect(self.changed)
        elif field.kind is FieldKind.METHOD:
            self.edit = _method_edit(page)
            self.edit.currentIndexChanged.connect(self.changed)
        else:
            self.edit.textChanged.connect(self.changed)
        if field.kind is FieldKind.AMOUNT:
            self.set_text(yuan_text(one.standing.life.open_fen))
        row.addWidget(self.edit, 1)
        if field.kind is FieldKind.FILE:
            row.addWidget(quiet(page.word("choose_folder"), self._choose_file))
        self.setFocusProxy(self.edit)

    def text(self) -> str:
        """Give what was filled in."""
        if isinstance(self.edit, QComboBox):
            return str(self.edit.currentData())
        return self.edit.text()

    def shown(self) -> str:
        """Give what was filled in as it reads."""
        text = self.edit.currentText() if isinstance(self.edit, QComboBox) else self.edit.text()
        return text or formats.NOTHING

    def set_text(self, text: str) -> None:
        """Fill a field of text in."""
        if isinstance(self.edit, QLineEdit):
            self.edit.setText(text)

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self._page.word("choose_file"))
        if chosen:
            self.set_text(chosen)


class StepForm(QWidget):
    """Asks for what a step needs; `done` carries the sentence on what was done, `left` tells that
    it was not.
    """

    done = Signal(str)
    left = Signal()

    def __init__(self, page: Page, action: Action, one: Opened, lines: Lines) -> None:
        super().__init__()
        self.page, self.action, self.one = page, action, one
        self._lines = lines
        self.fields = {field.name: FieldEdit(page, field, one) for field in action.fields}
        self.sentence = label("", "body", wrap=True)
        self.banner = Banner(page.context.palette)
        self.confirm_button = primary(page.word(f"act_{action.key}"), self.act)
        self.back_button = quiet(page.word("step_back"), self.left.emit)
        self._arrange()
        for edit in self.fields.values():
            edit.changed.connect(self.say)
            if isinstance(edit.edit, QLineEdit):
                edit.edit.returnPressed.connect(self.act)
        self.say()

    def say(self) -> None:
        """Say what will happen, to whom and for how much."""
        self.sentence.setText(self._words("say"))
        self.confirm_button.setEnabled(not self.action.of_lines or bool(self._lines()))

    def act(self) -> None:
        """Take the step."""
        if not self.confirm_button.isEnabled():
            return
        self.confirm_button.setEnabled(False)
        self.banner.hide()
        said = Said({name: edit.text() for name, edit in self.fields.items()}, self._lines())
        told = self._words("done")
        context, number, run = self.page.context, self.one.number, self.action.run
        context.tasks.in_background(
            self,
            lambda: run(context, number, said),
            lambda _result: self.done.emit(told),
            self._refuse,
        )

    def _refuse(self, error: BaseException) -> None:
        self.banner.refuse(reasons(self.page.words, error))
        self.confirm_button.setEnabled(True)

    def _words(self, kind: str) -> str:
        action, lines = self.action, self._lines()
        if action.of_lines and not lines:
            return self.page.word(f"none_{action.key}")
        return self.page.word(f"{kind}_{action.key}", **self._values(lines))

    def _values(self, lines: tuple[int, ...]) -> Mapping[str, object]:
        standing = self.one.standing
        chosen = [self.one.document.lines[line - 1].line.gross_fen for line in lines]
        return {
            "number": standing.number,
            "tenant": standing.tenant_name,
            "gross": formats.amount(standing.gross_fen),
            "open": formats.amount(standing.life.open_fen),
            "n": len(lines),
            "lines": ", ".join(map(str, lines)),
            "lines_gross": formats.amount(sum(chosen)),
            **{name: edit.shown() for name, edit in self.fields.items()},
        }

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        for row, (name, edit) in enumerate(self.fields.items()):
            title = label(self.page.word(f"field_{name}"), "quiet")
            title.setBuddy(edit)
            edit.edit.setAccessibleName(title.text())
            grid.addWidget(title, row, 0)
            grid.addWidget(edit, row, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.confirm_button)
        buttons.addWidget(self.back_button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(8)
        column.addLayout(grid)
        column.addWidget(self.sentence)
        column.addWidget(self.banner)
        column.addLayout(buttons)


def _day_edit(page: Page, one: Opened) -> QDateEdit:
    today = page.context.now().astimezone(one.standing.issued_at.tzinfo).date()
    edit = QDateEdit(QDate(today.year, today.month, today.day))
    edit.setDisplayFormat("yyyy-MM-dd")
    edit.setCalendarPopup(True)
    return edit


def _method_edit(page: Page) -> QComboBox:
    edit = QComboBox()
    for method in Method:
        edit.addItem(page.word(f"method_{method}"), str(method))
    return edit
