"""Where more use costs less, told in the amounts a tenant would see."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.charges.falling import falling_prices
from tests.domain.pricing.scene import (
    HOURLY,
    PIECES,
    VALUE,
    Table,
    charge,
    floor_of,
    one_line,
    worth,
)

TIERS: list[dict[str, Any]] = [
    {"up_to": "100", "price": "2", "flat": "10"},
    {"up_to": "200", "price": "1"},
    {"price": "0.5", "flat": "50"},
]
TIME = {**HOURLY, "model": "volume"}
ONE_TIER_FALLS = [("volume-falls", "100 CNY: 210.00", "100.5 CNY: 100.50")]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {**VALUE, "tiers": TIERS},
            [*ONE_TIER_FALLS, ("volume-falls", "200 CNY: 200.00", "200.5 CNY: 150.25")],
        ),
        ({**VALUE, "tiers": TIERS, "minimum": "210"}, []),
        (
            {**VALUE, "tiers": TIERS[:1] + TIERS[2:], "maximum": "150"},
            [("volume-falls", "100 CNY: 150.00", "100.5 CNY: 100.25")],
        ),
        (
            {**PIECES, "tiers": [*TIERS[:2], {"price": "1"}]},
            [("volume-falls", "100 piece: 210.00", "101 piece: 101.00")],
        ),
        (
            {**PIECES, "tiers": [*TIERS[:2], {"price": "1"}], "free": "20"},
            [("volume-falls", "120 piece: 210.00", "121 piece: 101.00")],
        ),
        (
            {**TIME, "tiers": [{"up_to": "1", "price": "60"}, {"price": "59.9"}]},
            [("volume-falls", "1 h: 60.00", "1.001 h: 59.96")],
        ),
        (
            {**TIME, "tiers": [{"up_to": "1", "price": "60"}, {"price": "50"}], "step": "0.25"},
            [],  # with the step, the next that can be billed is dearer again
        ),
        (
            {**TIME, "tiers": [{"up_to": "1.1", "price": "60"}, {"price": "40"}], "step": "0.25"},
            [("volume-falls", "1 h: 60.00", "1.25 h: 50.00")],
        ),
        ({**PIECES, "model": "package", "price": "5.00", "size": "100", "free": "100"}, []),
    ],
)
def test_a_tier_that_costs_less_is_shown_with_both_amounts(
    keys: Table, expected: list[tuple[str, str, str]]
) -> None:
    floor = floor_of(charge("use", **{"model": "volume", **keys}))

    found = list(falling_prices(floor.tariffs))

    assert [(one.code, one.seen, one.expected) for one in found] == expected
    assert {one.place for one in found} <= {"tariff.tariff.charge.use"}


def test_the_amounts_of_a_warning_are_those_of_a_bill() -> None:
    floor = floor_of(charge(**VALUE, model="volume", tiers=TIERS, free="3"))
    within, beyond = (one_line(floor, worth(value)).list_fen for value in ("103", "103.5"))

    found = next(falling_prices(floor.tariffs))

    assert (found.seen, found.expected) == ("103 CNY: 210.00", "103.5 CNY: 100.50")
    assert (within, beyond) == (210_00, 100_50)


@st.composite
def volumes(draw: st.DrawFn) -> Table:
    """Give a volume charge whose bounds and free units are tenths."""
    tenths = draw(st.lists(st.integers(1, 500), min_size=1, max_size=3, unique=True))
    bounds: list[str | None] = [str(Decimal(one) / 10) for one in sorted(tenths)]
    tiers: list[dict[str, str]] = []
    for bound in [*bounds, None]:
        tier = {"price": str(Decimal(draw(st.integers(0, 900))) / 100)}
        tier["flat"] = str(Decimal(draw(st.integers(0, 20_000))) / 100)
        tiers.append(tier if bound is None else {"up_to": bound, **tier})
    limits = {
        key: str(draw(st.integers(low, low + 50)))
        for key, low in (("minimum", 0), ("maximum", 50))
        if draw(st.booleans())
    }
    free = str(Decimal(draw(st.integers(0, 50))) / 10)
    return charge(**VALUE, model="volume", tiers=tiers, free=free, **limits)


@given(volumes(), st.lists(st.integers(0, 600), min_size=2, max_size=8))
def test_without_a_warning_more_use_never_costs_less(volume: Table, tenths: list[int]) -> None:
    floor = floor_of(volume)
    bounds = [tier["up_to"] for tier in volume["tiers"][:-1]]
    edges = [Decimal(bound) + Decimal(volume["free"]) for bound in bounds]
    uses = sorted({*(Decimal(one) / 10 for one in tenths), *edges})
    fens = [one_line(floor, worth(str(use))).list_fen for use in uses]

    if not list(falling_prices(floor.tariffs)):
        assert fens == sorted(fens)


@given(volumes())
def test_the_amounts_of_every_warning_are_billed_so(volume: Table) -> None:
    floor = floor_of(volume)

    for found in falling_prices(floor.tariffs):
        for text in (found.seen, found.expected):
            use, _, cost = text.partition(" CNY: ")
            assert one_line(floor, worth(use)).list_fen == Decimal(cost) * 100
