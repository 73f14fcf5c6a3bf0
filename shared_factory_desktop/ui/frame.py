"""The frame around the pages: the rail at the left, the bar on top, the page that is open."""

from __future__ import annotations

from collections.abc import Callable

import qtawesome
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from shared_factory_desktop.services.users import allowed
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages import PAGES
from shared_factory_desktop.ui.topbar import TopBar

_TICK_MS = 1000
_RAIL_PX = 104


class Frame(QWidget):
    """Holds every page the role may open and refreshes the open one."""

    def __init__(
        self, context: Context, switches: QWidget, sign_out: Callable[[], None], first: str = ""
    ) -> None:
        super().__init__()
        self.context = context
        self.pages: dict[str, Page] = {}
        self.rail_buttons: dict[str, QToolButton] = {}
        self.topbar = TopBar(context, switches, sign_out)
        self.stack = QStackedWidget()
        self._ticks = 0
        self._arrange()
        keys = list(self.pages)
        self.open(first if first in keys else keys[0])
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MS)

    @property
    def page(self) -> Page:
        """The page that is open."""
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    def open(self, key: str) -> None:
        """Open a page by its KEY."""
        self.rail_buttons[key].setChecked(True)
        self.stack.setCurrentWidget(self.pages[key])
        self.page.refresh()

    def _tick(self) -> None:
        self._ticks += 1
        self.topbar.refresh()
        if self._ticks % self.page.REFRESH_S == 0:
            self.page.refresh()

    def _arrange(self) -> None:
        rail = QFrame()
        rail.setProperty("role", "rail")
        rail.setFixedWidth(_RAIL_PX)
        buttons = QVBoxLayout(rail)
        buttons.setContentsMargins(8, 12, 8, 12)
        buttons.setSpacing(8)
        allowed_pages = [p for p in PAGES if allowed(self.context.actor, p.PERMISSION)]
        for number, made in enumerate(allowed_pages, start=1):
            buttons.addWidget(self._rail_button(made, number))
            self.pages[made.KEY] = made(self.context)
            self.stack.addWidget(self.pages[made.KEY])
        buttons.addStretch()
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.topbar)
        right.addWidget(self.stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(rail)
        row.addLayout(right, 1)

    def _rail_button(self, page: type[Page], number: int) -> QToolButton:
        button = QToolButton()
        palette = self.context.palette
        icon = qtawesome.icon(page.ICON, color=palette.secondary, color_on=palette.accent)
        button.setIcon(icon)
        button.setIconSize(QSize(28, 28))
        word = self.context.words(f"ui.{page.KEY}.title")
        button.setText(word)
        button.setToolTip(f"{word}  Ctrl+{number}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setCheckable(True)
        button.setAutoExclusive(True)
        button.setFixedSize(_RAIL_PX - 16, 72)
        button.clicked.connect(lambda: self.open(page.KEY))
        QShortcut(QKeySequence(f"Ctrl+{number}"), self).activated.connect(button.click)
        self.rail_buttons[page.KEY] = button
        return button
