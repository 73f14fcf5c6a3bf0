"""The page of statements: the stages they go through, the list of one stage, and panels to draft
the next and to act on any.
"""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.domain.statement_life import State
from shared_factory_desktop.services.users import Permission
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.statements.draft import DraftPanel
from shared_factory_desktop.ui.pages.statements.issued import IssuedPanel
from shared_factory_desktop.ui.pages.statements.period import recent_months
from shared_factory_desktop.ui.pages.statements.stages import (
    Listed,
    Pipeline,
    Stage,
    Sum,
    listed,
    state_word,
    sums,
)
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.buttons import primary, with_icon

_PERIOD = 2  # the column beside which tenants are read


class StatementsPage(Page):
    """What tenants were asked to pay, and will be for the month that is over."""

    KEY = "statements"
    ICON = "mdi6.file-document-outline"
    PERMISSION = Permission.BILL
    PANEL_PX = 624

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: tuple[Listed, ...] = ()
        self._billed: tuple[tuple[str, bool], ...] | None = None
        self.drafts: tuple[StatementDocument, ...] = ()
        self.new_button = with_icon(
            primary(self.word("new"), self.open_draft), "mdi6.plus", context.palette
        )
        self.action_row.addWidget(self.new_button)
        self.pipeline = Pipeline(self)
        self.pipeline.chosen.connect(self._show_stage)
        self.table: Table[Listed] = Table(
            self._columns(), lambda row: row.number, self.words("ui.copy")
        )
        self.table.chosen.connect(self._open_issued)
        self.draft_table: Table[StatementDocument] = Table(
            self._draft_columns(), lambda draft: draft.statement.tenant, self.words("ui.copy")
        )
        self.draft_table.chosen.connect(self._open_chosen_draft)
        self.panel.closed.connect(self._closed)
        self._tables = QStackedWidget()
        self._tables.addWidget(self.table)
        self._tables.addWidget(self.draft_table)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.pipeline)
        column.addWidget(self._tables, 1)

    def refresh(self) -> None:
        """Fetch the issued statements and the proposals on them."""
        services, actor = self.context.services, self.context.actor
        self.load(
            lambda: listed(services.statements.list(actor), services.credits.list(actor)),
            self._show,
        )

    def open_draft(self, tenant: str | None = None) -> None:
        """Open the panel that drafts a statement."""
        self.table.clearSelection()
        self.panel.open_with(self.word("new"), DraftPanel(self, tenant))

    def _show(self, rows: tuple[Listed, ...]) -> None:
        self._rows = rows
        found = sums(rows)
        for stage in Stage:
            if stage is not Stage.DRAFT:
                self.pipeline.show_sum(stage, found[stage])
        billed = tuple((row.number, row.stage is Stage.CANCELLED) for row in rows)
        if billed != self._billed:  # what was issued is no draft any more
            self._billed = billed
            self._fetch_drafts()
        self._show_stage()
        if rows:
            self.show_content()
        else:
            self.show_empty((self.word("new"), self.open_draft))

    def _fetch_drafts(self) -> None:
        """Price what each tenant used in the month that is over and is not billed yet."""
        billing, actor, rows = self.context.services.billing, self.context.actor, self._rows
        month = recent_months(self.context.now().date())[1]

        def call() -> tuple[StatementDocument, ...]:
            outcomes = billing.draft_all(actor, month, lambda _done, _of: None)
            found = [one.document for one in outcomes if one.document and one.document.lines]
            return tuple(one for one in found if not any(row.bills(one.statement) for row in rows))

        self.in_background(call, self._show_drafts)

    def _show_drafts(self, drafts: tuple[StatementDocument, ...]) -> None:
        self.drafts = drafts
        gross_fen = sum(draft.statement.gross_fen for draft in drafts)
        self.pipeline.show_sum(Stage.DRAFT, Sum(len(drafts), gross_fen))
        self.draft_table.set_rows(drafts)
        self._show_stage()

    def _show_stage(self) -> None:
        """Narrow the list to the chosen stage."""
        stage = self.pipeline.stage
        self._tables.setCurrentWidget(self.draft_table if stage is Stage.DRAFT else self.table)
        self.table.set_rows(row for row in self._rows if row.within(stage))

    def _columns(self) -> tuple[Column[Listed], ...]:
        word, palette = self.word, self.context.palette
        return (
            Column(word("number"), lambda r: r.number),
            Column(word("tenant"), lambda r: r.standing.tenant_name, stretch=True),
            Column(
                word("period"), lambda r: formats.period(r.standing), lambda r: r.standing.start
            ),
            Column(
                word("gross"),
                lambda r: formats.amount(r.standing.gross_fen),
                lambda r: r.standing.gross_fen,
                right=True,
            ),
            Column(
                word("open"),
                lambda r: formats.amount(r.standing.life.open_fen),
                lambda r: r.standing.life.open_fen,
                right=True,
            ),
            Column(
                word("state"),
                self._state,
                colour=lambda r: palette.fault if r.standing.life.state is State.DISPUTED else None,
            ),
        )

    def _draft_columns(self) -> tuple[Column[StatementDocument], ...]:
        word = self.word
        return (
            Column(word("tenant"), lambda draft: draft.buyer.name, stretch=True),
            Column(word("period"), lambda draft: formats.period(draft.statement)),
            Column(
                word("gross"),
                lambda draft: formats.amount(draft.statement.gross_fen),
                lambda draft: draft.statement.gross_fen,
                right=True,
            ),
        )

    def _state(self, row: Listed) -> str:
        if row.standing.refers_to is not None:
            return self.word("stage_credits")
        told = state_word(self, row.standing.life.state)
        return f"{told} · {self.word('stage_pending')}" if row.pending else told

    def _closed(self) -> None:
        self.table.clearSelection()
        self.draft_table.clearSelection()
        self.table.setColumnHidden(_PERIOD, False)

    def _open_issued(self, row: Listed | None) -> None:
        if row is not None:
            self.table.setColumnHidden(_PERIOD, True)  # the panel says it, and takes the place
            self.panel.open_with(row.number, IssuedPanel(self, row.number))

    def _open_chosen_draft(self, draft: StatementDocument | None) -> None:
        if draft is not None:
            self.panel.open_with(self.word("new"), DraftPanel(self, draft.statement.tenant))
