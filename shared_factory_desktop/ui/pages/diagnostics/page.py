"""The page of diagnostics: facts about this workstation, to read out or send as text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout

from shared_factory_desktop.services.users import Permission
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.buttons import primary, with_icon

Row = tuple[str, str]


class DiagnosticsPage(Page):
    """Facts about this workstation."""

    KEY = "diagnostics"
    ICON = "mdi6.stethoscope"
    PERMISSION = Permission.VIEW

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.copy_button = with_icon(
            primary(self.word("copy"), self.copy), "mdi6.content-copy", context.palette
        )
        self.action_row.addWidget(self.copy_button)
        columns: tuple[Column[Row], ...] = (
            Column(self.word("what"), lambda row: self._name(row[0])),
            Column(self.word("value"), lambda row: row[1], stretch=True),
        )
        self.table: Table[Row] = Table(columns, lambda row: row, self.words("ui.copy"))
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)

    def refresh(self) -> None:
        """Fetch the facts."""
        diagnostics, actor = self.context.services.diagnostics, self.context.actor
        self.load(lambda: diagnostics.rows(actor), self._show)

    def copy(self) -> None:
        """Put all facts on the clipboard as lines of text."""
        self.table.clearSelection()
        QGuiApplication.clipboard().setText(self.table.copied_text())
        self.banner.confirm(self.word("copied"))

    def _show(self, rows: Sequence[Row]) -> None:
        self.table.set_rows(rows)
        if rows:
            self.show_content()
        else:
            self.show_empty()

    def _name(self, code: str) -> str:
        key = f"ui.diagnostics.{code}"
        return self.words(key) if self.words.knows(key) else code
