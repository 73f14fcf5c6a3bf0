"""The window: signing in, then the frame; language and theme change on the spot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import qtawesome
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QToolButton, QWidget

from shared_factory_desktop import paths
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.ui import theme
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.frame import Frame
from shared_factory_desktop.ui.login import Login
from shared_factory_desktop.ui.tasks import Tasks
from shared_factory_desktop.words import LANGUAGES, Words

_SIZE_PX = (1440, 900)
_LEAST_PX = (1024, 700)


class Window(QMainWindow):
    """One window for all; a new language, theme or user builds its content anew."""

    def __init__(
        self,
        services: Services,
        language: str,
        theme_name: str,
        now: Callable[[], dt.datetime],
    ) -> None:
        super().__init__()
        self.services = services
        self.tasks = Tasks(self)
        self.words = Words(language)
        self.colours = theme.THEMES[theme_name]
        self.actor: Actor | None = None
        self._now = now
        self.setWindowIcon(QIcon(str(paths.resources() / "icons" / "window.svg")))
        self.resize(*_SIZE_PX)
        self.setMinimumSize(*_LEAST_PX)
        self._build()

    @property
    def frame(self) -> Frame | None:
        """The frame with the pages, None before somebody has signed in."""
        content = self.centralWidget()
        return content if isinstance(content, Frame) else None

    def enter(self, actor: Actor) -> None:
        """Show the pages to a signed-in user."""
        self.actor = actor
        self._build()

    def leave(self) -> None:
        """Sign out; metering goes on."""
        self.actor = None
        self._build()

    def switch_language(self) -> None:
        """Speak the next language."""
        following = LANGUAGES.index(self.words.language) + 1
        self.words = Words(LANGUAGES[following % len(LANGUAGES)])
        self._build()

    def switch_theme(self) -> None:
        """Change between light and dark."""
        self.colours = theme.DARK if self.colours is theme.LIGHT else theme.LIGHT
        self._build()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the window's threads; the agent goes on metering."""
        self.tasks.shut_down()
        super().closeEvent(event)

    def _build(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, self.colours)
        self.setWindowTitle(self.words("ui.window_title"))
        opened = self.frame.page.KEY if self.frame else ""
        content = self._frame(self.actor, opened) if self.actor else self._login()
        self.setCentralWidget(content)
        content.setFocus()

    def _login(self) -> Login:
        """Make the sign-in page."""
        login = Login(self.services, self.tasks, self.words, self.colours, self._switches())
        login.signed_in.connect(self.enter)
        return login

    def _frame(self, actor: Actor, opened: str) -> Frame:
        context = Context(self.services, actor, self.words, self.colours, self.tasks, self._now)
        return Frame(context, self._switches(), self.leave, opened)

    def _switches(self) -> QWidget:
        switches = QWidget()
        row = QHBoxLayout(switches)
        row.setContentsMargins(0, 0, 0, 0)
        language = QToolButton()
        language.setObjectName("language")
        language.setText(self.words("ui.other_language"))
        language.clicked.connect(self.switch_language)
        shade = QToolButton()
        shade.setObjectName("theme")
        dark = self.colours is theme.DARK
        shade.setIcon(
            qtawesome.icon(
                "mdi6.weather-sunny" if dark else "mdi6.weather-night",
                color=self.colours.secondary,
            )
        )
        shade.setToolTip(self.words("ui.to_light" if dark else "ui.to_dark"))
        shade.clicked.connect(self.switch_theme)
        row.addWidget(language)
        row.addWidget(shade)
        return switches
