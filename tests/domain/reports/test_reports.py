"""What reports count, against cases worked by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.ledger import OpenItem
from shared_factory_desktop.domain.reports import energy, income, policy, receivables, utilisation
from shared_factory_desktop.domain.reports.report import (
    Billed,
    Code,
    Kind,
    Value,
    exact,
    report_json,
    rough,
    rounded,
)
from shared_factory_desktop.domain.reports.spans import hours
from shared_factory_desktop.domain.reservations import Reservation
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from tests.domain.reports.scene import FLOOR, NOW, at, cells, line, sources, totals, use

MINUTES = st.integers(min_value=0, max_value=3 * 24 * 60)


def test_income_is_what_was_billed_less_what_was_credited() -> None:
    billed = [
        Billed("anping", dt.date(2026, 10, 31), ((line(10_000, 1_300), "lathe"),)),
        Billed("gone", dt.date(2026, 10, 31), ((line(500, 65, "c-0"), "left"),)),
        Billed(
            "anping",
            dt.date(2026, 10, 31),
            ((line(-4_000, -520), "lathe"), (line(100, 13, "c-2", None), None)),
        ),
    ]

    by_tenant = income.BY_TENANT.build(sources(billed=billed))
    by_machine = income.BY_MACHINE.build(sources(billed=billed))
    by_mode = income.BY_MODE.build(sources(billed=billed))

    assert by_tenant.rows == (("安平丝网", 6_100, 793, 6_893), ("gone", 500, 65, 565))
    assert by_mode.rows == (
        (Code("on-demand"), 6_000, 780, 6_780),
        (Code("lease"), 100, 13, 113),
        (Code("processing"), 0, 0, 0),
        (Code("collaborative"), 0, 0, 0),
        (Code("unknown"), 500, 65, 565),
    )
    assert by_machine.rows == (
        ("车床", 6_000, 780, 6_780),
        ("=冲压机", 0, 0, 0),
        ("left", 500, 65, 565),
        (Code("whole-period"), 100, 13, 113),
    )
    assert by_tenant.totals == by_machine.totals == by_mode.totals == (None, 6_600, 858, 7_458)


def test_hours_are_those_within_the_period_each_counted_once() -> None:
    """October has 744 hours; a session runs from 30 September 20:00 to 1 October 06:00."""
    uses = [
        use(
            at(9, 30, 20),
            at(10, 1, 6),
            powered=((at(9, 30, 21), at(10, 1, 5)),),
            working=((at(9, 30, 22), at(9, 30, 23)), (at(10, 1, 1), at(10, 1, 2, 30))),
            reserved=(at(9, 30, 22), at(10, 1, 4)),
        ),
        use(at(10, 31, 22), at(11, 1, 3), "S-2", powered=((at(10, 31, 23), at(11, 1, 3)),)),
    ]
    kept = {"lathe": [(at(9, 30, 22), at(10, 1, 4)), (at(10, 9, 8), at(10, 9, 12))]}

    report = utilisation.UTILISATION.build(sources(uses={"lathe": uses}, reserved=kept))

    lathe, press = cells(report, 0), cells(report, 1)
    assert [lathe[f"{clock}_h"] for clock in utilisation.CLOCKS] == [8, 8, 6, Fraction(3, 2)]
    assert lathe["reserved_share"] == Fraction(8, 744)
    assert lathe["working_share"] == Fraction(3, 2) / 744
    assert press == {**dict.fromkeys(press, 0), "machine": "=冲压机"}
    assert totals(report)["occupied_h"] == 8
    assert totals(report)["occupied_share"] == Fraction(8, 2 * 744)


def test_a_session_over_the_period_s_end_is_counted_once_over_both() -> None:
    span = [use(at(9, 29, 7), at(10, 3, 9))]

    halves = [
        cells(utilisation.UTILISATION.build(sources(period, {"lathe": span})))["occupied_h"]
        for period in ("2026-09", "2026-10", "2026-09-01..2026-11-01")
    ]

    assert halves == [41, 57, 98]


def test_a_running_session_has_run_until_now() -> None:
    report = utilisation.UTILISATION.build(
        sources("2026-11", {"lathe": [use(at(11, 23, 8), None)]})
    )

    assert cells(report)["occupied_h"] == 2


@given(st.lists(st.tuples(MINUTES, MINUTES), max_size=8))
def test_overlapping_spans_cover_as_many_minutes_as_they_hold(pairs: list[tuple[int, int]]) -> None:
    first = at(10, 1, 0)
    spans = [(first + _minutes(low), first + _minutes(high)) for low, high in map(sorted, pairs)]
    within = (first + _minutes(600), first + _minutes(3000))

    counted = {minute for low, high in map(sorted, pairs) for minute in range(low, high)}

    assert hours(spans, within) * 60 == len(counted & set(range(600, 3000)))


@pytest.mark.parametrize(
    ("came", "cancelled", "ends"),
    [
        (at(10, 9, 8, 5), None, at(10, 9, 12)),
        (None, None, at(10, 9, 8, 15)),
        (None, at(10, 9, 8, 10), at(10, 9, 8, 10)),
        (None, at(10, 8, 17), at(10, 9, 8)),
        (at(10, 9, 8, 5), at(10, 9, 9), at(10, 9, 9)),
    ],
    ids=["used", "no-show", "given up in the grace", "given up before", "given up while used"],
)
def test_a_reservation_keeps_its_machine_as_long_as_it_holds(
    came: dt.datetime | None, cancelled: dt.datetime | None, ends: dt.datetime
) -> None:
    reservation = Reservation(
        "R-1", "lathe", "anping", at(10, 9, 8), at(10, 9, 12), cancelled_at=cancelled
    )
    sessions = [
        Session("S-1", "lathe", "anping", start, end=at(10, 9, 11), state=SessionState.CLOSED)
        for start in (came,)
        if start
    ]

    assert utilisation.kept(reservation, sessions, NOW) == (at(10, 9, 8), ends)


def test_energy_falls_into_the_bands_in_which_it_was_used() -> None:
    """6 kWh evenly over 10 to 16 o'clock: two hours of peak, four of flat."""
    day = use(at(10, 8, 10), at(10, 8, 16), energy=[(at(10, 8, 10), 1000), (at(10, 8, 16), 7000)])
    # 10 kWh evenly over ten hours of valley, six of which lie in October
    night = use(
        at(9, 30, 20), at(10, 1, 6), "S-2", energy=[(at(9, 30, 20), 0), (at(10, 1, 6), 10_000)]
    )

    report = energy.ENERGY.build(sources(uses={"lathe": [night, day]}))

    found = cells(report)
    assert {band: found[band] for band in ("peak", "flat", "valley")} == {
        "peak": 2, "flat": 4, "valley": 6,
    }  # fmt: skip
    assert (found["super_peak"], found["unbanded"], found["energy"]) == (0, 0, 12)
    assert cells(report, 1)["energy"] == 0
    assert totals(report)["energy"] == 12


