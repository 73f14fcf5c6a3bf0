"""Counters made from what a meter measures become readings that say so, and go on for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from drivers.decode import Sample
from drivers.profile import Derived
from drivers.profile_file import load_profile
from shared_factory_desktop.acquisition.plan import MeterPlan, plan_meter
from shared_factory_desktop.acquisition.recorder import Poll, Recorder
from shared_factory_desktop.domain.counters import CounterMemory
from shared_factory_desktop.domain.readings import Fault, Quality, Reading, Reason
from shared_factory_desktop.domain.usage import measure
from tests.acquisition.scene import START, ZONE, floor

HOUR = dt.timedelta(hours=1)
ARC = Derived(
    "arc_time_s", "current_a", "on-time", on_from=Decimal(20), off_below=Decimal(15)
)  # fmt: skip
CHARGE = Derived("charge_ah", "current_a", "integral")


def welder() -> MeterPlan:
    place = floor()
    profile = replace(load_profile("eastron-sdm120"), derived=(ARC, CHARGE))
    return plan_meter(place, place.meters[0], profile)


def poll(second: float, current: int | None, reason: Reason | None = None) -> Poll:
    at_ns = int(second * 1_000_000_000)
    value = None if current is None else Decimal(current)
    raw, fault = (None, "comm_error") if current is None else (f"{current:08X}", None)
    sample = Sample("current_a", value, raw, fault, at_ns)
    at = START + dt.timedelta(seconds=second)
    return Poll("M-1", (sample,), (at,), 7, reason, None if reason is None else 1)


def run(
    samples: Iterable[tuple[float, int | None]],
    last: dict[tuple[str, str], CounterMemory] | None = None,
) -> dict[str, list[Reading]]:
    """Give what was made of the samples: live values by quantity."""
    recorder = Recorder([welder()], ZONE, last or {})
    found: dict[str, list[Reading]] = {"arc_time_s": [], "charge_ah": []}
    for second, current in samples:
        for reading in recorder.take(poll(second, current)).live:
            found.setdefault(reading.quantity, []).append(reading)
    return found


def test_a_steady_current_counts_its_ampere_hours_and_its_arc() -> None:
    made = run((second, 36) for second in range(101))

    assert made["charge_ah"][-1].value == 1
    assert made["arc_time_s"][-1].value == 100
    assert {(r.quality, r.fault) for r in made["charge_ah"]} == {(Quality.GOOD, Fault.DERIVED)}


def test_a_derived_reading_cites_the_words_it_was_made_from() -> None:
    made = run([(0, 36), (1, 40)])

    assert made["charge_ah"][1].raw == made["current_a"][1].raw == "00000028"


def test_a_hole_counts_nothing_and_makes_the_use_suspect() -> None:
    samples = [(s, 36) for s in range(51)] + [(s, 36) for s in range(150, 201)]
    charge = run(samples)["charge_ah"]

    assert charge[-1].value == 1
    assert [r.at for r in charge if r.quality is Quality.SUSPECT] == [
        START + dt.timedelta(seconds=150)
    ]
    use = measure(charge, START, START + HOUR, None)
    assert use.series[-1][1] - use.series[0][1] == 1
    assert not use.good


def test_a_missing_sample_is_missing_here_too_and_within_the_gap_costs_nothing() -> None:
    made = run([(0, 36), (1, None), (2, 36)])

    assert [(r.value, r.quality) for r in made["charge_ah"]] == [
        (0, Quality.GOOD),
        (None, Quality.MISSING),
        (Decimal("0.02"), Quality.GOOD),
    ]
    assert made["charge_ah"][1].fault is Fault.COMM_ERROR


def test_the_total_goes_on_from_the_last_stored_one() -> None:
    known = {("M-1", "charge_ah"): CounterMemory(Decimal("41.5"), START - HOUR)}
    charge = run(((second, 36) for second in range(101)), known)["charge_ah"]

    assert charge[0].value == Decimal("41.5")
    assert charge[0].quality is Quality.SUSPECT
    assert charge[-1].value == Decimal("42.5")


def test_what_is_made_is_recorded_like_a_register() -> None:
    recorder = Recorder([welder()], ZONE, {})
    recorder.take(poll(0, 36))
    kept = recorder.take(poll(1, 36, Reason.STOP)).readings

    assert {r.quantity for r in kept} == {"current_a", "arc_time_s", "charge_ah"}
    assert {r.reason for r in kept} == {Reason.STOP}


def test_its_source_is_read_as_often_as_a_register() -> None:
    plan = welder()

    assert {"current_a", "arc_time_s", "charge_ah"} <= plan.billed
