"""The worked cases of the pricing contract, number by number, through `shared-factory price`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.price_scene import ONCE, Price, details, hour, lines, listed, price_at, session
from tests.domain.pricing.scene import (
    ENERGY,
    HOURLY,
    PIECES,
    VALUE,
    Table,
    charge,
    floor_data,
)
from tests.domain.pricing.test_worked_cases import GRADUATED, NIGHT, RATES, VOLUME

PART = ("band", "quantity", "price", "amount")


@pytest.fixture
def price(shell: Cli, tmp_path: Path) -> Price:
    return price_at(shell, tmp_path)


def test_case_1_an_hour_and_a_half_at_60_an_hour(price: Price) -> None:
    priced = price(
        floor_data(charge(**HOURLY, price="60.00")), session("10-08 08:00", "10-08 09:30")
    )

    assert lines(priced, "quantity", "unit", "list") == [("1.5", "h", "90.00")]
    assert details(priced, *PART) == [(None, "1.5", "60", "90")]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [({}, "139.72"), ({"minimum": "140"}, "140.00")],
    ids=["case-2", "case-3"],
)
def test_case_2_and_3_a_night_of_three_stretches(price: Price, limit: Table, expected: str) -> None:
    keys = {**HOURLY, "price": "35", "band_prices": {"valley": "10"}, **limit}
    night = session("10-08 23:01", "10-09 08:44")
    night |= {"start": "2026-10-08T23:01:42+08:00", "end": "2026-10-09T08:44:05+08:00"}

    priced = price(floor_data(charge(**keys), bands=[NIGHT]), night)

    assert lines(priced, "quantity", "list") == [("9.706388888889", expected)]
    assert details(priced, *PART) == [
        ("flat", "0.971666666667", "35", "34.008333333333"),
        ("valley", "8", "10", "80"),
        ("flat", "0.734722222222", "35", "25.715277777778"),
    ]


def test_case_4_time_is_brought_up_to_quarters_of_an_hour(price: Price) -> None:
    keys = charge(**HOURLY, price="3.00", step="0.25")

    priced = price(floor_data(keys), session("10-08 08:00", "10-08 08:40"))

    assert lines(priced, "quantity", "list") == [("0.75", "2.25")]


def test_case_5_what_the_step_adds_belongs_to_the_last_band(price: Price) -> None:
    keys = {**HOURLY, "price": "1.20", "band_prices": {"peak": "2.40"}, "step": "0.25"}

    priced = price(floor_data(charge(**keys)), session("10-08 16:35", "10-08 17:10"))

    assert lines(priced, "quantity", "list") == [("0.75", "1.30")]
    assert details(priced, *PART) == [
        ("flat", "0.416666666667", "1.2", "0.5"),
        ("peak", "0.333333333333", "2.4", "0.8"),
    ]


def test_case_6_graduated_pieces(price: Price) -> None:
    floor = floor_data(charge(**PIECES, model="graduated", tiers=GRADUATED))
    made = (0, 1, 10, 11, 12, 21)

    priced = price(floor, *(hour(f"S-{n:02}", pieces={"good": n}) for n in made))

    assert listed(priced) == ["2.00", "12.00", "102.00", "110.00", "115.00", "163.00"]


def test_case_7_volume(price: Price) -> None:
    floor = floor_data(charge(**VALUE, model="volume", tiers=VOLUME))
    worth = ("1", "100", "100.5", "101", "210", "300")

    priced = price(floor, *(hour(f"S-{n}", value=value) for n, value in enumerate(worth)))

    assert listed(priced) == ["12.00", "210.00", "100.50", "101.00", "155.00", "200.00"]


def test_case_8_packages_after_free_units(price: Price) -> None:
    keys = {**PIECES, "model": "package", "price": "5.00", "size": "100", "free": "100"}

    priced = price(floor_data(charge(**keys)), hour(pieces={"good": 201}))

    assert lines(priced, "quantity", "unit", "list") == [("201", "piece", "10.00")]
    assert details(priced, *PART) == [(None, "101", "5", "10")]


def test_case_9_a_percentage_and_a_fixed_sum_for_each_of_four_sessions(price: Price) -> None:
    floor = floor_data(charge(**VALUE, model="percentage", rate="0.013", fixed="2.00"))

    priced = price(floor, *(hour(f"S-{n}", value="200") for n in range(4)))

    assert listed(priced) == ["4.60"] * 4


def test_case_10_graduated_percentage(price: Price) -> None:
    floor = floor_data(charge(**VALUE, model="graduated-percentage", tiers=RATES))

    priced = price(floor, *(hour(f"S-{n:02}", value=str(n)) for n in (0, 10, 11, 12)))

    assert listed(priced) == ["200.00", "200.10", "500.12", "500.14"]


def test_case_11_summer_evening_in_southern_hebei(price: Price) -> None:
    factors = {"super_peak": "2.04", "peak": "1.7", "valley": "0.3", "deep_valley": "0.24"}
    keys = {**ENERGY, "price": "0.40", "adder": "0.25", "band_factors": factors}
    series = {"energy_wh": [("07-10 18:30", "1000"), ("07-10 22:30", "41000")]}
    evening = session("07-10 18:30", "07-10 22:30", readings=series)
    floor = floor_data(charge(**keys), tariff={"bands": "hebei-south"})

    priced = price(floor, evening, period="2026-07")

    assert lines(priced, "quantity", "unit", "list") == [("40", "kWh", "41.28")]
    assert details(priced, *PART) == [
        ("peak", "5", "0.93", "4.65"),
        ("super_peak", "30", "1.066", "31.98"),
        ("peak", "5", "0.93", "4.65"),
    ]


def test_case_12_tax_inside_the_price(price: Price) -> None:
    priced = price(floor_data(charge(**ONCE, price="10000.00")), hour())

    [statement] = priced.json["statements"]
    assert lines(priced, "net", "tax", "gross") == [("8849.56", "1150.44", "10000.00")]
    assert [statement[key] for key in ("net", "tax", "gross")] == ["8849.56", "1150.44", "10000.00"]
