"""The panel of one issued statement: what it says, where it stands, what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QLayout, QPushButton, QVBoxLayout, QWidget

from shared_factory_desktop.domain.statement_life import Payment
from shared_factory_desktop.services.statement_life import Standing
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.statements.files import FilesSection
from shared_factory_desktop.ui.pages.statements.history import HistoryList
from shared_factory_desktop.ui.pages.statements.lines import (
    DetailsTable,
    NumberedLine,
    gaps_table,
    lines_table,
    numbered,
)
from shared_factory_desktop.ui.pages.statements.proposals import ProposalBox
from shared_factory_desktop.ui.pages.statements.stages import state_word
from shared_factory_desktop.ui.pages.statements.step_form import StepForm
from shared_factory_desktop.ui.pages.statements.steps import ACTIONS, Action, Opened, opened
from shared_factory_desktop.ui.widgets.buttons import quiet
from shared_factory_desktop.ui.widgets.facts import Facts
from shared_factory_desktop.ui.widgets.flow import Flow
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner

_LINES_PX = 240


class IssuedPanel(QWidget):
    """A statement from total to lines to details, its steps, its files and its history."""

    def __init__(self, page: Page, number: str) -> None:
        super().__init__()
        self.page, self.number = page, number
        self.one: Opened | None = None
        self.form: StepForm | None = None
        self.history: HistoryList | None = None
        self.proposals: list[ProposalBox] = []
        self.steps: dict[str, QPushButton] = {}
        self.total = label("", "cost")
        self.state = label("", "subheading", wrap=True)
        self.banner = Banner(page.context.palette)
        self.lines = lines_table(page)
        self.lines.setMinimumHeight(_LINES_PX)
        self.lines.chosen.connect(self.details_of)
        self.lines.selectionModel().selectionChanged.connect(self._lines_changed)
        self.details = DetailsTable(page)
        self.gaps_title = label("", "subheading")
        self.gaps = gaps_table(page)
        self.files = FilesSection(page, number)
        self.files.mailed.connect(self._offer_to_note_sending)
        self._arrange()
        self.fetch()

    def fetch(self) -> None:
        """Fetch the statement and all that is known of it."""
        context, number = self.page.context, self.number
        context.tasks.in_background(
            self, lambda: opened(context, number), self.show_opened, self._failed
        )

    def details_of(self, row: NumberedLine | None) -> None:
        """Show what one line is made of."""
        self.details.show_line(row)

    def chosen_lines(self) -> tuple[int, ...]:
        """Give the numbers of the lines that are selected, from 1."""
        rows = self.lines.selectionModel().selectedRows()
        return tuple(sorted(self.lines.table.rows[row.row()].number for row in rows))

    def open_form(self, action: Action) -> None:
        """Ask for what a step needs, in place of the form that was open."""
        self.close_form()
        if self.one is None:
            return
        form = StepForm(self.page, action, self.one, self.chosen_lines)
        form.done.connect(self._done)
        form.left.connect(self.close_form)
        self.form = form
        self._form_place.addWidget(form)
        self.banner.hide()
        if form.fields:
            next(iter(form.fields.values())).setFocus()

    def close_form(self) -> None:
        """Put the form away."""
        if self.form is not None:
            self._form_place.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
            self.setFocus()

    def show_opened(self, one: Opened) -> None:
        """Show a statement as it stands now."""
        self.one = one
        standing = one.standing
        self.total.setText(formats.amount(standing.gross_fen))
        self.state.setText(_state(self.page, standing))
        self.lines.set_rows(numbered(one.document.lines))
        gaps = one.document.gaps
        self.gaps.set_rows(gaps)
        self.gaps_title.setText(self.page.word("gaps", n=len(gaps)))
        for part in (self.gaps_title, self.gaps):
            part.setVisible(bool(gaps))
        self._show_proposals(one)
        self._show_actions(one)
        _refill(self._facts_place, Facts(_facts(self.page, one)))
        self.history = HistoryList(self.page, one.history)
        _refill(self._history_place, self.history)

    def _show_proposals(self, one: Opened) -> None:
        self.proposals = [ProposalBox(self.page, one, proposal) for proposal in one.proposals]
        for box in self.proposals:
            box.done.connect(self._done)
        _refill(self._proposals_place, *self.proposals)

    def _show_actions(self, one: Opened) -> None:
        self.steps = {}
        for action in ACTIONS:
            if action.offered(one):
                word = self.page.word(f"act_{action.key}")
                self.steps[action.key] = quiet(f"{word}…", partial(self.open_form, action))
        _refill(self._actions_place, *self.steps.values())

    def _offer_to_note_sending(self, address: str) -> None:
        """Have the form ready that notes a mail as sent; whether it was sent only people know."""
        sending = next(action for action in ACTIONS if action.key == "send")
        if self.one is not None and sending.offered(self.one):
            self.open_form(sending)
            assert self.form is not None
            self.form.fields["recipient"].set_text(address)

    def _failed(self, error: BaseException) -> None:
        self.banner.refuse(reasons(self.page.words, error))

    def _done(self, sentence: str) -> None:
        self.close_form()
        self.banner.confirm(sentence)
        self.fetch()
        self.page.refresh()

    def _lines_changed(self) -> None:
        if self.form is not None:
            self.form.say()

    def _arrange(self) -> None:
        word = self.page.word
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(self.total)
        column.addWidget(self.state)
        self._facts_place = QVBoxLayout()
        self._proposals_place = QVBoxLayout()
        self._actions_place = Flow()
        self._form_place = QVBoxLayout()
        self._history_place = QVBoxLayout()
        column.addLayout(self._facts_place)
        column.addLayout(self._proposals_place)
        column.addWidget(self.banner)
        column.addLayout(self._actions_place)
        column.addLayout(self._form_place)
        column.addSpacing(8)
        column.addWidget(label(word("lines_title"), "subheading"))
        column.addWidget(self.lines)
        column.addWidget(self.details)
        column.addWidget(self.gaps_title)
        column.addWidget(self.gaps)
        column.addWidget(self.files)
        column.addSpacing(8)
        column.addWidget(label(word("history_title"), "subheading"))
        column.addLayout(self._history_place)
        column.addStretch()


def _refill(place: QLayout, *widgets: QWidget) -> None:
    """Put widgets into a layout in place of those that were there."""
    while (item := place.takeAt(0)) is not None:
        old = item.widget()
        if old is not None:
            old.hide()
            old.deleteLater()
    for widget in widgets:
        place.addWidget(widget)


def _state(page: Page, standing: Standing) -> str:
    """Say where a statement stands and what is open of it."""
    if standing.refers_to is not None:
        return page.word("credit_of", number=standing.refers_to)
    life = standing.life
    told = state_word(page, life.state)
    if life.payment is Payment.FULL or life.open_fen <= 0:
        return told
    return page.word("state_open", state=told, open=formats.amount(life.open_fen))


def _facts(page: Page, one: Opened) -> list[tuple[str, str]]:
    word, standing, account = page.word, one.standing, one.document.account
    rows = [
        (word("tenant"), standing.tenant_name),
        (word("period"), formats.period(standing)),
        (word("issued_at"), formats.instant(standing.issued_at)),
        (word("net"), formats.amount(standing.net_fen)),
        (word("tax"), formats.amount(standing.tax_fen)),
    ]
    if account is not None:
        rows.append((word("opening"), formats.amount(account.opening_fen)))
        rows.append((word("closing"), formats.amount(account.closing_fen)))
    if one.document.reason:
        rows.append((word("field_reason"), one.document.reason))
    if standing.credits:
        rows.append((word("stage_credits"), ", ".join(standing.credits)))
    digits = standing.sha256
    fingerprint = " ".join(digits[n : n + 16] for n in range(0, len(digits), 16))
    return [*rows, (word("fingerprint"), fingerprint)]
