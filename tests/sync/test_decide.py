"""What follows from each answer, as the contract's table says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from shared_factory_desktop.domain.records import Answer, Receipt
from shared_factory_desktop.sync.decide import Course, Decision, decide, next_batch
from shared_factory_desktop.sync.events import MAX_EVENTS, batch
from shared_factory_desktop.sync.target import Outcome, Verdict
from tests.sync.memory import START, make_records

REPEAT = Outcome(Verdict.REPEAT, code="timeout")
TOO_LARGE = Outcome(Verdict.TOO_LARGE, code="too-large")
UNPROCESSABLE = Outcome(Verdict.UNPROCESSABLE, code="unprocessable", detail="422 bad unit")
RECORDS = make_records(600)
SENT = batch(RECORDS)


def _after(course: Course, outcome: Outcome, draw: float = 1.0) -> Decision:
    return decide(course, SENT, outcome, START, lambda: draw)


def test_back_off_doubles_from_5_s_to_15_min_with_full_jitter() -> None:
    course, waits_s = Course(), []
    for _ in range(10):
        decision = _after(course, REPEAT)
        waits_s.append(decision.wait_s)
        course = decision.course
    assert waits_s == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert _after(course, REPEAT, draw=0.0).wait_s == 0
    assert _after(course, REPEAT, draw=0.25).wait_s == 225


def test_months_of_failures_change_nothing_more() -> None:
    assert _after(Course(failures=1_000_000), REPEAT).wait_s == 900


@pytest.mark.parametrize(
    ("asked_s", "waited_s"), [(0, 1), (7, 7), (1200, 1200), (10**9, 86_400)], ids=str
)
def test_retry_after_counts_instead_of_back_off(asked_s: float, waited_s: float) -> None:
    later = Outcome(Verdict.REPEAT, code="later", retry_after_s=asked_s)
    assert _after(Course(failures=6), later).wait_s == waited_s


def test_an_unknown_fate_holds_the_very_same_batch() -> None:
    course = _after(Course(), REPEAT).course
    assert next_batch(course, make_records(3), START) is SENT


def test_success_resets_the_back_off() -> None:
    course = Course(failures=7, held=SENT)
    receipts = (Receipt(1, Answer.ACCEPTED, START),)
    decision = _after(course, Outcome(Verdict.ANSWERED, receipts))
    assert decision == Decision(Course(), receipts)


@pytest.mark.parametrize("verdict", [Verdict.DENIED, Verdict.REFUSED])
def test_a_platform_that_turns_us_away_stops_us(verdict: Verdict) -> None:
    decision = _after(Course(), Outcome(verdict))
    assert decision.halted
    assert decision.receipts == ()
    assert decision.course.held is None
    held = Course(held=batch(RECORDS, 3))
    assert _after(held, Outcome(verdict)).course.held is held.held  # its fate is still unknown


def test_too_large_halves_and_keeps_the_size_for_an_hour() -> None:
    course = _after(Course(), TOO_LARGE).course
    hour = dt.timedelta(hours=1)
    almost = START + hour - dt.timedelta(seconds=1)
    assert len(next_batch(course, RECORDS, START).records) == 250
    assert len(next_batch(course, RECORDS, almost).records) == 250
    assert len(next_batch(course, RECORDS, START + hour).records) == MAX_EVENTS


def test_a_clock_set_back_does_not_keep_the_size_for_longer() -> None:
    course = _after(Course(), TOO_LARGE).course
    before = START - dt.timedelta(days=300)
    assert len(next_batch(course, RECORDS, before).records) == MAX_EVENTS


@pytest.mark.parametrize("outcome", [TOO_LARGE, UNPROCESSABLE], ids=str)
def test_a_single_record_at_fault_is_quarantined(outcome: Outcome) -> None:
    alone = batch(RECORDS, 1)
    decision = decide(Course(failures=2), alone, outcome, START, lambda: 1.0)
    (receipt,) = decision.receipts
    assert (receipt.seq, receipt.answer) == (1, Answer.REJECTED)
    assert receipt.code == outcome.code
    assert decision.wait_s == 0


@pytest.mark.parametrize("culprit", [1, 2, 250, 251, 499, 500])
def test_bisecting_finds_the_one_at_fault_in_logarithmic_steps(culprit: int) -> None:
    course, pending, steps = Course(), list(RECORDS[:500]), 0
    quarantined = []
    while pending:
        sent = next_batch(course, pending, START)
        steps += 1
        seqs = {record.seq for record in sent.records}
        outcome = UNPROCESSABLE
        if culprit not in seqs:
            accepted = tuple(Receipt(seq, Answer.ACCEPTED, START) for seq in sorted(seqs))
            outcome = Outcome(Verdict.ANSWERED, accepted)
        decision = decide(course, sent, outcome, START, lambda: 1.0)
        course = decision.course
        done = {receipt.seq for receipt in decision.receipts}
        quarantined += [r.seq for r in decision.receipts if r.answer is Answer.REJECTED]
        pending = [record for record in pending if record.seq not in done]
    assert quarantined == [culprit]
    assert steps <= 12


def test_a_forced_size_also_bounds_the_search_for_the_one_at_fault() -> None:
    course = replace(_after(Course(), UNPROCESSABLE).course, size_limit=10, limited_at=START)
    assert len(next_batch(course, RECORDS, START).records) == 10
