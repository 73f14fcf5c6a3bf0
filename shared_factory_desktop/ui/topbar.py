"""The bar on top: whose factory, how the lines are, what time it is, who works."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from shared_factory_desktop.domain.floor import Factory
from shared_factory_desktop.services.live import LineHealth
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.widgets.buttons import quiet, with_icon
from shared_factory_desktop.ui.widgets.labels import ElidedLabel, label
from shared_factory_desktop.ui.widgets.pill import Pill


class TopBar(QFrame):
    """Shows the factory, two pills, the clock of the factory's zone and the user."""

    def __init__(self, context: Context, switches: QWidget, sign_out: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "topbar")
        self._context = context
        self._zone: ZoneInfo | None = None
        self.factory = ElidedLabel("heading")
        self.buses = Pill(context.palette)
        self.platform = Pill(context.palette)
        self.clock = label("", "clock")
        words, actor = context.words, context.actor
        user = words("ui.topbar.user", name=actor.name, role=words(f"ui.role.{actor.role}"))
        self.sign_out_button = with_icon(
            quiet(words("ui.topbar.sign_out"), sign_out), "mdi6.logout", context.palette
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 16, 8)
        row.setSpacing(12)
        row.addWidget(self.factory, 1)
        for part in (self.buses, self.platform, self.clock, switches):
            row.addWidget(part)
        row.addWidget(label(user, "user"))
        row.addWidget(self.sign_out_button)
        floor = context.services.floor
        context.tasks.in_background(
            self, lambda: floor.floor().factory, self._show_factory, self._without_factory
        )
        self._fetching = False
        self.refresh()

    def refresh(self) -> None:
        """Show the time and ask how the lines are."""
        if self._zone:
            self.clock.setText(self._context.now().astimezone(self._zone).strftime("%H:%M:%S"))
        if not self._fetching:
            self._fetching = True
            live = self._context.services.live
            self._context.tasks.in_background(self, live.lines, self._show_lines, self._no_lines)

    def _show_factory(self, factory: Factory) -> None:
        self.factory.show_text(factory.name)
        self._zone = ZoneInfo(factory.timezone)
        self.clock.setText(self._context.now().astimezone(self._zone).strftime("%H:%M:%S"))

    def _without_factory(self, _error: BaseException) -> None:
        self.factory.show_text(self._context.words("ui.topbar.no_factory"))

    def _show_lines(self, health: LineHealth) -> None:
        self._fetching = False
        words = self._context.words
        if not health.agent_running:
            self.buses.show_line("fault", words("ui.topbar.no_agent"))
        elif not health.buses:
            self.buses.show_line("off", words("ui.topbar.no_buses"))
        else:
            well = health.buses_ok == health.buses
            self.buses.show_line(
                "working" if well else "fault",
                words("ui.topbar.buses", ok=health.buses_ok, all=health.buses),
            )
        states = {"ok": "working", "offline": "idle"}
        self.platform.show_line(
            states.get(health.platform, "off"),
            words(f"ui.topbar.platform_{health.platform}", pending=health.pending),
        )

    def _no_lines(self, _error: BaseException) -> None:
        self._fetching = False
        self.buses.show_line("unknown", self._context.words("ui.topbar.lines_unknown"))
