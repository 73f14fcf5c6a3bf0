"""The step that measures: loads compared one by one, with the error over the load as it grows."""

from __future__ import annotations

import threading
from collections import deque
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QProgressBar

from shared_factory_desktop.domain.calibration import Point
from shared_factory_desktop.services.workflows.calibrating import (
    Draft,
    Phase,
    Step,
    assess,
    without_point,
)
from shared_factory_desktop.services.workflows.calibrating_bench import View
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.pages.calibration.figures import Typed
from shared_factory_desktop.ui.pages.calibration.plots import ErrorPlot
from shared_factory_desktop.ui.pages.calibration.step import Call, Desk, StepView, line_edit
from shared_factory_desktop.ui.pages.calibration.tables import points_table
from shared_factory_desktop.ui.widgets.buttons import primary, quiet, with_icon
from shared_factory_desktop.ui.widgets.labels import label

_COUNTS = (1, 5, 10, 20, 50)
_AT_FIRST = 10
_TABLE_PX = 220
_TICK_MS = 1000
_WATCH_MS = 100


class PointsStep(StepView):
    """Loads as found or as left: a burst of readings each, or a count from start to stop."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__(desk, step)
        self.phase = Phase(step)
        self._view: View | None = None
        self._asked: tuple[str, int] | None = None  # a load, and how many runs it then has
        self._enough = threading.Event()
        self._grown: deque[tuple[Draft, int]] = deque(maxlen=1)  # the newest, left by the reader
        self._watching = QTimer(self)
        self._watching.setInterval(_WATCH_MS)
        self._watching.timeout.connect(self._show_grown)
        self.nominal = line_edit(self._offer, self.word("nominal_hint"))
        self.reference = line_edit(self._offer)
        self.unit = label("", "unit")
        self.count = QComboBox()
        for number in _COUNTS:
            self.count.addItem(self.word("readings", n=number), number)
        self.count.setCurrentIndex(_COUNTS.index(_AT_FIRST))
        palette = desk.page.context.palette
        self.read_button = with_icon(primary(self.word("read"), self.read), "mdi6.gauge", palette)
        self.start_button = primary(self.word("start_count"), self.start)
        self.stop_button = primary(self.word("stop_count"), self.stop)
        self.abandon_button = quiet(self.word("abandon_count"), self.abandon)
        self.enough_button = quiet(self.word("enough"), self._enough.set)
        self.remove_button = quiet(self.word("remove_point"), self.remove)
        self.progress = QProgressBar()
        self.counting = label("", "body")
        self.table = points_table(desk.page)
        self.table.setMinimumHeight(_TABLE_PX)
        self.plot = ErrorPlot(palette, (self.word("load"), self.word("error_percent")))
        self.table.chosen.connect(lambda _row: self._offer())
        self.nominal.returnPressed.connect(self.reference.setFocus)
        self.reference.returnPressed.connect(self._press)
        self._running = False
        self._ticking = QTimer(self)  # a stopwatch beside what is counted
        self._ticking.setInterval(_TICK_MS)
        self._ticking.timeout.connect(self._tick)
        self._arrange()

    def enter(self, view: View) -> None:
        """Empty the fields for the first load; a count that runs has its own name."""
        counting = view.draft.counting
        self.nominal.setText(counting.nominal if counting else "")
        self.reference.clear()
        self.nominal.setFocus()

    def show_view(self, view: View) -> None:
        """Show the loads compared so far."""
        self._view = view
        unit = self.desk.unit(view.draft.quantity)
        self.unit.setText(unit)
        name = self.page.words(f"exports.quantity.{view.draft.quantity}")
        self.plot.getAxis("bottom").setLabel(f"{name} ({unit})")
        points = self._points(view)
        self.table.set_rows(points)
        self.plot.show_points(points, float(view.subject.instrument.limit * 100))
        reads = bool(view.draft.reference_meter)
        self.reference.setEnabled(not reads)
        self.reference.setPlaceholderText(
            self.word("read_by", meter=view.draft.reference_meter)
            if reads
            else self.word("reference_hint")
        )
        self._make_room(view.draft)
        self._offer()

    def show_running(self, running: bool) -> None:
        """Show progress in the place of the buttons."""
        self._running = running
        if not running:
            self._watching.stop()
        self._offer()

    def interrupt(self) -> None:
        """Read no further than the burst under way."""
        self._enough.set()

    def read(self) -> None:
        """Read the meter so many times at the named load."""
        self.desk.run(self._read)

    def start(self) -> None:
        """Begin to count."""
        nominal, bench, actor = self.nominal.text(), self.desk.bench, self.desk.actor
        self.desk.run(
            lambda draft: partial(bench.start_counting, actor, draft, self.phase, nominal)
        )

    def stop(self) -> None:
        """End the count against the reference that was typed."""
        self.desk.run(self._stop)

    def abandon(self) -> None:
        """Forget the count that runs."""
        bench, actor = self.desk.bench, self.desk.actor
        self.desk.run(lambda draft: partial(bench.abandon_counting, actor, draft))

    def remove(self) -> None:
        """Forget the chosen load, to measure it again."""
        rows = self.table.selectionModel().selectedRows()
        if rows:
            nominal = self.table.table.rows[rows[0].row()].nominal
            bench, actor = self.desk.bench, self.desk.actor
            self.desk.run(
                lambda draft: partial(bench.keep, actor, without_point(draft, self.phase, nominal))
            )

    def _stop(self, draft: Draft) -> Call:
        reference = self._reference(draft)
        if draft.counting is not None:
            nominal = draft.counting.nominal
            self._asked = (nominal, _runs(draft, self.phase, nominal) + 1)
        return partial(self.desk.bench.stop_counting, self.desk.actor, draft, reference)

    def _read(self, draft: Draft) -> Call:
        count, nominal = int(self.count.currentData()), self.nominal.text()
        before = _runs(draft, self.phase, nominal)
        self._enough.clear()
        self.progress.setRange(0, count)
        self.progress.setValue(0)
        bench, actor, phase = self.desk.bench, self.desk.actor, self.phase
        reference, tasks = self._reference(draft), self.page.context.tasks
        enough, grown_to = self._enough, self._grown
        self._asked = (nominal, before + count)
        self._grown.clear()
        self._watching.start()

        def report(grown: Draft) -> bool:
            grown_to.append((grown, _runs(grown, phase, nominal) - before))
            return enough.is_set() or tasks.shut

        return lambda: bench.read(actor, draft, phase, nominal, reference, count, report)

    def _show_grown(self) -> None:
        """Draw what was read so far, while the rest is being read."""
        if not self._grown:
            return
        draft, done = self._grown.pop()
        self.progress.setValue(done)
        if self._view is not None:
            subject = self._view.subject
            self.show_view(View(draft, subject, assess(draft, subject)))

    def _make_room(self, draft: Draft) -> None:
        """Empty the fields for the next load once all that was asked for is there."""
        if self._asked is None or self._running:
            return
        nominal, runs = self._asked
        if _runs(draft, self.phase, nominal) >= runs:
            self._asked = None
            self.nominal.clear()
            self.reference.clear()
            self.nominal.setFocus()

    def _points(self, view: View) -> tuple[Point, ...]:
        found = self.phase is Phase.FOUND
        return view.assessment.found if found else view.assessment.left

    def _reference(self, draft: Draft) -> Decimal | None:
        return None if draft.reference_meter else Typed(self.reference.text()).number()

    def _press(self) -> None:
        for button in (self.read_button, self.start_button, self.stop_button):
            if not button.isHidden() and button.isEnabled():
                button.click()
                return

    def _offer(self) -> None:
        """Offer the buttons that make sense now."""
        if self._view is None:
            return
        draft = self._view.draft
        counts, counting = draft.counts, draft.counting
        named = bool(self.nominal.text().strip())
        known = bool(draft.reference_meter or self.reference.text().strip())
        idle = not self._running
        self.read_button.setVisible(not counts and idle)
        self.read_button.setEnabled(named and known)
        self.count.setVisible(not counts)
        self.enough_button.setVisible(not counts and not idle)
        self.progress.setVisible(not counts and not idle)
        self.start_button.setVisible(counts and counting is None)
        self.start_button.setEnabled(named and idle)
        self.stop_button.setVisible(counting is not None)
        self.stop_button.setEnabled(known and idle)
        self.abandon_button.setVisible(counting is not None)
        self.nominal.setEnabled(counting is None)
        self.remove_button.setEnabled(bool(self.table.selectionModel().selectedRows()) and idle)
        self.counting.setVisible(counting is not None)
        if counting is None:
            self._ticking.stop()
        elif not self._ticking.isActive():
            self._ticking.start()
        self._tick()

    def _tick(self) -> None:
        """Say since when it is being counted."""
        counting = self._view.draft.counting if self._view else None
        if counting is not None:
            elapsed = self.page.context.now() - counting.at
            told = formats.stopwatch(int(elapsed.total_seconds()))
            self.counting.setText(self.word("counting", nominal=counting.nominal, elapsed=told))

    def _arrange(self) -> None:
        left = self.phase is Phase.LEFT
        self.column.addWidget(
            label(self.word("about_left" if left else "about_found"), "quiet", wrap=True)
        )
        fields = QHBoxLayout()
        fields.setSpacing(8)
        for name, field in (
            (self.word("nominal"), self.nominal),
            (self.word("reference"), self.reference),
        ):
            field.setAccessibleName(name)
            fields.addWidget(label(name, "quiet"))
            fields.addWidget(field, 1)
        fields.addWidget(self.unit)
        buttons = (self.count, self.read_button, self.start_button, self.stop_button)
        for button in (*buttons, self.abandon_button, self.enough_button):
            fields.addWidget(button)
        self.column.addLayout(fields)
        self.column.addWidget(self.progress)
        self.column.addWidget(self.counting)
        self.column.addWidget(self.plot)
        self.column.addWidget(self.table, 1)
        below = QHBoxLayout()
        below.addStretch()
        below.addWidget(self.remove_button)
        self.column.addLayout(below)


def _runs(draft: Draft, phase: Phase, nominal: str) -> int:
    """Count the runs at a load so far."""
    return sum(len(one.runs) for one in draft.points(phase) if one.nominal == nominal)
