"""What `shared-factory price` cannot price is named: session, charge, field; nothing is guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.price_scene import ONCE, Price, hour, listed, price_at, session
from tests.domain.pricing.scene import (
    ENERGY,
    HOURLY,
    PIECES,
    VALUE,
    Table,
    charge,
    floor_data,
)

TERMS: Table = {"tariff": "tariff", "machines": ["m-1"], "valid_from": dt.date(2020, 1, 1)}
BOTH = [{"id": f"c-{n}", "tenant": f"t-{n}", **TERMS} for n in (1, 2)]
SHARE: Table = {**VALUE, "model": "percentage", "rate": "0.1"}
EVERYTHING = (
    charge("made", **PIECES, model="unit", price="1"),
    charge("worth", **SHARE),
    charge("power", **ENERGY, price="1"),
    charge("booked", **{**HOURLY, "clock": "reserved"}, price="1"),
)


@pytest.fixture
def price(shell: Cli, tmp_path: Path) -> Price:
    return price_at(shell, tmp_path)


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({**PIECES, "model": "unit", "price": "1"}, "pieces"),
        (SHARE, "value"),
        ({**ENERGY, "price": "1"}, "readings.energy_wh"),
        ({**HOURLY, "clock": "reserved", "price": "1"}, "reserved"),
        ({**HOURLY, "clock": "longer", "price": "1"}, "reserved"),
    ],
)
def test_a_session_that_lacks_what_a_charge_needs_is_named(
    price: Price, keys: Table, field: str
) -> None:
    floor = floor_data(charge("needy", **keys), charge("start", **ONCE, price="1"))

    refused = price(floor, hour("S-7"))

    assert (refused.status, refused.out) == (2, "")
    assert f"session.S-7.{field}: " in refused.complaint
    assert "charge needy needs" in refused.complaint


def test_everything_that_is_wrong_is_told_at_once(price: Price) -> None:
    floor = floor_data(*EVERYTHING, contract=BOTH)
    uses = [hour("S-1"), hour("S-2", tenant="t-2"), hour("S-3", machine="m-2")]

    refused = price(floor, *uses)

    assert (refused.status, refused.out) == (2, "")
    lacking = [
        (f"session.{session_id}.{field}: ", charge_id)
        for session_id in ("S-1", "S-2")
        for field, charge_id in (
            ("pieces", "made"),
            ("value", "worth"),
            ("readings.energy_wh", "power"),
            ("reserved", "booked"),
        )
    ]
    expected = [*lacking[:4], ("session.S-3: ", "m-2"), *lacking[4:]]
    told = refused.err.splitlines()
    assert len(told) == len(expected)
    for line, (place, name) in zip(told, expected, strict=True):
        assert place in line
        assert name in line


def test_the_other_tenants_have_their_statements_all_the_same(price: Price) -> None:
    floor = floor_data(charge("worth", **SHARE), contract=BOTH)
    uses = [hour("S-1"), hour("S-2", tenant="t-2", value="80.00")]

    both = price(floor, *uses)
    good = price(floor, *uses, tenant="t-2")
    bad = price(floor, *uses, tenant="t-1")

    assert both.status == 1
    assert both.json == good.json
    assert "session.S-1.value: " in both.complaint
    assert listed(good) == ["8.00"]
    assert (bad.status, bad.out, bad.err) == (2, "", both.err)


def test_what_a_charge_needs_is_asked_for_in_its_period_only(price: Price) -> None:
    floor = floor_data(charge("worth", **SHARE), charge("start", **ONCE, price="1"))
    over = session("10-31 20:00", "11-01 04:00")

    october, november = price(floor, over), price(floor, over, period="2026-11")

    assert listed(october) == ["1.00"]  # the value is known when the session ends
    assert (november.status, november.out) == (2, "")
    assert "session.S-1.value: " in november.complaint


@pytest.mark.parametrize(
    ("table", "keys", "seen"),
    [
        ("tariff", {**HOURLY, "price": "1"}, "tariff"),
        ("bands", {**HOURLY, "price": "1", "band_prices": {"peak": "2"}}, "day-night"),
    ],
)
def test_a_day_without_tariff_or_calendar_is_named(
    price: Price, table: str, keys: Table, seen: str
) -> None:
    floor = floor_data(charge(**keys))
    floor[table][0]["valid_from"] = dt.date(2026, 10, 9)

    refused = price(floor, hour())

    assert (refused.status, refused.out) == (2, "")
    assert "session.S-1: " in refused.complaint
    assert seen in refused.complaint
    assert "2026-10-08" in refused.complaint


def test_an_unknown_tenant_is_told(price: Price) -> None:
    refused = price(floor_data(charge(**ONCE, price="1")), tenant="nobody")

    assert (refused.status, refused.out) == (2, "")
    assert "nobody" in refused.complaint


def test_all_errors_of_a_usage_file_are_told_with_its_name(price: Price) -> None:
    floor = floor_data(charge(**ONCE, price="1"))
    backwards = session("10-08 09:00", "10-08 08:00", "S-1")
    stranger = hour("S-2", machine="m-9", tenant="t-9")
    float_value = hour("S-3", value=12.5)

    refused = price(floor, backwards, stranger, float_value, hour("S-3"))

    assert (refused.status, refused.out) == (2, "")
    told = refused.err.splitlines()
    assert all(line.startswith("usage.json: session.") for line in told)
    for place, seen in (
        ("S-1.end", "2026-10-08T08:00:00+08:00"),
        ("S-2.machine", "m-9"),
        ("S-2.tenant", "t-9"),
        ("S-3.value", "12.5"),
        ("S-3", "S-3"),
    ):
        assert any(place in line and seen in line for line in told), (place, told)
    assert len(told) == 5
