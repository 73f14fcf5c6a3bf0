"""A row of widgets that goes on in the next line where the place is too narrow."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

_GAP_PX = 8


class Flow(QLayout):
    """Places its items from the left at their own size, 8 px apart, in as many lines as it takes;
    hidden ones leave no gap.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Put an item behind the others."""
        self._items.append(item)

    def count(self) -> int:
        """Count the items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Give an item, None behind the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove an item, None behind the last."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Ask for no more place than needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Tell that a narrow place takes more lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Give the height of all lines."""
        return self._place(QRect(0, 0, width, 0), moving=False)

    def setGeometry(self, rectangle: QRect) -> None:
        """Place the items."""
        super().setGeometry(rectangle)
        self._place(rectangle, moving=True)

    def sizeHint(self) -> QSize:
        """Ask for the widest item at least."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Give the size of the widest and the highest item."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rectangle: QRect, moving: bool) -> int:
        """Place the items, or only find out how high they stand."""
        x, y, line_px = rectangle.x(), rectangle.y(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if line_px and x + size.width() > rectangle.right() + 1:
                x, y, line_px = rectangle.x(), y + line_px + _GAP_PX, 0
            if moving:
                item.setGeometry(QRect(QPoint(x, y), size))
            x, line_px = x + size.width() + _GAP_PX, max(line_px, size.height())
        return y + line_px - rectangle.y()
