"""Sessions: one open per machine, closed once, imports stored once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import update

from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import Pieces, Session, SessionState, SessionUse
from shared_factory_desktop.storage import sessions, uses
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, MachineBusy, StorageFault
from shared_factory_desktop.storage.rows import SessionRow

pytestmark = pytest.mark.slow

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
NEW = Session("", "printer-1", "anping", START, job="J-17", started_by="li")
USE = SessionUse(
    id="paper-1",
    machine="printer-1",
    tenant="anping",
    start=START,
    end=START + 2 * HOUR,
    working=((START, START + HOUR),),
    powered=((START, START + 2 * HOUR),),
    reserved=(START - HOUR, START + 2 * HOUR),
    pieces=Pieces(120, 3),
    value=Decimal("35000.00"),
    readings={"energy_wh": ((START, Decimal("1000")), (START + 2 * HOUR, Decimal("4000.5")))},
)


def test_a_session_opens_and_closes(tx: Transaction) -> None:
    opened = sessions.open_session(tx, NEW)
    assert opened == replace(NEW, id="S-000001")
    assert sessions.open_on(tx, "printer-1") == opened
    closed = sessions.close_session(
        tx, opened.id, START + HOUR, SessionState.PROBLEM, Quality.SUSPECT, "auto"
    )
    assert closed.end == START + HOUR
    assert closed.quality is Quality.SUSPECT
    assert sessions.open_on(tx, "printer-1") is None
    assert sessions.get(tx, opened.id) == closed
    assert sessions.open_session(tx, NEW).id == "S-000002"


def test_a_machine_has_one_open_session(tx: Transaction) -> None:
    sessions.open_session(tx, NEW)
    with pytest.raises(MachineBusy):
        sessions.open_session(tx, replace(NEW, tenant="hengshui"))
    assert sessions.open_session(tx, replace(NEW, machine="welder-1")).id == "S-000002"


def test_the_database_itself_refuses_a_second_open_session(database: Database) -> None:
    def insert() -> None:
        with database.write() as tx:
            row = {"machine": "printer-1", "tenant": "anping", "start_at": START, "state": "open"}
            rest = {"quality": "good", "started_by": "x"}
            tx.add(SessionRow, {"id": "a", **row, **rest}, {"id": "b", **row, **rest})

    with pytest.raises(StorageFault) as refused:
        insert()
    assert refused.value.code is FaultCode.MACHINE_BUSY


def test_an_unknown_tenant_is_refused(database: Database) -> None:
    def insert() -> None:
        with database.write() as tx:
            sessions.open_session(tx, replace(NEW, tenant="nobody"))

    with pytest.raises(StorageFault) as refused:
        insert()
    assert refused.value.code is FaultCode.RULE


def test_closing_twice_is_refused(tx: Transaction) -> None:
    opened = sessions.open_session(tx, NEW)
    end = (START + HOUR, SessionState.CLOSED, Quality.GOOD, "li")
    sessions.close_session(tx, opened.id, *end)
    with pytest.raises(StorageFault) as refused:
        sessions.close_session(tx, opened.id, *end)
    assert refused.value.code is FaultCode.SESSION_CLOSED


@pytest.mark.parametrize(
    "change",
    [
        {"end_at": START + 3 * HOUR},
        {"tenant": "hengshui"},
        {"start_at": START - HOUR},
        {"quality": "suspect"},
        {"job": None},
        {"state": "open", "end_at": None},
        {"state": "problem"},
        {"state": "corrected", "end_at": START + 3 * HOUR},
    ],
    ids=lambda change: "+".join(change),
)
def test_a_closed_session_cannot_be_changed(database: Database, change: dict[str, object]) -> None:
    with database.write() as tx:
        opened = sessions.open_session(tx, NEW)
        end = (START + HOUR, SessionState.CLOSED, Quality.GOOD, "li")
        closed = sessions.close_session(tx, opened.id, *end)

    def tamper() -> None:
        with database.write() as tx:
            tx.run(update(SessionRow).where(SessionRow.id == opened.id).values(**change))

    with pytest.raises(StorageFault) as refused:
        tamper()
    assert refused.value.code is FaultCode.SESSION_CLOSED
    with database.read() as tx:
        assert sessions.get(tx, opened.id) == closed


def test_a_closed_session_can_be_marked_corrected_an_open_one_not(database: Database) -> None:
    with database.write() as tx:
        assert sessions.import_use(tx, USE, SessionState.CLOSED, "li")
        sessions.mark_corrected(tx, USE.id)
        opened = sessions.open_session(tx, NEW)
        marked = sessions.get(tx, USE.id)
        assert marked is not None
        assert marked.state is SessionState.CORRECTED

    def mark_open() -> None:
        with database.write() as tx:
            sessions.mark_corrected(tx, opened.id)

    with pytest.raises(StorageFault):
        mark_open()


def test_an_imported_session_comes_back_exactly(tx: Transaction) -> None:
    assert sessions.import_use(tx, USE, SessionState.CLOSED, "li")
    assert uses.frozen(tx, ["paper-1"]).get("paper-1") == USE
    stored = sessions.get(tx, "paper-1")
    assert stored is not None
    assert (stored.start, stored.end, stored.state) == (USE.start, USE.end, "closed")


def test_importing_again_changes_nothing_other_contents_conflict(tx: Transaction) -> None:
    assert sessions.import_use(tx, USE, SessionState.CLOSED, "li")
    assert not sessions.import_use(tx, USE, SessionState.CLOSED, "li")
    with pytest.raises(StorageFault) as refused:
        sessions.import_use(tx, replace(USE, pieces=Pieces(121)), SessionState.CLOSED, "li")
    assert refused.value.code is FaultCode.CONFLICT


def test_our_numbers_pass_over_an_imported_id(tx: Transaction) -> None:
    sessions.import_use(tx, replace(USE, id="S-000001"), SessionState.CLOSED, "li")
    assert sessions.open_session(tx, NEW).id == "S-000002"


def test_sessions_are_found_by_what_a_period_bills(tx: Transaction) -> None:
    for name, start, end in (("a", 0, 2), ("b", 2, 4), ("c", 4, 4), ("d", 4, 6)):
        use = replace(USE, id=name, start=START + start * HOUR, end=START + end * HOUR)
        sessions.import_use(tx, use, SessionState.CLOSED, "li")
    running = sessions.open_session(tx, replace(NEW, start=START + HOUR))

    def ids(start: int, end: int, tenant: str = "anping") -> list[str]:
        found = sessions.list_sessions(
            tx, tenant=tenant, start=START + start * HOUR, end=START + end * HOUR
        )
        return [session.id for session in found]

    assert ids(2, 4) == [running.id, "b"]
    assert ids(4, 5) == [running.id, "c", "d"]  # an empty one counts where it starts
    assert ids(0, 9, "hengshui") == []
    assert [s.id for s in sessions.list_sessions(tx, (SessionState.OPEN,))] == [running.id]
    assert sessions.list_sessions(tx, machine="welder-1") == ()


def test_automation_is_stored_per_machine(tx: Transaction) -> None:
    sessions.set_automation(tx, sessions.Automation("printer-1", "anping", "J-1"))
    changed = sessions.Automation("printer-1", "hengshui", None, enabled=False)
    sessions.set_automation(tx, changed)
    assert sessions.automations(tx) == (changed,)
