"""What of all that meters answer becomes a reading, and how far it is believed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from drivers.decode import Sample
from shared_factory_desktop.acquisition.recorder import Poll, Recorded
from shared_factory_desktop.domain.counters import CounterMemory
from shared_factory_desktop.domain.readings import (
    ClockState,
    Fault,
    Quality,
    Reading,
    Reason,
    State,
)
from shared_factory_desktop.domain.usage import measure, used
from tests.acquisition.scene import ENERGY, START, Bench


def states(results: list[Recorded]) -> list[tuple[float, State]]:
    return [
        ((change.at - START).total_seconds(), change.state)
        for result in results
        for change in result.changes
    ]


def test_one_reading_a_minute_and_at_a_band_edge_its_name() -> None:
    bench = Bench()
    for second in range(200):
        bench.poll(second, 1000 + second // 60)

    found = [((r.at - START).total_seconds(), r.reason) for r in bench.energy()]
    assert found == [
        (0, Reason.STATE),
        (30, Reason.INTERVAL),
        (90, Reason.BAND),
        (150, Reason.INTERVAL),
    ]


def test_a_reading_carries_what_it_was_read_with() -> None:
    bench = Bench(ratio_ct="40")
    [reading] = [r for r in bench.poll(0, 1000).readings if r.quantity == "energy_wh"]

    assert reading.value == 40_000
    assert reading.raw == "000003E8"
    assert (reading.epoch, reading.profile != "", reading.clock) == (7, True, ClockState.STEADY)


def test_a_missing_sample_has_no_value_and_is_told_at_once_as_is_its_return() -> None:
    bench = Bench()
    bench.poll(0, 1000)
    bench.poll(1, None)
    bench.poll(2, None)
    bench.poll(3, 1000)

    found = [(r.value, r.raw, r.quality, r.fault, r.reason) for r in bench.energy()[1:]]
    assert found == [
        (None, None, Quality.MISSING, Fault.COMM_ERROR, Reason.ALARM),
        (Decimal(1000), "000003E8", Quality.GOOD, None, Reason.ALARM),
    ]


def test_a_change_of_quality_is_an_alarm_on_the_minute_too() -> None:
    bench = Bench(poll_ms=60_000)
    bench.poll(0, 1000)
    bench.poll(60, None)
    bench.poll(120, 1000)
    assert [r.reason for r in bench.energy()] == [Reason.STATE, Reason.ALARM, Reason.ALARM]


def test_what_was_asked_for_is_recorded_whole_with_its_reason() -> None:
    bench = Bench()
    bench.poll(0)
    result = bench.poll(1, 1001, 50, Reason.START)
    assert {(r.quantity, r.reason) for r in result.readings} == {
        ("energy_wh", Reason.START),
        ("power_w", Reason.START),
    }


def test_a_confirmed_reset_is_recorded_at_once_with_where_it_began() -> None:
    bench = Bench()
    for second, value in enumerate([5000, 5000, 0, 0, 1, 1, 2]):
        bench.poll(second, value)

    found = [(r.value, r.quality, r.fault, r.reason) for r in bench.energy()]
    assert found == [
        (Decimal(5000), Quality.GOOD, None, Reason.STATE),
        (Decimal(0), Quality.SUSPECT, Fault.IMPLAUSIBLE, Reason.ALARM),
        (Decimal(1), Quality.SUSPECT, Fault.RESET, Reason.ALARM),
        (Decimal(1), Quality.GOOD, None, Reason.ALARM),
    ]


def test_a_momentary_zero_leaves_the_count_as_it_was() -> None:
    bench = Bench()
    for second, value in enumerate([5000, 0, 5000, 5001]):
        bench.poll(second, value)
    assert [r.fault for r in bench.energy()] == [None, Fault.IMPLAUSIBLE, None]
    assert used(measured(bench.energy(), 10)) == 0


def test_boot_zeros_before_a_replaced_meters_total_book_nothing() -> None:
    bench = Bench()
    for second, value in enumerate([5000, 0, 0, 90_000, 90_000, 90_000, 90_001]):
        bench.poll(second, value)
    bench.poll(60, 90_002)
    assert used(measured(bench.energy(), 100)) == 2


def test_counting_goes_on_over_a_restart_and_says_so_once() -> None:
    last = {ENERGY: CounterMemory(Decimal(1000), START - dt.timedelta(hours=1))}
    bench = Bench(last)
    bench.poll(0, None)
    bench.poll(1, 1500)
    bench.poll(2, 1500)
    bench.poll(31, 1501)
    assert [r.fault for r in bench.energy()] == [Fault.COMM_ERROR, Fault.RECOVERED, None]


def test_a_glitch_after_a_restart_does_not_use_the_mark_up() -> None:
    last = {ENERGY: CounterMemory(Decimal(5000), START - dt.timedelta(hours=1))}
    bench = Bench(last)
    bench.poll(0, 0)
    bench.poll(1, 5100)
    assert [r.fault for r in bench.energy()] == [Fault.IMPLAUSIBLE, Fault.RECOVERED]


def test_a_meter_changed_while_the_agent_was_down_is_a_reset_not_use() -> None:
    last = {ENERGY: CounterMemory(Decimal(5000), START - dt.timedelta(minutes=5))}
    bench = Bench(last)
    for second in range(3):
        bench.poll(second, 9_000_000)
    assert bench.energy()[-1].fault is Fault.RESET


def test_silence_becomes_unknown_after_the_hold_and_from_its_beginning() -> None:
    bench = Bench()
    results = [bench.poll(second, power=300) for second in range(3)]
    results += [bench.poll(second, None, None) for second in range(3, 12)]
    results += [bench.poll(second, power=300) for second in range(12, 20)]
    assert states(results) == [(0, State.WORKING), (3, State.UNKNOWN), (12, State.WORKING)]


def test_time_asleep_is_unknown_not_work() -> None:
    bench = Bench()
    results = [bench.poll(second, power=300) for second in (0, 1, 2)]
    results += [bench.poll(second, 1010, power=300) for second in (3602, 3603)]
    assert states(results) == [(0, State.WORKING), (2, State.UNKNOWN), (3602, State.WORKING)]
    assert bench.energy()[-1].fault is Fault.RECOVERED


def test_a_state_change_is_recorded_with_its_meter() -> None:
    bench = Bench()
    for second in range(10):
        bench.poll(second, power=300 if second >= 3 else 0)
    assert [(r.at - START).total_seconds() for r in bench.energy() if r.reason is Reason.STATE] == [
        0,
        8,
    ]


def test_a_moved_clock_is_noted() -> None:
    bench = Bench()
    bench.poll(0)
    bench.poll(1, reason=Reason.MANUAL)
    bench.poll(2, reason=Reason.MANUAL, drift_s=5)
    bench.poll(3, reason=Reason.MANUAL, drift_s=5)
    assert [r.clock for r in bench.energy()[1:]] == [
        ClockState.STEADY,
        ClockState.JUMPED,
        ClockState.STEADY,
    ]


def measured(readings: list[Reading], seconds: int) -> tuple[tuple[dt.datetime, Decimal], ...]:
    return measure(readings, START, START + dt.timedelta(seconds=seconds), None).series


STORY = st.lists(
    st.one_of(
        st.none(),
        st.integers(0, 3),  # goes on counting so much
        st.sampled_from(["zero", "reset", "glitch", "swap"]),
    ),
    min_size=1,
    max_size=60,
)


@given(STORY)
def test_stored_readings_never_book_more_than_was_used(story: list[int | str | None]) -> None:
    """Whatever falls, jumps and gaps a meter shows, the bill is at most the true use."""
    bench, register, used_wh = Bench(), 50_000, 0
    bench.poll(0, register)
    for second, event in enumerate(story, 1):
        shown: int | None = register
        if event is None:
            shown = None
        elif event == "zero":
            shown = 0
        elif event == "glitch":
            shown = 3_000_000
        elif isinstance(event, str):
            register = shown = 0 if event == "reset" else register + 2_000_000
        else:
            register, used_wh, shown = register + event, used_wh + event, register + event
        bench.poll(second, shown)
    for second in range(len(story) + 1, len(story) + 6):
        bench.poll(second, register)

    series = measured(bench.energy(), len(story) + 10)
    assert [b for _, b in series] == sorted(b for _, b in series)
    assert 0 <= used(series) <= used_wh


def test_the_first_count_after_a_long_silence_is_recovered() -> None:
    bench = Bench()
    bench.poll(0, energy=1000)
    for second in range(10, 60, 10):
        bench.poll(second, energy=None, power=None)
    [_, energy] = bench.poll(61, energy=1100).live

    assert energy.value == 1100
    assert (energy.quality, energy.fault) == (Quality.GOOD, Fault.RECOVERED)
    [_, after] = bench.poll(62, energy=1101).live
    assert after.fault is None


def test_a_lost_poll_or_two_is_no_downtime() -> None:
    bench = Bench()
    bench.poll(0, energy=1000)
    bench.poll(1, energy=None, power=None)
    [_, energy] = bench.poll(2, energy=1001).live

    assert (energy.quality, energy.fault) == (Quality.GOOD, None)


def test_what_a_poll_did_not_ask_changes_no_state_and_keeps_its_own_minute() -> None:
    bench = Bench()
    bench.poll(0, energy=1000, power=200)
    at = START + dt.timedelta(seconds=31)
    sample = Sample("energy_wh", Decimal(1001), "000003E9", None, 31_000_000_000)
    energy_only = bench.recorder.take(Poll("M-1", (sample,), (at,), 7))
    whole = bench.poll(32, energy=1002, power=200)

    assert [(r.quantity, r.reason) for r in energy_only.readings] == [
        ("energy_wh", Reason.INTERVAL)
    ]
    assert energy_only.changes == ()
    assert [r.quantity for r in whole.readings] == ["power_w"]
