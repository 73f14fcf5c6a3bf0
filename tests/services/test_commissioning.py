"""What a technician's services promise: units asked for, timings told, leases given back."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from drivers.protocols.modbus import rtu_frame
from drivers.simulate.bus import VirtualBus
from drivers.transports.line import LineSettings
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.bus_leases import agent_holder
from shared_factory_desktop.services.bus_scan import ScanProgress, ScanWish, scan_bus
from shared_factory_desktop.services.bus_watch import Watcher
from shared_factory_desktop.services.commissioning import latency_ms
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.settings import load
from shared_factory_desktop.storage import leases
from shared_factory_desktop.storage.database import Database
from tests.services.conftest import BOSS, NOW

QUESTION = rtu_frame(7, bytes.fromhex("0400480002"))
ANSWER = rtu_frame(7, bytes.fromhex("04044640E400"))
LINE = LineSettings("serial", port="-", baudrate=9600)


def never() -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "units"),
    [("1-3", (1, 2, 3)), ("7", (7,)), ("3, 1-2", (3, 1, 2)), ("1-2,2-3", (1, 2, 3))],
)
def test_units_are_read_as_people_write_them(text: str, units: tuple[int, ...]) -> None:
    wish = ScanWish.of(text, everywhere=False)

    assert wish.units == units
    assert ScanWish.parse(str(wish)) == wish


@pytest.mark.parametrize("text", ["", "0", "248", "3-1", "1-", "a", "1 2", "1000"])
def test_units_that_are_none_are_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        ScanWish.of(text, everywhere=True)

    [problem] = refused.value.problems
    assert (problem.seen, problem.expected) == (text, "1-247")


def test_a_scan_tells_how_far_it_is_and_stops_when_told(line: VirtualBus) -> None:
    seen: list[ScanProgress] = []
    wish = ScanWish.of("7-20", everywhere=False)

    told = scan_bus(line.settings, wish, [], seen.append, lambda: len(seen) == 2)

    assert [(progress.done, progress.total) for progress in seen] == [(1, 14), (2, 14)]
    assert told["complete"] is False
    [device] = told["found"] if isinstance(told["found"], list) else []
    assert device["unit"] == 7


def test_a_line_that_cannot_be_used_is_a_fault_not_an_empty_answer() -> None:
    nowhere = LineSettings("serial", port="/dev/no-such-port")

    told = scan_bus(nowhere, ScanWish.of("1", everywhere=True), [], lambda _p: None, never)

    assert (told["fault"], told["complete"], told["found"]) == ("port-missing", False, [])


def test_a_bus_is_free_again_after_a_scan(services: Services) -> None:
    wish = ScanWish.of("7", everywhere=False)
    for _ in range(2):
        told = services.commissioning.scan(BOSS, "lan-1", wish, lambda _p: None, never)
        assert [device["unit"] for device in told["found"]] == [7]  # type: ignore[attr-defined]  # JSON values


@pytest.fixture
def database(services: Services, tmp_path: Path) -> Database:
    """The factory's database opened a second time, closed with the test's services."""
    assert services is not None
    return Database.open(tmp_path / "data" / "factory.db", lambda: NOW)


def test_a_bus_that_another_workstation_reads_is_left_alone(
    services: Services, database: Database
) -> None:
    with database.write() as tx:
        leases.acquire(tx, "lan-1", "ws-other:1-read-1", dt.timedelta(minutes=1))
    database.close()

    with pytest.raises(Refused) as refused:
        services.commissioning.scan(
            BOSS, "lan-1", ScanWish.of("7", everywhere=False), lambda _p: None, never
        )

    assert refused.value.kind is Kind.UNREACHABLE
    assert "ws-other" in str(refused.value)


@pytest.mark.slow
def test_an_agent_that_does_not_answer_is_told_after_ten_seconds(
    services: Services, database: Database, tmp_path: Path
) -> None:
    workstation = str(load(tmp_path / "data" / "settings.toml")["workstation"])
    with database.write() as tx:
        leases.acquire(tx, "lan-1", agent_holder(workstation), dt.timedelta(minutes=1))
    database.close()

    with pytest.raises(Refused) as refused:
        services.commissioning.scan(
            BOSS, "lan-1", ScanWish.of("7", everywhere=False), lambda _p: None, never
        )

    assert [cause.code for cause in refused.value.causes] == ["bus-agent-silent"]
    assert agent_holder(workstation).endswith(str(os.getpid()))


def test_an_operator_may_look_but_not_scan(services: Services) -> None:
    operator = Actor("li", Role.OPERATOR)

    assert [seen.bus for seen in services.commissioning.status(operator)] == ["lan-1"]
    with pytest.raises(Refused) as refused:
        services.commissioning.scan(
            operator, "lan-1", ScanWish.of("7", everywhere=False), lambda _p: None, never
        )
    assert refused.value.kind is Kind.NOT_ALLOWED


def at(milliseconds: float) -> dt.datetime:
    return NOW + dt.timedelta(milliseconds=milliseconds)


def test_latency_counts_from_the_question_s_last_byte_and_gaps_between_frames() -> None:
    watcher = Watcher(LINE)
    wire_ms = 10 / 9.6  # a byte at 9600 8N1

    [asked] = watcher.hear("tx", QUESTION, at(0))
    [told] = watcher.hear("rx", ANSWER, at(40))
    [again] = watcher.hear("tx", QUESTION, at(1000))

    assert (asked.gap_s, asked.latency_s) == (None, None)
    assert told.latency_s == pytest.approx((40 - 8 * wire_ms) / 1000, abs=1e-5)
    assert told.gap_s == pytest.approx((40 - (8 + 9) * wire_ms) / 1000, abs=1e-5)
    assert again.gap_s == pytest.approx(0.960, abs=1e-5)
    assert again.latency_s is None


def test_an_answer_in_pieces_is_one_frame_and_a_lost_one_is_told_broken() -> None:
    watcher = Watcher(LINE)

    frames = [
        *watcher.hear("tx", QUESTION, at(0)),
        *watcher.hear("rx", ANSWER[:4], at(30)),
        *watcher.hear("rx", ANSWER[4:], at(45)),
        *watcher.hear("tx", QUESTION, at(1000)),
        *watcher.hear("rx", ANSWER[:4], at(1030)),
        *watcher.rest(),
    ]

    assert [frame.data for frame in frames] == [QUESTION, ANSWER, QUESTION, ANSWER[:4]]
    assert [frame.said.sound for frame in frames] == [True, True, True, False]


@pytest.mark.parametrize(
    ("histogram", "max_ms", "percent", "within"),
    [
        ({}, 0, 50, None),
        ({"10": 99, "500": 1}, 400, 50, 10),
        ({"10": 99, "500": 1}, 400, 99, 10),
        ({"10": 98, "500": 2}, 400, 99, 400),
        ({"inf": 1, "20": 1}, 3500, 99, 3500),
        ({"inf": 1, "20": 1}, 3500, 50, 20),
    ],
)
def test_percentiles_are_the_ends_of_classes_never_beyond_the_slowest(
    histogram: dict[str, int], max_ms: int, percent: int, within: int | None
) -> None:
    assert latency_ms(histogram, max_ms, percent) == within
