"""Opens the window over the services and stays until it is closed."""

from __future__ import annotations

import datetime as dt
import sys

from PySide6.QtWidgets import QApplication

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.ui.window import Window


def run(services: Services, language: str, theme: str) -> int:
    """Show the window until it is closed and give the exit status.

    `language` is one of words.LANGUAGES, `theme` is `light` or `dark`. Starts the agent when
    none runs; closing the window leaves it metering.
    """
    app = application()
    window = Window(services, language, theme, lambda: dt.datetime.now(dt.UTC))
    window.tasks.in_background(
        window, services.agent.ensure_running, lambda _none: None, lambda _error: None
    )
    window.show()
    return app.exec()


def application() -> QApplication:
    """Give the one Qt application of this process, made when there is none."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("shared-factory")
    return app
