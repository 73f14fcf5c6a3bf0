"""A small rounded mark with a word: how a line is doing."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout

from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.state_mark import StateMark

_MARK_PX = 14


class Pill(QFrame):
    """A state's shape and a few words."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setProperty("role", "pill")
        self.mark = StateMark(palette, _MARK_PX)
        self.text = label("", "pill-text")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 12, 4)
        row.setSpacing(6)
        row.addWidget(self.mark)
        row.addWidget(self.text)
        self.hide()

    def show_line(self, state: str, text: str) -> None:
        """Show `working` for well, `idle` for waiting, `off` for none, `fault` for trouble."""
        self.mark.show_state(state)
        self.text.setText(text)
        self.show()
