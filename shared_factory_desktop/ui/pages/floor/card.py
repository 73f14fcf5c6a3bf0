"""The card of one machine, with a fixed anatomy so that the eye learns where to look."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from shared_factory_desktop.services.live import MachineCard
from shared_factory_desktop.services.users import Permission, allowed
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.labels import (
    ElidedLabel,
    Figure,
    label,
    set_colour,
    set_role,
)
from shared_factory_desktop.ui.widgets.plot import PowerPlot, Trend
from shared_factory_desktop.ui.widgets.state_mark import FAULT, StateMark

TREND_MINUTES = 15
_MOST_MEASURES = 2  # beside the two clocks; the panel shows all


class MachineCardView(QFrame):
    """Shows one MachineCard; `opened`, `start_wished` and `stop_wished` carry the machine's id."""

    opened = Signal(str)
    start_wished = Signal(str)
    stop_wished = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._context = context
        self.card: MachineCard | None = None
        self.mark = StateMark(context.palette)
        self.name = ElidedLabel("heading")
        self.state_word = label("", "state")
        self.state_time = label("", "state-time")
        self.user = ElidedLabel("for-whom")
        self.plot = PowerPlot(context.palette)
        self.power = Figure()
        self.fault = label("", "fault", wrap=True)
        self.middle = QStackedWidget()
        self.measures = [_Measure() for _ in range(2 + _MOST_MEASURES)]
        self.cost = label("", "cost")
        self.about = label(context.words("ui.floor.about"), "unit")
        self.age = ElidedLabel("quiet")
        self.age.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.start_button = primary(context.words("ui.floor.start"), self._wish_start)
        self.stop_button = quiet(context.words("ui.floor.stop"), self._wish_stop)
        self._arrange()

    def show_card(self, card: MachineCard) -> None:
        """Show the present state of the machine."""
        self.card = card
        now = self._context.now()
        self._show_state(card, now)
        self._show_use(card)
        self._show_reading(card, now)
        may_run = allowed(self._context.actor, Permission.RUN_SESSIONS)
        self.start_button.setVisible(may_run and card.session is None)
        self.start_button.setEnabled(card.can_start)
        self.stop_button.setVisible(may_run and card.session is not None)

    def show_trend(self, trend: Trend) -> None:
        """Draw the power of the last minutes."""
        self.plot.show_trend(trend, TREND_MINUTES * 60)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the machine's details."""
        if self.card and self.rect().contains(event.position().toPoint()):
            self.opened.emit(self.card.machine)

    def _show_state(self, card: MachineCard, now: dt.datetime) -> None:
        state = FAULT if card.fault else str(card.state)
        self.mark.show_state(state)
        self.name.show_text(card.name)
        self.state_word.setText(self._context.words(f"ui.state.{state}"))
        set_colour(self.state_word, self._context.palette.word(state))
        since = card.state_since
        self.state_time.setText(formats.stopwatch(_seconds(since, now)) if since else "")
        set_role(self, "card-fault" if card.fault else "card")

    def _show_use(self, card: MachineCard) -> None:
        words = self._context.words
        parts = [card.tenant_name or words("ui.floor.free")]
        if card.job:
            parts.append(words("ui.floor.job", job=card.job))
        self.user.show_text(" · ".join(parts))
        set_role(self.user, "for-whom" if card.session else "for-nobody")
        clocks = (("working", card.working_s), ("occupied", card.occupied_s))
        shown = [
            (words(f"ui.clock.{name}"), (formats.duration(words, seconds), ""))
            for name, seconds in clocks
        ]
        shown += [
            (formats.measure_name(words, name), formats.quantity(words, name, value))
            for name, value in card.measures[:_MOST_MEASURES]
        ]
        for place, part in enumerate(self.measures):
            filled = card.session is not None and place < len(shown)
            part.show_measure(*(shown[place] if filled else ("", ("", ""))))
        self.cost.setText(formats.amount(card.cost_fen) if card.session else "")
        self.about.setVisible(card.session is not None and card.cost_fen is not None)

    def _show_reading(self, card: MachineCard, now: dt.datetime) -> None:
        words = self._context.words
        stale = is_stale(card, now)
        power = card.power_w
        self.power.show_value(
            formats.quantity(words, "power_w", power)
            if power is not None
            else (formats.NOTHING, "")
        )
        set_role(self.power.number, "figure-stale" if stale else "figure")
        self.age.show_text(age_text(self._context, card, now))
        set_colour(self.age, self._context.palette.word(FAULT if stale else "unknown"))
        if card.fault:
            self.fault.setText(fault_text(self._context, card.fault))
        self.middle.setCurrentIndex(1 if card.fault else 0)

    def _wish_start(self) -> None:
        if self.card:
            self.start_wished.emit(self.card.machine)

    def _wish_stop(self) -> None:
        if self.card:
            self.stop_wished.emit(self.card.machine)

    def _arrange(self) -> None:
        power = QWidget()
        row = _row(power)
        row.addWidget(self.plot, 1)
        row.addWidget(self.power)
        self.power.setFixedWidth(96)
        self.middle.addWidget(power)
        self.middle.addWidget(self.fault)
        self.middle.setFixedHeight(56)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(_line(self.mark, (self.name, 1), self.state_word, self.state_time))
        column.addWidget(self.user)
        column.addWidget(self.middle)
        column.addLayout(_line(*((part, 1) for part in self.measures)))
        buttons = (self.start_button, self.stop_button)
        column.addLayout(_line(self.cost, self.about, (self.age, 1), *buttons))


class _Measure(QWidget):
    """A small name above a value."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ElidedLabel("small")
        self.value = Figure("measure")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.name)
        column.addWidget(self.value)

    def show_measure(self, name: str, parts: tuple[str, str]) -> None:
        self.name.show_text(name)
        self.value.show_value(parts)


def is_stale(card: MachineCard, now: dt.datetime) -> bool:
    """Tell whether the last good reading is too old to be believed for the present."""
    return card.last_good_at is None or _seconds(card.last_good_at, now) > card.stale_after_s


def age_text(context: Context, card: MachineCard, now: dt.datetime) -> str:
    """Say how old the last good reading is; for a stale one also since when."""
    words = context.words
    if card.last_good_at is None:
        return words("ui.floor.never_read")
    if is_stale(card, now):
        return words("ui.floor.stale", at=_since(card.last_good_at, now))
    return words("ui.floor.read", age=formats.age(words, _seconds(card.last_good_at, now)))


def fault_text(context: Context, code: str) -> str:
    """Say what is wrong and what to do."""
    key = f"ui.fault.{code}"
    known = context.words.knows(key)
    return context.words(key) if known else context.words("ui.fault.other", fault=code)


def _seconds(since: dt.datetime, now: dt.datetime) -> int:
    return max(0, int((now - since).total_seconds()))


def _since(at: dt.datetime, now: dt.datetime) -> str:
    """Write a moment of the last day by its time alone."""
    return at.strftime("%H:%M:%S") if now - at < dt.timedelta(hours=20) else formats.instant(at)


def _row(owner: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(owner)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    return row


def _line(*parts: QWidget | tuple[QWidget, int]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for part in parts:
        widget, stretch = part if isinstance(part, tuple) else (part, 0)
        row.addWidget(widget, stretch)
    return row
