"""The verifier's own view of calibrations, held against the engine's for random use and lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.corrected import corrected
from shared_factory_desktop.domain.document_json import read_line
from shared_factory_desktop.domain.instants import microseconds
from shared_factory_desktop.domain.metering_correction import difference
from shared_factory_desktop.domain.sessions import AppliedGain
from shared_factory_desktop.domain.statement import Detail, Line
from shared_factory_desktop.domain.statement_json import line_document
from shared_factory_desktop.domain.usage import Series
from shared_factory_desktop.exports.verifier_calibration import (
    adjusted_lines,
    as_read,
    calibration_checks,
)
from shared_factory_desktop.exports.verifier_proof import register_checks
from shared_factory_desktop.exports.verifier_use import Use

START = dt.datetime(2026, 11, 10, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
PERIOD = (dt.date(2026, 10, 1), dt.date(2026, 11, 1))
FLOOR = {
    "machine": [
        {"id": "m", "measure": [{"name": "e", "meter": "M-1", "quantity": "energy_wh"}]},
    ]
}
Table = dict[str, Any]

steps_ = st.lists(st.integers(0, 5000), min_size=1, max_size=6)
gains_ = st.lists(
    st.tuples(st.integers(-60, 400), st.decimals("0.9", "1.1", places=7)),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one[0],
).map(lambda some: [_gain(minutes, value) for minutes, value in sorted(some)])
amounts_ = st.integers(-10_000, 10_000)
details_ = st.lists(
    st.builds(
        Detail,
        st.sampled_from([None, "peak", "valley"]),
        st.sampled_from([None, 1, 2]),
        st.fractions(0, 100, max_denominator=60),
        st.sampled_from([Fraction("0.65"), Fraction("1.105")]),
        st.fractions(0, 100, max_denominator=60),
    ),
    max_size=4,
).map(tuple)


def _gain(minutes: int, value: Decimal) -> AppliedGain:
    return AppliedGain("JZ-1", 1, "M-1", "energy_wh", value, START + minutes * MINUTE)


lines_ = st.builds(
    Line,
    session=st.just("S-1"),
    contract=st.just("c"),
    charge=st.just("energy"),
    quantity=st.fractions(0, 100, max_denominator=60),
    unit=st.just("kWh"),
    list_fen=amounts_,
    discount_fen=amounts_,
    net_fen=amounts_,
    tax_fen=amounts_,
    gross_fen=amounts_,
    tax_rate=st.just(Decimal("0.13")),
    details=details_,
    late=st.none(),
    correction=st.none(),
)


def read(steps: list[int]) -> Series:
    values = accumulate(steps, initial=1000)
    return tuple((START + 60 * index * MINUTE, Decimal(v)) for index, v in enumerate(values))


def rows(series: Series) -> list[Table]:
    """Give a register's readings as a bundle's table has them."""
    return [
        {
            "workstation": "ws-1", "seq": seq, "meter": "M-1", "quantity": "energy_wh",
            "at": at.isoformat(), "value": f"{value:f}", "quality": "good", "fault": None,
        }
        for seq, (at, value) in enumerate(series, 1)
    ]  # fmt: skip


def use(series: Series) -> Use:
    points = [(microseconds(at), Fraction(value)) for at, value in series]
    first, last = points[0][0], points[-1][0]
    return Use("S-1", "t", "m", first, last, False, [], [], None, None, None, {"e": points})


def inputs(gains: list[AppliedGain]) -> Table:
    told = [
        {
            "number": one.number, "version": 1, "meter": "M-1", "quantity": "energy_wh",
            "gain": f"{one.gain:f}", "effective_at": one.effective_at.isoformat(),
            "sessions": ["S-1"],
        }
        for one in gains
    ]  # fmt: skip
    return {"calibrations": told}


def held(seen: Use, given_: Table, series: Series) -> list[bool | None]:
    found, checks = as_read(FLOOR, [seen], given_, rows(series))
    checks += register_checks(FLOOR, found, rows(series))
    return [check.holds for check in checks]


@given(steps_, gains_)
def test_a_corrected_register_is_followed_back_to_its_readings(
    steps: list[int], gains: list[AppliedGain]
) -> None:
    series = read(steps)

    assert held(use(corrected(series, gains)), inputs(gains), series) == [True, True]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_changed_value_of_a_corrected_register_is_seen(index: int) -> None:
    series, gains = read([100, 100]), [_gain(90, Decimal("0.9"))]
    points = list(use(corrected(series, gains)).readings["e"])
    at, value = points[index]
    points[index] = (at, value + (-1 if index == 0 else 1))
    changed = use(series)._replace(readings={"e": points})

    assert False in held(changed, inputs(gains), series)


def test_a_value_off_the_straight_line_where_the_gain_changes_is_seen() -> None:
    series, gains = read([100, 100]), [_gain(90, Decimal("0.9"))]
    points = list(use(corrected(series, gains)).readings["e"])
    points[2] = (points[2][0], points[2][1] - 1)
    changed = use(series)._replace(readings={"e": points})

    assert held(changed, inputs(gains), series)[0] is False


@given(lines_, lines_)
def test_what_makes_an_error_good_is_worked_out_alike(billed: Line, due: Line) -> None:
    before, after = line_document(billed), line_document(due)
    days = [day.isoformat() for day in PERIOD]
    one = {"certificate": "JZ-1", "period": days, "billed": before, "corrected": after}

    [worked_out] = adjusted_lines({"adjustments": [one]})

    engine = difference(read_line(before), read_line(after), PERIOD, "JZ-1")
    assert worked_out == line_document(engine)
    assert engine.gross_fen == due.gross_fen - billed.gross_fen


def _certified(gain: AppliedGain) -> Table:
    [one] = inputs([gain])["calibrations"]
    certificate = {
        "meter": "M-1",
        "quantity": "energy_wh",
        "effective_at": one["effective_at"],
        "coefficients": {"gain": one["gain"]},
    }
    return {**one, "certificate": certificate}


def test_gains_are_those_frozen_and_those_certified() -> None:
    gain = _gain(0, Decimal("0.9957"))
    frozen = inputs([gain])

    def held_by(listed: Mapping[str, Any]) -> list[bool | None]:
        return [one.holds for one in calibration_checks({"calibrations": [listed]}, frozen)]

    assert held_by(_certified(gain)) == [True, True]
    other = _certified(replace(gain, gain=Decimal("0.99")))
    assert held_by(other) == [False, True]
    assert held_by({**_certified(gain), "certificate": other["certificate"]}) == [True, False]
