"""Charges of every model and sessions of every kind, drawn at random."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from shared_factory_desktop.domain.bands import BANDS
from shared_factory_desktop.domain.charges import MODELS
from shared_factory_desktop.domain.sessions import Pieces, SessionUse, Span
from tests.domain.pricing.scene import ENERGY, HOURLY, PIECES, VALUE, ZONE, Table, charge

FIRST = dt.datetime(2026, 10, 27, tzinfo=ZONE)
CLOCKS = ("working", "powered", "idle", "occupied", "reserved", "longer")

amounts = st.decimals("0", "20", places=3).map(str)
small = st.decimals("0.001", "3", places=3).map(str)
minutes = st.integers(0, 10 * 24 * 60)


@st.composite
def tiers(draw: st.DrawFn, price_key: str = "price") -> list[Table]:
    bounds = sorted(draw(st.sets(st.integers(1, 40), max_size=3)))
    return [
        {
            **({"up_to": str(bound)} if bound else {}),
            price_key: draw(amounts),
            "flat": draw(amounts),
        }
        for bound in (*bounds, None)
    ]


@st.composite
def models(draw: st.DrawFn) -> Table:
    key = draw(st.sampled_from([model.KEY for model in MODELS]))
    if key in ("graduated", "volume"):
        return {"model": key, "tiers": draw(tiers())}
    if key == "graduated-percentage":
        return {"model": key, "tiers": draw(tiers("rate"))}
    if key == "percentage":
        return {"model": key, "rate": draw(amounts), "fixed": draw(amounts)}
    price = {"model": key, "price": draw(amounts)}
    return {**price, "size": draw(small)} if key == "package" else price


@st.composite
def bases(draw: st.DrawFn) -> Table:
    timed = {**HOURLY, "clock": draw(st.sampled_from(CLOCKS))}
    return draw(st.sampled_from([timed, ENERGY, PIECES, VALUE, timed, ENERGY]))


@st.composite
def charges(draw: st.DrawFn, scope: str = "session", limits: bool = True) -> Table:
    keys = {**draw(bases()), "price": None, **draw(models()), "scope": scope}
    keys = {key: value for key, value in keys.items() if value is not None}
    if draw(st.booleans()):
        keys |= {"step": draw(small), "step_mode": draw(st.sampled_from(["up", "nearest", "down"]))}
    if keys["model"] != "flat" and draw(st.booleans()):
        keys["free"] = draw(amounts)
    if keys["model"] == "unit" and keys["basis"] in ("time", "quantity") and draw(st.booleans()):
        which = draw(st.sampled_from(["band_prices", "band_factors"]))
        keys[which] = draw(st.dictionaries(st.sampled_from(BANDS), amounts, min_size=1))
    if limits and draw(st.booleans()):
        keys["minimum"] = draw(amounts)
        keys["maximum"] = str(Decimal(keys["minimum"]) + draw(st.integers(0, 100)))
    return charge(**keys)


@st.composite
def sessions(
    draw: st.DrawFn, session_id: str = "S-1", longest_min: int = 4 * 24 * 60
) -> SessionUse:
    start = FIRST + dt.timedelta(minutes=draw(minutes), microseconds=draw(st.integers(0, 10**6)))
    end = start + dt.timedelta(minutes=draw(st.integers(0, longest_min)))
    booked = start + dt.timedelta(minutes=draw(st.integers(-600, 600)))
    return SessionUse(
        id=session_id,
        machine="m-1",
        tenant="t-1",
        start=start,
        end=end,
        working=draw(spans(start, end)),
        powered=draw(spans(start, end)),
        reserved=(booked, booked + dt.timedelta(minutes=draw(st.integers(0, longest_min)))),
        pieces=Pieces(draw(st.integers(0, 60)), draw(st.integers(0, 5))),
        value=Decimal(draw(amounts)),
        readings={"energy_wh": draw(series(start, end))},
    )


@st.composite
def many(draw: st.DrawFn, most: int = 5) -> list[SessionUse]:
    count = draw(st.integers(1, most))
    return [draw(sessions(f"S-{number}")) for number in range(count)]


@st.composite
def spans(draw: st.DrawFn, start: dt.datetime, end: dt.datetime) -> tuple[Span, ...]:
    edges = sorted(draw(st.lists(instants(start, end), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple((low, high) for low, high in pairs if low < high)


@st.composite
def series(
    draw: st.DrawFn, start: dt.datetime, end: dt.datetime
) -> tuple[tuple[dt.datetime, Decimal], ...]:
    between = draw(st.sets(instants(start, end), max_size=5))
    level, found = Decimal(draw(st.integers(0, 10**6))), []
    for at in sorted({start, end, *between}):
        found.append((at, level))
        level += Decimal(draw(st.integers(0, 20_000_000))) / 1000
    return tuple(found)


def instants(start: dt.datetime, end: dt.datetime) -> st.SearchStrategy[dt.datetime]:
    length_us = int((end - start) / dt.timedelta(microseconds=1))
    return st.integers(0, length_us).map(lambda us: start + dt.timedelta(microseconds=us))


def longer_by(use: SessionUse, extra: Fraction) -> SessionUse:
    """Give the session with more of everything: later end, more pieces, value and energy."""
    assert use.end is not None
    end = use.end + dt.timedelta(microseconds=int(extra * 3_600_000_000))
    if end == use.end:
        return use
    register = use.readings["energy_wh"]
    return replace(
        use,
        end=end,
        working=(*use.working, (use.end, end)),
        powered=(*use.powered, (use.end, end)),
        reserved=use.reserved and (use.reserved[0], max(use.reserved[1], end)),
        pieces=use.pieces and Pieces(use.pieces.good + 1, use.pieces.scrap),
        value=(use.value or 0) + Decimal(1),
        readings={"energy_wh": (*register, (end, register[-1][1] + 1000))},
    )
