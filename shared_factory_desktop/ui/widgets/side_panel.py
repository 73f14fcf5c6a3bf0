"""The panel at the right of a page where details open, so that the list stays in sight."""

from __future__ import annotations

import qtawesome
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.ui.widgets.labels import ElidedLabel


class SidePanel(QFrame):
    """A title, a close button and whatever a page puts below; `closed` tells that it went."""

    closed = Signal()

    def __init__(self, palette: Palette, close_word: str, width_px: int = 400) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setFixedWidth(width_px)
        self.content: QWidget | None = None
        self.title = ElidedLabel("heading")
        self.close_button = QToolButton()
        self.close_button.setIcon(qtawesome.icon("mdi6.close", color=palette.secondary))
        self.close_button.setToolTip(close_word)
        self.close_button.setAccessibleName(close_word)
        self.close_button.clicked.connect(self.dismiss)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 16, 16)
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.hide()

    def open_with(self, title: str, content: QWidget) -> None:
        """Show `content` under a title in place of what was there."""
        self.title.show_text(title)
        self.content = content
        content.setProperty("role", "panel-content")
        self._scroll.setWidget(content)
        self.show()
        self.setFocus()  # so that Escape closes it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Escape, wherever in the panel it was pressed."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def dismiss(self) -> None:
        """Close the panel and drop its content."""
        if self.content is not None:
            self.hide()
            self._scroll.takeWidget().deleteLater()
            self.content = None
            self.closed.emit()
