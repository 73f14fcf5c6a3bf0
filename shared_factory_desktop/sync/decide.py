"""Decides what to do after each answer of a platform: pure, so that every row can be tested.

Source: platform contract, table of answers and fine print.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shared_factory_desktop.domain.records import Answer, Receipt, Record
from shared_factory_desktop.sync.events import MAX_BYTES, MAX_EVENTS, Batch, batch
from shared_factory_desktop.sync.target import Outcome, Verdict

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
SHORTEST_RETRY_AFTER_S = 1.0
LONGEST_RETRY_AFTER_S = 86_400.0  # a slip of the platform must not silence a workstation for ever
SIZE_KEPT = dt.timedelta(hours=1)

# Ours, not the platform's: nobody was asked.
TOO_LARGE = Outcome(Verdict.TOO_LARGE, code="too-large", reached=False)


@dataclass(frozen=True, slots=True)
class Course:
    """What is remembered between two exchanges.

    `held` must go again unchanged. `suspect_through`: a 422 lies on a pending record up to this
    `seq`. `size_limit` was forced by a 413 at `limited_at` (UTC).
    """

    failures: int = 0
    size_limit: int = MAX_EVENTS
    limited_at: dt.datetime | None = None
    suspect_through: int | None = None
    held: Batch | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an answer: receipts to store, how long to wait, whether to stop."""

    course: Course
    receipts: tuple[Receipt, ...] = ()
    wait_s: float = 0.0
    halted: bool = False


def next_batch(course: Course, records: Sequence[Record], at: dt.datetime) -> Batch:
    """Choose what goes next from the pending records (ordered, not empty)."""
    if course.held is not None:
        return course.held
    suspects = [
        r for r in records if course.suspect_through is not None and r.seq <= course.suspect_through
    ]
    limit = size_limit(course, at)
    if suspects:
        return batch(suspects, min(limit, max(1, len(suspects) // 2)))
    return batch(records, limit)


def most_wanted(course: Course, at: dt.datetime) -> int:
    """Give how many pending records the next batch can be chosen from at most."""
    return size_limit(course, at) if course.suspect_through is None else MAX_EVENTS


def fits(candidate: Batch) -> bool:
    """Tell whether a batch is within the contract's 1 MiB; only a single event can be above it."""
    return len(candidate.body) <= MAX_BYTES


def size_limit(course: Course, at: dt.datetime) -> int:
    """Give the most events a batch may have; what a 413 forced counts for an hour."""
    forced = course.limited_at
    return course.size_limit if forced and abs(at - forced) < SIZE_KEPT else MAX_EVENTS


def decide(
    course: Course, sent: Batch, outcome: Outcome, at: dt.datetime, draw: Callable[[], float]
) -> Decision:
    """Apply the table of answers; `draw` gives a random number in [0, 1)."""
    match outcome.verdict:
        case Verdict.ANSWERED:
            return Decision(replace(course, failures=0, held=None), receipts=outcome.receipts)
        case Verdict.TOO_LARGE:
            return _too_large(course, sent, outcome, at)
        case Verdict.UNPROCESSABLE:
            return _unprocessable(course, sent, outcome, at)
        case _:
            decision = again(course, outcome, draw)
            held = course.held if decision.halted else sent
            return replace(decision, course=replace(decision.course, held=held))


def again(course: Course, outcome: Outcome, draw: Callable[[], float]) -> Decision:
    """Wait for the next try, or stop: also the whole rule for an unanswered checkpoint."""
    halted = outcome.verdict in (Verdict.DENIED, Verdict.REFUSED)
    ceiling_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(course.failures, 30))
    wait_s = LONGEST_WAIT_S if halted else ceiling_s * draw()
    if outcome.retry_after_s is not None:
        wait_s = min(max(outcome.retry_after_s, SHORTEST_RETRY_AFTER_S), LONGEST_RETRY_AFTER_S)
    return Decision(replace(course, failures=course.failures + 1), wait_s=wait_s, halted=halted)


def _too_large(course: Course, sent: Batch, outcome: Outcome, at: dt.datetime) -> Decision:
    count = len(sent.records)
    if count == 1:
        return _quarantine(course, sent, outcome, at)
    return Decision(replace(course, size_limit=count // 2, limited_at=at, held=None))


def _unprocessable(course: Course, sent: Batch, outcome: Outcome, at: dt.datetime) -> Decision:
    if len(sent.records) == 1:
        return _quarantine(course, sent, outcome, at)
    return Decision(replace(course, suspect_through=sent.records[-1].seq, held=None))


def _quarantine(course: Course, sent: Batch, outcome: Outcome, at: dt.datetime) -> Decision:
    receipt = Receipt(
        sent.records[0].seq, Answer.REJECTED, at, code=outcome.code, message=outcome.detail or None
    )
    course = replace(course, failures=0, suspect_through=None, held=None)
    return Decision(course, receipts=(receipt,))
