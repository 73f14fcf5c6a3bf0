"""What always holds of prices, whatever the charge and the sessions."""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.decimals import half_up
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.lines import Item, taxed
from shared_factory_desktop.domain.lines import line as line_of
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.domain.statement_json import price_document
from tests.domain.pricing.scene import HOURLY, Table, at, billed, charge, floor_of
from tests.domain.pricing.strategies import charges, longer_by, many, sessions, small

START = dt.date(2026, 10, 20)
END = dt.date(2026, 11, 20)
HEBEI: Table = {"bands": "hebei-south"}

EXAMPLES = int(os.environ.get("PRICING_EXAMPLES", "15"))
few = settings(max_examples=EXAMPLES)
more = settings(max_examples=max(EXAMPLES, 100))  # of what is quickly tried
days = st.integers(1, 30).map(lambda n: START + dt.timedelta(days=n))


def floor_with(*keys: Table) -> Floor:
    named = [{**one, "id": f"charge-{number}"} for number, one in enumerate(keys)]
    return floor_of(*named, tariff=HEBEI)


def lines_of(
    floor: Floor, uses: list[SessionUse], start: dt.date = START, end: dt.date = END
) -> tuple[Line, ...]:
    return billed(floor, uses, start, end)


@few
@given(st.lists(charges(), min_size=1, max_size=3), many())
def test_a_session_costs_the_same_with_others_and_alone(
    keys: list[Table], uses: list[SessionUse]
) -> None:
    floor = floor_with(*keys)
    alone = [line for use in uses for line in lines_of(floor, [use])]
    together = lines_of(floor, uses)
    assert sorted(together, key=repr) == sorted(alone, key=repr)


@few
@given(charges(), charges("period"), many(), st.randoms(use_true_random=False))
def test_the_order_of_import_does_not_matter(
    one: Table, two: Table, uses: list[SessionUse], chance: random.Random
) -> None:
    floor = floor_with(one, two)
    shuffled = chance.sample(uses, len(uses))
    documents = [
        price_document(price(floor, order, START, END).statements, START, END)
        for order in (uses, shuffled)
    ]
    assert documents[0] == documents[1]


@few
@given(charges(), many(), st.sets(days, min_size=1, max_size=4))
def test_parts_over_periods_add_up_to_the_whole(
    keys: Table, uses: list[SessionUse], cuts: set[dt.date]
) -> None:
    floor = floor_with(keys)
    bounds = sorted({START, END, *cuts})
    whole, parts = Counter[str](), Counter[str]()
    quantity: dict[str, Fraction] = {}
    for line in lines_of(floor, uses):
        whole[str(line.session)] += line.list_fen
        quantity[str(line.session)] = line.quantity
    for start, end in pairwise(bounds):
        for line in lines_of(floor, uses, start, end):
            parts[str(line.session)] += line.list_fen
            quantity[str(line.session)] -= line.quantity
    assert parts == whole
    assert set(quantity.values()) <= {0}


@few
@given(charges(limits=False), sessions(), st.sets(days, max_size=2))
def test_details_add_up_to_the_line(keys: Table, use: SessionUse, cuts: set[dt.date]) -> None:
    floor = floor_with(keys)
    bounds = sorted({START, END, *cuts})
    exact = Fraction(0)
    for start, end in pairwise(bounds):
        for line in lines_of(floor, [use], start, end):
            before = fen(exact)
            exact += sum((part.amount for part in line.details), Fraction(0))
            assert line.list_fen == fen(exact) - before
            assert sum(line.details_fen) == line.list_fen


@few
@given(charges("period", limits=False), many())
def test_at_period_scope_the_lines_add_up_to_one_price_of_the_total(
    keys: Table, uses: list[SessionUse]
) -> None:
    assume(keys["model"] in ("graduated", "volume", "package", "graduated-percentage"))
    lines = lines_of(floor_with(keys), uses)
    exact = sum((part.amount for line in lines for part in line.details), Fraction(0))
    total = sum((line.quantity for line in lines), Fraction(0))
    charged = max(total - Fraction(keys.get("free", 0)), Fraction(0))
    assert exact == price_of(keys, charged)