@given(st.lists(st.integers(min_value=0, max_value=50_000), min_size=2, max_size=30))
def test_bands_add_up_to_what_the_meter_counted(steps: list[int]) -> None:
    start = at(10, 3, 5)
    series = [(start + n * dt.timedelta(minutes=97), sum(steps[:n])) for n in range(len(steps) + 1)]
    spent = use(start, series[-1][0], energy=series)

    found = cells(energy.ENERGY.build(sources(uses={"lathe": [spent]})))

    assert found["energy"] == Fraction(sum(steps), 1000)


def test_energy_outside_every_calendar_is_told_apart() -> None:
    spent = use(at(10, 8, 10), at(10, 8, 16), energy=[(at(10, 8, 10), 0), (at(10, 8, 16), 6000)])
    bare = replace(FLOOR, bands=())
    two = replace(FLOOR, bands=(*FLOOR.bands, replace(FLOOR.bands[0], id="north")))
    later = replace(FLOOR, bands=(replace(FLOOR.bands[0], valid_from=dt.date(2027, 1, 1)),))

    assert [_unbanded(floor, spent) for floor in (bare, two, later)] == [6, 6, 6]
    named = replace(two, tariffs=(replace(FLOOR.tariffs[0], bands="north"),))
    assert _unbanded(named, spent) == 0


