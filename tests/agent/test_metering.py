"""The agent meters two presses: clocks to the second, energy to the Wh, nothing guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from drivers.simulate.slave import Misbehaviour
from shared_factory_desktop.domain.readings import Fault, Quality, Reading, State
from shared_factory_desktop.domain.sessions import SessionState
from shared_factory_desktop.services.sessions import SessionView
from shared_factory_desktop.storage import leases, states
from tests.agent.conftest import BOSS, START, Press, Workshop

pytestmark = pytest.mark.slow


def works(press: Press, start_s: int, end_s: int) -> Callable[[int], None]:
    """Have a press work from one second to another, a Wh every 2 s."""

    def each_s(second: int) -> None:
        press.power_w = 1800 if start_s <= second < end_s else 0
        press.energy_wh += start_s < second <= end_s and second % 2 == 0
        press.show()

    return each_s


def clocks(session: SessionView) -> tuple[int, ...]:
    """Give the occupied, powered and working clock; fails where one is not whole seconds."""
    found = (session.occupied_s, session.powered_s, session.working_s)
    assert all(seconds == int(seconds) for seconds in found)
    return tuple(map(int, found))


def energy(shop: Workshop, meter: str) -> list[Reading]:
    found = shop.services.metering.readings(BOSS, meter, None, None)
    return [reading for reading in found if reading.quantity == "energy_wh"]


def changes(shop: Workshop, machine: str) -> list[tuple[float, State]]:
    database = shop.database()
    try:
        with database.read() as tx:
            end = START + dt.timedelta(days=1)
            found = states.between(tx, machine, START - dt.timedelta(days=1), end)
    finally:
        database.close()
    return [((change.at - START).total_seconds(), change.state) for change in found]


def test_a_session_by_a_person_is_metered_to_the_second_and_the_wh(workshop: Workshop) -> None:
    work = works(workshop.first, 20, 140)
    workshop.run(10, work)
    workshop.agent.sessions.start(BOSS, "press-1", "anping", "J-1")
    workshop.run(170, work)
    session = workshop.agent.sessions.stop(BOSS, "press-1")

    assert clocks(session) == (160, 120, 120)
    assert session.measures == (("energy_wh", Decimal(60)),)
    assert (session.state, session.quality) == (SessionState.CLOSED, Quality.GOOD)


def test_a_session_follows_the_work_of_its_machine_alone(workshop: Workshop) -> None:
    workshop.services.sessions.automate(BOSS, "press-2", "anping", "J-2")
    workshop.run(90, works(workshop.second, 20, 60))

    [session] = workshop.services.sessions.list(BOSS)
    assert (session.machine, session.job, session.state) == ("press-2", "J-2", SessionState.CLOSED)
    assert session.working_s == 35  # from when the work had lasted for the hold time
    assert session.measures == (("energy_wh", Decimal(18)),)
    assert session.quality is Quality.GOOD


def test_a_dead_meter_leaves_the_other_machine_its_bill(workshop: Workshop) -> None:
    workshop.second.slave.misbehave(Misbehaviour.SILENT)
    work = works(workshop.first, 3, 18)
    workshop.run(2, work)
    workshop.agent.sessions.start(BOSS, "press-1", "anping")
    workshop.run(24, work)
    session = workshop.agent.sessions.stop(BOSS, "press-1")

    assert session.working_s == 15
    assert session.quality is Quality.GOOD
    assert session.measures == (("energy_wh", Decimal(8)),)
    assert {(r.value, r.raw, r.quality) for r in energy(workshop, "M-2")} == {
        (None, None, Quality.MISSING)
    }


def test_silence_neither_ends_an_automatic_session_nor_counts_as_work(workshop: Workshop) -> None:
    workshop.services.sessions.automate(BOSS, "press-1", "anping", None)
    work = works(workshop.first, 5, 100)

    def mute_for_a_while(second: int) -> None:
        work(second)
        mute = 20 <= second < 30
        workshop.first.slave.misbehave(*([Misbehaviour.BUSY] if mute else []))

    workshop.run(60, mute_for_a_while)
    [session] = workshop.services.sessions.list(BOSS)
    assert session.state is SessionState.OPEN

    workshop.run(115, mute_for_a_while)
    [session] = workshop.services.sessions.list(BOSS)
    assert (session.state, session.quality) == (SessionState.CLOSED, Quality.SUSPECT)
    assert State.UNKNOWN in [state for _, state in changes(workshop, "press-1")]
    assert session.working_s == (20 - 10) + (100 - 30)  # it was opened 5 s into the work
    assert session.measures == (("energy_wh", Decimal(45)),)


def test_a_reset_in_a_session_adds_the_parts_and_is_suspect(workshop: Workshop) -> None:
    workshop.run(2)
    workshop.agent.sessions.start(BOSS, "press-1", "anping")
    workshop.run(50, works(workshop.first, 4, 24))
    workshop.first.energy_wh = 0
    workshop.run(60, works(workshop.first, 0, 0))
    workshop.run(100, works(workshop.first, 62, 82))
    session = workshop.agent.sessions.stop(BOSS, "press-1")

    assert session.measures == (("energy_wh", Decimal(10 + 10)),)
    assert session.quality is Quality.SUSPECT
    assert [r.fault for r in energy(workshop, "M-1")].count(Fault.RESET) == 1


def test_a_session_goes_on_over_a_restart_of_the_agent(workshop: Workshop) -> None:
    work = works(workshop.first, 4, 200)
    workshop.run(2, work)
    workshop.agent.sessions.start(BOSS, "press-1", "anping")
    workshop.run(60, work)
    workshop.agent.close()
    for second in range(61, 91):
        workshop.second_s = second
        work(second)
    workshop.clock.at = START + dt.timedelta(seconds=90)
    workshop.start_again()
    workshop.run(120, work)
    session = workshop.agent.sessions.stop(BOSS, "press-1")

    assert session.measures == (("energy_wh", Decimal(58)),)
    assert session.working_s == (60 - 4) + (120 - 91)
    assert session.quality is Quality.SUSPECT
    assert [s for s in changes(workshop, "press-1") if s[1] is State.UNKNOWN] == [
        (60, State.UNKNOWN)
    ]
    assert [r.fault for r in energy(workshop, "M-1")].count(Fault.RECOVERED) == 1


def test_what_is_read_after_another_took_the_bus_is_dropped(workshop: Workshop) -> None:
    workshop.run(4)
    workshop.clock.at += dt.timedelta(seconds=20)  # the agent hangs, and its lease runs out
    workshop.second_s += 20
    database = workshop.database()
    try:
        with database.write() as tx:
            other = leases.acquire(tx, "lan-1", "elsewhere:1", dt.timedelta(seconds=15))
        assert other is not None
        before = len(energy(workshop, "M-1"))
        workshop.run(61)
        stored = energy(workshop, "M-1")
        assert {reading.epoch for reading in stored[:before]} == {other.epoch - 1}
        assert {reading.epoch for reading in stored[before:]} == {other.epoch + 1}
        with database.read() as tx:
            lease = leases.get(tx, "lan-1")
        assert lease is not None
        assert lease.epoch == other.epoch + 1
    finally:
        database.close()


def test_a_stopped_agent_leaves_no_lease(workshop: Workshop) -> None:
    workshop.run(2)
    workshop.agent.close()
    database = workshop.database()
    try:
        with database.read() as tx:
            lease = leases.get(tx, "lan-1")
        assert lease is not None
        assert lease.until <= workshop.clock.at
    finally:
        database.close()
    workshop.start_again()
