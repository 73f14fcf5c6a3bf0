"""The last steps: what is done with the meter, and everything once more before it is recorded."""

from __future__ import annotations

from dataclasses import replace

from shared_factory_desktop.domain.calibration import Verdict
from shared_factory_desktop.services.workflows.calibrating import Draft, Step, calibration
from shared_factory_desktop.services.workflows.calibrating_bench import View
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.pages.calibration import figures
from shared_factory_desktop.ui.pages.calibration.step import (
    Choice,
    Desk,
    StepView,
    facts,
    form,
    line_edit,
)
from shared_factory_desktop.ui.pages.calibration.tables import points_table
from shared_factory_desktop.ui.widgets.labels import label

_TABLE_PX = 250


class VerdictStep(StepView):
    """What is proposed and why; the person at the meter decides."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__(desk, step)
        self.proposed = label("", "measure", wrap=True)
        self.grounds = label("", "body", wrap=True)
        self.verdict = Choice((one, self.word(f"verdict_{one}")) for one in Verdict)
        self.about = label("", "quiet", wrap=True)
        self.after_title = label(self.word("after_adjusting"), "subheading")
        self.after = points_table(desk.page)
        self.after.setFixedHeight(_TABLE_PX)
        for part in (self.proposed, self.grounds, self.verdict, self.about):
            self.column.addWidget(part)
        self.column.addWidget(self.after_title)
        self.column.addWidget(self.after)
        self.column.addStretch()
        self.verdict.picked.connect(self._explain)
        self.verdict.picked.connect(self.changed)

    def enter(self, view: View) -> None:
        """Choose what the draft says."""
        proposal = view.assessment.proposal
        proposed = proposal.verdict if proposal else None
        self.verdict.choose(view.draft.verdict or proposed)
        self._explain()

    def show_view(self, view: View) -> None:
        """Say what is proposed, on which grounds, and what adjusting would leave."""
        proposal = view.assessment.proposal
        if proposal is None:
            return
        verdict = self.word(f"verdict_{proposal.verdict}")
        self.proposed.setText(self.word("proposed", verdict=verdict))
        grounds = [self.word(f"ground_{one}", nominal=name) for one, name in proposal.grounds]
        self.grounds.setText("\n".join(f"• {one}" for one in grounds or [self.word("ground_none")]))
        self.after.set_rows(proposal.adjusted)

    def gathered(self, draft: Draft) -> Draft:
        """Give the draft with the verdict that was chosen."""
        chosen = self.verdict.value
        return replace(draft, verdict=Verdict(chosen) if chosen else None)

    def _explain(self) -> None:
        chosen = self.verdict.value
        self.about.setText(self.word(f"verdict_about_{chosen}") if chosen else "")
        for part in (self.after_title, self.after):
            part.setVisible(chosen == Verdict.ADJUST)


class SummaryStep(StepView):
    """What will be recorded, in full."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__(desk, step)
        self.facts = facts(())
        self.found = points_table(desk.page)
        self.left_title = label(desk.page.words("calibration.as-left"), "subheading")
        self.left = points_table(desk.page)
        self.remarks = line_edit(self.changed.emit)
        self.column.addWidget(self.facts)
        self.column.addLayout(form([(self.word("remarks"), self.remarks)]))
        self.column.addWidget(label(desk.page.words("calibration.as-found"), "subheading"))
        for part in (self.found, self.left_title, self.left):
            self.column.addWidget(part)
        for table in (self.found, self.left):
            table.setFixedHeight(_TABLE_PX)
        self.column.addStretch()

    def enter(self, view: View) -> None:
        """Fill in the remarks and show what will be recorded."""
        self.remarks.setText(view.draft.remarks)
        shown = facts(self._facts(view))
        self.column.replaceWidget(self.facts, shown)
        self.facts.deleteLater()
        self.facts = shown
        self.found.set_rows(view.assessment.found)
        self.left.set_rows(view.assessment.left)
        for part in (self.left_title, self.left):
            part.setVisible(view.draft.verdict is Verdict.ADJUST)

    def gathered(self, draft: Draft) -> Draft:
        """Give the draft with the remarks."""
        return replace(draft, remarks=self.remarks.text())

    def _facts(self, view: View) -> list[tuple[str, str]]:
        made = calibration(view.draft, view.subject, self.desk.actor.name)
        zone = view.subject.zone
        one = made.coefficients
        standard = view.subject.standard
        rows = [
            (self.word("meter"), f"{made.meter} · {view.subject.instrument.serial}"),
            (self.word("quantity"), self.page.words(f"exports.quantity.{made.quantity}")),
            (self.word("standard"), f"{standard.name} · {standard.serial}" if standard else ""),
            (self.word("method"), made.method),
            (self.word("rule"), self.word(f"rule_{made.rule}")),
            (self.word("verdict"), self.word(f"verdict_{made.verdict}")),
            (self.word("performed"), formats.instant(made.performed_at.astimezone(zone))),
            (self.word("valid_until"), f"{made.valid_until}"),
        ]
        if made.adjusted:
            since = formats.instant(made.effective_at.astimezone(zone))
            told = self.word(
                "gain_from", gain=f"{one.gain:f}", u=figures.small(one.gain_u), at=since
            )
            rows.append((self.word("coefficients"), told))
        return rows
