"""The steps of a calibration in the page: their list at the left, one of them at the right."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.services.workflows.calibrating import Draft, Step, steps
from shared_factory_desktop.services.workflows.calibrating_bench import (
    CalibrationBench,
    Offer,
    View,
)
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.calibration.points import PointsStep
from shared_factory_desktop.ui.pages.calibration.result import ResultStep
from shared_factory_desktop.ui.pages.calibration.settled import ConditionsStep, SubjectStep
from shared_factory_desktop.ui.pages.calibration.step import Action, Call, Desk, StepView
from shared_factory_desktop.ui.pages.calibration.verdict import SummaryStep, VerdictStep
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.labels import label, set_colour
from shared_factory_desktop.ui.widgets.notice import Banner

_LIST_PX = 176
_SAVE_MS = 600  # after the last key: nothing typed is lost when the window goes
_VIEWS: dict[Step, type[StepView]] = {
    Step.SUBJECT: SubjectStep,
    Step.CONDITIONS: ConditionsStep,
    Step.FOUND: PointsStep,
    Step.RESULT: ResultStep,
    Step.VERDICT: VerdictStep,
    Step.LEFT: PointsStep,
    Step.SUMMARY: SummaryStep,
}


class Wizard(QWidget):
    """One calibration under way; every change is kept at once, calls run beside the window.

    `left` tells that it was put aside, `recorded` carries the Calibration that was made of it.
    """

    left = Signal()
    recorded = Signal(object)

    def __init__(self, page: Page, bench: CalibrationBench, offer: Offer, view: View) -> None:
        super().__init__()
        self.page = page
        self.bench = bench
        self.view = view
        self._actor = page.context.actor
        self._waiting: list[Action] = []
        self._running = False
        self._leaving = False
        self._shown: Step | None = None
        self.banner = Banner(page.context.palette)
        self.marks = {step: label("", "body") for step in Step}
        desk = Desk(page, bench, offer, self.run)
        self.steps = {step: made(desk, step) for step, made in _VIEWS.items()}
        self.stack = QStackedWidget()
        self._places = {step: self._scrolled(one) for step, one in self.steps.items()}
        self.title = label("", "heading")
        self.back_button = quiet(page.word("back"), self.go_back)
        self.next_button = primary(page.word("next"), self.go_on)
        self.leave_button = quiet(page.word("leave"), self.leave)
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(_SAVE_MS)
        self._saving.timeout.connect(self.save)
        self._arrange()
        self.show_view(view)

    @property
    def step(self) -> StepView:
        """The step that is shown."""
        return self.steps[self.view.draft.step]

    def run(self, action: Action) -> None:
        """Do something with the draft as it then is, after what is under way; show the outcome."""
        self._waiting.append(action)
        self._run_next()

    def save(self) -> None:
        """Keep what was typed, unless it is not a whole number yet."""
        self._saving.stop()
        if self._gathered() != self.view.draft:
            self.run(lambda _draft: partial(self.bench.keep, self._actor, self._gathered()))

    def go_on(self) -> None:
        """Go to the next step, or record at the last one."""
        self._saving.stop()
        last = self.view.draft.step is Step.SUMMARY
        self.run(self._record if last else self._forward)

    def go_back(self) -> None:
        """Go to the step before; what was typed is kept."""
        self._saving.stop()
        self.run(lambda _draft: partial(self.bench.back, self._actor, self._gathered()))

    def leave(self) -> None:
        """Go back to the lists once all is kept; the calibration stays under way."""
        self._leaving = True
        self.step.interrupt()
        self.save()
        self._run_next()

    def show_view(self, view: View) -> None:
        """Show this draft, at its step."""
        self.view = view
        step = view.draft.step
        if step is not self._shown:
            self._shown = step
            self.stack.setCurrentWidget(self._places[step])
            self._show_list()
            self.step.enter(view)
        self.step.show_view(view)
        self.step.show_running(self._running)

    def _forward(self, draft: Draft) -> Call:
        return partial(self.bench.forward, self._actor, self.step.gathered(draft))

    def _record(self, draft: Draft) -> Call:
        finished = self.step.gathered(draft)

        def call() -> Calibration:
            kept = finished
            if kept != draft:
                kept = self.bench.keep(self._actor, finished).draft
            return self.bench.record(self._actor, kept)

        return call

    def _gathered(self) -> Draft:
        """Give the draft with what the fields say, as far as that can be meant."""
        try:
            return self.step.gathered(self.view.draft)
        except Refused:
            return self.view.draft

    def _run_next(self) -> None:
        if self._running:
            return
        if not self._waiting:
            if self._leaving:
                self.left.emit()
            return
        try:
            call = self._waiting.pop(0)(self.view.draft)
        except Refused as error:
            self._failed(error)
            return
        self._show_running(True)
        self.page.context.tasks.in_background(self, call, self._done, self._failed)

    def _done(self, outcome: View | Calibration) -> None:
        self._show_running(False)
        self.banner.hide()
        if isinstance(outcome, Calibration):
            self.recorded.emit(outcome)
            return
        self.show_view(outcome)
        self._run_next()

    def _failed(self, error: BaseException) -> None:
        """Show the reasons; what was kept meanwhile is fetched, so that nothing is overwritten."""
        self._show_running(False)
        self._waiting.clear()
        self._leaving = False
        self.banner.refuse(reasons(self.page.words, error))
        draft = self.view.draft
        self.page.context.tasks.in_background(
            self,
            lambda: self.bench.begin(self._actor, draft.meter, draft.quantity),
            self.show_view,
            lambda _again: None,
        )

    def _show_running(self, running: bool) -> None:
        self._running = running
        for button in (self.next_button, self.back_button):
            button.setEnabled(not running)
        self.step.show_running(running)

    def _show_list(self) -> None:
        """Mark the step that is open and those before it."""
        draft, palette = self.view.draft, self.page.context.palette
        taken = steps(draft)
        place = taken.index(draft.step)
        for step, mark in self.marks.items():
            mark.setVisible(step in taken)
            if step in taken:
                number = taken.index(step)
                shape = "✓" if number < place else "●" if number == place else "○"
                mark.setText(f"{shape}  {number + 1}  {self.page.word(f'step_{step}')}")
                set_colour(mark, palette.accent_word if number == place else palette.secondary)
        word = self.page.words(f"exports.quantity.{draft.quantity}")
        self.title.setText(f"{draft.meter} · {word} · {self.page.word(f'step_{draft.step}')}")
        last = draft.step is Step.SUMMARY
        self.next_button.setText(self.page.word("record" if last else "next"))
        self.back_button.setVisible(place > 0)

    def _scrolled(self, step: StepView) -> QScrollArea:
        area = QScrollArea()
        area.setWidget(step)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        step.changed.connect(self._saving_later)
        self.stack.addWidget(area)
        return area

    def _saving_later(self) -> None:
        self._saving.start()

    def _arrange(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(12)
        for mark in self.marks.values():
            mark.setFixedWidth(_LIST_PX)
            side.addWidget(mark)
        side.addStretch()
        foot = QHBoxLayout()
        foot.addWidget(self.leave_button)
        foot.addStretch()
        foot.addWidget(self.back_button)
        foot.addWidget(self.next_button)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self.title)
        right.addWidget(self.banner)
        right.addWidget(self.stack, 1)
        right.addLayout(foot)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        row.addLayout(side)
        row.addLayout(right, 1)
        for key, press in (("Alt+Right", self.next_button), ("Alt+Left", self.back_button)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(press.click)
            press.setToolTip(key)
