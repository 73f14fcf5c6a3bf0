"""The page of statements: those issued, and panels to draft the next and export any."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout

from shared_factory_desktop.services.billing import StatementRow
from shared_factory_desktop.services.users import Permission
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.statements.draft import DraftPanel
from shared_factory_desktop.ui.pages.statements.issued import IssuedPanel
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.buttons import primary, with_icon
from shared_factory_desktop.ui.widgets.labels import label


class StatementsPage(Page):
    """What tenants were asked to pay."""

    KEY = "statements"
    ICON = "mdi6.file-document-outline"
    PERMISSION = Permission.BILL
    PANEL_PX = 600

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.new_button = with_icon(
            primary(self.word("new"), self.open_draft), "mdi6.plus", context.palette
        )
        self.action_row.addWidget(self.new_button)
        self.totals = label("", "quiet")
        self.filter_row.addWidget(self.totals)
        self.filter_row.addStretch()
        self.table: Table[StatementRow] = Table(
            self._columns(), lambda row: row.number, self.words("ui.copy")
        )
        self.table.chosen.connect(self._open_issued)
        self.panel.closed.connect(self.table.clearSelection)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)

    def refresh(self) -> None:
        """Fetch the issued statements."""
        billing, actor = self.context.services.billing, self.context.actor
        self.load(lambda: billing.list(actor), self._show)

    def open_draft(self) -> None:
        """Open the panel that drafts a statement."""
        self.table.clearSelection()
        self.panel.open_with(self.word("new"), DraftPanel(self))

    def _show(self, rows: Sequence[StatementRow]) -> None:
        self.table.set_rows(rows)
        gross = sum(row.gross_fen for row in rows)
        self.totals.setText(self.word("totals", n=len(rows), gross=formats.amount(gross)))
        if rows:
            self.show_content()
        else:
            self.show_empty((self.word("new"), self.open_draft))

    def _columns(self) -> tuple[Column[StatementRow], ...]:
        word = self.word
        return (
            Column(word("number"), lambda r: r.number),
            Column(word("tenant"), lambda r: r.tenant_name, stretch=True),
            Column(word("period"), formats.period, lambda r: r.start),
            Column(
                word("gross"),
                lambda r: formats.amount(r.gross_fen),
                lambda r: r.gross_fen,
                right=True,
            ),
            Column(
                word("issued_at"), lambda r: formats.instant(r.issued_at), lambda r: r.issued_at
            ),
        )

    def _open_issued(self, row: StatementRow | None) -> None:
        if row is not None:
            self.panel.open_with(row.number, IssuedPanel(self, row))
