"""From readings and state changes to what a session used."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from shared_factory_desktop.domain.readings import (
    Fault,
    Quality,
    Reading,
    Reason,
    State,
    StateChange,
)
from shared_factory_desktop.domain.sessions import Session
from shared_factory_desktop.domain.usage import clock_s, measure, usage_of, used

START = dt.datetime(2026, 10, 8, 0, 0, tzinfo=dt.UTC)
WORK = StateChange("m", START, State.WORKING)


def at(minute: int) -> dt.datetime:
    return START + dt.timedelta(minutes=minute)


def reading(minute: int, value: int | None, fault: Fault | None = None) -> Reading:
    quality = Quality.GOOD
    if value is None:
        quality = Quality.MISSING
    elif fault in (Fault.IMPLAUSIBLE, Fault.RESET):
        quality = Quality.SUSPECT
    return Reading(
        "M-1",
        "energy_wh",
        None if value is None else Decimal(value),
        None,
        at(minute),
        quality,
        Reason.INTERVAL,
        fault,
    )


def session(end: int | None = 60) -> Session:
    return Session("S-1", "m", "t", START, end=None if end is None else at(end))


def test_use_is_last_less_first() -> None:
    found = measure([reading(0, 1000), reading(30, 2500), reading(60, 4000)], at(0), at(60), None)
    assert used(found.series) == 3000
    assert found.good


def test_a_rejected_reading_in_between_changes_nothing() -> None:
    values = [reading(0, 1000), reading(30, 0, Fault.IMPLAUSIBLE), reading(60, 4000)]
    found = measure(values, at(0), at(60), None)
    assert used(found.series) == 3000
    assert found.good


def test_parts_before_and_after_a_reset_are_added_and_suspect() -> None:
    values = [
        reading(0, 1000),
        reading(10, 1500),
        reading(20, 0, Fault.IMPLAUSIBLE),
        reading(22, 80, Fault.RESET),
        reading(60, 300),
    ]
    found = measure(values, at(0), at(60), None)
    assert used(found.series) == 500 + 300
    assert not found.good


def test_zeros_of_a_starting_meter_before_its_lifetime_total_book_nothing() -> None:
    values = [
        reading(0, 1000),
        reading(20, 0, Fault.IMPLAUSIBLE),
        reading(21, 9_000_000, Fault.IMPLAUSIBLE),
        reading(23, 9_000_020, Fault.RESET),
        reading(60, 9_000_100),
    ]
    found = measure(values, at(0), at(60), None)
    assert used(found.series) == 100
    assert not found.good


def test_what_was_rejected_of_the_former_meter_is_not_where_the_next_one_begins() -> None:
    """A momentary zero, then silence, then another meter that was accepted."""
    values = [
        reading(0, 1000),
        reading(20, 0, Fault.IMPLAUSIBLE),
        reading(21, None, Fault.COMM_ERROR),
        reading(40, 100_200, Fault.RESET),
        reading(60, 100_250),
    ]
    found = measure(values, at(0), at(60), None)
    assert used(found.series) == 50
    assert not found.good


def test_a_hole_in_a_derived_counter_makes_its_use_suspect() -> None:
    gapped = replace(reading(30, 1010, Fault.DERIVED), quality=Quality.SUSPECT)
    values = [reading(0, 1000, Fault.DERIVED), gapped, reading(60, 1040, Fault.DERIVED)]
    found = measure(values, at(0), at(60), None)
    assert used(found.series) == 40
    assert not found.good
    assert measure(values[:1] + values[2:], at(0), at(60), None).good


def test_a_fall_that_nobody_recorded_adds_nothing_and_is_suspect() -> None:
    values = [reading(0, 1000), reading(20, 1500), reading(30, 200), reading(60, 260)]
    found = measure(values, at(0), at(60), None)
    assert used(found.series) == 500 + 60
    assert not found.good


def test_a_roll_over_counts_through_the_wrap() -> None:
    values = [reading(0, 65_530), reading(30, 4, Fault.ROLLOVER), reading(60, 100)]
    found = measure(values, at(0), at(60), Decimal(65_536))
    assert used(found.series) == 106
    assert found.good


def test_a_missing_reading_is_not_zero() -> None:
    found = measure([reading(0, 1000), reading(30, None), reading(60, 4000)], at(0), at(60), None)
    assert used(found.series) == 3000


def test_clocks_follow_the_states_inside_the_session() -> None:
    changes = [
        StateChange("m", at(-30), State.IDLE),
        StateChange("m", at(10), State.WORKING),
        StateChange("m", at(40), State.OFF),
        StateChange("m", at(90), State.WORKING),
    ]
    use = usage_of(session(), changes, {}, {}, at(60))
    assert clock_s(use.working) == 30 * 60
    assert clock_s(use.powered) == 40 * 60
    assert use.quality is Quality.GOOD


def test_time_nobody_watched_is_not_work_and_makes_the_session_suspect() -> None:
    changes = [
        WORK,
        StateChange("m", at(20), State.UNKNOWN),
        StateChange("m", at(50), State.WORKING),
    ]
    use = usage_of(session(), changes, {}, {}, at(60))
    assert clock_s(use.working) == 30 * 60
    assert use.quality is Quality.SUSPECT


def test_a_running_session_is_measured_until_now() -> None:
    use = usage_of(
        session(None), [WORK], {"energy_wh": [reading(0, 0), reading(9, 90)]}, {}, at(10)
    )
    assert clock_s(use.working) == 600
    assert used(use.readings["energy_wh"]) == 90
    assert use.end is None


def test_series_start_and_end_with_the_session() -> None:
    values = [reading(0, 5), reading(59, 9)]
    use = usage_of(session(), [WORK], {"pieces": values}, {}, at(60))
    assert use.readings["pieces"][0][0] == at(0)
    assert use.readings["pieces"][-1][0] == at(60)
    assert use.pieces is not None
    assert use.pieces.good == 4


def test_a_session_without_any_good_reading_is_suspect_and_has_no_measure() -> None:
    use = usage_of(session(), [WORK], {"energy_wh": [reading(0, None)]}, {}, at(60))
    assert "energy_wh" not in use.readings
    assert use.quality is Quality.SUSPECT
