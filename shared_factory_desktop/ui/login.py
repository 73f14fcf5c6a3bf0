"""Signing in: the workshop at the left, name and password at the right."""

from __future__ import annotations

from collections.abc import Sequence

import qtawesome
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.ui.page import reasons
from shared_factory_desktop.ui.tasks import Tasks
from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.ui.widgets.buttons import primary
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner
from shared_factory_desktop.words import Words

_FORM_PX = 360


class Login(QWidget):
    """Asks who is there; `signed_in` carries the Actor."""

    signed_in = Signal(object)

    def __init__(
        self, services: Services, tasks: Tasks, words: Words, palette: Palette, switches: QWidget
    ) -> None:
        super().__init__()
        self._services = services
        self._tasks = tasks
        self._words = words
        self._palette = palette
        self.factory = label("", "login-factory", wrap=True)
        self.name = QComboBox()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.banner = Banner(palette)
        self.button = primary(words("ui.login.sign_in"), self.sign_in)
        self.setFocusProxy(self.password)
        self.password.returnPressed.connect(self.button.click)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._workshop(), 5)
        row.addWidget(self._form(switches), 6)
        self._tasks.in_background(self, services.users.names, self._offer_names, self._refuse)
        self._tasks.in_background(
            self,
            lambda: services.floor.floor().factory.name,
            self.factory.setText,
            self._refuse,
        )

    def sign_in(self) -> None:
        """Check the name and password; a refusal stays under the fields."""
        self.button.setEnabled(False)
        self.banner.hide()
        name, password = self.name.currentText(), self.password.text()
        self._tasks.in_background(
            self,
            lambda: self._services.users.sign_in(name, password),
            self._enter,
            self._refuse,
        )

    def _enter(self, actor: Actor) -> None:
        self.password.clear()
        self.signed_in.emit(actor)

    def _refuse(self, error: BaseException) -> None:
        self.banner.refuse(reasons(self._words, error))
        self.button.setEnabled(True)
        self.password.selectAll()
        self.password.setFocus()

    def _offer_names(self, names: Sequence[str]) -> None:
        self.name.addItems(list(names))
        self.button.setEnabled(bool(names))
        if not names:
            self.banner.refuse((self._words("ui.login.no_users"),))
        self.password.setFocus()

    def _workshop(self) -> QFrame:
        side = QFrame()
        side.setProperty("role", "login-side")
        symbol = QLabel()
        icon = qtawesome.icon("mdi6.factory", color=self._palette.on_accent)
        symbol.setPixmap(icon.pixmap(QSize(72, 72)))
        column = QVBoxLayout(side)
        column.setContentsMargins(56, 56, 56, 56)
        column.setSpacing(16)
        column.addStretch()
        column.addWidget(symbol)
        column.addWidget(self.factory)
        column.addWidget(label(self._words("ui.login.purpose"), "login-purpose", wrap=True))
        column.addStretch()
        return side

    def _form(self, switches: QWidget) -> QWidget:
        words = self._words
        form = QWidget()
        form.setFixedWidth(_FORM_PX)
        column = QVBoxLayout(form)
        column.setSpacing(8)
        column.addWidget(label(words("ui.login.title"), "title"))
        column.addSpacing(16)
        column.addWidget(label(words("ui.login.name"), "quiet"))
        column.addWidget(self.name)
        column.addSpacing(8)
        column.addWidget(label(words("ui.login.password"), "quiet"))
        column.addWidget(self.password)
        column.addWidget(self.banner)
        column.addSpacing(16)
        column.addWidget(self.button)
        outer = QWidget()
        around = QVBoxLayout(outer)
        around.setContentsMargins(24, 16, 24, 16)
        around.addWidget(switches, 0, Qt.AlignmentFlag.AlignRight)
        around.addStretch()
        around.addWidget(form, 0, Qt.AlignmentFlag.AlignHCenter)
        around.addStretch()
        return outer
