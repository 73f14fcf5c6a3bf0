"""Lives of statements: every step from every state, payment beside them; numbers and locks."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.credit_notes import credit_note, negated, taken_back
from shared_factory_desktop.domain.period_locks import (
    LockKind,
    PeriodLock,
    hard_periods,
    in_force,
)
from shared_factory_desktop.domain.periods import Period, read_period
from shared_factory_desktop.domain.problems import InputRefused
from shared_factory_desktop.domain.statement_life import (
    Life,
    Payment,
    State,
    Step,
    after,
    life_of,
    obstacle,
)
from shared_factory_desktop.domain.statement_numbers import read_pattern
from tests.domain.statement_scene import AT, document, line

S, C, I, D, R, X = Step  # noqa: E741 - a table
TO: dict[State, tuple[Step, ...]] = {
    State.ISSUED: (),
    State.SENT: (S,),
    State.CONFIRMED: (S, C),
    State.INVOICED: (S, C, I),
    State.DISPUTED: (S, D),
    State.CANCELLED: (S, X),
}
LEGAL: dict[State, set[Step]] = {
    State.ISSUED: {S, D, X},
    State.SENT: {C, D, X},
    State.CONFIRMED: {I, D, X},
    State.INVOICED: {D, X},
    State.DISPUTED: {R, X},
    State.CANCELLED: set(),
}


@pytest.mark.parametrize("state", LEGAL)
def test_from_each_state_just_these_steps_lead_on(state: State) -> None:
    life = life_of(TO[state], paid_fen=0, open_fen=100)

    assert life.state is state
    assert {step for step in Step if obstacle(life, step) is None} == LEGAL[state]
    refusals = {obstacle(life, step) for step in set(Step) - LEGAL[state]}
    assert refusals <= {"step-state"}


@pytest.mark.parametrize("reached", [State.ISSUED, State.SENT, State.CONFIRMED, State.INVOICED])
def test_a_settled_dispute_leaves_the_statement_where_it_was(reached: State) -> None:
    life = life_of((*TO[reached], D, R))

    assert life.state is reached


@pytest.mark.parametrize(
    ("paid_fen", "open_fen", "payment", "dispute", "cancel"),
    [
        (0, 100, Payment.NONE, None, None),
        (1, 99, Payment.PART, None, "step-paid"),
        (100, 0, Payment.FULL, "step-paid", "step-paid"),
        (0, 0, Payment.NONE, None, None),
    ],
)
def test_payment_closes_the_way_to_dispute_and_cancelling(
    paid_fen: int, open_fen: int, payment: Payment, dispute: str | None, cancel: str | None
) -> None:
    life = life_of(TO[State.INVOICED], paid_fen, open_fen)

    assert life.payment is payment
    assert (obstacle(life, D), obstacle(life, X)) == (dispute, cancel)
    assert (life.state is State.PAID) == (payment is Payment.FULL)


def test_money_that_comes_before_the_invoice_stops_no_step() -> None:
    life = Life(paid_fen=100)
    states = []
    for step in (S, C, I):
        assert obstacle(life, step) is None
        life = after(life, step)
        states.append(life.state)

    assert states == [State.SENT, State.CONFIRMED, State.PAID]


@pytest.mark.parametrize(
    ("pattern", "day", "name", "first"),
    [
        ("DZ-{year}-{seq:6}", dt.date(2026, 3, 1), "DZ-2026", "DZ-2026-000007"),
        (
            "对账〔{year}〕{month}-{seq:4}号",
            dt.date(2026, 3, 1),
            "对账〔2026〕03",
            "对账〔2026〕03-0007号",
        ),
        ("{seq}/{year}".replace("/", "."), dt.date(2027, 1, 1), "", "7.2027"),
        ("A{month}.{seq:2}", dt.date(2026, 12, 31), "A12.", "A12.07"),
    ],
)
def test_a_pattern_makes_numbers(pattern: str, day: dt.date, name: str, first: str) -> None:
    series = read_pattern(pattern).series(day)

    assert (series.name, series.number(7)) == (name, first)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "DZ-{year}",
        "DZ-{seq}-{seq:2}",
        "DZ-{day}-{seq}",
        "DZ/{seq}",
        "DZ {seq}",
        "-{seq}",
        "../{seq}",
        "DZ-{seq:0}",
        "DZ-{seq:10}",
        "{year",
        "x" * 40 + "{seq}",
    ],
)
def test_a_pattern_that_cannot_number_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_pattern(pattern, "settings.toml")

    [problem] = refused.value.problems
    assert (problem.file, problem.place) == ("settings.toml", "statement_number")
    assert problem.seen == pattern


def lock(seq: int, period: str, kind: LockKind) -> PeriodLock:
    return PeriodLock(seq, read_period(period), kind, "closed", "li", AT)


def test_the_newest_lock_of_a_day_counts() -> None:
    year = lock(1, "2026-01-01..2026-07-01", LockKind.HARD)
    march = lock(2, "2026-03", LockKind.OPEN)
    late = lock(3, "2026-03-20..2026-05-01", LockKind.SOFT)
    locks = (year, march, late)

    assert hard_periods(locks) == (
        Period(dt.date(2026, 1, 1), dt.date(2026, 3, 1)),
        Period(dt.date(2026, 5, 1), dt.date(2026, 7, 1)),
    )
    assert in_force(locks, dt.date(2026, 3, 5), dt.date(2026, 3, 19)) == []
    assert in_force(locks, dt.date(2026, 2, 28), dt.date(2026, 3, 20)) == [year, late]
    assert in_force(locks, dt.date(2026, 7, 1), dt.date(2026, 7, 1)) == []


_DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 12))
_SPANS = st.tuples(_DAYS, st.integers(1, 5), st.sampled_from(LockKind))


@given(st.lists(_SPANS, max_size=6))
def test_hard_periods_are_the_days_whose_newest_lock_is_hard(
    spans: list[tuple[dt.date, int, LockKind]],
) -> None:
    locks = [
        PeriodLock(seq, Period(start, start + dt.timedelta(days=days)), kind, "x", "li", AT)
        for seq, (start, days, kind) in enumerate(spans, start=1)
    ]
    found = hard_periods(locks)

    for number in range(20):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
        kinds = [one.kind for one in locks if one.period.start <= day < one.period.end]
        hard = any(one.start <= day < one.end for one in found)
        assert hard == (bool(kinds) and kinds[-1] is LockKind.HARD)
    assert all(one.end < two.start for one, two in itertools.pairwise(found))


def test_a_credit_note_turns_lines_to_the_fen() -> None:
    first, second = line("S-1", "time", 1000), line("S-2", "time", 333)
    note = credit_note(document(first, second), (2,), "counted twice")

    [turned] = note.statement.lines
    assert turned == negated(second)
    assert (turned.net_fen, turned.tax_fen, turned.gross_fen) == (-285, -48, -333)
    assert (turned.list_fen, turned.discount_fen, turned.tax_rate) == (-343, -10, Decimal("0.13"))
    assert turned.quantity == Fraction(-3, 2)
    [detail] = turned.details
    assert (detail.quantity, detail.price, detail.amount) == (
        Fraction(-3, 2),
        Fraction(1, 3),
        Fraction(-1, 2),
    )
    assert negated(turned) == second
    assert note.gross_uppercase == "人民币负叁元叁角叁分"
    assert (note.number, note.refers_to, note.reason) == (None, "DZ-2026-000001", "counted twice")


def test_a_session_is_taken_back_when_none_of_its_lines_stays() -> None:
    lines = (line("S-1", "time", 1), line("S-1", "energy", 2), line("S-2", "time", 3))
    billed = document(*lines, line(None, "minimum", 4))

    assert taken_back(billed, {1, 3, 4}) == ("S-2",)
    assert taken_back(billed, {1, 2, 3, 4}) == ("S-1", "S-2")
