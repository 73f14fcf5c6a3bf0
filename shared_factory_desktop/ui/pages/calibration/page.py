"""The page of calibration: what is due, what was found, and the steps of the next one."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QStackedWidget, QVBoxLayout

from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.services.calibration import DueRow
from shared_factory_desktop.services.users import Permission, allowed
from shared_factory_desktop.services.workflows.calibrating import Draft
from shared_factory_desktop.services.workflows.calibrating_bench import CalibrationBench, View
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.calibration.lists import Lists, Overview
from shared_factory_desktop.ui.pages.calibration.record_panel import RecordPanel
from shared_factory_desktop.ui.pages.calibration.wizard import Wizard
from shared_factory_desktop.ui.widgets.buttons import primary, with_icon
from shared_factory_desktop.ui.widgets.labels import label


class CalibrationPage(Page):
    """Meters and their truth."""

    KEY = "calibration"
    ICON = "mdi6.scale-balance"
    PERMISSION = Permission.VIEW
    PANEL_PX = 560
    REFRESH_S = 30

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.bench = CalibrationBench(context.services, context.now)
        self.overview: Overview | None = None
        self.wizard: Wizard | None = None
        self.register = QComboBox()
        self.register.setAccessibleName(self.word("register"))
        self.register.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.begin_button = with_icon(
            primary(self.word("begin"), self.begin), "mdi6.play-circle-outline", context.palette
        )
        self.action_row.addWidget(self.register)
        self.action_row.addWidget(self.begin_button)
        self.counts = label("", "quiet")
        self.filter_row.addWidget(self.counts)
        self.filter_row.addStretch()
        self.lists = Lists(self)
        self.lists.due_chosen.connect(self._prepare)
        self.lists.calibration_chosen.connect(self._open)
        self.lists.resumed.connect(self._resume)
        self.lists.discarded.connect(self._discard)
        self.panel.closed.connect(self.lists.calibrations.clearSelection)
        self.places = QStackedWidget()
        self.places.addWidget(self.lists)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.places)

    def refresh(self) -> None:
        """Fetch the lists; the steps of a calibration look after themselves."""
        if self.wizard is not None:
            return
        service, actor, bench = self.context.services.calibration, self.context.actor, self.bench

        def call() -> Overview:
            return Overview(
                bench.zone(), bench.offer(actor), service.due(actor), service.list(actor)
            )

        self.load(call, self._show)

    def begin(self) -> None:
        """Begin the calibration of the chosen register, or go on with it."""
        chosen = self.register.currentData()
        if chosen is not None:
            self._open_steps(*chosen)

    def leave_steps(self) -> None:
        """Show the lists again; the calibration stays under way."""
        if self.wizard is not None:
            self.places.setCurrentWidget(self.lists)
            self.places.removeWidget(self.wizard)
            self.wizard.deleteLater()
            self.wizard = None
            self.counts.show()
            self.refresh()

    def _show(self, overview: Overview) -> None:
        self.overview = overview
        registers = [(one.meter, one.quantity) for one in overview.offer.instruments]
        if registers != [self.register.itemData(n) for n in range(self.register.count())]:
            self.register.clear()
            for meter, quantity in registers:
                word = self.words(f"exports.quantity.{quantity}")
                self.register.addItem(f"{meter} · {word}", (meter, quantity))
        self._offer_begin()
        near = sum(row.left is None or row.left <= 30 for row in overview.due)
        self.counts.setText(self.word("counts", n=len(overview.due), near=near))
        self.lists.show_overview(overview)
        if overview.due or overview.calibrations:
            self.show_content()
        else:
            self.show_empty()

    def _offer_begin(self) -> None:
        may = allowed(self.context.actor, Permission.SET_UP) and self.wizard is None
        for part in (self.register, self.begin_button):
            part.setVisible(may and self.register.count() > 0)

    def _prepare(self, row: DueRow | None) -> None:
        """Let the main button calibrate what was picked in the due list."""
        if row is not None:
            for index in range(self.register.count()):
                if self.register.itemData(index) == (row.meter, row.quantity):
                    self.register.setCurrentIndex(index)

    def _open(self, calibration: Calibration | None) -> None:
        if calibration is not None:
            self.panel.open_with(calibration.number, RecordPanel(self, calibration))

    def _resume(self, draft: Draft) -> None:
        self._open_steps(draft.meter, draft.quantity)

    def _discard(self, draft: Draft) -> None:
        bench, actor = self.bench, self.context.actor
        self.in_background(lambda: bench.discard(actor, draft), lambda _done: self.refresh())

    def _open_steps(self, meter: str, quantity: str) -> None:
        bench, actor = self.bench, self.context.actor
        self.begin_button.setEnabled(False)
        self.in_background(
            lambda: bench.begin(actor, meter, quantity), self._enter_steps, self._not_begun
        )

    def _enter_steps(self, view: View) -> None:
        assert self.overview is not None
        self.begin_button.setEnabled(True)
        self.banner.hide()
        self.panel.dismiss()
        self.counts.hide()
        self.wizard = Wizard(self, self.bench, self.overview.offer, view)
        self.wizard.left.connect(self.leave_steps)
        self.wizard.recorded.connect(self._recorded)
        self.places.addWidget(self.wizard)
        self.places.setCurrentWidget(self.wizard)
        self._offer_begin()

    def _not_begun(self, error: BaseException) -> None:
        self.begin_button.setEnabled(True)
        self.show_refusal(error)

    def _recorded(self, calibration: Calibration) -> None:
        self.leave_steps()
        self.banner.confirm(self.word("recorded", number=calibration.number))
        self._open(calibration)
