"""Labels by their place on the type scale, and one that shortens a text too long for its line."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget


def label(text: str, role: str, wrap: bool = False) -> QLabel:
    """Make a label that the style sheet dresses by its `role`: title, heading, quiet, figure ..."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def set_role(widget: QWidget, role: str) -> None:
    """Dress a widget anew by another role of the style sheet."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_colour(widget: QLabel, colour: str) -> None:
    """Colour one label's text apart from its role."""
    wanted = f"color: {colour};"
    if widget.styleSheet() != wanted:
        widget.setStyleSheet(wanted)


class ElidedLabel(QLabel):
    """One line of text that ends in … where the place is too narrow; the tip holds it whole."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show a text, and the whole of it as the tip."""
        self.setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Ask for no width at all: the text shortens itself."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt calls it with one
        """Draw as much of the text as fits."""
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment(), shown)


class Figure(QWidget):
    """A number with its unit in a lighter tone."""

    def __init__(self, role: str = "figure") -> None:
        super().__init__()
        self.number = label("", role)
        self.unit = label("", "unit")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.number, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.unit, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch()

    def show_value(self, parts: tuple[str, str]) -> None:
        """Show a number and its unit."""
        self.number.setText(parts[0])
        self.unit.setText(parts[1])
        self.unit.setVisible(bool(parts[1]))
