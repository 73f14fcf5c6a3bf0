"""Names and values under each other: the details of one thing."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from shared_factory_desktop.ui.widgets.labels import label


class Facts(QWidget):
    """Two columns, name quiet and value plain; values can be selected and copied."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for number, (name, value) in enumerate(rows):
            text = label(value, "body", wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label(name, "quiet"), number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, number, 1, Qt.AlignmentFlag.AlignTop)
        grid.setRowStretch(grid.rowCount(), 1)
