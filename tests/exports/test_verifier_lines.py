"""The verifier's second calculation and the engine's give the same lines."""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain import capitals as program
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.floor_write import write_floor
from shared_factory_desktop.domain.holidays import SHIPPED
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.rating import price, price_late
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Statement
from shared_factory_desktop.domain.statement_json import statement_document
from shared_factory_desktop.domain.usage_write import write_usage
from shared_factory_desktop.exports.verifier_lines import Bill, billed_lines, capitals, late_lines
from shared_factory_desktop.exports.verifier_use import Calendar, Table, Use, read_use, zone_of
from tests.architecture.project import ROOT
from tests.domain.pricing.scene import (
    ENERGY,
    HOURLY,
    NOVEMBER,
    OCTOBER,
    PIECES,
    VALUE,
    ZONE,
    charge,
    floor_data,
    made,
    session,
    worth,
)
from tests.domain.pricing.strategies import amounts, charges, many
from tests.domain.pricing.test_worked_cases import GRADUATED, RATES, VOLUME

pytestmark = pytest.mark.slow

NIGHT: Table = {"price": "35", "band_prices": {"valley": "10"}}
NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
EXAMPLES = int(os.environ.get("PRICING_EXAMPLES", "100"))
START, END = dt.date(2026, 10, 28), dt.date(2026, 11, 5)  # sessions begin from 10-27 to 11-06
BY_MACHINE, SECOND_VERSION, BY_KIND = (dt.date(2026, 11, day) for day in (1, 2, 3))
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns")
YEARS = [
    {
        "year": one.year,
        "rest_days": [day.isoformat() for day in sorted(one.rest_days)],
        "moved_workdays": [day.isoformat() for day in sorted(one.moved_workdays)],
    }
    for one in SHIPPED
]
ROUGH_BANDS: Table = {
    "id": "day-night",
    "valid_from": dt.date(2026, 10, 31),
    "season": [
        {
            "months": list(range(1, 13)),
            "days": "restday",
            "valley": ["00:00-02:30", "23:00-24:00"],
            "deep_valley": ["02:30-23:00"],
        },
        {
            "months": list(range(1, 13)),
            "days": "workday",
            "peak": ["00:00-02:30"],
            "super_peak": ["02:30-24:00"],
        },
    ],
}


def months() -> st.SearchStrategy[Table]:
    """Floors of up to three charges, two versions, all scopes, with minimum, discount, taxes."""
    scopes = st.sampled_from(["session", "period"])
    some = st.lists(scopes.flatmap(lambda scope: charges(scope)), min_size=1, max_size=3)
    return st.builds(
        _floor,
        some,
        some,
        st.sampled_from(["hebei-south", "day-night"]),
        st.sampled_from(["inclusive", "exclusive"]),
        st.sampled_from(["0", "0.05", "0.333", "1"]),
        st.sampled_from(["0", "150", "99999.99"]),
        st.sampled_from(ZONES),
        amounts,
    )


def _floor(
    first: list[Table],
    second: list[Table],
    bands: str,
    tax_mode: str,
    discount: str,
    minimum: str,
    zone: str,
    rent: str,
) -> Table:
    versions = [
        _version(dt.date(2020, 1, 1), first, bands, tax_mode, rent),
        _version(SECOND_VERSION, second, bands, "inclusive", rent),
    ]
    data = floor_data(tariff=versions)
    [contract] = data["contract"]
    terms = {**contract, "discount": discount, "minimum_per_period": minimum}
    by_kind = {key: value for key, value in terms.items() if key != "machines"}
    data["contract"] = [
        {**terms, "id": "c-0", "valid_to": BY_MACHINE},
        {**terms, "valid_from": BY_MACHINE, "valid_to": BY_KIND},
        {**by_kind, "id": "c-2", "kinds": ["welder"], "valid_from": BY_KIND},
    ]
    return {
        **data,
        "bands": [*data["bands"], copy.deepcopy(ROUGH_BANDS)],
        "factory": {"id": "f", "name": "F", "timezone": zone},
    }


def _version(
    valid_from: dt.date, chosen: list[Table], bands: str, tax_mode: str, rent: str
) -> Table:
    return {
        "id": "tariff",
        "name": "Tariff",
        "valid_from": valid_from,
        "tax_mode": tax_mode,
        "bands": bands,
        "charge": [
            *({**one, "id": f"charge-{number}"} for number, one in enumerate(chosen)),
            charge("rent", basis="period", model="flat", price=rent),
            charge("call", basis="session", model="flat", price="3.335"),
        ],
    }


def floor_json(data: Table) -> Table:
    """Write a floor as a bundle has it."""
    written = write_floor(read_floor(data, "floor.toml"))
    floor: Table = json.loads(json.dumps(written, default=str))
    return floor


def bill_of(
    data: Table, uses: Sequence[SessionUse], start: dt.date = START, end: dt.date = END
) -> tuple[Bill, list[Use]]:
    """Give what the verifier reads of a floor and of uses."""
    running = {use.id for use in uses if use.end is None}
    usage = json.loads(json.dumps(write_usage(uses, NOW, ZONE)))
    read = [read_use(body, body["id"] in running) for body in usage["sessions"]]
    floor = floor_json(data)
    return Bill(floor, Calendar(floor, YEARS), "t-1", start, end), read


def engine_lines(data: Table, uses: Sequence[SessionUse]) -> list[Any]:
    priced = price(read_floor(data, "floor.toml"), uses, START, END, "t-1", NOW)
    return [line for one in priced.statements for line in statement_document(one)["lines"]]


