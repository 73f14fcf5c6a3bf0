"""Items 1 to 9 of the pricing contract's fine print, through `shared-factory price`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.price_scene import (
    MONTHLY,
    ONCE,
    Price,
    details,
    hour,
    lines,
    listed,
    price_at,
    session,
)
from tests.domain.pricing.scene import (
    ENERGY,
    HOURLY,
    PIECES,
    VALUE,
    Table,
    charge,
    floor_data,
)

NEXT = "2026-11"
TIERS = [{"up_to": "100", "price": "2", "flat": "10"}, {"price": "1", "flat": "50"}]
TERMS: Table = {"tenant": "t-1", "tariff": "tariff", "valid_from": dt.date(2020, 1, 1)}
VERSION: Table = {"id": "tariff", "name": "T", "tax_mode": "inclusive"}


@pytest.fixture
def price(shell: Cli, tmp_path: Path) -> Price:
    return price_at(shell, tmp_path)


def versions(*bodies: tuple[dt.date, Table]) -> list[Table]:
    return [{**VERSION, "valid_from": day, "charge": [keys]} for day, keys in bodies]


def test_1_exact_until_the_one_rounding(price: Price) -> None:
    third = price(
        floor_data(charge(**HOURLY, price="0.015")), session("10-08 08:00", "10-08 08:20")
    )
    same = {"valley": "0.025", "peak": "0.025"}
    spells = [("10-08 07:20", "10-08 07:40"), ("10-08 10:00", "10-08 10:20")]
    spells.append(("10-08 17:00", "10-08 17:20"))
    bands = charge(**HOURLY, price="0.025", band_prices=same)
    three = price(floor_data(bands), session("10-08 07:00", "10-08 18:00", working=spells))

    assert lines(third, "quantity", "list", "net") == [("0.333333333333", "0.01", "0.01")]
    assert details(third, "amount") == [("0.005",)]
    assert listed(three) == ["0.03"]
    assert details(three, "amount") == [("0.008333333333",)] * 3


def test_2_details_are_runs_of_a_band_or_tiers_after_free_and_before_limits(price: Price) -> None:
    night: Table = {"price": "10", "band_prices": {"valley": "4"}, "free": "1", "maximum": "30"}
    banded = price(floor_data(charge(**HOURLY, **night)), session("10-08 06:00", "10-09 01:00"))
    tiered = price(
        floor_data(charge(**PIECES, model="graduated", tiers=TIERS)), hour(pieces={"good": 101})
    )
    plain = price(floor_data(charge(**HOURLY, price="1")), session("10-08 06:00", "10-09 01:00"))

    assert lines(banded, "quantity", "list") == [("19", "30.00")]
    assert details(banded, "band", "tier", "quantity", "amount") == [
        ("valley", None, "1", "4"),
        ("flat", None, "9", "90"),
        ("peak", None, "7", "70"),
        ("valley", None, "1", "4"),
    ]
    assert details(tiered, "band", "tier", "quantity", "price", "amount") == [
        (None, 1, "100", "2", "210"),
        (None, 2, "1", "1", "51"),
    ]
    assert details(plain, "band", "tier", "quantity") == [(None, None, "19")]


def test_3_what_is_known_at_the_end_is_billed_where_the_end_is(price: Price) -> None:
    floor = floor_data(
        charge("made", **PIECES, model="unit", price="1"),
        charge("worth", **VALUE, model="percentage", rate="0.1"),
        charge("booked", **{**HOURLY, "clock": "reserved"}, price="1"),
    )
    over = session("10-31 20:00", "11-01 04:00", reserved=["10-31 18:00", "11-01 08:00"])
    over |= {"pieces": {"good": 7}, "value": "50.00"}

    october, november = price(floor, over), price(floor, over, period=NEXT)

    assert lines(october, "charge", "quantity") == [("booked", "6")]
    assert lines(november, "charge", "quantity") == [
        ("made", "7"),
        ("worth", "50"),
        ("booked", "8"),
    ]


def test_4_a_period_starts_at_zero_and_accumulates_over_versions(price: Price) -> None:
    free = charge(**HOURLY, price="10", free="3", scope="period")
    dearer = {**free, "price": "20"}
    floor = floor_data(tariff=versions((dt.date(2020, 1, 1), free), (dt.date(2026, 10, 9), dearer)))
    uses = [
        session("10-08 08:00", "10-08 10:00", "S-1"),
        session("10-09 08:00", "10-09 10:00", "S-2"),
        session("10-31 22:00", "11-01 02:00", "S-3"),
    ]

    assert listed(price(floor, *uses)) == ["0.00", "20.00", "40.00"]
    assert listed(price(floor, *uses, period=NEXT)) == ["0.00"]


def test_4_a_fixed_sum_and_a_flat_price_are_per_session_at_period_scope(price: Price) -> None:
    floor = floor_data(
        charge("fixed", **VALUE, model="percentage", rate="0.1", fixed="2", scope="period"),
        charge("flat", **ONCE, price="5", scope="period"),
    )

    priced = price(floor, *(hour(f"S-{n}", value="10") for n in range(2)))

    assert listed(priced) == ["3.00", "5.00"] * 2


@pytest.mark.parametrize(
    ("reserved", "expected"),
    [
        (["10-08 06:00", "10-08 09:00"], [("valley", "2"), ("flat", "1")]),
        (["10-08 07:00", "10-08 08:30"], [("flat", "2")]),
        (["10-08 06:00", "10-08 08:00"], [("flat", "2")]),  # as long: the occupied one's times
    ],
)
def test_5_longer_takes_the_bands_of_the_longer_one(
    price: Price, reserved: list[str], expected: list[tuple[str, str]]
) -> None:
    keys = {**HOURLY, "clock": "longer", "price": "2", "band_prices": {"valley": "1"}}

    priced = price(
        floor_data(charge(**keys)), session("10-08 08:00", "10-08 10:00", reserved=reserved)
    )

    assert details(priced, "band", "quantity") == expected


def test_6_a_step_adds_where_something_was_used_last_and_nothing_to_nothing(price: Price) -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"peak": "5"}, "step": "1"}
    early = session(
        "10-08 16:00", "10-08 18:00", working=[("10-08 16:00", "10-08 16:30")], session_id="S-1"
    )
    never = session("10-08 18:00", "10-08 19:00", "S-2", working=[])

    priced = price(floor_data(charge(**keys)), early, never)

    assert lines(priced, "quantity", "list") == [("1", "1.00"), ("0", "0.00")]
    assert details(priced, "band", "quantity") == [("flat", "1")]


def test_7_which_sessions_are_in_a_period_and_what_has_lines(price: Price) -> None:
    floor = floor_data(
        charge("use", **HOURLY, price="1", free="9"),
        charge("rent", **MONTHLY, price="31"),
        contract=[
            {"id": "c-2", "machines": ["m-2"], "minimum_per_period": "50", **TERMS},
            {"id": "c-1", "machines": ["m-1"], **TERMS},
        ],
    )
    uses = [
        session("10-07 22:00", "10-08 00:00", "S-before"),
        session("10-07 23:00", "10-08 01:00", "S-into"),
        session("10-08 00:00", "10-08 00:00", "S-empty"),
        session("10-09 00:00", "10-09 01:00", "S-after"),
    ]

    priced = price(floor, *uses, period="2026-10-08..2026-10-09")

    assert lines(priced, "session", "contract", "charge", "list") == [
        ("S-into", "c-1", "use", "0.00"),
        ("S-empty", "c-1", "use", "0.00"),
        (None, "c-2", "rent", "31.00"),
        (None, "c-2", "minimum", "19.00"),
        (None, "c-1", "rent", "31.00"),
    ]
    assert [one["tenant"] for one in priced.json["statements"]] == ["t-1"]


def test_7_statements_are_in_the_floor_files_order_of_tenants(price: Price) -> None:
    floor = floor_data(
        charge(**ONCE, price="1"),
        tenant=[{"id": name, "name": name} for name in ("z", "a", "idle")],
        contract=[
            {**TERMS, "id": f"c-{name}", "tenant": name, "machines": ["m-1"]}
            for name in ("a", "idle", "z")
        ],
    )

    priced = price(floor, hour("S-1", tenant="a"), hour("S-2", tenant="z"))

    assert [one["tenant"] for one in priced.json["statements"]] == ["z", "a"]


def test_8_the_contract_is_that_of_the_local_day_the_session_starts(price: Price) -> None:
    floor = floor_data(
        charge(**ONCE, price="1"),
        contract=[
            {**TERMS, "id": "c-old", "machines": ["m-1"], "valid_to": dt.date(2026, 10, 8)},
            {**TERMS, "id": "c-new", "machines": ["m-1"], "valid_from": dt.date(2026, 10, 8)},
            {**TERMS, "id": "c-kind", "kinds": ["welder"]},
        ],
    )
    before = session("2026-10-07T15:59:00Z", "10-08 01:00", "S-1")
    after = session("2026-10-07T16:00:00Z", "10-08 01:00", "S-2")

    assert lines(price(floor, before, after), "contract") == [("c-old",), ("c-new",)]


@pytest.mark.parametrize("cover", [{"machines": ["m-1"]}, {"kinds": ["welder"]}])
def test_8_two_contracts_of_one_day_are_refused_at_import(price: Price, cover: Table) -> None:
    both = [{**TERMS, "id": name, **cover} for name in ("c-1", "c-2")]

    refused = price(floor_data(charge(**ONCE, price="1"), contract=both), hour())

    assert (refused.status, refused.out) == (2, "")
    assert refused.complaint.startswith("floor.toml: contract.c-2")
    assert "c-1" in refused.complaint


def test_8_a_session_without_a_contract_is_named_with_tenant_and_machine(price: Price) -> None:
    refused = price(floor_data(charge(**ONCE, price="1")), hour(tenant="t-2"))

    assert (refused.status, refused.out) == (2, "")
    assert all(name in refused.complaint for name in ("S-1", "t-2", "m-1"))


def test_9_a_tariff_holds_until_the_next_and_prices_all_of_a_session(price: Price) -> None:
    keys = charge(**HOURLY, price="1")
    floor = floor_data(
        tariff=versions((dt.date(2020, 1, 1), keys), (dt.date(2026, 10, 9), {**keys, "price": "5"}))
    )
    over = session("10-08 22:00", "10-09 02:00", "S-1")

    assert listed(price(floor, over, session("10-09 02:00", "10-09 04:00", "S-2"))) == [
        "4.00",
        "10.00",
    ]


def test_9_the_band_calendar_is_that_of_each_local_day(price: Price) -> None:
    year = list(range(1, 13))
    bands = [
        {"id": "b", "valid_from": day, "season": [{"months": year, name: ["00:00-24:00"]}]}
        for day, name in ((dt.date(2020, 1, 1), "flat"), (dt.date(2026, 10, 9), "peak"))
    ]
    keys = charge(**HOURLY, price="1", band_prices={"peak": "3"})

    priced = price(
        floor_data(keys, bands=bands, tariff={"bands": "b"}), session("10-08 22:00", "10-09 02:00")
    )

    assert details(priced, "band", "quantity") == [("flat", "2"), ("peak", "2")]


@pytest.mark.parametrize("table", ["tariff", "bands"])
def test_9_two_versions_of_one_day_are_refused(price: Price, table: str) -> None:
    floor = floor_data(charge(**ENERGY, price="1"))
    floor[table] = [*floor[table], floor[table][0]]

    refused = price(floor)

    assert (refused.status, refused.out) == (2, "")
    assert refused.complaint.startswith(f"floor.toml: {table}.")
    assert "2020-01-01" in refused.complaint
