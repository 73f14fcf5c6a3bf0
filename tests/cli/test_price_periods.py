"""Parts of sessions in several periods, and what a person sees, through `shared-factory price`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.price_scene import Price, hour, lines, listed, price_at, session
from tests.domain.pricing.scene import ENERGY, HOURLY, PIECES, Table, charge, floor_data

DAYS = ("2026-10-08..2026-10-09", "2026-10-09..2026-10-10", "2026-10-10..2026-10-11")
WHOLE = "2026-10"
NIGHT: Table = {**HOURLY, "price": "35", "band_prices": {"valley": "10"}}
VOLUME = [{"up_to": "20", "price": "2"}, {"price": "1"}]


@pytest.fixture
def price(shell: Cli, tmp_path: Path) -> Price:
    return price_at(shell, tmp_path)


@pytest.mark.parametrize(
    ("keys", "parts", "whole"),
    [
        (NIGHT, ["34.42", "640.00", "97.50"], "771.92"),
        ({**NIGHT, "minimum": "700"}, ["700.00", "0.00", "71.92"], "771.92"),
        ({**NIGHT, "maximum": "700"}, ["34.42", "640.00", "25.58"], "700.00"),
        ({**HOURLY, "price": "0.015"}, ["0.01", "0.36", "0.13"], "0.50"),
        ({**HOURLY, "price": "1", "step": "12"}, ["12.00", "24.00", "0.00"], "36.00"),
        ({**HOURLY, "model": "volume", "tiers": VOLUME}, ["1.97", "23.01", "8.50"], "33.48"),
        ({**ENERGY, "price": "1"}, ["0.98", "24.00", "8.50"], "33.48"),
    ],
    ids=["bands", "minimum", "maximum", "rounding", "step", "volume", "register"],
)
def test_the_parts_of_a_session_add_up_to_its_price(
    price: Price, keys: Table, parts: list[str], whole: str
) -> None:
    floor = floor_data(charge(**keys))
    start, end = "10-08 23:01", "10-10 08:30"
    readings = {"energy_wh": [(start, "0"), (end, "33483.333333")]}
    use = session(start, end, readings=readings)

    billed = [listed(price(floor, use, period=day)) for day in DAYS]

    assert billed == [[part] for part in parts]
    assert listed(price(floor, use, period=WHOLE)) == [whole]
    assert sum(map(Decimal, parts)) == Decimal(whole)


def test_a_later_part_that_makes_the_whole_cheaper_is_negative(price: Price) -> None:
    tiers = [{"up_to": "4", "price": "10"}, {"price": "1"}]
    floor = floor_data(charge(**{**HOURLY, "model": "volume", "tiers": tiers}))
    use = session("10-08 20:00", "10-09 01:00")

    parts = [price(floor, use, period=day) for day in DAYS[:2]]

    keys = ("list", "net", "tax", "gross")
    assert [lines(part, *keys) for part in parts] == [
        [("40.00", "35.40", "4.60", "40.00")],
        [("-35.00", "-30.97", "-4.03", "-35.00")],
    ]
    assert parts[1].json["statements"][0]["gross_uppercase"] == "人民币负叁拾伍元整"


def test_a_person_sees_tenants_sessions_charges_and_amounts(
    price: Price, shell: Cli, tmp_path: Path
) -> None:
    floor = floor_data(charge("made", **PIECES, model="unit", price="12.5"))
    price(floor, hour(pieces={"good": 100}), hour("S-2", pieces={"good": 1}))
    files = ("--floor", tmp_path / "floor.toml", "--usage", tmp_path / "usage.json")

    seen = shell("price", *files, "--period", "2026-10")

    assert (seen.status, seen.err) == (0, "")
    assert [line.split() for line in seen.out.splitlines()] == [
        ["t-1", "￥1,262.50"],
        ["S-1", "made", "￥1,250.00"],
        ["S-2", "made", "￥12.50"],
    ]
