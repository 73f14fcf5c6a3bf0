"""What is counted: clocks, registers, steps, free units, and what is only known at the end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from shared_factory_desktop.domain.sessions import SessionUse
from tests.domain.pricing.scene import (
    DECEMBER,
    ENERGY,
    HOURLY,
    NOVEMBER,
    PIECES,
    VALUE,
    at,
    billed,
    charge,
    details,
    floor_of,
    made,
    one_line,
    problems,
    quantities,
    session,
    worth,
)

BUSY: dict[str, Any] = {
    "working": [("10-08 08:30", "10-08 09:00"), ("10-08 09:30", "10-08 10:00")],
    "powered": [("10-08 08:15", "10-08 10:30")],
}


def hours(clock: str, use: SessionUse, **options: Any) -> Fraction:
    keys = {**HOURLY, "clock": clock, "price": "1"}
    return one_line(floor_of(charge(**keys)), use, **options).quantity


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("working", 1), ("powered", Fraction(9, 4)), ("idle", 2), ("occupied", 3)],
)
def test_the_clocks_of_a_session(clock: str, expected: Fraction) -> None:
    assert hours(clock, session("10-08 08:00", "10-08 11:00", **BUSY)) == expected


@pytest.mark.parametrize(
    ("reserved", "longer"),
    [
        (("10-08 07:00", "10-08 11:00"), 4),  # longer than the session, and reaching outside
        (("10-08 08:00", "10-08 09:00"), 3),
        (("10-07 08:00", "10-07 11:00"), 3),
    ],
)
def test_reserved_counts_whole_and_longer_takes_the_longer(
    reserved: tuple[str, str], longer: int
) -> None:
    use = session("10-08 08:00", "10-08 11:00", reserved=reserved)
    assert hours("reserved", use) == (at(reserved[1]) - at(reserved[0])) / (
        at("01-01 01:00") - at("01-01 00:00")
    )
    assert hours("longer", use) == longer


@pytest.mark.parametrize(
    ("reserved", "band"),
    [(("10-08 18:00", "10-08 19:00"), "flat"), (("10-08 18:00", "10-08 19:01"), "peak")],
)
def test_longer_is_priced_in_the_bands_of_the_longer_one_occupied_when_equal(
    reserved: tuple[str, str], band: str
) -> None:
    keys = {**HOURLY, "clock": "longer", "price": "1", "band_prices": {"peak": "2"}}
    use = session("10-08 10:00", "10-08 11:00", reserved=reserved)
    assert [part.band for part in one_line(floor_of(charge(**keys)), use).details] == [band]


def test_reserved_time_is_billed_as_it_passes_until_the_session_ends() -> None:
    use = session("10-31 23:00", "11-01 01:00", reserved=("10-31 22:00", "11-01 04:00"))
    assert hours("reserved", use) == 2
    assert hours("reserved", use, start=NOVEMBER, end=DECEMBER) == 4


@pytest.mark.parametrize(
    ("counts", "expected"), [({}, 7_00), ({"counts": "good"}, 7_00), ({"counts": "all"}, 10_00)]
)
def test_pieces_are_good_ones_unless_all_are_asked_for(
    counts: dict[str, str], expected: int
) -> None:
    floor = floor_of(charge(**PIECES, **counts, model="unit", price="1"))
    assert one_line(floor, made(7, scrap=3)).list_fen == expected


@pytest.mark.parametrize("keys", [{**PIECES}, {**VALUE}])
def test_pieces_and_value_have_no_line_before_the_period_of_the_end(keys: dict[str, Any]) -> None:
    floor = floor_of(charge(**keys, model="flat", price="5"))
    use = session("10-31 23:00", "11-01 01:00", pieces={"good": 1}, value="1")
    assert billed(floor, [use]) == ()
    assert billed(floor, [use], NOVEMBER, DECEMBER)[0].list_fen == 5_00


@pytest.mark.parametrize(("unit", "expected"), [("kWh", Fraction("1.5")), ("Wh", Fraction(1500))])
def test_a_register_counts_by_its_difference(unit: str, expected: Fraction) -> None:
    floor = floor_of(charge(**{**ENERGY, "unit": unit}, price="1"))
    series = [("10-08 08:00", "1000.5"), ("10-08 08:20", "1100"), ("10-08 09:00", "2500.5")]
    use = session("10-08 08:00", "10-08 09:00", readings={"energy_wh": series})
    assert one_line(floor, use).quantity == expected


def test_readings_off_a_band_edge_are_interpolated_between_their_neighbours() -> None:
    floor = floor_of(charge(**ENERGY, price="1", band_prices={"peak": "2"}))
    series = [
        *(("10-08 16:00", "0"), ("10-08 16:50", "1000")),
        *(("10-08 17:20", "4000"), ("10-08 18:00", "4500")),
    ]
    use = session("10-08 16:00", "10-08 18:00", readings={"energy_wh": series})
    line = one_line(floor, use)
    assert quantities(line) == [
        ("flat", 2),
        ("peak", Fraction(5, 2)),
    ]
    assert line.list_fen == 7_00


def test_a_register_is_interpolated_at_the_end_of_the_period() -> None:
    floor = floor_of(charge(**ENERGY, price="1"))
    series = [("10-31 23:30", "0"), ("11-01 01:00", "9000")]
    use = session("10-31 23:30", "11-01 01:00", readings={"energy_wh": series})
    assert one_line(floor, use).quantity == 3
    assert one_line(floor, use, start=NOVEMBER, end=DECEMBER).quantity == 6


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("up", "1.5"), ("nearest", "1.5"), ("down", "1")],
)
def test_a_step_is_taken_up_to_nearest_half_up_or_down(mode: str, expected: str) -> None:
    floor = floor_of(charge(**HOURLY, price="1", step="0.5", step_mode=mode))
    use = session("10-08 08:00", "10-08 09:15")
    assert one_line(floor, use).quantity == Fraction(expected)


def test_what_a_step_takes_leaves_from_the_end() -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"peak": "2"}}
    floor = floor_of(charge(**keys, step="1", step_mode="down"))
    line = one_line(floor, session("10-08 15:30", "10-08 17:20"))
    assert details(line) == [("flat", 1, 1)]
    assert line.quantity == 1
    line = one_line(floor, session("10-08 15:30", "10-08 17:40"))
    assert quantities(line) == [
        ("flat", Fraction(3, 2)),
        ("peak", Fraction(1, 2)),
    ]


def test_what_a_step_adds_belongs_to_the_last_band_in_which_something_was_used() -> None:
    floor = floor_of(charge(**ENERGY, price="1", band_prices={"peak": "2"}, step="5"))
    series = [("10-08 16:00", "0"), ("10-08 17:00", "3000"), ("10-08 18:00", "3000")]
    use = session("10-08 16:00", "10-08 18:00", readings={"energy_wh": series})
    line = one_line(floor, use)
    assert details(line) == [("flat", 5, 5)]
    assert line.list_fen == 5_00


def test_a_step_leaves_a_total_of_nothing_at_nothing() -> None:
    floor = floor_of(charge(**PIECES, model="unit", price="1", step="10"))
    assert [one_line(floor, made(pieces)).quantity for pieces in (0, 1, 11)] == [0, 10, 20]


def test_free_units_are_the_first_in_time_and_the_quantity_is_shown_before_them() -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"peak": "2"}, "free": "1.5"}
    line = one_line(floor_of(charge(**keys)), session("10-08 16:00", "10-08 19:00"))
    assert line.quantity == 3
    assert line.list_fen == 3_00
    assert details(line) == [
        ("flat", 0, 0),
        ("peak", Fraction(3, 2), 3),
    ]


def test_a_band_run_is_one_detail_however_often_work_stops_in_it() -> None:
    keys = {**HOURLY, "price": "1", "band_prices": {"peak": "2"}}
    work = [("10-08 08:10", "10-08 09:10"), ("10-08 10:00", "10-08 11:00")]
    next_day = [("10-09 08:00", "10-09 09:00")]
    use = session("10-08 08:00", "10-09 10:00", working=[*work, *next_day])
    line = one_line(floor_of(charge(**keys)), use)
    assert details(line) == [("flat", 2, 2), ("flat", 1, 1)]


def test_everything_a_session_lacks_is_said_at_once() -> None:
    floor = floor_of(
        charge("booked", **{**HOURLY, "clock": "reserved", "price": "1"}),
        charge("either", **{**HOURLY, "clock": "longer", "price": "1"}),
        charge("made", **PIECES, model="unit", price="1"),
        charge("worth", **VALUE, model="percentage", rate="0.1"),
        charge("energy", **ENERGY, price="1"),
        charge("time", **HOURLY, price="1"),
    )
    uses = [session("10-08 08:00", "10-08 09:00"), worth("1", "S-2")]
    found = [(problem.place, problem.code, problem.seen) for problem in problems(floor, uses)]
    assert found == [
        ("session.S-1.reserved", "charge-needs", "booked"),
        ("session.S-1.reserved", "charge-needs", "either"),
        ("session.S-1.pieces", "charge-needs", "made"),
        ("session.S-1.value", "charge-needs", "worth"),
        ("session.S-1.readings.energy_wh", "charge-needs", "energy"),
        ("session.S-2.reserved", "charge-needs", "booked"),
        ("session.S-2.reserved", "charge-needs", "either"),
        ("session.S-2.pieces", "charge-needs", "made"),
        ("session.S-2.readings.energy_wh", "charge-needs", "energy"),
    ]


def test_a_running_session_costs_what_it_used_until_now() -> None:
    floor = floor_of(
        charge("time", **{**HOURLY, "clock": "occupied", "price": "60"}),
        charge("energy", **ENERGY, price="1"),
        charge("made", **PIECES, model="unit", price="1"),
    )
    series = [("10-08 08:00", "0"), ("10-08 08:20", "500")]
    use = session("10-08 08:00", None, readings={"energy_wh": series})
    lines = billed(floor, [use], now=at("10-08 08:30"))
    assert [(line.charge, line.list_fen) for line in lines] == [("time", 30_00), ("energy", 50)]
    assert billed(floor, [use], NOVEMBER, DECEMBER, now=at("10-08 08:30")) == ()
