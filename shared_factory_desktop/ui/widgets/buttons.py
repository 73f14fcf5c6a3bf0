"""Buttons: one primary action a page, quiet ones beside it."""

from __future__ import annotations

from collections.abc import Callable

import qtawesome
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from shared_factory_desktop.ui.theme import Palette


def primary(word: str, press: Callable[[], None]) -> QPushButton:
    """Make the button of a page's one main action."""
    return _button(word, "primary", press)


def quiet(word: str, press: Callable[[], None]) -> QPushButton:
    """Make a button of lesser weight."""
    return _button(word, "quiet", press)


def with_icon(button: QPushButton, icon: str, palette: Palette) -> QPushButton:
    """Put a symbol before the word of a button."""
    main = button.property("role") == "primary"
    button.setIcon(qtawesome.icon(icon, color=palette.on_accent if main else palette.text))
    return button


def _button(word: str, role: str, press: Callable[[], None]) -> QPushButton:
    button = QPushButton(word)
    button.setProperty("role", role)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.clicked.connect(lambda: press())
    return button
