"""The stages that statements go through: a row of buttons with counts and sums, each a filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QWidget

from shared_factory_desktop.domain.statement import Statement
from shared_factory_desktop.domain.statement_life import State
from shared_factory_desktop.services.credit_notes import CreditProposal
from shared_factory_desktop.services.statement_life import Standing
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.widgets.flow import Flow

_BUTTON_PX = 44  # two lines of text


class Stage(StrEnum):
    """What the list can be narrowed to: everything, drafts, a state, credit notes on their way."""

    ALL = "all"
    DRAFT = "draft"
    ISSUED = "issued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    INVOICED = "invoiced"
    PAID = "paid"
    DISPUTED = "disputed"
    PENDING = "pending"
    CREDITS = "credits"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Listed:
    """A statement in the list; `pending`: a credit note on it waits for approval."""

    standing: Standing
    pending: bool

    @property
    def number(self) -> str:
        """Its number."""
        return self.standing.number

    @property
    def stage(self) -> Stage:
        """Where it is counted: a credit note takes off what it credits and goes no way itself."""
        if self.standing.refers_to is not None:
            return Stage.CREDITS
        return Stage(str(self.standing.life.state))

    def bills(self, draft: Statement) -> bool:
        """Tell whether it bills days of a draft already."""
        own = self.standing
        if own.tenant != draft.tenant or self.stage in (Stage.CREDITS, Stage.CANCELLED):
            return False
        return own.start < draft.end and draft.start < own.end

    def within(self, stage: Stage) -> bool:
        """Tell whether the list shows it under a stage."""
        return stage in (Stage.ALL, self.stage) or (stage is Stage.PENDING and self.pending)


@dataclass(frozen=True, slots=True)
class Sum:
    """How many statements and what they come to with tax."""

    count: int
    gross_fen: int


def listed(
    standings: Iterable[Standing], proposals: Iterable[CreditProposal]
) -> tuple[Listed, ...]:
    """Put statements together with what is proposed on them."""
    pending = {one.statement for one in proposals if one.decision is None}
    return tuple(Listed(one, one.number in pending) for one in standings)


def sums(rows: Iterable[Listed]) -> Mapping[Stage, Sum]:
    """Count and add up the statements of each stage; drafts are none of them."""
    everything = tuple(rows)
    found = {}
    for stage in Stage:
        within = [row.standing.gross_fen for row in everything if row.within(stage)]
        found[stage] = Sum(len(within), sum(within))
    return found


class Pipeline(QWidget):
    """A button for each stage; one is chosen, all statements at first."""

    chosen = Signal()

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._group = QButtonGroup(self)
        self.buttons = {stage: self._button(stage) for stage in Stage}
        self.buttons[Stage.PENDING].hide()
        row = Flow(self)
        for button in self.buttons.values():
            row.addWidget(button)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.buttons[Stage.ALL].setChecked(True)

    @property
    def stage(self) -> Stage:
        """The chosen stage."""
        return next(stage for stage, button in self.buttons.items() if button.isChecked())

    def show_sum(self, stage: Stage, total: Sum) -> None:
        """Write count and sum of a stage on its button."""
        told = f"{stage_word(self._page, stage)} {total.count}"
        button = self.buttons[stage]
        button.setText(f"{told}\n{formats.amount(total.gross_fen)}")
        button.setVisible(stage is not Stage.PENDING or total.count > 0 or button.isChecked())

    def _button(self, stage: Stage) -> QPushButton:
        button = QPushButton(stage_word(self._page, stage))
        button.setProperty("role", "chip")
        button.setCheckable(True)
        button.setStyleSheet(f"min-height: {_BUTTON_PX}px;")
        self._group.addButton(button)
        button.clicked.connect(lambda: self.chosen.emit())
        return button


def stage_word(page: Page, stage: Stage) -> str:
    """Give the word for a stage."""
    if stage in (Stage.ALL, Stage.DRAFT, Stage.PENDING, Stage.CREDITS):
        return page.word(f"stage_{stage}")
    return state_word(page, State(str(stage)))


def state_word(page: Page, state: State) -> str:
    """Give the word for a state, the same as on the command line."""
    word = page.words(f"statements.state-{state}")
    return word[:1].upper() + word[1:]
