"""A charge is read completely or refused with everything that is wrong with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.charges import MODELS
from shared_factory_desktop.domain.charges.falling import falling
from shared_factory_desktop.domain.charges.reading import read_charge, write_charge
from shared_factory_desktop.domain.problems import Problem
from shared_factory_desktop.domain.tables import Table as FileTable
from shared_factory_desktop.domain.tables import WrittenFloat
from shared_factory_desktop.domain.units import measure_problems
from shared_factory_desktop.words import LANGUAGES, Words
from tests.domain.pricing.scene import (
    ENERGY,
    HOURLY,
    PIECES,
    VALUE,
    Table,
    charge,
    floor_of,
    one_line,
    session,
)

ONCE: Table = {"basis": "session", "model": "flat", "price": "5"}
MONTHLY: Table = {"basis": "period", "model": "flat", "price": "5"}
TIME: Table = {**HOURLY, "price": "60.00"}
TIERED: Table = {**PIECES, "model": "graduated"}
UNIT: Table = {**PIECES, "model": "unit", "price": "1"}
PACKAGE: Table = {**PIECES, "model": "package", "price": "1", "size": "10"}
RATES = [{"up_to": "9", "rate": "0.1"}, {"rate": "0"}]
SHARE: Table = {**VALUE, "model": "percentage", "rate": "0.1"}
OPEN: Table = {"price": "1"}
GONE = object()

OWN_CODES = {
    *("flat-only", "bands-model", "bands-basis", "last-tier-open", "tier-order"),
    *("unit-of-measure", "band-gap", "band-overlap", "month-twice", "month-uncovered"),
    *("volume-falls", "negative-price", "step-in-bands"),
    *("charge-needs", "no-contract", "no-tariff", "no-calendar", "period"),
}


def problems_of(**keys: Any) -> list[tuple[str, str, str]]:
    data = {key: value for key, value in charge(**keys).items() if value is not GONE}
    found: list[Problem] = []
    table = FileTable(data, "c", found)
    read = read_charge(table)
    table.close()
    assert (read is None) == bool([p for p in found if p.code != "unknown-key"])
    return [(problem.place, problem.code, problem.seen) for problem in found]


GOOD: list[Table] = [
    TIME,
    *({**TIME, "clock": clock} for clock in ("powered", "idle", "occupied", "reserved", "longer")),
    {**TIME, "unit": "min", "step": "5", "step_mode": "nearest", "free": "10", "scope": "period"},
    {**TIME, "band_prices": {"valley": "0.5", "peak": "2"}, "minimum": "5", "maximum": "5"},
    {**ENERGY, "price": "0.4", "band_factors": {"peak": "1.7"}, "adder": "-0.1"},
    {**ENERGY, "price": "0.4", "adder": "0.1"},
    {**ENERGY, "quantity": "gas_l", "unit": "m3", "price": "0"},
    *({**PIECES, "counts": counts, "model": "unit", "price": 1} for counts in ("good", "all")),
    PACKAGE,
    {**TIERED, "tiers": [{"up_to": "10", "price": "10", "flat": "2"}, {"price": "0"}]},
    {**VALUE, "model": "volume", "tiers": [OPEN]},
    {**VALUE, "model": "percentage", "rate": "0.013"},
    {**VALUE, "model": "percentage", "rate": "0.013", "fixed": "2.00", "free": "100"},
    {
        **VALUE,
        "model": "graduated-percentage",
        "tiers": [{"up_to": "9", "rate": "0.1"}, {"rate": "0"}],
    },
    {**ONCE, "scope": "period", "minimum": "1", "tax_class": "x"},
    {**MONTHLY, "tax_rate": "0"},
    {**TIME, "tax_rate": "1"},
]


@pytest.mark.parametrize("keys", GOOD)
def test_a_good_charge_is_read_and_written_back_unchanged(keys: Table) -> None:
    data = charge(**keys)
    read = read_charge(FileTable(data, "c", []))
    assert read is not None
    written = write_charge(read)
    assert read_charge(FileTable(written, "c", [])) == read
    for key, value in written.items():
        assert data[key] == value or str(data[key]) == value, "text of decimals is kept"
    defaults = {"scope": "session", "counts": "good"}
    assert all(defaults.get(key) == data[key] for key in {*data} - {*written})


def test_defaults_are_filled_in() -> None:
    read = read_charge(FileTable(charge(**TIME), "c", []))
    assert read is not None
    assert (read.scope, read.step_mode, read.counts, read.free) == (
        "session",
        "up",
        "good",
        Decimal(0),
    )
    assert (read.minimum, read.maximum, read.tax_class) == (None, None, None)


BAD: list[tuple[Table, list[tuple[str, str, str]]]] = [
    ({**TIME, "basis": GONE}, [("c.basis", "missing", "")]),
    ({**TIME, "basis": "hours"}, [("c.basis", "choice", "hours")]),
    ({**TIME, "model": GONE}, [("c.model", "missing", "")]),
    ({**TIME, "model": "tiered"}, [("c.model", "choice", "tiered")]),
    ({**TIME, "name": GONE}, [("c.name", "missing", "")]),
    ({**TIME, "tax_rate": GONE}, [("c.tax_rate", "missing", "")]),
    ({**TIME, "tax_rate": "1.01"}, [("c.tax_rate", "range", "1.01")]),
    ({**TIME, "tax_rate": "-0.01"}, [("c.tax_rate", "range", "-0.01")]),
    ({**TIME, "clock": GONE}, [("c.clock", "missing", "")]),
    ({**TIME, "clock": "busy"}, [("c.clock", "choice", "busy")]),
    ({**TIME, "unit": GONE}, [("c.unit", "missing", "")]),
    ({**TIME, "unit": "kWh"}, [("c.unit", "choice", "kWh")]),
    ({**TIME, "unit": "s"}, [("c.unit", "choice", "s")]),
    ({**TIME, "price": GONE}, [("c.price", "missing", "")]),
    ({**TIME, "price": "-1"}, [("c.price", "range", "-1")]),
    ({**TIME, "price": "1e3"}, [("c.price", "decimal", "1e3")]),
    ({**TIME, "price": "1,000"}, [("c.price", "decimal", "1,000")]),
    ({**TIME, "price": WrittenFloat("0.65")}, [("c.price", "float", "0.65")]),
    ({**TIME, "free": "-1"}, [("c.free", "range", "-1")]),
    ({**TIME, "step": "0"}, [("c.step", "range", "0")]),
    ({**TIME, "step_mode": "half"}, [("c.step_mode", "choice", "half")]),
    ({**TIME, "scope": "month"}, [("c.scope", "choice", "month")]),
    ({**TIME, "minimum": "-1"}, [("c.minimum", "range", "-1")]),
    ({**TIME, "maximum": "-1"}, [("c.maximum", "range", "-1")]),
    ({**TIME, "minimum": "5", "maximum": "4.99"}, [("c.maximum", "range", "4.99")]),
    ({**TIME, "counts": "all"}, [("c.counts", "unknown-key", "counts")]),
    ({**TIME, "quantity": "energy_wh"}, [("c.quantity", "unknown-key", "quantity")]),
    ({**TIME, "size": "1"}, [("c.size", "unknown-key", "size")]),
    ({**TIME, "tiers": [OPEN]}, [("c.tiers", "unknown-key", "tiers")]),
    (
        {**TIME, "rate": "0.1", "fixed": "1"},
        [("c.rate", "unknown-key", "rate"), ("c.fixed", "unknown-key", "fixed")],
    ),
    ({**TIME, "prise": "1"}, [("c.prise", "unknown-key", "prise")]),
    ({**TIME, "band_prices": {"noon": "1"}}, [("c.band_prices.noon", "choice", "noon")]),
    ({**TIME, "band_prices": {"peak": "-1"}}, [("c.band_prices.peak", "range", "-1")]),
    ({**TIME, "band_prices": "1"}, [("c.band_prices", "table", '"1"')]),
    ({**TIME, "band_factors": {"peak": "-1"}}, [("c.band_factors.peak", "range", "-1")]),
    (
        {**TIME, "band_prices": {"peak": "1"}, "band_factors": {"peak": "1"}},
        [("c.band_prices", "not-both", "band_prices")],
    ),
    (
        {**TIME, "band_prices": {"peak": "1"}, "adder": "1"},
        [("c.band_prices", "not-both", "band_prices")],
    ),
    ({**PACKAGE, "band_prices": {"peak": "1"}}, [("c.band_prices", "bands-model", "package")]),
    ({**PACKAGE, "band_factors": {"peak": "1"}}, [("c.band_factors", "bands-model", "package")]),
    ({**PACKAGE, "adder": "1"}, [("c.adder", "bands-model", "package")]),
    ({**UNIT, "band_prices": {"peak": "1"}}, [("c.band_prices", "bands-basis", "pieces")]),
    ({**UNIT, "clock": "working"}, [("c.clock", "unknown-key", "clock")]),
    ({**UNIT, "counts": "bad"}, [("c.counts", "choice", "bad")]),
    ({**UNIT, "unit": "pcs"}, [("c.unit", "choice", "pcs")]),
    ({**PACKAGE, "size": GONE}, [("c.size", "missing", "")]),
    ({**PACKAGE, "size": "0"}, [("c.size", "range", "0")]),
    ({**ENERGY, "price": "1", "quantity": GONE}, [("c.quantity", "missing", "")]),
    ({**ENERGY, "price": "1", "unit": "Ah"}, [("c.unit", "choice", "Ah")]),
    ({**ENERGY, "price": "1", "quantity": "gas_l"}, [("c.unit", "choice", "kWh")]),
    ({**VALUE, "model": "percentage"}, [("c.rate", "missing", "")]),
    ({**SHARE, "rate": "-0.1"}, [("c.rate", "range", "-0.1")]),
    ({**SHARE, "fixed": "-1"}, [("c.fixed", "range", "-1")]),
    (
        {**VALUE, "model": "percentage", "rate": "0.1", "price": "1"},
        [("c.price", "unknown-key", "price")],
    ),
    ({**TIERED}, [("c.tiers", "missing", "")]),
    ({**TIERED, "tiers": []}, [("c.tiers", "missing", "")]),
    ({**TIERED, "tiers": "x"}, [("c.tiers", "tables", '"x"')]),
    ({**TIERED, "tiers": [{}]}, [("c.tiers[0].price", "missing", "")]),
    ({**TIERED, "tiers": [OPEN, OPEN]}, [("c.tiers[0].up_to", "missing", "")]),
    (
        {**TIERED, "tiers": [{"up_to": "1", "price": "1"}]},
        [("c.tiers[0].up_to", "last-tier-open", "1")],
    ),
    (
        {**TIERED, "tiers": [{"up_to": "9", "price": "1"}, {"up_to": "9.0", "price": "1"}, OPEN]},
        [("c.tiers[1].up_to", "tier-order", "9.0")],
    ),
    (
        {**TIERED, "tiers": [{"up_to": "0", "price": "1"}, OPEN]},
        [("c.tiers[0].up_to", "range", "0")],
    ),
    ({**TIERED, "tiers": [{"price": "1", "flat": "-1"}]}, [("c.tiers[0].flat", "range", "-1")]),
    (
        {**TIERED, "tiers": [{"rate": "1"}]},
        [("c.tiers[0].price", "missing", ""), ("c.tiers[0].rate", "unknown-key", "rate")],
    ),
    (
        {**VALUE, "model": "graduated-percentage", "tiers": [{"price": "1"}]},
        [("c.tiers[0].rate", "missing", ""), ("c.tiers[0].price", "unknown-key", "price")],
    ),
    ({**TIERED, "tiers": [OPEN], "price": "1"}, [("c.price", "unknown-key", "price")]),
    ({**ONCE, "model": "unit"}, [("c.model", "flat-only", "unit")]),
    ({**MONTHLY, "model": "unit"}, [("c.model", "flat-only", "unit")]),
    ({**ONCE, "unit": "h"}, [("c.unit", "unknown-key", "unit")]),
    ({**ONCE, "free": "1"}, [("c.free", "unknown-key", "free")]),
    ({**ONCE, "step": "1"}, [("c.step", "unknown-key", "step")]),
    ({**MONTHLY, "minimum": "1"}, [("c.minimum", "unknown-key", "minimum")]),
    ({**PIECES, "model": "flat", "price": "1", "free": "1"}, [("c.free", "unknown-key", "free")]),
    (
        {**TIME, "price": "x", "unit": "d", "step": "-1"},
        [("c.price", "decimal", "x"), ("c.unit", "choice", "d"), ("c.step", "range", "-1")],
    ),
]


@pytest.mark.parametrize(("keys", "expected"), BAD)
def test_a_bad_charge_is_refused_at_its_place(
    keys: Table, expected: list[tuple[str, str, str]]
) -> None:
    assert problems_of(**keys) == expected


def test_an_unknown_model_is_told_the_known_ones() -> None:
    found: list[Problem] = []
    read_charge(FileTable(charge(**{**TIME, "model": "tiered"}), "c", found))
    assert found[0].expected == ", ".join(model.KEY for model in MODELS)


KEYS = ["up_to", "price", "rate", "peak"]
scalars = st.one_of(
    st.text(max_size=5), st.integers(), st.booleans(), st.floats(), st.dates(), st.none()
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["up_to", "price", "rate", "peak"]), inner)
    ),
    max_leaves=5,
)


@given(st.sampled_from(GOOD), st.data())
def test_any_value_anywhere_is_read_or_refused_never_a_crash(
    keys: Table, data: st.DataObject
) -> None:
    table = charge(**keys)
    table[data.draw(st.sampled_from(sorted(table)))] = data.draw(values)
    found: list[Problem] = []
    read = read_charge(FileTable(table, "c", found))
    assert (read is None) or not found


def test_a_unit_that_a_machines_measure_does_not_count_in_is_found() -> None:
    line = {"name": "main", "meter": "M-1", "quantity": "gas_l"}
    machine = {"id": "m-1", "name": "M1", "kind": "welder", "measure": [line]}
    keys = {"quantity": "main", "price": "1"}
    changes: Table = {"machine": [machine], "contract": {"machines": ["m-1"]}}
    good = floor_of(charge(**{**ENERGY, **keys, "unit": "m3"}), **changes)
    assert list(measure_problems(good)) == []
    wrong = replace(good.tariffs[0].charges[0], unit="kWh")
    bad = replace(good, tariffs=(replace(good.tariffs[0], charges=(wrong,)),))
    (problem,) = measure_problems(bad)
    assert (problem.place, problem.code) == ("tariff.tariff.charge.use.unit", "unit-of-measure")
    assert (problem.seen, problem.expected) == ("kWh", "m3, L")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_of_pricing_has_words(language: str) -> None:
    words = Words(language)
    for code in OWN_CODES:
        sentence = words(f"pricing_problems.{code}", seen="SEEN", expected="EXPECTED")
        assert "{" not in sentence
        assert "SEEN" in sentence or "EXPECTED" in sentence


def test_dates_are_no_prices() -> None:
    assert problems_of(**{**TIME, "price": dt.date(2026, 1, 1)}) == [
        ("c.price", "decimal", "2026-01-01")
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (TIME, []),
        ({**TIERED, "tiers": [{"up_to": "10", "price": "10"}, OPEN]}, []),
        (
            {
                **VALUE,
                "model": "volume",
                "tiers": [{"up_to": "100", "price": "2", "flat": "10"}, OPEN],
            },
            [("volume-falls", "100 CNY: 210.00", "100.5 CNY: 100.50")],
        ),
        ({**VALUE, "model": "volume", "tiers": [{"up_to": "100", "price": "1"}, OPEN]}, []),
        ({**TIME, "adder": "-60.5"}, [("negative-price", "-0.5", "")]),
        (
            {**TIME, "adder": "-1", "band_factors": {"valley": "0.01"}},
            [("negative-price", "-0.4", "valley")],
        ),
        ({**TIME, "step": "0.25"}, []),
        ({**TIME, "band_prices": {"peak": "60"}, "step": "0.25"}, []),
        (
            {**TIME, "band_prices": {"valley": "20"}, "step": "0.25"},
            [("step-in-bands", "0.25 h", "10")],
        ),
    ],
)
def test_it_is_said_where_more_use_can_cost_less(
    keys: Table, expected: list[tuple[str, str, str]]
) -> None:
    read = read_charge(FileTable(charge(**keys), "c", []))
    assert read is not None
    assert [(p.code, p.seen, p.expected) for p in falling(read)] == expected


def test_a_step_in_bands_loses_no_more_than_was_said() -> None:
    keys = {**TIME, "band_prices": {"valley": "20"}, "step": "1"}
    floor = floor_of(charge(**keys))
    (warning,) = falling(floor.tariffs[0].charges[0])
    fens = [
        one_line(floor, session("10-08 22:30", end)).list_fen
        for end in ("10-08 23:31", "10-09 00:00", "10-09 00:29", "10-09 00:30")
    ]
    assert fens == [120_00, 120_00, 100_00, 100_00]
    assert max(fens) - min(fens) <= Decimal(warning.expected) * 100
