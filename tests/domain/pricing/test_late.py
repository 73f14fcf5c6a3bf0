"""Usage that comes late for a closed period: paid lines stay, and nobody pays more than in time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.problems import InputRefused
from shared_factory_desktop.domain.rating import price_late
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Line
from tests.domain.pricing.scene import (
    HOURLY,
    NOVEMBER,
    OCTOBER,
    PIECES,
    Table,
    billed,
    charge,
    floor_of,
    made,
    session,
)
from tests.domain.pricing.strategies import charges, many

START, END = dt.date(2026, 10, 20), dt.date(2026, 11, 20)
PERIOD = Period(OCTOBER, NOVEMBER)


def late(line: Line) -> Line:
    return replace(line, late=(START, END))


def sums(*lines: Line) -> tuple[int, int]:
    return sum(line.list_fen for line in lines), sum(line.gross_fen for line in lines)


@settings(max_examples=60)
@given(
    st.lists(charges(), min_size=1, max_size=2),
    charges("period"),
    many(),
    st.integers(0, 5),
    st.integers(0, 500),
)
def test_what_comes_late_costs_what_it_would_have_cost_as_the_last_of_its_period(
    keys: list[Table], accumulated: Table, uses: list[SessionUse], in_time: int, minimum: int
) -> None:
    named = [{**one, "id": f"charge-{number}"} for number, one in enumerate([*keys, accumulated])]
    floor = floor_of(
        *named, tariff={"bands": "hebei-south"}, contract={"minimum_per_period": str(minimum)}
    )
    ordered = sorted(uses, key=lambda use: (use.start, use.id))
    together = billed(floor, ordered, START, END)
    first = billed(floor, ordered[:in_time], START, END)

    after = price_late(floor, ordered, first, Period(START, END), "t-1")

    by_session = {(line.session, line.charge) for line in first if line.session}
    expected = [
        late(line)
        for line in together
        if line.session and (line.session, line.charge) not in by_session
    ]
    assert [line for line in after if line.session] == expected
    assert sums(*first, *after)[1] == sums(*together)[1]


def test_a_late_session_counts_after_those_that_were_billed() -> None:
    floor = floor_of(
        charge(
            **PIECES,
            model="graduated",
            scope="period",
            tiers=[{"up_to": "10", "price": "3"}, {"price": "1"}],
        )
    )
    first = billed(floor, [made(8, "S-2")])
    [line] = price_late(floor, [made(8, "S-2"), made(4, "S-1")], first, PERIOD, "t-1")

    assert (line.session, line.list_fen) == ("S-1", 800)  # two at 3.00, two at 1.00
    assert line.late == (OCTOBER, NOVEMBER)


def test_a_minimum_that_was_billed_is_used_up_before_more_is_asked_for() -> None:
    floor = floor_of(
        charge(**HOURLY, price="60"), contract={"minimum_per_period": "100", "discount": "0"}
    )
    in_time = session("10-08 08:00", "10-08 09:00", "S-1")
    first = billed(floor, [in_time])
    assert [line.list_fen for line in first] == [6000, 4000]
    half_an_hour = session("10-09 08:00", "10-09 08:30", "S-2")

    one, two = price_late(floor, [in_time, half_an_hour], first, PERIOD, "t-1")
    assert [(one.session, one.list_fen), (two.charge, two.list_fen)] == [
        ("S-2", 3000),
        ("minimum", -3000),
    ]
    assert two.late == (OCTOBER, NOVEMBER)
    assert (two.net_fen, two.tax_fen, two.gross_fen) == (-2655, -345, -3000)

    an_hour = session("10-10 08:00", "10-10 09:00", "S-3")
    again = price_late(floor, [in_time, half_an_hour, an_hour], [*first, one, two], PERIOD, "t-1")
    assert [line.list_fen for line in again] == [6000, -1000]


def test_a_higher_minimum_agreed_later_is_not_asked_for_afterwards() -> None:
    agreed = floor_of(charge(**HOURLY, price="60"), contract={"minimum_per_period": "100"})
    changed = floor_of(charge(**HOURLY, price="60"), contract={"minimum_per_period": "900"})
    in_time = session("10-08 08:00", "10-08 09:00", "S-1")
    more = session("10-09 08:00", "10-09 09:00", "S-2")
    first = billed(agreed, [in_time])

    [line] = price_late(changed, [in_time, more], first, PERIOD, "t-1")

    assert (line.session, line.list_fen) == ("S-2", 6000)


def test_nothing_late_is_nothing_to_bill() -> None:
    floor = floor_of(charge(**HOURLY, price="60"), contract={"minimum_per_period": "100"})
    in_time = session("10-08 08:00", "10-08 09:00", "S-1")

    assert price_late(floor, [in_time], billed(floor, [in_time]), PERIOD, "t-1") == ()


def test_a_late_session_that_lacks_what_a_charge_needs_is_named() -> None:
    floor = floor_of(charge(**PIECES, model="unit", price="2"))
    first = billed(floor, [made(8, "S-1")])
    lacking = replace(made(4, "S-2"), pieces=None, value=Decimal(0))

    with pytest.raises(InputRefused) as refused:
        price_late(floor, [made(8, "S-1"), lacking], first, PERIOD, "t-1")

    assert refused.value.problems[0].place == "session.S-2.pieces"