def test_indicators_are_counted_by_month_and_over_all() -> None:
    uses = {
        "lathe": [
            use(at(9, 30, 22), at(10, 1, 2), tenant="anping", value="1000.50"),
            use(at(10, 9, 8), at(10, 9, 12), "S-2", tenant="renze-own"),
        ],
        "press": [use(at(10, 12, 8), at(10, 12, 10), "S-3", tenant="school", machine="press")],
    }
    billed = [
        Billed("anping", dt.date(2026, 9, 30), ((line(10_000, 1_300), "lathe"),)),
        Billed("anping", dt.date(2026, 10, 31), ((line(2_000, 260), "lathe"),)),
    ]

    report = policy.POLICY.build(sources("2026-09-01..2026-11-01", uses, billed))

    september, october, both = cells(report, 0), cells(report, 1), totals(report)
    keys = ("month", "tenants", "external_tenants", "sessions", "shared_h", "external_share")
    assert [september[key] for key in keys] == ["2026-09", 1, 1, 1, 2, 1]
    assert [october[key] for key in keys] == ["2026-10", 3, 1, 2, 8, Fraction(2, 8)]
    assert [both[key] for key in keys[1:]] == [3, 1, 3, 10, Fraction(4, 10)]
    assert [one["declared"] for one in (september, october, both)] == [100_050, 0, 100_050]
    assert [one["gross"] for one in (september, october, both)] == [11_300, 2_260, 13_560]


def test_receivables_are_sorted_by_age() -> None:
    """Today is 23 November: 24 October is 30 days ago, 23 October 31."""
    days = ((8, 24), (8, 25), (9, 23), (9, 24), (10, 23), (10, 24), (11, 1))
    items = [
        OpenItem(f"DZ-{n}", dt.date(2026, month, day), 10**n) for n, (month, day) in enumerate(days)
    ]

    report = receivables.RECEIVABLES.build(sources(open_items={"anping": items}))

    assert report.rows == (("安平丝网", 1_100_000, 11_000, 110, 1, 1_111_111),)
    assert report.totals == (None, *report.rows[0][1:])
    assert receivables.RECEIVABLES.build(sources()).rows == ()


def test_of_many_rows_the_longest_are_drawn_in_their_order() -> None:
    billed = [
        Billed(f"t-{n}", dt.date(2026, 10, 31), ((line(n % 5 * 100, 0), None),)) for n in range(10)
    ]

    report = income.BY_TENANT.build(sources(billed=billed))

    assert [row[0] for row in report.drawn(4)] == ["t-3", "t-4", "t-8", "t-9"]


def test_figures_are_written_exactly_for_scripts_and_rounded_for_people() -> None:
    assert [exact(Kind.MONEY, -5), exact(Kind.HOURS, Fraction(1, 3))] == ["-0.05", "0.333333333333"]
    assert [rounded(Kind.MONEY, 123_456), rounded(Kind.HOURS, Fraction(12345, 8))] == [
        "1,234.56",
        "1,543.13",
    ]
    assert [rounded(Kind.SHARE, Fraction(1, 3)), rounded(Kind.COUNT, 1200)] == ["33.3%", "1,200"]
    assert [rough(Kind.MONEY, 500_000), rough(Kind.ENERGY, Fraction(1, 5))] == ["5,000", "0.2"]


def test_scripts_read_decimals_as_text_and_counts_as_numbers() -> None:
    written = report_json(policy.POLICY.build(sources(uses={"lathe": [use(at(10, 9, 8), NOW)]})))

    assert (written["report"], written["period"]) == ("policy", ["2026-10-01", "2026-11-01"])
    [row] = written["rows"] if isinstance(written["rows"], list) else []
    assert (row["sessions"], row["shared_h"], row["gross"]) == (1, "544", "0.00")


def _unbanded(floor: Floor, spent: SessionUse) -> Value:
    report = energy.ENERGY.build(sources(uses={"lathe": [spent]}, floor=floor))
    return cells(report)["unbanded"]


def _minutes(count: int) -> dt.timedelta:
    return dt.timedelta(minutes=count)
