"""Items 10 to 17 of the pricing contract's fine print, through `shared-factory price`."""

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

WEEK: Table = {
    "id": "week",
    "valid_from": dt.date(2020, 1, 1),
    "season": [
        {"months": list(range(1, 13)), "days": "workday", "peak": ["00:00-24:00"]},
        {"months": list(range(1, 13)), "days": "restday", "valley": ["00:00-24:00"]},
    ],
}
FIVE_DAYS: Table = {"valid_from": dt.date(2026, 10, 22), "valid_to": dt.date(2026, 10, 27)}
TIERS = [{"up_to": "100", "price": "2", "flat": "10"}, {"price": "1"}]


@pytest.fixture
def price(shell: Cli, tmp_path: Path) -> Price:
    return price_at(shell, tmp_path)


@pytest.mark.parametrize(
    ("year", "day", "band", "warned"),
    [
        (2026, "10-01", "valley", False),  # National Day, a Thursday
        (2026, "10-10", "peak", False),  # a Saturday that is worked for it
        (2026, "10-13", "peak", False),
        (2026, "10-17", "valley", False),
        (2049, "10-01", "peak", True),  # a Friday; nothing is published yet
    ],
)
def test_10_day_types_are_those_published_else_monday_to_friday(
    price: Price, year: int, day: str, band: str, warned: bool
) -> None:
    keys = charge(**HOURLY, price="1", band_prices={"peak": "2"})
    floor = floor_data(keys, bands=[WEEK], tariff={"bands": "week"})
    use = session(f"{year}-{day}T08:00:00+08:00", f"{year}-{day}T09:00:00+08:00")

    priced = price(floor, use, period=f"{year}-10")

    assert details(priced, "band") == [(band,)]
    assert (f"{year}" in priced.err) is warned


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("30.30", "叁拾元零叁角"),
        ("100500.00", "壹拾万零伍佰元整"),
        ("20003000.00", "贰仟万叁仟元整"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("90.00", "玖拾元整"),
    ],
)
def test_11_totals_are_written_in_capitals(price: Price, amount: str, expected: str) -> None:
    [statement] = price(floor_data(charge(**ONCE, price=amount)), hour()).json["statements"]

    assert (statement["gross"], statement["gross_uppercase"]) == (amount, f"人民币{expected}")


def test_11_a_negative_total_says_so(price: Price) -> None:
    keys = charge(**HOURLY, price="0", adder="-2.50")

    [statement] = price(floor_data(keys), hour()).json["statements"]

    assert (statement["gross"], statement["gross_uppercase"]) == ("-2.50", "人民币负贰元伍角")


def test_12_the_minimum_sees_period_charges_and_takes_no_discount(price: Price) -> None:
    rent = charge("rent", **MONTHLY, price="100", tax_rate="0.06")
    later = {**rent, "tax_rate": "0.13"}
    more = charge("use", **HOURLY, price="1", tax_rate="0.09")
    version = {"id": "tariff", "name": "T", "tax_mode": "exclusive"}
    floor = floor_data(
        tariff=[
            {**version, "valid_from": dt.date(2020, 1, 1), "charge": [rent, more]},
            {**version, "valid_from": dt.date(2026, 10, 2), "charge": [later, more]},
        ],
        contract={"minimum_per_period": "500", "discount": "0.1"},
    )

    assert lines(price(floor), "charge", "list", "discount", "net", "tax", "tax_rate") == [
        ("rent", "100.00", "10.00", "90.00", "5.40", "0.06"),
        ("minimum", "410.00", "0.00", "410.00", "24.60", "0.06"),
    ]
    days = price(floor, period="2026-10-02..2026-10-04")
    assert lines(days, "charge", "list", "tax_rate") == [
        ("rent", "100.00", "0.13"),
        ("minimum", "410.00", "0.13"),
    ]


def test_13_the_first_flat_of_volume_is_due_at_nothing(price: Price) -> None:
    floor = floor_data(charge(**VALUE, model="volume", tiers=TIERS))

    priced = price(floor, hour(value="0"))

    assert listed(priced) == ["10.00"]
    assert details(priced, "tier", "quantity", "amount") == [(1, "0", "10")]


def test_14_units_of_lines_without_one(price: Price) -> None:
    floor = floor_data(
        charge("start", **ONCE, price="1"),
        charge("rent", **MONTHLY, price="31"),
        contract={**FIVE_DAYS, "minimum_per_period": "62"},
    )
    use = session("10-22 08:00", "10-22 09:00")

    assert lines(price(floor, use), "charge", "quantity", "unit", "list") == [
        ("start", "1", "session", "1.00"),
        ("rent", "0.161290322581", "period", "5.00"),
        ("minimum", "1", "period", "4.00"),
    ]


