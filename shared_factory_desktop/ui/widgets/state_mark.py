"""The shape of a machine's state, so that it can be told without colour and from far away."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from shared_factory_desktop.ui.theme import Palette

FAULT = "fault"
_SIZE_PX = 22


class StateMark(QWidget):
    """Working ●, idle ◐, off ○, fault ▲, unknown ?, drawn so that every font shows the same."""

    def __init__(self, palette: Palette, size_px: int = _SIZE_PX) -> None:
        super().__init__()
        self._palette = palette
        self.state = "unknown"
        self.setFixedSize(size_px, size_px)

    def show_state(self, state: str) -> None:
        """Show a State value or `fault`."""
        if state != self.state:
            self.state = state
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt calls it with one
        """Draw the shape."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(self._palette.shape(self.state))
        area = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(QPen(colour, 2.5))
        if self.state == "working":
            painter.setBrush(colour)
            painter.drawEllipse(area)
        elif self.state == FAULT:
            painter.setBrush(colour)
            painter.drawPolygon(_triangle(area))
        else:
            painter.drawEllipse(area)
            self._fill_ring(painter, area, colour)

    def _fill_ring(self, painter: QPainter, area: QRectF, colour: QColor) -> None:
        if self.state == "idle":
            painter.setBrush(colour)
            painter.drawPie(area, 90 * 16, 180 * 16)
        elif self.state == "unknown":
            font = QFont(self.font())
            font.setPixelSize(int(area.height() * 0.7))
            font.setBold(True)
            painter.setFont(font)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "?")


def _triangle(area: QRectF) -> QPolygonF:
    return QPolygonF(
        [
            QPointF(area.center().x(), area.top()),
            QPointF(area.right(), area.bottom()),
            QPointF(area.left(), area.bottom()),
        ]
    )
