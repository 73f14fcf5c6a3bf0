"""The step that shows what the points say: the line, what it leaves, and how sure all this is."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout

from shared_factory_desktop.domain.calibration_fit import Fit, Model, models_of
from shared_factory_desktop.services.workflows.calibrating import Step, with_model
from shared_factory_desktop.services.workflows.calibrating_bench import View
from shared_factory_desktop.ui.pages.calibration import figures
from shared_factory_desktop.ui.pages.calibration.plots import ResidualPlot
from shared_factory_desktop.ui.pages.calibration.step import Choice, Desk, StepView
from shared_factory_desktop.ui.pages.calibration.tables import budget_table, points_table
from shared_factory_desktop.ui.widgets.labels import label

_BUDGET_PX, _POINTS_PX = 178, 250


class ResultStep(StepView):
    """The fitted line with its residuals, and the budget of each load's uncertainty."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__(desk, step)
        self._view: View | None = None
        self.model = Choice((one, self.word(f"model_{one}")) for one in Model)
        self.line = label("", "measure", wrap=True)
        self.line_about = label("", "quiet", wrap=True)
        axes = (self.word("load"), self.word("residual"))
        self.plot = ResidualPlot(desk.page.context.palette, axes)
        self.load = QComboBox()
        self.load.setAccessibleName(self.word("budget_of"))
        self.budget = budget_table(desk.page)
        self.budget.setFixedHeight(_BUDGET_PX)
        self.combined = label("", "body")
        self.points = points_table(desk.page)
        self.points.setFixedHeight(_POINTS_PX)
        self.model.picked.connect(self._choose)
        self.load.currentIndexChanged.connect(lambda _index: self._show_budget())
        self._arrange()

    def show_view(self, view: View) -> None:
        """Show line, residuals, budget and points."""
        self._view = view
        draft, assessment = view.draft, view.assessment
        self.model.choose(draft.model)
        for one, button in self.model.buttons.items():
            button.setVisible(Model(one) in models_of(draft.quantity))
        unit = self.desk.unit(draft.quantity)
        self.plot.getAxis("left").setLabel(f"{self.word('residual')} ({unit})")
        self.plot.getAxis("bottom").setLabel(f"{self.word('load')} ({unit})")
        fitted = assessment.fitted
        if fitted is None or assessment.coefficients is None:
            reason = assessment.cannot_fit
            self.line.setText(self.word("no_line"))
            self.line_about.setText(self.word(f"no_line_{reason.code}") if reason else "")
            self.plot.show_residuals((), (), 0.0)
        else:
            self.line.setText(self._line(fitted, unit))
            line = assessment.coefficients
            told = self.word("line_about", s=figures.small(fitted.deviation), unit=unit)
            self.line_about.setText(
                f"{told} {self.word('gain_u', u=figures.small(line.gain_u))}"
                + (
                    self.word("offset_u", u=figures.small(line.offset_u))
                    if fitted.model is Model.GAIN_OFFSET
                    else ""
                )
            )
            residuals = [float(r) for r in fitted.residuals]
            self.plot.show_residuals(assessment.found, residuals, float(fitted.deviation))
        self.points.set_rows(assessment.found)
        self._offer_loads([one.nominal for one in assessment.found])

    def _line(self, fitted: Fit, unit: str) -> str:
        view = self._view
        assert view is not None
        one = view.assessment.coefficients
        assert one is not None
        if fitted.model is Model.GAIN:
            return self.word("line_gain", gain=f"{one.gain:f}")
        sign = "−" if one.offset < 0 else "+"
        return self.word(
            "line_offset", gain=f"{one.gain:f}", sign=sign, offset=f"{abs(one.offset):f}", unit=unit
        )

    def _choose(self) -> None:
        model = Model(self.model.value or Model.GAIN)
        bench, actor = self.desk.bench, self.desk.actor
        self.desk.run(lambda draft: partial(bench.keep, actor, with_model(draft, model)))

    def _offer_loads(self, names: list[str]) -> None:
        if names != [self.load.itemText(index) for index in range(self.load.count())]:
            self.load.clear()
            self.load.addItems(names)
        self._show_budget()

    def _show_budget(self) -> None:
        index = self.load.currentIndex()
        budgets = self._view.assessment.budgets if self._view else ()
        if not 0 <= index < len(budgets):
            self.budget.set_rows(())
            self.combined.setText("")
            return
        one = budgets[index]
        self.budget.set_rows(one.components)
        self.combined.setText(
            self.word(
                "combined",
                u=figures.small(one.combined * 100),
                k=one.coverage,
                expanded=figures.small(one.expanded * 100),
            )
        )

    def _arrange(self) -> None:
        self.column.addWidget(self.model)
        self.column.addWidget(self.line)
        self.column.addWidget(self.line_about)
        budget = QVBoxLayout()
        head = QHBoxLayout()
        head.addWidget(label(self.word("budget_of"), "subheading"))
        head.addWidget(self.load, 1)
        budget.addLayout(head)
        budget.addWidget(self.budget)
        budget.addWidget(self.combined)
        budget.addStretch()
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.plot, 4)
        row.addLayout(budget, 5)
        self.column.addLayout(row)
        self.column.addWidget(self.points)
        self.column.addStretch()