def test_14_run_time_is_charged_by_the_hour_or_minute(price: Price) -> None:
    floor = floor_data(
        charge("run", **{**ENERGY, "quantity": "run_time_s", "unit": "h"}, price="6"),
        charge("arc", **{**ENERGY, "quantity": "arc_time_s", "unit": "min"}, price="1"),
    )
    names = ("run_time_s", "arc_time_s")
    for machine in floor["machine"]:
        machine["measure"] = [{"name": n, "meter": "M-1", "quantity": n} for n in names]
    series = [("10-08 08:00", "0"), ("10-08 09:00", "1800")]

    priced = price(floor, hour(readings=dict.fromkeys(names, series)))

    assert lines(priced, "quantity", "unit", "list") == [
        ("0.5", "h", "3.00"),
        ("30", "min", "30.00"),
    ]


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({**HOURLY}, "price"),
        ({"basis": "time", "unit": "h", "model": "unit", "price": "1"}, "clock"),
        ({"basis": "time", "clock": "working", "model": "unit", "price": "1"}, "unit"),
        ({"basis": "quantity", "unit": "kWh", "model": "unit", "price": "1"}, "quantity"),
        ({**PIECES, "model": "package", "price": "1"}, "size"),
        ({**VALUE, "model": "percentage"}, "rate"),
        ({**VALUE, "model": "volume"}, "tiers"),
        ({**HOURLY, "price": "1", "size": "2"}, "size"),
        ({**VALUE, "model": "percentage", "rate": "0.1", "price": "1"}, "price"),
        ({**ONCE, "price": "1", "unit": "h"}, "unit"),
        ({"basis": "period", "model": "unit", "price": "1"}, "model"),
    ],
)
def test_14_each_model_has_its_keys_and_no_other(price: Price, keys: Table, field: str) -> None:
    refused = price(floor_data(charge(**keys)))

    assert (refused.status, refused.out) == (2, "")
    place = "floor.toml: tariff.tariff.charge.use"
    assert any(
        line.startswith(place) and field in line.removeprefix(place)
        for line in refused.err.splitlines()
    ), refused.err


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"price": "-1"}, "-1"),
        ({"price": "1e3"}, "1e3"),
        ({"price": "1,000"}, "1,000"),
        ({"free": "-0.5"}, "-0.5"),
        ({"minimum": "-2"}, "-2"),
        ({"step": "0"}, "0"),
        ({"tax_rate": "1.5"}, "1.5"),
    ],
)
def test_15_amounts_are_in_range_and_plainly_written(
    price: Price, change: Table, seen: str
) -> None:
    refused = price(floor_data({**charge(**HOURLY, price="1"), **change}))

    [key] = change
    assert (refused.status, refused.out) == (2, "")
    assert refused.complaint.startswith(f"floor.toml: tariff.tariff.charge.use.{key}: ")
    assert seen in refused.complaint


def test_15_only_an_adder_may_be_negative(price: Price) -> None:
    keys = charge(**HOURLY, price="2", adder="-0.50")

    assert listed(price(floor_data(keys), hour())) == ["1.50"]


def test_16_sessions_stand_by_instant_then_by_id_as_text(price: Price) -> None:
    floor = floor_data(charge(**ONCE, price="1"))
    same = "2026-10-08T02:00:00+02:00"  # the same instant as 08:00 here
    uses = [
        hour("S-2"),
        session(same, "10-08 09:00", "S-10"),
        session("10-08 07:59", "10-08 09:00", "S-3"),
        hour("s-1"),
    ]

    assert lines(price(floor, *uses), "session") == [("S-3",), ("S-10",), ("S-2",), ("s-1",)]


def test_17_readings_hold_the_sessions_start_and_end(price: Price) -> None:
    floor = floor_data(charge(**ENERGY, price="1"))
    short = [("10-08 08:00", "0"), ("10-08 08:59", "4000")]

    refused = price(floor, hour(readings={"energy_wh": short}))

    assert (refused.status, refused.out) == (2, "")
    assert refused.complaint.startswith("usage.json: session.S-1.readings.energy_wh: ")
    assert "2026-10-08T09:00:00+08:00" in refused.complaint


def test_17_sessions_that_overlap_on_a_machine_are_priced(price: Price) -> None:
    floor = floor_data(charge(**HOURLY, price="1"))

    assert listed(price(floor, hour("S-1"), hour("S-2"))) == ["1.00", "1.00"]
