"""The steps before anything is measured: the standard, and the conditions."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QComboBox

from shared_factory_desktop.domain.calibration import REASONS, Rule
from shared_factory_desktop.services.workflows.calibrating import Draft, Step
from shared_factory_desktop.services.workflows.calibrating_bench import View
from shared_factory_desktop.ui.pages.calibration.figures import Typed, percent
from shared_factory_desktop.ui.pages.calibration.step import (
    Choice,
    Desk,
    StepView,
    facts,
    form,
    line_edit,
)
from shared_factory_desktop.ui.widgets.labels import label


class SubjectStep(StepView):
    """Which meter it is, and what it is compared with."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__(desk, step)
        self.standard = QComboBox()
        self.standard.addItem(self.word("choose_standard"), "")
        today = desk.page.context.now().date()
        for one in desk.offer.standards:
            word = "standard_expired" if one.due < today else "standard_row"
            told = self.word(word, name=one.name, serial=one.serial, day=one.due)
            self.standard.addItem(told, one.id)
        self.reference = QComboBox()
        self.reference.addItem(self.word("reference_typed"), "")
        for meter in desk.offer.meters:
            self.reference.addItem(self.word("reference_read", meter=meter), meter)
        self.facts = facts(())
        self.about = label("", "quiet", wrap=True)
        self.column.addWidget(self.facts)
        self.column.addLayout(
            form([(self.word("standard"), self.standard), (self.word("truth"), self.reference)])
        )
        self.column.addWidget(self.about)
        self.column.addStretch()
        self.standard.activated.connect(self.changed)
        self.reference.activated.connect(self.changed)

    def enter(self, view: View) -> None:
        """Choose what the draft says, and show the instrument."""
        self.standard.setCurrentIndex(max(self.standard.findData(view.draft.standard), 0))
        self.reference.setCurrentIndex(max(self.reference.findData(view.draft.reference_meter), 0))
        shown = facts(self._instrument(view))
        self.column.replaceWidget(self.facts, shown)
        self.facts.deleteLater()
        self.facts = shown

    def show_view(self, view: View) -> None:
        """Say what is known of the standard."""
        one = view.subject.standard
        self.about.setText(
            self.word(
                "standard_about",
                traceability=one.traceability,
                u=percent(one.uncertainty),
                k=one.coverage,
                day=one.due,
            )
            if one
            else ""
        )

    def gathered(self, draft: Draft) -> Draft:
        """Give the draft with the chosen standard and reference meter."""
        return replace(
            draft,
            standard=str(self.standard.currentData()),
            reference_meter=str(self.reference.currentData()),
        )

    def _instrument(self, view: View) -> list[tuple[str, str]]:
        one = view.subject.instrument
        unit = self.desk.unit(one.quantity)
        use = self.page.words(f"calibration.use.{one.legal_use}")
        return [
            (self.word("meter"), f"{one.meter} · {one.maker} {one.model} · {one.serial}"),
            (self.word("quantity"), self.page.words(f"exports.quantity.{one.quantity}")),
            (self.word("range"), one.measuring_range),
            (self.word("resolution"), f"{one.resolution:f} {unit}"),
            (self.word("limit"), f"±{percent(one.limit)} %"),
            (self.word("use"), use),
            (self.word("in_force"), f"b = {view.subject.in_force.gain:f}"),
        ]


class ConditionsStep(StepView):
    """Method, reason, surroundings, and the rule by which is decided: agreed before measuring."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__(desk, step)
        self.method = line_edit(self.changed.emit, self.word("method_hint"))
        self.place = line_edit(self.changed.emit)
        self.temperature = line_edit(self.changed.emit, "23")
        self.humidity = line_edit(self.changed.emit, "50")
        self.reason = Choice((one, self.word(f"reason_{one}")) for one in REASONS)
        self.rule = Choice((one, self.word(f"rule_{one}")) for one in Rule)
        self.rule_about = label("", "quiet", wrap=True)
        self.column.addLayout(
            form(
                [
                    (self.word("method"), self.method),
                    (self.word("place"), self.place),
                    (self.word("temperature"), self.temperature),
                    (self.word("humidity"), self.humidity),
                    (self.word("reason"), self.reason),
                    (self.word("rule"), self.rule),
                ]
            )
        )
        self.column.addWidget(self.rule_about)
        self.column.addStretch()
        for choice in (self.reason, self.rule):
            choice.picked.connect(self.changed)
        self.rule.picked.connect(self._explain)

    def enter(self, view: View) -> None:
        """Fill the fields."""
        draft = view.draft
        self.method.setText(draft.method)
        self.place.setText(draft.place)
        temperature, humidity = draft.temperature_c, draft.humidity_percent
        self.temperature.setText("" if temperature is None else f"{temperature:f}")
        self.humidity.setText("" if humidity is None else f"{humidity:f}")
        self.reason.choose(draft.reason)
        self.rule.choose(draft.rule)
        self._explain()

    def gathered(self, draft: Draft) -> Draft:
        """Give the draft with what was typed and chosen; raises Refused for no number."""
        return replace(
            draft,
            method=self.method.text(),
            place=self.place.text(),
            temperature_c=Typed(self.temperature.text()).number(),
            humidity_percent=Typed(self.humidity.text()).number(),
            reason=self.reason.value or draft.reason,
            rule=Rule(self.rule.value or draft.rule),
        )

    def _explain(self) -> None:
        self.rule_about.setText(self.word(f"rule_about_{self.rule.value}"))
