"""Whose turn it is on a bus: billing registers first, the rest where time is spare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.profile_file import load_profile
from drivers.transports.line import LineSettings
from shared_factory_desktop.acquisition.plan import plan_meter
from shared_factory_desktop.acquisition.poller import load_pct, turns_of
from shared_factory_desktop.acquisition.schedule import Schedule, Turn, after
from shared_factory_desktop.domain.floor import Factory, Floor, Meter

LINE = LineSettings("serial", port="x", baudrate=9600)


def turn(meter: str, billing: bool, cost_s: float = 0.03, period_s: float = 1.0) -> Turn:
    return Turn(meter, (), billing, period_s, cost_s)


def run(turns: Iterable[Turn], seconds: float) -> Counter[tuple[str, bool]]:
    """Play a bus on which each turn takes just its cost; tells how often each was taken."""
    schedule = Schedule(turns)
    now_s, taken = 0.0, Counter[tuple[str, bool]]()
    while now_s < seconds:
        due = schedule.next(now_s)
        if due is None:
            at_s = schedule.due_s(now_s)
            assert at_s is not None
            assert at_s > now_s
            now_s = at_s
            continue
        taken[due.meter, due.billing] += 1
        started_s, now_s = now_s, now_s + due.cost_s
        after(due, started_s, 0.0)
    return taken


def test_a_bus_with_time_to_spare_reads_everything_at_its_beat() -> None:
    taken = run([turn("a", True), turn("a", False), turn("b", True), turn("b", False)], 60)

    assert set(taken.values()) <= {60, 61}


def test_display_values_never_take_the_time_of_billing_registers() -> None:
    billing = [turn(f"m{n}", True, cost_s=0.09) for n in range(10)]
    display = [turn(f"m{n}", False, cost_s=0.2) for n in range(10)]

    taken = run([*billing, *display], 100)

    assert all(taken[t.meter, True] >= 0.9 * 100 for t in billing)


def test_display_values_of_a_full_bus_are_read_now_and_then() -> None:
    billing = [turn(f"m{n}", True, cost_s=0.1) for n in range(10)]

    taken = run([*billing, turn("m0", False, cost_s=0.2)], 600)

    assert 9 <= taken["m0", False] <= 11


def test_the_one_waiting_longest_comes_first() -> None:
    late, later = turn("late", True), turn("later", True)
    late.due_s, later.due_s = 1.0, 2.0

    first = Schedule([later, late]).next(3.0)

    assert first is late


def test_a_meter_left_alone_is_not_due_before_its_time() -> None:
    dead = turn("dead", True)
    after(dead, 5.0, 10.0)

    schedule = Schedule([dead])

    assert schedule.next(14.9) is None
    assert schedule.due_s(5.0) == 15.0
    assert schedule.due(15.0) == ("dead",)


def test_a_late_turn_goes_on_from_now_and_does_not_catch_up() -> None:
    overslept = turn("m", True)
    after(overslept, 100.0, 0.0)

    assert overslept.due_s == 101.0


@given(st.lists(st.tuples(st.booleans(), st.floats(0.01, 0.3)), min_size=1, max_size=12))
def test_the_plan_never_stands_still(kinds: list[tuple[bool, float]]) -> None:
    turns = [turn(f"m{n}", billing, cost_s) for n, (billing, cost_s) in enumerate(kinds)]
    taken = run(turns, 130)

    assert len(taken) == len(turns)  # each had its turn


def test_counters_and_states_are_billing_voltages_are_not() -> None:
    meter = Meter("M", "line", "eastron-sdm630", 1)
    profile = load_profile("eastron-sdm630")
    plan = plan_meter(Floor(Factory("f", "F"), meters=(meter,)), meter, profile)

    found = {
        (t.billing, p.quantity) for t in turns_of(plan, LINE) for b in t.blocks for p in b.points
    }

    assert (True, "energy_wh") in found
    assert (False, "voltage_l1_v") in found
    assert len(found) == len(profile.points)


@pytest.mark.parametrize(("meters", "poll_ms", "crowded"), [(5, 1000, False), (30, 1000, True)])
def test_the_load_of_a_bus_is_told(meters: int, poll_ms: int, crowded: bool) -> None:
    profile = load_profile("eastron-sdm630")
    plans = []
    for unit in range(1, meters + 1):
        meter = Meter(f"M-{unit}", "line", "eastron-sdm630", unit, poll_ms=poll_ms)
        plans.append(plan_meter(Floor(Factory("f", "F"), meters=(meter,)), meter, profile))

    load = load_pct(plans, LINE)

    assert (load > 80) is crowded