@settings(max_examples=EXAMPLES, deadline=None)
@given(months(), many(), st.sets(st.integers(0, 4)))
def test_random_floors_and_uses_give_the_same_lines(
    data: Table, uses: list[SessionUse], running: set[int]
) -> None:
    uses = [replace(use, end=None) if index in running else use for index, use in enumerate(uses)]

    assert billed_lines(*bill_of(data, uses)) == engine_lines(data, uses)


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(months(), many(), st.integers(0, 5))
def test_what_came_late_gives_the_same_lines(
    data: Table, uses: list[SessionUse], in_time: int
) -> None:
    floor, before = read_floor(data, "floor.toml"), uses[:in_time]
    priced = price(floor, before, START, END, "t-1", NOW).statements
    billed = [line for one in priced for line in one.lines]
    late = price_late(floor, uses, billed, Period(START, END), "t-1", NOW)
    written = statement_document(Statement("t-1", START, END, late))["lines"]

    assert late_lines(*bill_of(data, uses), engine_lines(data, before)) == written


@pytest.mark.timeout(1800)
def test_two_thousand_random_floors_and_uses_give_the_same_lines() -> None:
    tried = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "timeout=1700",
         __file__, "-k", "same_lines and not thousand"],
        env={**os.environ, "PRICING_EXAMPLES": "2000"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert tried.returncode == 0, tried.stdout[-5000:] + tried.stderr[-2000:]
    assert "2 passed" in tried.stdout


@pytest.mark.parametrize(
    ("keys", "use", "listed"),
    [
        ({**HOURLY, "price": "60"}, session("10-08 08:00", "10-08 09:30"), "90.00"),
        ({**HOURLY, **NIGHT}, session("10-08 23:01:42", "10-09 08:44:05"), "139.72"),
        (
            {**HOURLY, **NIGHT, "minimum": "140"},
            session("10-08 23:01:42", "10-09 08:44:05"),
            "140.00",
        ),
        (
            {**HOURLY, "price": "3.00", "step": "0.25"},
            session("10-08 08:00", "10-08 08:40"),
            "2.25",
        ),
        (
            {**HOURLY, "price": "1.20", "band_prices": {"peak": "2.40"}, "step": "0.25"},
            session("10-08 16:35", "10-08 17:10"),
            "1.30",
        ),
        *(
            ({**PIECES, "model": "graduated", "tiers": GRADUATED}, made(pieces), f"{listed}.00")
            for pieces, listed in ((0, 2), (1, 12), (10, 102), (11, 110), (12, 115), (21, 163))
        ),
        *(
            ({**VALUE, "model": "volume", "tiers": VOLUME}, worth(value), listed)
            for value, listed in (
                *(("1", "12.00"), ("100", "210.00"), ("100.5", "100.50")),
                *(("101", "101.00"), ("210", "155.00"), ("300", "200.00")),
            )
        ),
        (
            {**PIECES, "model": "package", "price": "5.00", "size": "100", "free": "100"},
            made(201),
            "10.00",
        ),
        (
            {**VALUE, "model": "percentage", "rate": "0.013", "fixed": "2.00"},
            worth("200"),
            "4.60",
        ),
        *(
            ({**VALUE, "model": "graduated-percentage", "tiers": RATES}, worth(value), listed)
            for value, listed in (
                *(("0", "200.00"), ("10", "200.10")),
                *(("11", "500.12"), ("12", "500.14")),
            )
        ),
        ({**HOURLY, "price": "0.015"}, session("10-08 08:00", "10-08 08:20"), "0.01"),
    ],
)
def test_the_worked_cases_of_the_contract(keys: Table, use: SessionUse, listed: str) -> None:
    data = floor_data(charge(**keys))

    [line] = billed_lines(*bill_of(data, [use], OCTOBER, NOVEMBER))

    assert line["list"] == listed


def test_case_11_is_a_summer_evening_in_three_runs() -> None:
    factors = {"super_peak": "2.04", "peak": "1.7", "valley": "0.3", "deep_valley": "0.24"}
    keys = {**ENERGY, "price": "0.40", "adder": "0.25", "band_factors": factors}
    data = floor_data(charge(**keys), tariff={"bands": "hebei-south"})
    series = [("07-10 18:30", "1000"), ("07-10 22:30", "41000")]
    use = session("07-10 18:30", "07-10 22:30", readings={"energy_wh": series})

    [line] = billed_lines(*bill_of(data, [use], dt.date(2026, 7, 1), dt.date(2026, 8, 1)))

    assert line["list"] == "41.28"
    runs = [(one["band"], one["quantity"], one["amount"]) for one in line["details"]]
    assert runs == [("peak", "5", "4.65"), ("super_peak", "30", "31.98"), ("peak", "5", "4.65")]


def test_case_12_is_tax_inside_the_price() -> None:
    data = floor_data(charge(basis="session", model="flat", price="10000.00"))

    [line] = billed_lines(*bill_of(data, [made(1)], OCTOBER, NOVEMBER))

    assert (line["net"], line["tax"]) == ("8849.56", "1150.44")


@given(st.integers(-(10**17), 10**17))
def test_capitals_are_those_of_the_program(fen: int) -> None:
    for amount in (fen, fen // 10**9, fen // 10**12, fen // 10**4 * 10**4, fen // 10**8 * 10**8):
        assert capitals(amount) == program.capitals(amount)


def test_china_needs_no_time_zone_data_and_another_zone_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoneinfo, "ZoneInfo", _without_data)

    shanghai = zone_of("Asia/Shanghai")

    assert shanghai.utcoffset(None) == dt.timedelta(hours=8)
    with pytest.raises(ValueError, match="Europe/Berlin: no data on this computer"):
        zone_of("Europe/Berlin")


def _without_data(name: str) -> dt.tzinfo:
    raise zoneinfo.ZoneInfoNotFoundError(name)
