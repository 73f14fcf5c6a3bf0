"""The worked cases of the pricing contract, number by number."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest

from shared_factory_desktop.domain.lines import taxed
from tests.domain.pricing.scene import (
    ENERGY,
    HOURLY,
    PIECES,
    VALUE,
    Table,
    billed,
    charge,
    details,
    facts,
    floor_of,
    made,
    one_line,
    session,
    worth,
)

NIGHT: Table = {
    "id": "day-night",
    "valid_from": dt.date(2020, 1, 1),
    "season": [{"months": list(range(1, 13)), "valley": ["00:00-08:00"], "flat": ["08:00-24:00"]}],
}
GRADUATED = [
    {"up_to": "10", "price": "10", "flat": "2"},
    {"up_to": "20", "price": "5", "flat": "3"},
    {"price": "5", "flat": "3"},
]
VOLUME = [
    {"up_to": "100", "price": "2", "flat": "10"},
    {"up_to": "200", "price": "1"},
    {"price": "0.5", "flat": "50"},
]
RATES = [
    {"up_to": "10", "rate": "0.01", "flat": "200"},
    {"up_to": "20", "rate": "0.02", "flat": "300"},
    {"rate": "0.03", "flat": "400"},
]


def test_1_an_hour_and_a_half_at_60_an_hour() -> None:
    floor = floor_of(charge(**HOURLY, price="60.00"))
    line = one_line(floor, session("10-08 08:00", "10-08 09:30"))
    assert facts(line.list_fen, line.quantity, line.unit) == (90_00, Fraction(3, 2), "h")
    assert details(line) == [(None, Fraction(3, 2), 90)]


@pytest.mark.parametrize(("limit", "expected"), [({}, 139_72), ({"minimum": "140"}, 140_00)])
def test_2_and_3_a_night_of_three_stretches(limit: dict[str, str], expected: int) -> None:
    keys = {**HOURLY, "price": "35", "band_prices": {"valley": "10"}, **limit}
    floor = floor_of(charge(**keys), bands=[NIGHT])
    line = one_line(floor, session("10-08 23:01:42", "10-09 08:44:05"))
    assert line.list_fen == expected
    evening, night, morning = Fraction(3498, 3600), Fraction(8), Fraction(2645, 3600)
    assert details(line) == [
        ("flat", evening, evening * 35),
        ("valley", night, night * 10),
        ("flat", morning, morning * 35),
    ]


def test_4_time_is_brought_up_to_quarters_of_an_hour() -> None:
    floor = floor_of(charge(**HOURLY, price="3.00", step="0.25"))
    line = one_line(floor, session("10-08 08:00", "10-08 08:40"))
    assert facts(line.quantity, line.list_fen) == (Fraction(3, 4), 2_25)


def test_5_what_the_step_adds_belongs_to_the_last_band() -> None:
    keys = {**HOURLY, "price": "1.20", "band_prices": {"peak": "2.40"}, "step": "0.25"}
    line = one_line(floor_of(charge(**keys)), session("10-08 16:35", "10-08 17:10"))
    assert facts(line.quantity, line.list_fen) == (Fraction(3, 4), 1_30)
    assert details(line) == [
        ("flat", Fraction(25, 60), Fraction(1, 2)),
        ("peak", Fraction(20, 60), Fraction(4, 5)),
    ]


@pytest.mark.parametrize(
    ("pieces", "expected"), [(0, 2), (1, 12), (10, 102), (11, 110), (12, 115), (21, 163)]
)
def test_6_graduated_pieces(pieces: int, expected: int) -> None:
    floor = floor_of(charge(**PIECES, model="graduated", tiers=GRADUATED))
    assert one_line(floor, made(pieces)).list_fen == expected * 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("1", 12_00), ("100", 210_00), ("100.5", 100_50)),
        *(("101", 101_00), ("210", 155_00), ("300", 200_00)),
    ],
)
def test_7_volume(value: str, expected: int) -> None:
    floor = floor_of(charge(**VALUE, model="volume", tiers=VOLUME))
    assert one_line(floor, worth(value)).list_fen == expected


def test_8_packages_after_free_units() -> None:
    keys = {**PIECES, "model": "package", "price": "5.00", "size": "100", "free": "100"}
    line = one_line(floor_of(charge(**keys)), made(201))
    assert facts(line.quantity, line.list_fen) == (201, 10_00)
    assert details(line) == [(None, Fraction(101), Fraction(10))]


def test_9_a_percentage_and_a_fixed_sum_for_each_of_four_sessions() -> None:
    floor = floor_of(charge(**VALUE, model="percentage", rate="0.013", fixed="2.00"))
    lines = billed(floor, [worth("200", f"S-{number}") for number in range(4)])
    assert [line.list_fen for line in lines] == [4_60] * 4


@pytest.mark.parametrize(
    ("value", "expected"), [("0", 200_00), ("10", 200_10), ("11", 500_12), ("12", 500_14)]
)
def test_10_graduated_percentage(value: str, expected: int) -> None:
    floor = floor_of(charge(**VALUE, model="graduated-percentage", tiers=RATES))
    assert one_line(floor, worth(value)).list_fen == expected


def test_11_summer_evening_in_southern_hebei() -> None:
    factors = {"super_peak": "2.04", "peak": "1.7", "valley": "0.3", "deep_valley": "0.24"}
    keys = {**ENERGY, "price": "0.40", "adder": "0.25", "band_factors": factors}
    floor = floor_of(charge(**keys), tariff={"bands": "hebei-south"})
    series = [("07-10 18:30", "1000"), ("07-10 22:30", "41000")]
    use = session("07-10 18:30", "07-10 22:30", readings={"energy_wh": series})
    line = one_line(floor, use, start=dt.date(2026, 7, 1), end=dt.date(2026, 8, 1))
    assert facts(line.quantity, line.unit, line.list_fen) == (40, "kWh", 41_28)
    assert details(line) == [
        ("peak", Fraction(5), Fraction("4.65")),
        ("super_peak", Fraction(30), Fraction("31.98")),
        ("peak", Fraction(5), Fraction("4.65")),
    ]


@pytest.mark.parametrize(
    ("gross_fen", "rate", "net_fen"),
    [
        (10_000_00, "0.13", 8849_56),
        (100_00, "0.13", 88_50),
        (1000_00, "0.01", 990_10),
        (99_99, "0.03", 97_08),
        (88_88, "0.06", 83_85),
        (1, "0.13", 1),
        (-10_000_00, "0.13", -8849_56),
    ],
)
def test_12_tax_inside_the_price(gross_fen: int, rate: str, net_fen: int) -> None:
    assert taxed(gross_fen, Decimal(rate), "inclusive") == (net_fen, gross_fen - net_fen, gross_fen)
