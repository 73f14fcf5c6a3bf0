"""Calibrating a meter step by step: what has been settled and measured so far, what is still
missing, and what follows from it. Values only; a bench (calibrating_bench) reads and keeps them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import (
    Calibration,
    Coefficients,
    Instrument,
    Point,
    Rule,
    Standard,
    Verdict,
)
from shared_factory_desktop.domain.calibration_decision import (
    Proposal,
    adjusted_point,
    point_of,
    propose,
)
from shared_factory_desktop.domain.calibration_due import next_due
from shared_factory_desktop.domain.calibration_fit import (
    CannotFit,
    Fit,
    Model,
    coefficients,
    fit,
    pairs_of,
)
from shared_factory_desktop.domain.calibration_uncertainty import Budget, budget_of_error, mean
from shared_factory_desktop.domain.floor import CUMULATIVE_QUANTITIES
from shared_factory_desktop.domain.rounding import kept


class Step(StrEnum):
    """The steps, in order."""

    SUBJECT = "subject"  # against which standard
    CONDITIONS = "conditions"
    FOUND = "as-found"
    RESULT = "result"  # scatter, uncertainty, the fitted line
    VERDICT = "verdict"
    LEFT = "as-left"  # only of a meter that is adjusted
    SUMMARY = "summary"


class Phase(StrEnum):
    """When a point was measured: before anything was changed, or after."""

    FOUND = "as-found"
    LEFT = "as-left"


@dataclass(frozen=True, slots=True)
class Run:
    """What the meter showed and what was true, in the unit of the quantity; `at` UTC.

    Of a counter both are what was counted from a beginning to an end, which was at `at`.
    """

    indicated: Decimal
    reference: Decimal
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """All runs at one load, which `nominal` names (`20 % In`)."""

    nominal: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Counting:
    """A counter's run that has begun: its register then, and that of a reference meter if one is
    used; the register goes on counting whatever becomes of the program.
    """

    phase: Phase
    nominal: str
    register: Decimal
    reference_register: Decimal | None
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A calibration under way. Every change makes a new value with the next `revision`.

    `reference_meter` reads reference values from a bus; empty where they are typed. `verdict` is
    None until one is chosen. Instants UTC.
    """

    meter: str
    quantity: str
    begun_by: str
    begun_at: dt.datetime
    revision: int = 0
    step: Step = Step.SUBJECT
    standard: str = ""
    reference_meter: str = ""
    method: str = ""
    reason: str = "periodic"
    temperature_c: Decimal | None = None
    humidity_percent: Decimal | None = None
    place: str = ""
    rule: Rule = Rule.ZONES
    as_found: tuple[Comparison, ...] = ()
    model: Model = Model.GAIN
    verdict: Verdict | None = None
    as_left: tuple[Comparison, ...] = ()
    counting: Counting | None = None
    remarks: str = ""

    @property
    def counts(self) -> bool:
        """Whether the quantity is a register, compared by differences."""
        return self.quantity in CUMULATIVE_QUANTITIES

    def points(self, phase: Phase) -> tuple[Comparison, ...]:
        """Give the loads compared in a phase."""
        return self.as_found if phase is Phase.FOUND else self.as_left


@dataclass(frozen=True, slots=True)
class Subject:
    """What a draft is about, as it is set up now; `standard` is None until one is chosen.

    `in_force` are the coefficients that count before this calibration.
    """

    instrument: Instrument
    standard: Standard | None
    in_force: Coefficients
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Assessment:
    """What follows from the points so far: each judged with its budget, the line through those
    found or why there is none, and the verdict to propose (None without points).

    `left` are judged as the new coefficients correct them.
    """

    found: tuple[Point, ...] = ()
    budgets: tuple[Budget, ...] = ()
    fitted: Fit | None = None
    cannot_fit: CannotFit | None = None
    coefficients: Coefficients | None = None
    proposal: Proposal | None = None
    left: tuple[Point, ...] = ()


def steps(draft: Draft) -> tuple[Step, ...]:
    """Give the steps this calibration takes: a meter that is not adjusted is left as found."""
    if draft.verdict is Verdict.ADJUST:
        return tuple(Step)
    return tuple(step for step in Step if step is not Step.LEFT)


def readings_of(comparison: Comparison) -> tuple[Decimal, tuple[Decimal, ...]]:
    """Give the reference of a load and the meter's readings there.

    Where the reference differs from run to run, each reading is brought to the mean reference in
    proportion, which leaves its error as it was: a load that drifts is no scatter of the meter.
    """
    references = tuple(run.reference for run in comparison.runs)
    if len(set(references)) == 1:
        return references[0], tuple(run.indicated for run in comparison.runs)
    level = kept(mean(references))
    return level, tuple(
        kept(Fraction(run.indicated) * Fraction(level) / Fraction(run.reference))
        for run in comparison.runs
    )


