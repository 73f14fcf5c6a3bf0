"""The page of sessions: a list with filters, details in the panel beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QButtonGroup, QPushButton, QVBoxLayout

from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionState
from shared_factory_desktop.services.sessions import SessionView
from shared_factory_desktop.services.users import Permission
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.facts import Facts
from shared_factory_desktop.ui.widgets.labels import label

FILTERS = ("all", "open", "problem")


class SessionsPage(Page):
    """Who used what, when, how much."""

    KEY = "sessions"
    ICON = "mdi6.timer-outline"
    PERMISSION = Permission.VIEW

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.filter = FILTERS[0]
        self.filter_buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for name in FILTERS:
            self.filter_row.addWidget(self._filter_button(name))
        self.count = label("", "quiet")
        self.filter_row.addStretch()
        self.filter_row.addWidget(self.count)
        self.table: Table[SessionView] = Table(
            self._columns(), lambda view: view.id, self.words("ui.copy")
        )
        self.table.chosen.connect(self._open)
        self.panel.closed.connect(self.table.clearSelection)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)

    def refresh(self) -> None:
        """Fetch the sessions of the chosen filter."""
        sessions, actor, chosen = self.context.services.sessions, self.context.actor, self.filter

        def show(views: Sequence[SessionView]) -> None:
            if chosen == self.filter:
                self._show(views)
            else:
                self.refresh()

        self.load(
            lambda: sessions.list(
                actor, open_only=chosen == "open", problem_only=chosen == "problem"
            ),
            show,
        )

    def _show(self, views: Sequence[SessionView]) -> None:
        self.table.set_rows(views)
        self.count.setText(self.word("count", n=len(views)))
        if views:
            self.show_content()
        else:
            self.show_empty()

    def _filter_button(self, name: str) -> QPushButton:
        button = QPushButton(self.word(f"filter_{name}"))
        button.setCheckable(True)
        button.setChecked(name == self.filter)
        button.setProperty("role", "chip")
        button.clicked.connect(lambda: self._choose(name))
        self._group.addButton(button)
        self.filter_buttons[name] = button
        return button

    def _choose(self, name: str) -> None:
        self.filter = name
        self.refresh()

    def _columns(self) -> tuple[Column[SessionView], ...]:
        word, words, palette = self.word, self.words, self.context.palette
        colours = {
            SessionState.OPEN: palette.working,
            SessionState.PROBLEM: palette.fault,
        }
        return (
            Column(word("start"), lambda v: formats.instant(v.start), lambda v: v.start),
            Column(word("machine"), lambda v: v.machine_name),
            Column(word("tenant"), lambda v: v.tenant_name, stretch=True),
            Column(word("job"), lambda v: v.job or formats.NOTHING, lambda v: v.job),
            Column(
                words("ui.clock.working"),
                lambda v: formats.duration(words, int(v.working_s)),
                lambda v: v.working_s,
                right=True,
            ),
            Column(
                words("ui.clock.occupied"),
                lambda v: formats.duration(words, int(v.occupied_s)),
                lambda v: v.occupied_s,
                right=True,
            ),
            Column(
                word("cost"),
                lambda v: formats.amount(v.cost_fen),
                lambda v: v.cost_fen,
                right=True,
            ),
            Column(
                word("state"),
                lambda v: state_text(self, v),
                colour=lambda v: colours.get(v.state),
            ),
        )

    def _open(self, view: SessionView | None) -> None:
        if view is not None:
            title = self.word("panel_title", machine=view.machine_name)
            self.panel.open_with(title, Facts(self._facts(view)))

    def _facts(self, view: SessionView) -> list[tuple[str, str]]:
        words, word = self.words, self.word
        clocks = (
            ("working", view.working_s),
            ("powered", view.powered_s),
            ("occupied", view.occupied_s),
        )
        return [
            (word("id"), view.id),
            (word("state"), state_text(self, view)),
            (word("tenant"), view.tenant_name),
            (word("job"), view.job or formats.NOTHING),
            (word("start"), formats.instant(view.start)),
            (word("end"), formats.instant(view.end) if view.end else word("running")),
            *((words(f"ui.clock.{k}"), formats.duration(words, int(s))) for k, s in clocks),
            *(
                (
                    formats.measure_name(words, name),
                    formats.joined(formats.quantity(words, name, value)),
                )
                for name, value in view.measures
            ),
            (word("cost"), formats.amount(view.cost_fen)),
            (word("started_by"), self._starter(view)),
        ]

    def _starter(self, view: SessionView) -> str:
        return self.word("auto") if view.started_by == "auto" else view.started_by


def state_text(page: Page, view: SessionView) -> str:
    """Say where a session stands, and when what it rests on is in doubt."""
    text = page.words(f"ui.session_state.{view.state}")
    if view.quality is not Quality.GOOD:
        text += f" · {page.words(f'ui.quality.{view.quality}')}"
    return text
