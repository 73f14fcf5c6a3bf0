"""What keeps a calibration under way from leaving its step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from shared_factory_desktop.domain.calibration import Point, Verdict
from shared_factory_desktop.domain.calibration_decision import ACCEPTED
from shared_factory_desktop.domain.problems import Cause, cause
from shared_factory_desktop.services.workflows.calibrating import (
    Draft,
    Step,
    Subject,
    assess,
    instants,
    steps,
)

_LEAST_POINTS = 2  # a line through one shows no scatter


def missing(draft: Draft, subject: Subject, now: dt.datetime) -> tuple[Cause, ...]:
    """Say what keeps the draft from leaving its step; nothing where it may go on."""
    return tuple(_CHECKS[draft.step](draft, subject, now))


def _subject_faults(draft: Draft, subject: Subject, now: dt.datetime) -> Iterator[Cause]:
    standard = subject.standard
    if standard is None:
        yield cause("calibrating-standard")
    elif standard.due < now.astimezone(subject.zone).date():
        yield cause("calibrating-expired", standard=standard.id, day=standard.due)
    if draft.reference_meter == draft.meter:
        yield cause("calibrating-itself", meter=draft.meter)


def _condition_faults(draft: Draft, subject: Subject, now: dt.datetime) -> Iterator[Cause]:
    del subject, now
    if not draft.method.strip():
        yield cause("calibrating-method")
    if not draft.place.strip():
        yield cause("calibrating-place")


def _found_faults(draft: Draft, subject: Subject, now: dt.datetime) -> Iterator[Cause]:
    del subject, now
    yield from _open_run(draft)
    if len(draft.as_found) < _LEAST_POINTS:
        yield cause("calibrating-points", seen=len(draft.as_found), needed=_LEAST_POINTS)


def _verdict_faults(draft: Draft, subject: Subject, now: dt.datetime) -> Iterator[Cause]:
    del now
    assessment = assess(draft, subject)
    if draft.verdict is None:
        yield cause("calibrating-verdict")
    elif draft.verdict is Verdict.ADJUST and assessment.coefficients is None:
        yield cause("calibrating-no-line")
    elif draft.verdict is Verdict.PASS:
        yield from (
            cause("calibrating-fails", nominal=one.nominal) for one in _failing(assessment.found)
        )


def _left_faults(draft: Draft, subject: Subject, now: dt.datetime) -> Iterator[Cause]:
    del now
    yield from _open_run(draft)
    if not draft.as_left:
        yield cause("calibrating-left")
    elif min(instants(draft.as_left)) < max(instants(draft.as_found)):
        yield cause("calibrating-left-first")
    for one in _failing(assess(draft, subject).left):
        yield cause("calibrating-left-fails", nominal=one.nominal)


def _failing(points: Sequence[Point]) -> Iterator[Point]:
    return (one for one in points if one.decision not in ACCEPTED)


def _open_run(draft: Draft) -> Iterator[Cause]:
    if draft.counting is not None:
        yield cause("calibrating-counting", nominal=draft.counting.nominal)


def _all_faults(draft: Draft, subject: Subject, now: dt.datetime) -> Iterator[Cause]:
    """Check every step before the summary anew: the set-up may have changed meanwhile."""
    for step in steps(draft)[:-1]:
        yield from _CHECKS[step](draft, subject, now)


def _no_faults(draft: Draft, subject: Subject, now: dt.datetime) -> Iterator[Cause]:
    del draft, subject, now
    return iter(())


_CHECKS: dict[Step, Callable[[Draft, Subject, dt.datetime], Iterator[Cause]]] = {
    Step.SUBJECT: _subject_faults,
    Step.CONDITIONS: _condition_faults,
    Step.FOUND: _found_faults,
    Step.RESULT: _no_faults,
    Step.VERDICT: _verdict_faults,
    Step.LEFT: _left_faults,
    Step.SUMMARY: _all_faults,
}
