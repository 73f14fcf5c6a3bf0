"""Whole statements: who pays under which contract and tariff, rounding, discount, tax, errors."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from shared_factory_desktop.domain.problems import cause
from shared_factory_desktop.domain.rating import price, price_each
from shared_factory_desktop.domain.sessions import SessionUse
from tests.domain.pricing.scene import (
    DAY_AND_NIGHT,
    ENERGY,
    HOURLY,
    NOVEMBER,
    OCTOBER,
    PIECES,
    Table,
    at,
    billed,
    charge,
    facts,
    floor_of,
    made,
    one_line,
    problems,
    session,
    totals,
)

HOUR = charge(**HOURLY, price="60")


def contract(contract_id: str, **keys: object) -> Table:
    start = {"valid_from": dt.date(2020, 1, 1)}
    return {"id": contract_id, "tenant": "t-1", "tariff": "tariff", **start, **keys}


def version(valid_from: dt.date, hour_price: str, **keys: object) -> Table:
    hour = charge(**HOURLY, price=hour_price)
    body = {"id": "tariff", "name": "T", "tax_mode": "inclusive", "charge": [hour], **keys}
    return {"valid_from": valid_from, **body}


def test_exact_until_the_one_rounding() -> None:
    assert (
        one_line(
            floor_of(charge(**HOURLY, price="0.015")), session("10-08 08:00", "10-08 08:20")
        ).list_fen
        == 1
    )
    bands: Table = {"band_prices": {"valley": "0.025", "peak": "0.025"}}
    calendar = {
        **DAY_AND_NIGHT,
        "season": [
            {
                "months": list(range(1, 13)),
                "valley": ["00:00-08:20"],
                "flat": ["08:20-08:40"],
                "peak": ["08:40-24:00"],
            }
        ],
    }
    floor = floor_of(charge(**HOURLY, price="0.025", **bands), bands=[calendar])
    line = one_line(floor, session("10-08 08:00", "10-08 09:00"))
    assert facts(line.list_fen, len(line.details)) == (3, 3)


def test_a_sub_second_counts() -> None:
    floor = floor_of(charge(**HOURLY, price="36"))
    start = at("10-08 08:00")
    end = start + dt.timedelta(microseconds=500_001)  # 0.5 s would be 0.005: half a fen
    use = SessionUse("S-1", "m-1", "t-1", start, end, working=((start, end),))
    assert one_line(floor, use).quantity == Fraction(500_001, 3_600_000_000)
    assert one_line(floor, use).list_fen == 1


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("inclusive", (90_00, 4_50, 75_66, 9_84, 85_50)),
        ("exclusive", (90_00, 4_50, 85_50, 11_12, 96_62)),
    ],
)
def test_discount_then_tax(mode: str, expected: tuple[int, ...]) -> None:
    floor = floor_of(HOUR, contract={"discount": "0.05"}, tariff={"tax_mode": mode})
    line = one_line(floor, session("10-08 08:00", "10-08 09:30"))
    shown = (line.list_fen, line.discount_fen, line.net_fen, line.tax_fen, line.gross_fen)
    assert shown == expected


def test_a_discount_is_rounded_half_up_by_itself() -> None:
    floor = floor_of(charge(**PIECES, model="unit", price="0.05"), contract={"discount": "0.5"})
    line = one_line(floor, made(1))
    assert facts(line.list_fen, line.discount_fen, line.gross_fen) == (5, 3, 2)


def test_totals_are_sums_of_rounded_lines() -> None:
    floor = floor_of(
        charge(
            **PIECES,
            model="unit",
            price="0.05",
        ),
        tariff={"tax_mode": "exclusive"},
    )
    (statement,) = price(
        floor, [made(1, f"S-{n}") for n in range(10)], OCTOBER, NOVEMBER
    ).statements
    assert totals(statement) == {"net": 50, "tax": 10, "gross": 60}  # on the sum it would be 7


def test_lines_stand_by_start_then_id_as_text_then_in_tariff_order() -> None:
    floor = floor_of(charge("b", **HOURLY, price="1"), charge("a", **HOURLY, price="1"))
    late = session("10-08 09:00", "10-08 10:00", "S-0")
    start, end = at("10-08 08:00").astimezone(dt.UTC), at("10-08 09:00").astimezone(dt.UTC)
    utc = SessionUse("S-3", "m-1", "t-1", start, end)
    uses = [
        late,
        session("10-08 08:00", "10-08 09:00", "S-2"),
        utc,
        session("10-08 08:00", "10-08 09:00", "S-10"),
    ]
    lines = billed(floor, uses)
    assert [(line.session, line.charge) for line in lines] == [
        (session_id, charge_id)
        for session_id in ("S-10", "S-2", "S-3", "S-0")
        for charge_id in "ba"
    ]


def test_statements_stand_in_the_floors_order_and_only_where_there_are_lines() -> None:
    floor = floor_of(
        HOUR,
        tenant=[{"id": name, "name": name} for name in ("t-9", "t-2", "t-1", "t-0")],
        contract=[
            contract(f"c-{name}", tenant=name, machines=["m-1"])
            for name in ("t-0", "t-1", "t-2", "t-9")
        ],
    )
    uses = [
        session("10-08 08:00", "10-08 09:00", f"S-{t}", tenant=t) for t in ("t-0", "t-1", "t-9")
    ]
    statements = price(floor, uses, OCTOBER, NOVEMBER).statements
    assert [statement.tenant for statement in statements] == ["t-9", "t-1", "t-0"]
    only = price(floor, uses, OCTOBER, NOVEMBER, "t-1").statements
    assert only == (statements[1],)
    assert price(floor, uses, OCTOBER, NOVEMBER, "t-2").statements == ()


def test_a_contract_that_names_the_machine_wins_over_its_kind() -> None:
    floor = floor_of(
        HOUR,
        contract=[
            contract("c-kind", kinds=["welder", "3d-printer"]),
            contract("c-machine", machines=["m-1"]),
        ],
    )
    uses = [session("10-08 08:00", "10-08 09:00", f"S-{m}", machine=m) for m in ("m-1", "m-2")]
    assert [line.contract for line in billed(floor, uses)] == ["c-machine", "c-kind"]


def test_the_contract_is_that_of_the_local_day_the_session_starts() -> None:
    day = dt.date(2026, 10, 8)
    floor = floor_of(
        HOUR,
        contract=[
            contract("c-old", machines=["m-1"], valid_to=day),
            contract("c-new", machines=["m-1"], valid_from=day),
        ],
    )
    uses = [
        session("10-07 23:59", "10-08 03:00", "S-1"),
        session("10-08 00:00", "10-08 03:00", "S-2"),
    ]
    assert [line.contract for line in billed(floor, uses)] == ["c-old", "c-new"]


def test_the_tariff_version_of_the_start_prices_all_of_a_session() -> None:
    floor = floor_of(
        tariff=[version(dt.date(2026, 10, 8), "20"), version(dt.date(2026, 1, 1), "10")]
    )
    uses = [
        session("10-07 23:00", "10-08 01:00", "S-1"),
        session("10-08 00:00", "10-08 02:00", "S-2"),
    ]
    assert [line.list_fen for line in billed(floor, uses)] == [20_00, 40_00]


def test_the_band_calendar_is_that_of_each_local_day() -> None:
    months = list(range(1, 13))
    newer = {
        "id": "day-night",
        "valid_from": dt.date(2026, 10, 9),
        "season": [{"months": months, "flat": ["00:00-24:00"]}],
    }
    keys = {**HOURLY, "price": "1", "band_prices": {"valley": "2", "peak": "3"}}
    floor = floor_of(charge(**keys), bands=[newer, DAY_AND_NIGHT])
    line = one_line(floor, session("10-08 23:00", "10-09 01:00"))
    assert [facts(part.band, part.amount) for part in line.details] == [("peak", 3), ("flat", 1)]


def test_two_versions_with_different_tax_modes_each_keep_their_own() -> None:
    floor = floor_of(
        tariff=[
            version(dt.date(2026, 1, 1), "100"),
            version(dt.date(2026, 10, 8), "100", tax_mode="exclusive"),
        ],
        contract={"minimum_per_period": "300"},
    )
    uses = [
        session("10-07 08:00", "10-07 09:00", "S-1"),
        session("10-08 08:00", "10-08 09:00", "S-2"),
    ]
    first, second, minimum = billed(floor, uses)
    assert (first.gross_fen, second.gross_fen) == (100_00, 113_00)
    assert minimum.gross_fen == 300_00 - 213_00  # the mode of the first covered day: with tax


def test_what_no_contract_covers_is_refused_with_everything_else() -> None:
    floor = floor_of(HOUR, contract={"machines": ["m-1"], "valid_from": dt.date(2026, 10, 5)})
    uses = [
        session("10-04 23:00", "10-05 01:00", "S-1"),
        session("10-08 08:00", "10-08 09:00", "S-2", machine="m-2"),
        session("10-08 08:00", "10-08 09:00", "S-3", tenant="t-2"),
        session("09-08 08:00", "09-08 09:00", "S-4"),  # another month is not asked for
    ]
    found = [(p.place, p.code, p.seen, p.expected) for p in problems(floor, uses)]
    assert found == [
        ("session.S-1", "no-contract", "t-1", "m-1"),
        ("session.S-2", "no-contract", "t-1", "m-2"),
        ("session.S-3", "no-contract", "t-2", "m-1"),
    ]


def test_a_session_before_any_tariff_or_calendar_is_refused() -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"peak": "2"}}
    calendar = {**DAY_AND_NIGHT, "valid_from": dt.date(2026, 10, 9)}
    floor = floor_of(charge(**keys), bands=[calendar], tariff={"valid_from": dt.date(2026, 10, 6)})
    uses = [
        session("10-05 08:00", "10-05 09:00", "S-1"),
        session("10-08 08:00", "10-09 09:00", "S-2"),
    ]
    found = [(p.place, p.code, p.seen, p.expected) for p in problems(floor, uses)]
    assert found == [
        ("session.S-1", "no-tariff", "tariff", "2026-10-05"),
        ("session.S-2", "no-calendar", "day-night", "2026-10-08"),
    ]


def test_a_minimum_without_a_tariff_on_the_first_covered_day_is_refused() -> None:
    late = {"valid_from": dt.date(2026, 10, 6)}
    floor = floor_of(HOUR, tariff=late, contract={"minimum_per_period": "5"})
    (problem,) = problems(floor, [])
    assert (problem.place, problem.code, problem.expected) == (
        "contract.c-1",
        "no-tariff",
        "2026-10-01",
    )
    assert problems(floor_of(HOUR, tariff=late), []) == ()


def test_one_tenants_error_does_not_hold_up_the_others() -> None:
    floor = floor_of(
        HOUR,
        charge("made", **PIECES, model="unit", price="1"),
        contract=[
            contract("c-1", machines=["m-1"]),
            contract("c-2", tenant="t-2", machines=["m-1"]),
        ],
    )
    uses = [
        session("10-08 08:00", "10-08 09:00"),
        session("10-08 08:00", "10-08 09:00", "S-2", tenant="t-2", pieces={"good": 1}),
    ]
    priced = price_each(floor, uses, OCTOBER, NOVEMBER)
    assert [statement.tenant for statement in priced.statements] == ["t-2"]
    assert [(p.place, p.code, p.seen) for p in priced.errors] == [
        ("session.S-1.pieces", "charge-needs", "made")
    ]


def test_an_unpublished_year_is_warned_of_where_day_types_matter() -> None:
    season = {"months": list(range(1, 13))}
    calendar = {
        **DAY_AND_NIGHT,
        "season": [
            {**season, "days": "workday", "peak": ["00:00-24:00"]},
            {**season, "days": "restday", "valley": ["00:00-24:00"]},
        ],
    }
    keys = {**HOURLY, "price": "1", "band_prices": {"peak": "2"}}
    floor = floor_of(charge(**keys), bands=[calendar])
    january, february = dt.date(2027, 1, 1), dt.date(2027, 2, 1)
    friday = session("2027-01-01 08:00", "2027-01-01 09:00", "S-1")  # a holiday, were it published
    saturday = session("2027-01-02 08:00", "2027-01-02 09:00", "S-2")
    priced = price(floor, [friday, saturday], january, february)
    assert [line.list_fen for line in priced.statements[0].lines] == [2_00, 1_00]
    assert priced.warnings == (cause("holidays-unlisted", calendar="day-night", year=2027),)
    assert price(floor_of(charge(**keys)), [friday], january, february).warnings == ()


def test_the_months_of_a_factory_elsewhere_are_its_own() -> None:
    berlin = {"id": "f", "name": "F", "timezone": "Europe/Berlin"}
    floor = floor_of(charge(**{**HOURLY, "clock": "occupied"}, price="1"), factory=berlin)
    zone = ZoneInfo("Europe/Berlin")
    start, end = at("10-24 12:00", zone), at("10-25 12:00", zone)
    line = one_line(floor, SessionUse("S-1", "m-1", "t-1", start, end))
    assert line.quantity == 25  # clocks are put back in this night
    over = SessionUse("S-2", "m-1", "t-1", at("10-31 23:00", zone), at("11-01 01:00", zone))
    assert one_line(floor, over).quantity == 1


def test_a_negative_adder_can_make_a_line_negative_and_tax_follows_its_sign() -> None:
    floor = floor_of(charge(**ENERGY, price="0.10", adder="-0.30"))
    series = [("10-08 08:00", "0"), ("10-08 09:00", "50000")]
    line = one_line(floor, session("10-08 08:00", "10-08 09:00", readings={"energy_wh": series}))
    assert facts(line.list_fen, line.net_fen, line.tax_fen) == (-10_00, -8_85, -1_15)
    assert line.tax_rate == Decimal("0.13")
    assert [(part.band, part.price) for part in line.details] == [(None, Fraction(-1, 5))]
