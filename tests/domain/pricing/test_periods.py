"""Billing by periods: what of a session belongs to which, what accumulates, what a month adds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from shared_factory_desktop.domain.periods import Period, read_period
from shared_factory_desktop.domain.problems import InputRefused
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Line
from tests.domain.pricing.scene import (
    DECEMBER,
    HOURLY,
    NOVEMBER,
    OCTOBER,
    PIECES,
    VALUE,
    Table,
    billed,
    charge,
    details,
    facts,
    floor_of,
    made,
    quantities,
    session,
    worth,
)

OVER_NIGHT = session("10-31 22:40", "11-01 01:10")
ONE_OFF: Table = {"basis": "session", "model": "flat"}
MONTHLY: Table = {"basis": "period", "model": "flat"}
TIERS = [{"up_to": "100", "price": "2", "flat": "10"}, {"price": "1", "flat": "5"}]


def both(*charges: Table, use: SessionUse = OVER_NIGHT, **changes: Any) -> list[Line]:
    """Price a session that crosses into November in both months."""
    floor = floor_of(*charges, **changes)
    return [*billed(floor, [use]), *billed(floor, [use], NOVEMBER, DECEMBER)]


def lists(lines: list[Line]) -> list[int]:
    return [line.list_fen for line in lines]


def test_a_session_over_the_end_of_a_month_is_billed_in_both() -> None:
    lines = both(charge(**HOURLY, price="10"))
    assert lists(lines) == [13_33, 11_67]
    assert [line.quantity for line in lines] == [Fraction(4, 3), Fraction(7, 6)]


def test_the_parts_add_up_to_the_fen_where_each_alone_would_round_up() -> None:
    use = session("10-31 23:40", "11-01 00:20")
    assert lists(both(charge(**HOURLY, price="0.015"), use=use)) == [1, 0]


def test_the_step_of_the_first_part_is_taken_into_account_in_the_second() -> None:
    lines = both(charge(**HOURLY, price="10", step="1"))
    assert lists(lines) == [20_00, 10_00]
    assert [line.quantity for line in lines] == [2, 1]


def test_a_minimum_is_reached_once() -> None:
    assert lists(both(charge(**HOURLY, price="10", minimum="20"))) == [20_00, 5_00]
    assert lists(both(charge(**HOURLY, price="10", maximum="20"))) == [13_33, 6_67]


def test_a_sum_once_per_session_is_due_where_it_starts_and_shows_as_nothing_later() -> None:
    lines = both(charge(**ONE_OFF, price="30"))
    assert lists(lines) == [30_00, 0]
    assert [facts(line.quantity, line.unit) for line in lines] == [(1, "session"), (0, "session")]


def test_a_later_part_of_a_volume_price_can_be_negative() -> None:
    tiers = [{"up_to": "2", "price": "10"}, {"price": "1"}]
    lines = both(charge(**{**HOURLY, "model": "volume"}, tiers=tiers))
    assert lists(lines) == [13_33, 2_50 - 13_33]
    assert quantities(lines[1]) == [
        (1, Fraction(-4, 3)),
        (2, Fraction(5, 2)),
    ]


def test_bands_of_the_later_part_are_only_those_of_the_later_part() -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"valley": "0.5"}}
    first, second = both(charge(**keys))
    assert quantities(first) == [("peak", Fraction(4, 3))]
    assert quantities(second) == [("valley", Fraction(7, 6))]


def test_what_the_step_added_to_the_first_band_is_given_back_in_the_next_part() -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"valley": "0.5"}, "step": "1"}
    first, second = both(charge(**keys))
    assert lists([first, second]) == [2_00, 2_17 - 2_00]  # 80 min at 1 and 100 min at 0.5
    assert quantities(second) == [
        ("peak", Fraction(-2, 3)),
        ("valley", Fraction(5, 3)),
    ]


@pytest.mark.parametrize(
    ("start", "end", "october", "november"),
    [
        ("10-31 23:00", "11-01 00:00", True, False),  # ends with the month
        ("11-01 00:00", "11-01 01:00", False, True),  # starts with it
        ("11-01 00:00", "11-01 00:00", False, True),  # no time at all
        ("10-01 00:00", "10-01 00:00", True, False),
        ("09-30 23:00", "10-01 00:00", False, False),
        ("09-30 23:00", "12-01 01:00", True, True),
    ],
)
def test_which_period_a_session_is_in(start: str, end: str, october: bool, november: bool) -> None:
    floor = floor_of(charge(**HOURLY, price="1"))
    use = session(start, end)
    assert bool(billed(floor, [use])) is october
    assert bool(billed(floor, [use], NOVEMBER, DECEMBER)) is november


def test_a_session_without_any_time_is_billed_whole_where_it_starts() -> None:
    floor = floor_of(
        charge(**PIECES, model="unit", price="1"), charge("once", **ONE_OFF, price="2")
    )
    use = session("10-01 00:00", "10-01 00:00", pieces={"good": 3})
    assert lists(list(billed(floor, [use]))) == [3_00, 2_00]


def test_tiers_accumulate_over_the_period_in_order_of_start_and_id() -> None:
    keys = {**PIECES, "model": "graduated", "tiers": TIERS, "scope": "period"}
    floor = floor_of(charge(**keys))
    uses = [made(30, "S-2"), made(60, "S-10"), made(0, "S-3"), made(40, "S-1")]
    lines = billed(floor, uses)
    assert [(line.session, line.list_fen) for line in lines] == [
        ("S-1", 90_00),  # 40 at 2, and the first tier's flat
        ("S-10", 120_00),  # up to 100: the second tier is not reached
        ("S-2", 35_00),  # 30 at 1, and the second tier's flat
        ("S-3", 0),
    ]
    assert details(lines[2]) == [(2, 30, 35)]


def test_the_first_flat_of_a_period_is_due_even_where_nothing_was_made() -> None:
    keys = {**PIECES, "model": "graduated", "tiers": TIERS, "scope": "period"}
    lines = billed(floor_of(charge(**keys)), [made(0, "S-1"), made(0, "S-2")])
    assert [line.list_fen for line in lines] == [10_00, 0]
    assert [details(line) for line in lines] == [[(1, 0, 10)], [(1, 0, 0)]]


def test_a_period_starts_at_zero_and_counts_what_is_inside_it() -> None:
    tiers = [{"up_to": "1", "price": "10", "flat": "5"}, {"price": "1"}]
    keys = {**HOURLY, "model": "graduated", "tiers": tiers, "scope": "period"}
    lines = both(charge(**keys))
    assert lists(lines) == [15_33, 15_17]


def test_free_units_and_packages_accumulate_over_the_period() -> None:
    free = {**PIECES, "model": "unit", "price": "1", "free": "50", "scope": "period"}
    package = {**PIECES, "model": "package", "price": "5", "size": "100", "scope": "period"}
    floor = floor_of(charge("free", **free), charge("package", **package))
    lines = billed(floor, [made(30, "S-1"), made(30, "S-2"), made(70, "S-3")])
    assert [line.list_fen for line in lines if line.charge == "free"] == [0, 10_00, 70_00]
    assert [line.list_fen for line in lines if line.charge == "package"] == [5_00, 0, 5_00]


def test_free_units_of_a_period_are_the_first_in_time_over_bands() -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"peak": "2"}, "free": "2", "scope": "period"}
    uses = [
        session("10-08 15:30", "10-08 17:00", "S-1"),
        session("10-09 16:00", "10-09 18:00", "S-2"),
    ]
    first, second = billed(floor_of(charge(**keys)), uses)
    assert facts(first.list_fen, second.list_fen) == (0, 2_50)
    assert quantities(second) == [("flat", Fraction(1, 2)), ("peak", 1)]


def test_a_fixed_sum_and_a_flat_price_are_per_session_at_either_scope() -> None:
    rate = {**VALUE, "model": "percentage", "rate": "0.1", "fixed": "2", "scope": "period"}
    flat = {**HOURLY, "model": "flat", "price": "7", "scope": "period"}
    floor = floor_of(charge("rate", **rate), charge("flat", **flat))
    lines = billed(floor, [worth("10", "S-1"), worth("20", "S-2")])
    assert [line.list_fen for line in lines] == [3_00, 7_00, 4_00, 7_00]
    use = session("10-31 23:00", "11-01 01:00", value="10")
    assert lists(both(charge("rate", **rate), charge("flat", **flat), use=use)) == [7_00, 3_00, 0]


def test_a_fixed_sum_is_billed_once_over_two_periods() -> None:
    keys = {**HOURLY, "model": "percentage", "rate": "0.1", "fixed": "2", "scope": "period"}
    assert lists(both(charge(**keys), use=session("10-31 23:00", "11-01 02:00"))) == [2_10, 20]


def test_what_accumulates_goes_on_over_tariff_versions() -> None:
    keys = {**PIECES, "model": "graduated", "scope": "period"}
    dearer = [{"up_to": "100", "price": "4"}, {"price": "3"}]
    version = {"id": "tariff", "name": "T", "tax_mode": "inclusive"}
    starts = [(dt.date(2026, 1, 1), TIERS), (dt.date(2026, 10, 9), dearer)]
    floor = floor_of(
        tariff=[
            {**version, "valid_from": day, "charge": [charge(**keys, tiers=tiers)]}
            for day, tiers in starts
        ]
    )
    later = session("10-09 08:00", "10-09 09:00", "S-2", pieces={"good": 50})
    lines = billed(floor, [later, made(80)])
    assert [line.list_fen for line in lines] == [170_00, 20 * 4_00 + 30 * 3_00]


def test_period_charges_and_minimum_need_no_session() -> None:
    floor = floor_of(
        charge("rent", **MONTHLY, price="310"),
        contract={"minimum_per_period": "500", "discount": "0.1"},
    )
    rent, minimum = billed(floor, [])
    assert facts(rent.session, rent.charge, rent.unit, rent.quantity) == (None, "rent", "period", 1)
    assert facts(rent.list_fen, rent.discount_fen, rent.gross_fen) == (310_00, 31_00, 279_00)
    assert facts(minimum.session, minimum.charge, minimum.unit) == (None, "minimum", "period")
    assert facts(minimum.list_fen, minimum.discount_fen, minimum.quantity) == (221_00, 0, 1)
    assert minimum.tax_rate == Decimal("0.13")


@pytest.mark.parametrize(
    ("contract", "share"),
    [
        ({"valid_from": dt.date(2026, 10, 17)}, Fraction(15, 31)),
        ({"valid_to": dt.date(2026, 10, 11)}, Fraction(10, 31)),
        ({"valid_from": dt.date(2026, 10, 31)}, Fraction(1, 31)),
    ],
)
def test_they_are_prorated_by_covered_days(contract: Table, share: Fraction) -> None:
    changes = {**contract, "minimum_per_period": "500"}
    floor = floor_of(charge("rent", **MONTHLY, price="100"), contract=changes)
    rent, minimum = billed(floor, [])
    assert facts(rent.quantity, rent.list_fen) == (share, half_up_fen(100 * share))
    assert minimum.list_fen == half_up_fen(500 * share) - rent.list_fen


def half_up_fen(yuan: Fraction) -> int:
    return int(yuan * 100 + Fraction(1, 2))


def test_a_contract_that_does_not_cover_the_period_adds_nothing() -> None:
    keys = charge("rent", **MONTHLY, price="100")
    floor = floor_of(keys, contract={"valid_from": NOVEMBER, "minimum_per_period": "5"})
    assert billed(floor, []) == ()


def test_the_minimum_counts_lines_after_discount_in_the_tariffs_own_tax_mode() -> None:
    terms = {"minimum_per_period": "100", "discount": "0.5"}
    floor = floor_of(
        charge(**HOURLY, price="100"), contract=terms, tariff={"tax_mode": "exclusive"}
    )
    used, minimum = billed(floor, [session("10-08 08:00", "10-08 09:00")])
    assert facts(used.list_fen, used.discount_fen, used.net_fen, used.gross_fen) == (
        100_00,
        50_00,
        50_00,
        56_50,
    )
    assert facts(minimum.list_fen, minimum.net_fen, minimum.tax_fen) == (50_00, 50_00, 6_50)


def test_no_minimum_line_where_it_is_reached() -> None:
    floor = floor_of(charge(**HOURLY, price="100"), contract={"minimum_per_period": "100"})
    assert len(billed(floor, [session("10-08 08:00", "10-08 09:00")])) == 1


def test_period_lines_stand_last_by_contract_in_file_order() -> None:
    contract = {"tenant": "t-1", "tariff": "tariff", "valid_from": dt.date(2020, 1, 1)}
    floor = floor_of(
        charge("rent", **MONTHLY, price="10"),
        charge(**HOURLY, price="1"),
        contract=[
            {"id": "c-2", "machines": ["m-2"], "minimum_per_period": "99", **contract},
            {"id": "c-1", "machines": ["m-1"], **contract},
        ],
    )
    uses = [session("10-08 08:00", "10-08 09:00")]
    lines = billed(floor, uses)
    assert [(line.session, line.contract, line.charge) for line in lines] == [
        ("S-1", "c-1", "use"),
        (None, "c-2", "rent"),
        (None, "c-2", "minimum"),
        (None, "c-1", "rent"),
    ]


@pytest.mark.parametrize(
    ("text", "start", "end", "written"),
    [
        ("2026-10", OCTOBER, NOVEMBER, "2026-10"),
        ("2026-12", DECEMBER, dt.date(2027, 1, 1), "2026-12"),
        ("2026-10-01..2026-11-01", OCTOBER, NOVEMBER, "2026-10"),
        ("2026-10-01..2026-10-02", OCTOBER, dt.date(2026, 10, 2), "2026-10-01..2026-10-02"),
    ],
)
def test_a_period_is_read_and_written(
    text: str, start: dt.date, end: dt.date, written: str
) -> None:
    assert read_period(text) == Period(start, end)
    assert str(read_period(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "2026-13",
        "2026-10-01..2026-10-01",
        "2026-11-01..2026-10-01",
        "２０２６-10",
        "9999-12",
        "2026-02-30..2026-03-01",
        "2026-10-01/2026-11-01",
        "2026-10\n",
        "",
    ],
)
def test_other_texts_are_no_period(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_period(text)
    (problem,) = refused.value.problems
    assert (problem.code, problem.seen) == ("period", text)
