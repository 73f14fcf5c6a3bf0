"""Cutting, joining and ending a session's use: what a tenant pays for in all stays the same."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.corrections import (
    Change,
    CorrectionKind,
    beyond,
    changed,
    cut,
    dispute_until,
    ended_at,
    joined,
    last_used,
    unjoinable,
)
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import Pieces, SessionUse
from shared_factory_desktop.domain.usage import clock_s, used
from shared_factory_desktop.domain.users import Role
from tests.domain.pricing.scene import (
    ENERGY,
    HOURLY,
    PIECES,
    VALUE,
    Table,
    at,
    charge,
    floor_of,
    session,
)
from tests.domain.pricing.strategies import amounts, sessions

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("CORRECTION_EXAMPLES", "150"))
CLOCKS = ("working", "powered", "idle", "occupied", "reserved")  # `longer` compares, it adds not
MICROSECOND = dt.timedelta(microseconds=1)


@st.composite
def cut_sessions(draw: st.DrawFn) -> tuple[SessionUse, dt.datetime]:
    """A session of strictly rising registers, and an instant within it that no reading has."""
    use = draw(sessions().filter(lambda use: length_us(use) > 20))
    if use.reserved and use.reserved[0] == use.reserved[1]:
        use = replace(use, reserved=None)
    found = use.start + draw(st.integers(1, length_us(use) - 1)) * MICROSECOND
    read_at = {at for series in use.readings.values() for at, _ in series}
    spanned = {edge for span in (*use.working, *use.powered) for edge in span}
    while found in read_at | spanned:
        found += MICROSECOND
    assume(use.end is not None and found < use.end)
    return use, found


def length_us(use: SessionUse) -> int:
    assert use.end is not None
    return (use.end - use.start) // MICROSECOND


@st.composite
def unit_charges(draw: st.DrawFn) -> Table:
    timed = {**HOURLY, "clock": draw(st.sampled_from(CLOCKS))}
    pieces = {**PIECES, "model": "unit", "counts": draw(st.sampled_from(["good", "all"]))}
    basis = draw(st.sampled_from([timed, ENERGY, pieces, {**VALUE, "model": "unit"}]))
    keys = {**basis, "price": draw(amounts)}
    if keys["basis"] in ("time", "quantity") and draw(st.booleans()):
        keys["band_prices"] = {"valley": draw(amounts), "peak": draw(amounts)}
    return charge(**keys)


@given(cut_sessions())
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_was_cut_joins_to_what_it_was(drawn: tuple[SessionUse, dt.datetime]) -> None:
    use, instant = drawn
    first, second = cut(use, instant)

    assert unjoinable(first, second) is None
    assert joined(first, second) == use


@given(cut_sessions())
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_parts_of_a_use_add_up_to_it(drawn: tuple[SessionUse, dt.datetime]) -> None:
    use, instant = drawn
    parts = cut(use, instant)

    assert (parts[0].start, parts[0].end) == (use.start, instant)
    assert (parts[1].start, parts[1].end) == (instant, use.end)
    for name, series in use.readings.items():
        ends = [one.readings[name] for one in parts]
        assert sum(Fraction(s[-1][1]) - Fraction(s[0][1]) for s in ends) == used(series)
        assert ends[0][-1] == ends[1][0]
        assert all(low <= high for s in ends for (_, low), (_, high) in pairwise(s))
    assert sum(clock_s(one.working) for one in parts) == clock_s(use.working)
    assert sum(clock_s(one.powered) for one in parts) == clock_s(use.powered)
    for span in (span for one in parts for span in (*one.working, *one.powered)):
        assert span[0] < span[1]


@given(cut_sessions(), unit_charges())
@settings(max_examples=EXAMPLES, deadline=None)
def test_cutting_a_session_changes_no_price_by_the_unit(
    drawn: tuple[SessionUse, dt.datetime], one: Table
) -> None:
    use, instant = drawn
    use = replace(use, reserved=use.reserved or (use.start, use.start))
    parts = [replace(p, id=f"P-{n}") for n, p in enumerate(cut(use, instant))]

    whole, split = exact_price(one, [use]), exact_price(one, parts)

    # A register that does not terminate at the cut has 12 decimals there, in Wh: with prices by
    # band, at most a billionth of a fen changes sides.
    tolerance = Fraction(1, 10**9) if "band_prices" in one and "quantity" in one else 0
    assert abs(whole - split) <= tolerance


def exact_price(one: Table, uses: list[SessionUse]) -> Fraction:
    """Give the unrounded price of sessions in October and November, by their details."""
    floor = floor_of(one)
    statements = price(floor, uses, dt.date(2026, 10, 1), dt.date(2026, 12, 1)).statements
    lines = [line for statement in statements for line in statement.lines]
    return sum((Fraction(part.amount) for line in lines for part in line.details), Fraction(0))


@given(cut_sessions())
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_earlier_end_keeps_what_people_declared(
    drawn: tuple[SessionUse, dt.datetime],
) -> None:
    use, instant = drawn
    ended = ended_at(use, instant)

    assert (ended.start, ended.end, ended.id) == (use.start, instant, use.id)
    assert (ended.pieces, ended.value, ended.reserved) == (use.pieces, use.value, use.reserved)
    assert clock_s(ended.working) <= clock_s(use.working)
    assert used(ended.readings["energy_wh"]) <= used(use.readings["energy_wh"])
    assert ended_at(use, use.end or instant) == use


def metered(*readings: tuple[str, str], name: str = "energy_wh") -> SessionUse:
    return session(readings[0][0], readings[-1][0], readings={name: readings})


def test_a_register_stands_at_the_cut_where_a_straight_line_has_it() -> None:
    use = metered(("10-08 08:00", "1000"), ("10-08 09:00", "4000"))

    first, second = cut(use, at("10-08 08:20"))

    assert first.readings["energy_wh"][-1] == (at("10-08 08:20"), Decimal(2000))
    assert second.readings["energy_wh"][0] == (at("10-08 08:20"), Decimal(2000))


def test_a_level_that_does_not_terminate_is_the_same_in_both_parts() -> None:
    use = metered(("10-08 08:00", "0"), ("10-08 08:30", "1"))

    first, second = cut(use, at("10-08 08:10"))

    assert plain(used(first.readings["energy_wh"])) == "0.333333333333"
    assert plain(used(second.readings["energy_wh"])) == "0.666666666667"
    assert joined(first, second) == use


def test_counted_pieces_are_cut_whole_and_declared_ones_belong_to_the_end() -> None:
    counted = metered(("10-08 08:00", "100"), ("10-08 09:00", "107"), name="pieces")
    counted = replace(counted, pieces=Pieces(7, 2))
    declared = replace(session("10-08 08:00", "10-08 09:00"), pieces=Pieces(7, 2))

    assert [p.pieces for p in cut(counted, at("10-08 08:30"))] == [Pieces(3), Pieces(4, 2)]
    assert [p.pieces for p in cut(declared, at("10-08 08:30"))] == [Pieces(0), Pieces(7, 2)]
    assert ended_at(counted, at("10-08 08:30")).pieces == Pieces(3, 2)
    assert ended_at(declared, at("10-08 08:30")).pieces == Pieces(7, 2)


def test_what_a_register_moved_between_two_sessions_is_in_neither() -> None:
    first = metered(("10-08 08:00", "1000"), ("10-08 09:00", "4000"))
    second = metered(("10-08 09:10", "4500"), ("10-08 10:00", "5000"))

    whole = joined(first, second)

    assert used(whole.readings["energy_wh"]) == 3500
    assert clock_s(whole.working) == 110 * 60
    assert (whole.start, whole.end) == (at("10-08 08:00"), at("10-08 10:00"))


def test_a_measure_that_one_part_lacks_is_left_out_and_told() -> None:
    first = metered(("10-08 08:00", "1000"), ("10-08 09:00", "4000"))

    whole = joined(first, session("10-08 09:00", "10-08 10:00"))

    assert (whole.readings, whole.quality) == ({}, Quality.SUSPECT)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("machine", {"machine": "m-2"}),
        ("tenant", {"tenant": "t-2"}),
        ("job", {"job": "J-2"}),
        ("order", {"start": at("10-08 08:59")}),
        ("gap", {"start": at("10-08 09:15") + MICROSECOND}),
        ("reserved", {"reserved": (at("10-08 09:30"), at("10-08 10:00"))}),
    ],
)
def test_what_is_not_one_use_is_not_joined(code: str, change: Table) -> None:
    first = session("10-08 08:00", "10-08 09:00", reserved=("10-08 08:00", "10-08 09:00"))
    second = session("10-08 09:15", "10-08 10:00")

    assert unjoinable(first, second) is None
    assert unjoinable(first, replace(second, **change)) == code


def test_the_machine_was_last_used_when_it_last_worked() -> None:
    working, powered = [("10-08 08:10", "10-08 08:20")], [("10-08 08:05", "10-08 08:40")]
    worked = session("10-08 08:00", "10-08 09:00", working=working, powered=powered)

    assert last_used(worked) == at("10-08 08:20")
    assert last_used(replace(worked, working=())) == at("10-08 08:40")
    assert last_used(replace(worked, working=(), powered=())) == at("10-08 08:00")


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    use = session("10-08 08:00", "10-08 09:00", pieces={"good": 3}, value="100", job="J-1")

    assert changed(use, Change()) == use
    assert changed(use, Change(tenant="t-2", job="J-2")) == replace(use, tenant="t-2", job="J-2")
    assert changed(use, Change(value=Decimal(0))).value == 0
    assert Change(tenant="t-2", value=Decimal(0)).kinds == ("tenant", "value")


SMALL, CLOSER = ("job", "pieces", "value"), ("end", "tenant", "accept", "measures")
LARGE = ("split", "merge")


@pytest.mark.parametrize(
    ("role", "own", "days", "may"),
    [
        (Role.OPERATOR, True, 0, SMALL),
        (Role.OPERATOR, False, 0, ()),
        (Role.OPERATOR, True, 1, ()),
        (Role.TECHNICIAN, False, 7, SMALL + CLOSER),
        (Role.TECHNICIAN, True, 8, ()),
        (Role.MANAGER, False, 400, SMALL + CLOSER + LARGE),
        (Role.ADMINISTRATOR, False, 400, SMALL + CLOSER + LARGE),
    ],
)
def test_each_role_has_its_limits(role: Role, own: bool, days: int, may: tuple[str, ...]) -> None:
    allowed = {kind for kind in CorrectionKind if beyond(role, own, [kind], days) is None}

    assert allowed == set(may)


def test_a_limit_holds_for_everything_that_one_correction_changes() -> None:
    both = [CorrectionKind.JOB, CorrectionKind.TENANT]

    assert beyond(Role.OPERATOR, True, both, 0) == "correction-kind"
    assert beyond(Role.OPERATOR, False, both[:1], 0) == "correction-own"
    assert beyond(Role.TECHNICIAN, False, both, 8) == "correction-late"


@pytest.mark.parametrize(
    ("ended", "until"),
    [("2026-10-01", "2026-11-07"), ("2026-10-31", "2026-11-07"), ("2026-12-31", "2027-01-07")],
)
def test_a_tenant_may_object_for_a_week_after_the_month(ended: str, until: str) -> None:
    assert dispute_until(dt.date.fromisoformat(ended), 7) == dt.date.fromisoformat(until)
