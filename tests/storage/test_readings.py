"""Readings come back exactly, numbered without gaps, and nobody changes or fakes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from shared_factory_desktop.domain.readings import (
    ClockState,
    Fault,
    Quality,
    Reading,
    Reason,
    State,
    StateChange,
)
from shared_factory_desktop.storage import leases, readings, states
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault

pytestmark = pytest.mark.slow

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def reading(minute: int, value: str | None = "1000", meter: str = "M-1", epoch: int = 0) -> Reading:
    return Reading(
        meter=meter,
        quantity="energy_wh",
        value=None if value is None else Decimal(value),
        raw=None if value is None else "4640E400",
        at=START + minute * MINUTE,
        quality=Quality.MISSING if value is None else Quality.GOOD,
        reason=Reason.INTERVAL,
        epoch=epoch,
    )


@pytest.mark.parametrize(
    "value",
    ["0", "-0.5", "12345000", "0.1", "123456789012345678901234567890.123456789", "1E+3", "1E-7"],
)
def test_a_value_comes_back_with_every_digit(tx: Transaction, value: str) -> None:
    readings.append(tx, "WS-1", None, [reading(0, value)])
    assert [r.value for r in readings.query(tx)] == [Decimal(value)]


def test_a_reading_comes_back_as_it_was(tx: Transaction) -> None:
    given = Reading(
        meter="M-1",
        quantity="charge_ah",
        value=Decimal("7.25"),
        raw="00FF",
        at=START + dt.timedelta(microseconds=123457),
        quality=Quality.SUSPECT,
        reason=Reason.ALARM,
        fault=Fault.RESET,
        monotonic_ns=2**62,
        clock=ClockState.JUMPED,
        profile="dc-ampere-hour@3",
        calibration=4,
    )
    (stored,) = readings.append(tx, "WS-1", None, [given])
    assert stored.seq == 1
    assert readings.query(tx) == (stored,)
    assert readings.last(tx, "M-1", "charge_ah") == stored


def test_numbers_have_no_gaps_even_after_a_failure(database: Database) -> None:
    def failing() -> None:
        with database.write() as tx:
            readings.append(tx, "WS-1", None, [reading(1), reading(2)])
            raise RuntimeError

    with database.write() as tx:
        readings.append(tx, "WS-1", None, [reading(0)])
    with pytest.raises(RuntimeError):
        failing()
    with database.write() as tx:
        stored = readings.append(tx, "WS-1", None, [reading(3), reading(4)])
        other = readings.append(tx, "WS-2", None, [reading(5)])
    assert [r.seq for r in stored] == [2, 3]
    assert [r.seq for r in other] == [1]


def test_queries_choose_by_meter_time_and_number(tx: Transaction) -> None:
    readings.append(tx, "WS-1", None, [reading(m) for m in range(5)])
    readings.append(tx, "WS-1", None, [reading(2, meter="M-2")])
    found = readings.query(tx, "M-1", start=START + MINUTE, end=START + 3 * MINUTE)
    assert [r.at for r in found] == [START + MINUTE, START + 2 * MINUTE]
    assert [r.seq for r in readings.query(tx, limit=2)] == [1, 2]
    assert [r.seq for r in readings.after(tx, "WS-1", 4, 10)] == [5, 6]
    assert readings.after(tx, "WS-2", 0, 10) == ()
    newest = readings.last(tx, "M-1", "energy_wh", START + 3 * MINUTE)
    assert newest is not None
    assert newest.seq == 4


def test_last_can_ask_for_good_readings_only(tx: Transaction) -> None:
    readings.append(tx, "WS-1", None, [reading(0), reading(1, None)])
    newest = readings.last(tx, "M-1", "energy_wh")
    good = readings.last(tx, "M-1", "energy_wh", qualities=(Quality.GOOD,))
    assert newest is not None
    assert newest.value is None
    assert good is not None
    assert good.at == START


def test_between_brings_the_neighbours_with_a_value(tx: Transaction) -> None:
    values = {0: "1", 1: None, 3: "3", 4: None, 6: None, 7: "7", 8: "8"}
    readings.append(tx, "WS-1", None, [reading(m, v) for m, v in values.items()])

    def minutes(start: int, end: int) -> list[int]:
        found = readings.between(
            tx, "M-1", "energy_wh", START + start * MINUTE, START + end * MINUTE
        )
        return [(r.at - START) // MINUTE for r in found]

    assert minutes(2, 5) == [0, 3, 4, 7]  # missing neighbours are passed over
    assert minutes(3, 7) == [3, 4, 6, 7]  # a value on the bound needs no neighbour
    assert minutes(9, 10) == [8]


def test_a_reading_under_an_old_epoch_is_refused_whole(database: Database) -> None:
    ten_seconds = dt.timedelta(seconds=10)
    with database.write() as tx:
        first = leases.acquire(tx, "rs485-1", "WS-1/1", ten_seconds)
        assert first is not None
        readings.append(tx, "WS-1", "rs485-1", [reading(0, epoch=first.epoch)])
        leases.release(tx, first)
    with database.write() as tx:
        second = leases.acquire(tx, "rs485-1", "WS-2/1", ten_seconds)
    assert second is not None
    assert second.epoch == first.epoch + 1

    def late() -> None:
        with database.write() as tx:
            batch = [reading(1, epoch=second.epoch), reading(2, epoch=first.epoch)]
            readings.append(tx, "WS-1", "rs485-1", batch)

    with pytest.raises(StorageFault) as refused:
        late()
    assert refused.value.code is FaultCode.FENCED
    with database.read() as tx:
        assert [r.at for r in readings.query(tx)] == [START]


def test_a_reading_over_a_bus_nobody_leased_is_refused(database: Database) -> None:
    def append() -> None:
        with database.write() as tx:
            readings.append(tx, "WS-1", "rs485-9", [reading(0, epoch=1)])

    with pytest.raises(StorageFault) as refused:
        append()
    assert refused.value.code is FaultCode.FENCED


def test_states_of_a_machine_by_time(tx: Transaction) -> None:
    changes = [
        StateChange("printer-1", START + m * MINUTE, state)
        for m, state in ((0, State.OFF), (5, State.IDLE), (9, State.WORKING))
    ]
    states.append(tx, "WS-1", [*changes, StateChange("welder-1", START, State.UNKNOWN)])
    assert states.last(tx, "printer-1") == changes[2]
    assert states.last(tx, "printer-1", START + 5 * MINUTE) == changes[1]
    assert states.last(tx, "printer-1", START - MINUTE) is None
    within = states.between(tx, "printer-1", START + 6 * MINUTE, START + 9 * MINUTE)
    assert within == (changes[1],)  # what it was in at the start; the end is exclusive
    assert states.between(tx, "printer-1", START, START + 10 * MINUTE) == tuple(changes)
