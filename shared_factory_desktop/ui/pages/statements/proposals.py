"""A proposed credit note that waits for another person: what it takes off, to approve or refuse."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from shared_factory_desktop.services.credit_notes import CreditProposal
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.statements.steps import Opened
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner


class ProposalBox(QFrame):
    """Says what approving will do; who proposed it can only take it back.

    `done` carries the sentence on what was done.
    """

    done = Signal(str)

    def __init__(self, page: Page, one: Opened, proposal: CreditProposal) -> None:
        super().__init__()
        self.page, self.proposal = page, proposal
        self.setProperty("role", "card")
        own = proposal.by == page.context.actor.name
        taken_fen = sum(one.document.lines[line - 1].line.gross_fen for line in proposal.lines)
        self._said = {
            "proposal": proposal.id,
            "by": proposal.by,
            "reason": proposal.reason,
            "lines": ", ".join(map(str, proposal.lines)),
            "lines_gross": formats.amount(taken_fen),
            "tenant": one.standing.tenant_name,
            "number": one.number,
        }
        self.sentence = label(
            page.word("proposal_own" if own else "proposal_other", **self._said), "body", wrap=True
        )
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(page.word("refusal_hint"))
        self.banner = Banner(page.context.palette)
        self.approve_button = primary(page.word("approve"), self.approve)
        self.refuse_button = quiet(page.word("withdraw" if own else "refuse"), self.refuse)
        self._arrange()
        self.approve_button.setVisible(not own)

    def approve(self) -> None:
        """Issue the credit note."""
        credits_, actor = self.page.context.services.credits, self.page.context.actor
        self._act(lambda: credits_.approve(actor, self.proposal.id), "approved")

    def refuse(self) -> None:
        """Turn the proposal down, for the reason given."""
        credits_, actor = self.page.context.services.credits, self.page.context.actor
        reason = self.reason.text()
        self._act(lambda: credits_.refuse(actor, self.proposal.id, reason), "refused")

    def _act(self, call: Callable[[], object], told: str) -> None:
        self._enable(False)
        self.page.context.tasks.in_background(
            self,
            call,
            lambda _result: self.done.emit(self.page.word(told, **self._said)),
            self._failed,
        )

    def _failed(self, error: BaseException) -> None:
        self._enable(True)
        self.banner.refuse(reasons(self.page.words, error))

    def _enable(self, enabled: bool) -> None:
        self.approve_button.setEnabled(enabled)
        self.refuse_button.setEnabled(enabled)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.approve_button)
        row.addWidget(self.reason, 1)
        row.addWidget(self.refuse_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.sentence)
        column.addWidget(self.banner)
        column.addLayout(row)