def assess(draft: Draft, subject: Subject) -> Assessment:
    """Work out everything that follows from the points so far."""
    standard = subject.standard
    if standard is None or not draft.as_found:
        return Assessment()
    found = _judged(draft.as_found, draft.rule, subject.instrument, standard)
    budgets = tuple(
        budget_of_error(one.reference, one.indicated, subject.instrument, standard) for one in found
    )
    fitted, cannot_fit = _fitted(draft.model, found)
    line = coefficients(fitted, standard) if fitted else None
    left = _judged(draft.as_left, draft.rule, subject.instrument, standard)
    return Assessment(
        found=found,
        budgets=budgets,
        fitted=fitted,
        cannot_fit=cannot_fit,
        coefficients=line,
        proposal=propose(found, draft.rule, line),
        left=tuple(adjusted_point(one, line, draft.rule) for one in left),
    )


def forward(draft: Draft, assessment: Assessment) -> Draft:
    """Go to the next step; the verdict is first what is proposed. The last one has none."""
    if draft.step is Step.RESULT and draft.verdict is None and assessment.proposal is not None:
        draft = replace(draft, verdict=assessment.proposal.verdict)
    return _moved(draft, 1)


def back(draft: Draft) -> Draft:
    """Go to the step before; the first one has none."""
    return _moved(draft, -1)


def with_run(draft: Draft, phase: Phase, nominal: str, runs: Sequence[Run]) -> Draft:
    """Add runs to a load, a new one where none is called so."""
    points = {one.nominal: one for one in draft.points(phase)}
    before = points[nominal].runs if nominal in points else ()
    points[nominal] = Comparison(nominal, (*before, *runs))
    return _with_points(draft, phase, tuple(points.values()))


def without_point(draft: Draft, phase: Phase, nominal: str) -> Draft:
    """Forget a load and all its runs, to measure it again."""
    points = tuple(one for one in draft.points(phase) if one.nominal != nominal)
    return _with_points(draft, phase, points)


def with_model(draft: Draft, model: Model) -> Draft:
    """Choose the line; what is proposed may change with it."""
    return replace(draft, model=model, verdict=None)


def calibration(draft: Draft, subject: Subject, operator: str) -> Calibration:
    """Give the record of a finished draft, without number; its coefficients hold from the last
    reading as left. A meter that is not adjusted keeps those in force.
    """
    assessment = assess(draft, subject)
    assert draft.verdict is not None
    assert subject.standard is not None
    adjusted = draft.verdict is Verdict.ADJUST
    performed_at = max(instants(draft.as_found))
    line = assessment.coefficients if adjusted else None
    months = subject.instrument.interval_months
    return Calibration(
        number="",
        version=0,
        meter=draft.meter,
        quantity=draft.quantity,
        standard=draft.standard,
        method=draft.method,
        reason=draft.reason,
        temperature_c=draft.temperature_c,
        humidity_percent=draft.humidity_percent,
        place=draft.place,
        operator=operator,
        reviewer=None,
        performed_at=performed_at,
        as_found=assessment.found,
        as_left=assessment.left if adjusted else (),
        adjusted=adjusted,
        coefficients=line or subject.in_force,
        effective_at=max(instants(draft.as_left)) if adjusted else performed_at,
        rule=draft.rule,
        verdict=draft.verdict,
        valid_until=next_due(performed_at.astimezone(subject.zone).date(), months),
        remarks=draft.remarks,
    )


def _judged(
    points: Sequence[Comparison], rule: Rule, instrument: Instrument, standard: Standard
) -> tuple[Point, ...]:
    return tuple(
        point_of(one.nominal, *readings_of(one), instrument, standard, rule) for one in points
    )


def _fitted(model: Model, found: Sequence[Point]) -> tuple[Fit | None, CannotFit | None]:
    try:
        return fit(model, pairs_of(found)), None
    except CannotFit as reason:
        return None, reason


def _moved(draft: Draft, by: int) -> Draft:
    order = steps(draft)
    place = order.index(draft.step) + by
    return replace(draft, step=order[min(max(place, 0), len(order) - 1)])


def _with_points(draft: Draft, phase: Phase, points: tuple[Comparison, ...]) -> Draft:
    if phase is Phase.LEFT:
        return replace(draft, as_left=points)
    return replace(draft, as_found=points, verdict=None)


def instants(points: Sequence[Comparison]) -> Iterator[dt.datetime]:
    """Give when each run of some loads was read."""
    return (run.at for one in points for run in one.runs)
