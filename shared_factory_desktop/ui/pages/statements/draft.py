"""The panel that drafts a statement, shows every line of it, and issues it on a second press."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.statements.lines import (
    DetailsTable,
    NumberedLine,
    lines_table,
    numbered,
    totals,
)
from shared_factory_desktop.ui.pages.statements.period import PeriodChooser
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner

_EARLY = "period-grace"  # the one refusal that people may pass over


class DraftPanel(QWidget):
    """Tenant and period above, the draft below; issuing says first what will happen."""

    def __init__(self, page: Page, tenant: str | None = None) -> None:
        super().__init__()
        self.page = page
        self._wanted = tenant
        self.draft: StatementDocument | None = None
        self._asked = 0  # the newest question; answers to older ones are dropped
        self.tenant = QComboBox()
        self.period = PeriodChooser(page.words, page.context.now().date())
        self.banner = Banner(page.context.palette)
        self.lines = lines_table(page)
        self.details = DetailsTable(page)
        self.totals = label("", "figure", wrap=True)
        self.issue_button = primary(page.word("issue"), self.ask_to_issue)
        self.confirm_button = primary(page.word("confirm"), self.issue)
        self.at_once_button = quiet(page.word("issue_at_once"), lambda: self.issue(at_once=True))
        self.back_button = quiet(page.word("back"), self._step_back)
        self._arrange()
        self.tenant.currentIndexChanged.connect(self.fetch)
        self.period.changed.connect(self.fetch)
        self.lines.chosen.connect(self._show_details)
        self._empty()
        floor = page.context.services.floor
        page.context.tasks.in_background(self, floor.floor, self._offer, self._refuse)

    def fetch(self) -> None:
        """Draft for the chosen tenant and period."""
        self._empty()
        if self.tenant.currentIndex() < 0:
            return
        self._asked += 1
        question = self._asked
        billing, actor = self.page.context.services.billing, self.page.context.actor
        tenant, period = str(self.tenant.currentData()), self.period.text()

        def done(draft: StatementDocument) -> None:
            if question == self._asked:
                self._show(draft)

        def failed(error: BaseException) -> None:
            if question == self._asked:
                self._refuse(error)

        self.page.context.tasks.in_background(
            self, lambda: billing.draft(actor, tenant, period), done, failed
        )

    def ask_to_issue(self) -> None:
        """Say what issuing will do, to whom and for how much, before it is done."""
        if self.draft is None:
            return
        statement = self.draft.statement
        self.banner.inform(
            self.page.word(
                "issue_sentence",
                tenant=self.draft.buyer.name,
                period=formats.period(statement),
                gross=formats.amount(statement.gross_fen),
            )
        )
        self._offer_buttons(confirming=True)

    def issue(self, at_once: bool = False) -> None:
        """Issue what was drafted; `at_once` without waiting for late readings."""
        if self.draft is None:
            return
        for button in (self.confirm_button, self.at_once_button):
            button.setEnabled(False)
        billing, actor = self.page.context.services.billing, self.page.context.actor
        tenant, period = str(self.tenant.currentData()), self.period.text()
        self.page.context.tasks.in_background(
            self, lambda: billing.issue(actor, tenant, period, at_once), self._issued, self._refuse
        )

    def _issued(self, document: StatementDocument) -> None:
        self.page.banner.confirm(
            self.page.word(
                "issued",
                number=document.number,
                tenant=document.buyer.name,
                gross=formats.amount(document.statement.gross_fen),
            )
        )
        self.page.refresh()
        self.page.panel.dismiss()

    def _show(self, draft: StatementDocument) -> None:
        self.draft = draft
        self.lines.set_rows(numbered(draft.lines))
        self.totals.setText(totals(self.page, draft.statement))
        self.lines.setVisible(bool(draft.lines))
        if not draft.lines:
            self.banner.inform(self.page.word("nothing_used"))
            return
        suspect = sum(line.suspect for line in draft.lines)
        if suspect:
            self.banner.refuse((self.page.word("suspect_lines", n=suspect),))
        self._offer_buttons(confirming=False)

    def _show_details(self, row: NumberedLine | None) -> None:
        self.details.show_line(row)

    def _refuse(self, error: BaseException) -> None:
        self.banner.refuse(reasons(self.page.words, error))
        self._offer_buttons(confirming=False)
        early = isinstance(error, Refused) and {one.code for one in error.causes} == {_EARLY}
        self.at_once_button.setVisible(early)
        self.issue_button.setVisible(self.draft is not None and not early)

    def _step_back(self) -> None:
        self.banner.hide()
        self._offer_buttons(confirming=False)

    def _offer_buttons(self, confirming: bool) -> None:
        self.issue_button.setVisible(not confirming)
        self.confirm_button.setVisible(confirming)
        self.confirm_button.setEnabled(confirming)
        self.at_once_button.setEnabled(True)
        self.at_once_button.hide()
        self.back_button.setVisible(confirming)

    def _buttons(self) -> tuple[QPushButton, ...]:
        return self.issue_button, self.confirm_button, self.at_once_button, self.back_button

    def _empty(self) -> None:
        self.draft = None
        self.banner.hide()
        self.lines.set_rows(())
        self.lines.hide()
        self.details.hide()
        self.totals.setText("")
        for button in self._buttons():
            button.hide()

    def _offer(self, floor: Floor) -> None:
        for tenant in floor.tenants:
            self.tenant.addItem(tenant.name, tenant.id)
        if self._wanted is not None:
            self.tenant.setCurrentIndex(self.tenant.findData(self._wanted))
        if not floor.tenants:
            self.banner.refuse((self.page.word("no_tenants"),))

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(label(self.page.word("tenant"), "quiet"))
        column.addWidget(self.tenant)
        column.addWidget(label(self.page.word("period"), "quiet"))
        column.addWidget(self.period)
        column.addWidget(self.lines, 1)
        column.addWidget(self.details)
        column.addWidget(self.totals)
        column.addWidget(self.banner)
        for button in self._buttons():
            column.addWidget(button)
        column.addStretch()
