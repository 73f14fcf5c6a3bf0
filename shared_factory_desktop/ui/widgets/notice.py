"""What stands where nothing else can: an empty page that says what will appear, or an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import qtawesome
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.ui.widgets.labels import label, set_role

_TEXT_WIDTH = 420


class Notice(QWidget):
    """A symbol, a title, a sentence and perhaps one button, in the middle of the page."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._symbol = QLabel()
        self.title = label("", "heading")
        self.text = label("", "quiet", wrap=True)
        self.button = QPushButton()
        self._press: Callable[[], None] = lambda: None
        self.button.clicked.connect(lambda: self._press())
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch()
        for part in (self._symbol, self.title, self.text, self.button):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        self.text.setFixedWidth(_TEXT_WIDTH)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def show_message(
        self,
        icon: str,
        title: str,
        text: str,
        button: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        """Say what is the matter and offer the way on."""
        pixmap = qtawesome.icon(icon, color=self._palette.secondary).pixmap(QSize(48, 48))
        self._symbol.setPixmap(pixmap)
        self.title.setText(title)
        self.text.setText(text)
        # A layout that centres a label asks it for one height, whatever its width.
        self.text.ensurePolished()
        self.text.setFixedHeight(self.text.heightForWidth(_TEXT_WIDTH))
        self.button.setVisible(button is not None)
        if button:
            self.button.setText(button[0])
            self._press = button[1]


class Banner(QFrame):
    """A strip of sentences above the content: reasons of a refusal, or what was done."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self.setProperty("role", "banner-bad")
        self._symbol = QLabel()
        self._symbol.setFixedSize(20, 20)
        self.text = label("", "banner-text", wrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)
        self.hide()

    def refuse(self, reasons: Sequence[str]) -> None:
        """Show every reason, each on its own line."""
        self._show("mdi6.alert", self._palette.fault, "banner-bad", reasons)

    def confirm(self, sentence: str) -> None:
        """Show what was done."""
        self._show("mdi6.check-circle", self._palette.working, "banner-good", (sentence,))

    def inform(self, sentence: str) -> None:
        """Show what will happen."""
        self._show("mdi6.information", self._palette.accent, "banner-info", (sentence,))

    def _show(self, icon: str, colour: str, role: str, lines: Sequence[str]) -> None:
        self._symbol.setPixmap(qtawesome.icon(icon, color=colour).pixmap(QSize(20, 20)))
        set_role(self, role)
        many = len(lines) > 1
        self.text.setText("\n".join(f"• {line}" if many else line for line in lines))
        self.show()
