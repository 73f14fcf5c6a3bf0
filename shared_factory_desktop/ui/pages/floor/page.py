"""The page of the floor: a card for each machine, panels to start, stop and look closer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from shared_factory_desktop.services.live import MachineCard
from shared_factory_desktop.services.users import Permission
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.floor.card import TREND_MINUTES, MachineCardView
from shared_factory_desktop.ui.pages.floor.panels import DetailsPanel, StartPanel, StopPanel
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.plot import Trend

_CARD_PX = 376  # narrower cards cut names short
_GAP_PX = 16
_TREND_EVERY = 5  # refreshes; a plot of 15 minutes moves by a pixel in that time
_SUMMARY = ("working", "idle", "off", "unknown", "fault")


class FloorPage(Page):
    """What each machine is doing, for whom, and what it costs so far."""

    KEY = "floor"
    ICON = "mdi6.factory"
    PERMISSION = Permission.VIEW
    REFRESH_S = 1

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.cards: dict[str, MachineCardView] = {}
        self.summary = label("", "summary")
        self.action_row.addWidget(self.summary)
        self._grid = _CardGrid()
        self._refreshes = 0
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._grid)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll)

    def refresh(self) -> None:
        """Fetch the cards, and every few times the trends too."""
        live, actor = self.context.services.live, self.context.actor
        with_trends = self._refreshes % _TREND_EVERY == 0
        self._refreshes += 1

        def fetch() -> tuple[Sequence[MachineCard], Mapping[str, Trend]]:
            cards = live.cards(actor)
            wanted = cards if with_trends else ()
            return cards, {c.machine: live.trend(c.machine, TREND_MINUTES) for c in wanted}

        self.load(fetch, self._show)

    def _show(self, fetched: tuple[Sequence[MachineCard], Mapping[str, Trend]]) -> None:
        cards, trends = fetched
        if not cards:
            self.show_empty()
            return
        if [card.machine for card in cards] != list(self.cards):
            self._lay_out(cards)
        for card in cards:
            view = self.cards[card.machine]
            view.show_card(card)
            if card.machine in trends:
                view.show_trend(trends[card.machine])
        if isinstance(self.panel.content, DetailsPanel):
            self.panel.content.show_news(self.cards, trends)
        self._summarise(cards)
        self.show_content()

    def _lay_out(self, cards: Sequence[MachineCard]) -> None:
        self.cards = {card.machine: MachineCardView(self.context) for card in cards}
        for view in self.cards.values():
            view.opened.connect(self._open_details)
            view.start_wished.connect(self._open_start)
            view.stop_wished.connect(self._open_stop)
        self._grid.show_views(list(self.cards.values()))

    def _summarise(self, cards: Sequence[MachineCard]) -> None:
        states = ["fault" if card.fault else str(card.state) for card in cards]
        counted = ((state, states.count(state)) for state in _SUMMARY)
        self.summary.setText(
            " · ".join(f"{self.words(f'ui.state.{state}')} {n}" for state, n in counted if n)
        )

    def _open_details(self, machine: str) -> None:
        view = self.cards[machine]
        if view.card:
            self.panel.open_with(view.card.name, DetailsPanel(self, view.card))

    def _open_start(self, machine: str) -> None:
        view = self.cards[machine]
        if view.card:
            self.panel.open_with(
                self.word("start_title", machine=view.card.name), StartPanel(self, view.card)
            )

    def _open_stop(self, machine: str) -> None:
        view = self.cards[machine]
        if view.card:
            self.panel.open_with(
                self.word("stop_title", machine=view.card.name), StopPanel(self, view.card)
            )


class _CardGrid(QWidget):
    """Cards in as many columns as the width has room for."""

    def __init__(self) -> None:
        super().__init__()
        self._views: list[MachineCardView] = []
        self._columns = 0
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP_PX)

    def show_views(self, views: list[MachineCardView]) -> None:
        for old in self._views:
            self._layout.removeWidget(old)
            old.deleteLater()
        self._views = views
        self._columns = 0
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        columns = max(1, (self.width() + _GAP_PX) // (_CARD_PX + _GAP_PX))
        if columns == self._columns:
            return
        for column in range(max(columns, self._columns)):
            self._layout.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        self._layout.setRowStretch(len(self._views), 1)  # below the last row, never between
        for number, view in enumerate(self._views):
            self._layout.addWidget(view, number // columns, number % columns)