def price_of(keys: Table, units: Fraction) -> Fraction:
    """Price a total in the plainest way: unit by unit of bounds, from the words of the contract."""
    if keys["model"] == "package":
        return Fraction(-(-units // Fraction(keys["size"]))) * Fraction(keys["price"])
    amount, floor_units = Fraction(0), Fraction(0)
    for number, tier in enumerate(keys["tiers"]):
        bound = Fraction(tier["up_to"]) if "up_to" in tier else None
        each, flat = Fraction(tier.get("price", tier.get("rate"))), Fraction(tier["flat"])
        holds = bound is None or units <= bound
        if keys["model"] == "volume":
            if holds:
                return units * each + flat
        elif number == 0 or units > floor_units:
            amount += (min(units, bound or units) - floor_units) * each + flat
        floor_units = bound or units
    return amount


@few
@given(charges(), sessions(), small)
def test_more_use_never_costs_less(keys: Table, use: SessionUse, extra: str) -> None:
    bands = "band_prices" in keys or "band_factors" in keys
    assume(keys["model"] != "volume" and not ("step" in keys and bands))
    assume(keys.get("clock") != "longer" or not bands)  # the other one's own times count
    floor = floor_with(keys)
    (line,) = lines_of(floor, [use])
    (more,) = lines_of(floor, [longer_by(use, Fraction(extra))])
    assert more.list_fen >= line.list_fen


@more
@given(
    st.integers(-(10**9), 10**9),
    st.decimals("0", "1", places=4),
    st.sampled_from(["inclusive", "exclusive"]),
)
def test_a_reversal_mirrors_the_line_to_the_fen(amount_fen: int, rate: Decimal, mode: str) -> None:
    net, tax, gross = taxed(amount_fen, rate, mode)
    assert taxed(-amount_fen, rate, mode) == (-net, -tax, -gross)
    assert net + tax == gross
    assert half_up(-amount_fen * Fraction(rate)) == -half_up(amount_fen * Fraction(rate))


@few
@given(charges(), charges(), many(), st.decimals("0", "1", places=3), st.booleans())
def test_reversal_and_rebill_come_to_the_new_price(
    old: Table, new: Table, uses: list[SessionUse], discount: Decimal, inclusive: bool
) -> None:
    mode = "inclusive" if inclusive else "exclusive"
    keys: Table = {"contract": {"discount": str(discount)}}
    first, second = (
        floor_of(one, tariff={**HEBEI, "tax_mode": mode}, **keys) for one in (old, new)
    )
    issued, rebilled = lines_of(first, uses), lines_of(second, uses)
    reversing = [reversed_line(first, one, mode) for one in issued]
    for amount in ("list_fen", "discount_fen", "net_fen", "tax_fen", "gross_fen"):
        taken_back = [getattr(one, amount) for one in (*issued, *reversing)]
        assert sum(taken_back) == 0
        assert [-one for one in taken_back[len(issued) :]] == taken_back[: len(issued)]
    total = sum(one.gross_fen for one in (*issued, *reversing, *rebilled))
    assert total == price(second, uses, START, END).statements[0].gross_fen


def reversed_line(floor: Floor, issued: Line, mode: str) -> Line:
    """Work a line out anew for its list amount with the other sign."""
    item = Item(
        issued.session,
        issued.charge,
        -issued.quantity,
        issued.unit,
        -issued.list_fen,
        (),
        issued.tax_rate,
    )
    [contract] = floor.contracts
    return line_of(item, contract, mode, contract.discount)


@few
@given(st.lists(charges(), min_size=1, max_size=2), many(), st.sampled_from(["0", "0.05", "1"]))
def test_every_line_and_total_is_consistent(
    keys: list[Table], uses: list[SessionUse], discount: str
) -> None:
    named = [{**one, "id": f"charge-{number}"} for number, one in enumerate(keys)]
    floor = floor_of(*named, tariff=HEBEI, contract={"discount": discount})
    for statement in price(floor, uses, START, END).statements:
        for line in statement.lines:
            assert line.gross_fen == line.list_fen - line.discount_fen
            assert line.net_fen + line.tax_fen == line.gross_fen
        assert statement.gross_fen == statement.net_fen + statement.tax_fen


@more
@given(
    st.integers(0, 3 * 24 * 60),
    st.integers(0, 36 * 60),
    st.sampled_from([None, 7, 15, 60]),
    st.sampled_from(["up", "nearest", "down"]),
    st.integers(0, 90),
)
def test_time_in_bands_equals_counting_minute_by_minute(
    start_min: int, length_min: int, step_min: int | None, mode: str, free_min: int
) -> None:
    prices = {"valley": "0.31", "peak": "1.07", "super_peak": "1.5", "deep_valley": "0.01"}
    keys: Table = {**HOURLY, "unit": "min", "price": "0.5", "band_prices": prices}
    keys |= {"step": str(step_min), "step_mode": mode} if step_min else {}
    floor = floor_of(charge(**keys, free=str(free_min)), tariff=HEBEI)
    start = at("10-25 00:00") + dt.timedelta(minutes=start_min)
    end = start + dt.timedelta(minutes=length_min)
    use = SessionUse("S-1", "m-1", "t-1", start, end, working=((start, end),))
    (line,) = lines_of(floor, [use])
    counted = [band_at(floor, start + dt.timedelta(minutes=m)) for m in range(length_min)]
    if step_min and counted:
        short = length_min % step_min
        if mode == "down" or (mode == "nearest" and 2 * short < step_min):
            counted = counted[: length_min - short]
        elif short:
            counted += counted[-1:] * (step_min - short)
    exact = sum((Fraction(prices.get(band, "0.5")) for band in counted[free_min:]), Fraction(0))
    assert line.quantity == len(counted)
    assert line.list_fen == fen(exact)


def band_at(floor: Floor, moment: dt.datetime) -> str:
    calendar = next(one for one in floor.bands if one.id == "hebei-south")
    minute = moment.hour * 60 + moment.minute
    for season in calendar.seasons:
        for band, times in season.bands:
            if moment.month in season.months and any(a <= minute < b for a, b in times):
                return band
    raise AssertionError(moment)


@few
@given(sessions())
def test_a_running_session_costs_at_its_end_what_it_costs_when_ended(use: SessionUse) -> None:
    floor = floor_with(
        charge(**{**HOURLY, "clock": "occupied"}, price="7", band_prices={"peak": "9"}),
        charge(
            "energy", basis="quantity", quantity="energy_wh", unit="kWh", model="unit", price="1"
        ),
    )
    running = replace(use, end=None)
    ended = lines_of(floor, [use])
    live = price(floor, [running], START, END, now=use.end).statements[0].lines
    assert [line.list_fen for line in live] == [line.list_fen for line in ended]


def test_many_sessions_of_one_period_are_priced_in_linear_time() -> None:
    tiers = [{"up_to": "1000", "price": "1"}, {"price": "0.5", "flat": "3"}]
    keys: Table = {**HOURLY, "model": "graduated", "tiers": tiers, "scope": "period"}
    floor = floor_of(charge(**keys))
    calls = Counter[int]()
    for count in (200, 800):
        starts = [at("10-08 00:00") + dt.timedelta(minutes=n) for n in range(count)]
        uses = [hour_from(start, f"S-{number}") for number, start in enumerate(starts)]
        calls[count] = steps_of(floor, uses)
    assert calls[800] < 5 * calls[200]


def hour_from(start: dt.datetime, session_id: str) -> SessionUse:
    end = start + dt.timedelta(hours=1)
    return SessionUse(session_id, "m-1", "t-1", start, end, working=((start, end),))


def steps_of(floor: Floor, uses: list[SessionUse]) -> int:
    """Count the function calls of pricing, which unlike its time are the same on every machine."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        price(floor, uses, START - dt.timedelta(days=30), END)
    finally:
        sys.setprofile(before)
    return calls
