"""Sessions: one open per machine whoever asks, every reason told, records with what they tell."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionState
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.sessions import SessionView
from shared_factory_desktop.services.users import AGENT
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from tests.services.conftest import BOSS, NOW, Open, usage

pytestmark = pytest.mark.slow

STARTERS = 20


def test_of_twenty_starts_at_once_one_opens_a_session(
    services: Services, open_services: Open
) -> None:
    tenants = ("anping", "renze")
    doors = [open_services() for _ in range(4)]
    ready = threading.Barrier(STARTERS)

    def start(number: int) -> SessionView | Refused:
        ready.wait()
        try:
            return doors[number % 4].sessions.start(BOSS, "bench-1", tenants[number % 2])
        except Refused as error:
            return error

    with ThreadPoolExecutor(STARTERS) as threads:
        outcomes = list(threads.map(start, range(STARTERS)))

    [started] = [one for one in outcomes if isinstance(one, SessionView)]
    refusals = [one for one in outcomes if isinstance(one, Refused)]
    assert len(refusals) == STARTERS - 1
    for refusal in refusals:
        [cause] = refusal.causes
        assert (cause.code, dict(cause.values)["session"]) == ("machine-busy", started.id)
    [running] = services.sessions.list(BOSS, open_only=True)
    assert running.id == started.id


class HeldImage(RegisterImage):
    """Registers that are asked for, and shown once somebody lets go of them."""

    def __init__(self) -> None:
        super().__init__(load_profile("eastron-sdm120"))
        self.asked, self.let_go = threading.Event(), threading.Event()

    def read(self, table: str, address: int, count: int) -> bytes | None:
        self.asked.set()
        self.let_go.wait(30)
        return super().read(table, address, count)


def test_what_is_reserved_while_the_meters_are_read_refuses_the_start(
    services: Services, open_services: Open, line: VirtualBus, tmp_path: Path
) -> None:
    """A second process reserves the machine, and closes its job, before the meter has answered."""
    floor, slave, held = tmp_path / "floor.toml", line.slaves[7], HeldImage()
    assert isinstance(slave, Slave)
    slave.image = held
    text = floor.read_text(encoding="utf-8").replace("timeout_ms = 200", "timeout_ms = 20000")
    floor.write_text(text, encoding="utf-8")
    services.floor.import_file(BOSS, floor)
    services.work_orders.add(BOSS, WorkOrder("J-1", "anping", "支架"))
    other = open_services()

    with ThreadPoolExecutor(1) as thread:
        starting = thread.submit(services.sessions.start, BOSS, "printer-1", "anping", "J-1")
        try:
            assert held.asked.wait(30)
            other.reservations.add(BOSS, "printer-1", "renze", NOW, NOW + dt.timedelta(hours=1))
            other.work_orders.close(BOSS, "J-1")
        finally:
            held.let_go.set()
        with pytest.raises(Refused) as refused:
            starting.result()

    codes = [cause.code for cause in refused.value.causes]
    assert codes == ["machine-reserved", "job-closed"]
    assert services.sessions.list(BOSS, open_only=True) == ()


def test_a_refused_start_gives_all_reasons_together(services: Services) -> None:
    services.sessions.start(BOSS, "printer-2", "anping", without_readings=True)

    with pytest.raises(Refused) as refused:
        services.sessions.start(BOSS, "printer-2", "stranger")

    codes = [cause.code for cause in refused.value.causes]
    assert codes == ["machine-busy", "no-contract", "meter-silent"]
    assert refused.value.kind is Kind.INPUT


def test_a_line_that_another_reads_is_one_reason_among_others(
    services: Services, line: VirtualBus
) -> None:
    line.stop()

    with pytest.raises(Refused) as refused:
        services.sessions.start(BOSS, "printer-1", "stranger")

    assert [cause.code for cause in refused.value.causes] == ["no-contract", "meter-silent"]


def test_a_refused_start_leaves_no_session_and_no_number_behind(services: Services) -> None:
    with pytest.raises(Refused):
        services.sessions.start(BOSS, "printer-2", "anping")

    assert services.sessions.start(BOSS, "bench-1", "anping").id == "S-000001"


def test_what_was_used_is_told_in_the_transaction_that_closes(services: Services) -> None:
    before = _pending(services)

    services.sessions.start(BOSS, "printer-1", "anping", "J-1")
    running = _pending(services)
    closed = services.sessions.stop(BOSS, "printer-1")

    assert running == before
    assert _pending(services) == before + 1
    assert (closed.state, closed.quality) == (SessionState.CLOSED, Quality.GOOD)


def test_an_import_that_fails_half_way_leaves_neither_sessions_nor_records(
    services: Services, tmp_path: Path
) -> None:
    before, known = _pending(services), len(services.sessions.list(BOSS))
    audited = dict(services.verification.verify(BOSS).checked)
    log = usage(months=10)
    sessions = log["sessions"]
    assert isinstance(sessions, list)
    fresh = {**sessions[0], "id": "A-new"}
    changed = {**sessions[-1], "end": "2026-12-31T08:00:00+08:00"}
    file = tmp_path / "conflict.json"
    file.write_text(json.dumps({"format": 1, "sessions": [fresh, changed]}))

    with pytest.raises((StorageFault, InputRefused, Refused)) as refused:
        services.sessions.import_usage(BOSS, file)

    assert not isinstance(refused.value, StorageFault) or refused.value.code is FaultCode.CONFLICT
    assert _pending(services) == before
    assert len(services.sessions.list(BOSS)) == known
    assert dict(services.verification.verify(BOSS).checked) == audited


def test_a_machine_starts_and_stops_its_own_session(services: Services) -> None:
    follow = services.sessions.follow
    services.sessions.automate(BOSS, "bench-1", "anping", "J-7")

    follow(AGENT, "bench-1", True)
    follow(AGENT, "bench-1", True)
    [running] = services.sessions.list(BOSS, open_only=True)
    follow(AGENT, "bench-1", False)
    follow(AGENT, "bench-1", False)

    assert (running.machine, running.tenant, running.job) == ("bench-1", "anping", "J-7")
    assert services.sessions.list(BOSS, open_only=True) == ()


def test_a_machine_never_stops_what_a_person_started(services: Services) -> None:
    services.sessions.automate(BOSS, "bench-1", "anping", None)
    mine = services.sessions.start(BOSS, "bench-1", "renze")

    services.sessions.follow(AGENT, "bench-1", False)

    assert [one.id for one in services.sessions.list(BOSS, open_only=True)] == [mine.id]


def test_automation_ends_when_it_is_taken_away(services: Services) -> None:
    services.sessions.automate(BOSS, "bench-1", "anping", None)
    services.sessions.automate(BOSS, "bench-1", None, None)

    services.sessions.follow(AGENT, "bench-1", True)

    assert services.sessions.list(BOSS, open_only=True) == ()


@pytest.mark.parametrize(
    "automate",
    [
        lambda s: s.sessions.automate(BOSS, "bench-9", "nobody", None),
        lambda s: s.sessions.start(BOSS, "bench-9", "nobody"),
    ],
    ids=["automate", "start"],
)
def test_names_nobody_knows_are_told_together(
    services: Services, automate: Callable[[Services], object]
) -> None:
    with pytest.raises(Refused) as refused:
        automate(services)

    assert [cause.code for cause in refused.value.causes] == ["unknown-machine", "unknown-tenant"]


def _pending(services: Services) -> int:
    [status] = services.sync.status(BOSS)
    return status.pending
