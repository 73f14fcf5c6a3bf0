"""Corrections and disputes: kept for ever, once a session; idle rules change as people wish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionState, SessionUse
from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.storage import corrections, sessions, statements, uses
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.rows_corrections import (
    SessionCorrectionRow,
    SessionDisputeRow,
)
from tests.storage.conftest import START, Clock

pytestmark = pytest.mark.slow

Note = Callable[[Transaction, str, str, str], None]
HOUR = dt.timedelta(hours=1)
DZ = Series("DZ-2026-", 6)
USE = SessionUse("paper-1", "printer-1", "anping", START, START + HOUR)
MARCH, APRIL, MAY = (dt.date(2026, month, 1) for month in (3, 4, 5))


def corrected(tx: Transaction) -> corrections.Correction:
    """Store a session and its correction to another tenant."""
    sessions.import_use(tx, USE, SessionState.CLOSED, "li")
    session = sessions.get(tx, USE.id)
    assert session is not None
    sessions.mark_corrected(tx, USE.id)
    made, _ = sessions.stand_in(tx, replace(session, tenant="hengshui"), USE)
    before, after = {"tenant": "anping"}, {"tenant": "hengshui"}
    return corrections.add(tx, USE.id, "tenant", [made.id], before, after, "wrong card", "boss")


def test_a_correction_comes_back_as_it_was_stored(database: Database) -> None:
    with database.write() as tx:
        stored = corrected(tx)
    with database.read() as tx:
        assert corrections.list_corrections(tx) == (stored,)
        stand_in = sessions.get(tx, stored.successors[0])
        use = uses.frozen(tx, [stored.successors[0]]).get(stored.successors[0])
    assert (stored.seq, stored.at, stored.by) == (1, START, "boss")
    assert stand_in is not None
    assert (stand_in.tenant, stand_in.state, stand_in.started_by) == ("hengshui", "closed", "li")
    assert use == replace(USE, id="S-000001")


def test_a_session_is_corrected_once(database: Database) -> None:
    with database.write() as tx:
        stored = corrected(tx)

    def again() -> None:
        with database.write() as tx:
            corrections.add(tx, USE.id, "job", stored.successors, {}, {}, "again", "boss")

    with pytest.raises(StorageFault) as refused:
        again()
    assert refused.value.code is FaultCode.SESSION_CLOSED
    with database.read() as tx:
        assert corrections.list_corrections(tx) == (stored,)


@pytest.mark.parametrize("table", [SessionCorrectionRow, SessionDisputeRow])
@pytest.mark.parametrize("how", ["update", "delete"])
def test_what_was_noted_stays(
    database: Database, table: type[SessionCorrectionRow] | type[SessionDisputeRow], how: str
) -> None:
    with database.write() as tx:
        corrected(tx)
        corrections.dispute(tx, USE.id, "not there", "li")

    def tamper() -> None:
        with database.write() as tx:
            tx.run(update(table).values(reason="x") if how == "update" else delete(table))

    with pytest.raises(StorageFault) as refused:
        tamper()
    assert refused.value.code is FaultCode.APPEND_ONLY


@pytest.mark.parametrize("note", [corrections.dispute, corrections.resolve])
def test_a_step_without_a_reason_is_refused(database: Database, note: Note) -> None:
    with database.write() as tx:
        sessions.import_use(tx, USE, SessionState.CLOSED, "li")

    def noted() -> None:
        with database.write() as tx:
            note(tx, USE.id, "", "li")

    with pytest.raises(StorageFault) as refused:
        noted()
    assert refused.value.code is FaultCode.RULE


def test_the_newest_step_of_a_dispute_counts(tx: Transaction) -> None:
    found = []
    for name in ("a", "b"):
        sessions.import_use(tx, replace(USE, id=name), SessionState.CLOSED, "li")
    both = sessions.list_sessions(tx)
    for step in (corrections.dispute, corrections.resolve, corrections.dispute):
        step(tx, "a", "why", "li")
        held = corrections.disputed(tx)
        found.append((held, [session.id for session in corrections.billable(tx, both)]))

    assert found == [({"a"}, ["b"]), (set(), ["a", "b"]), ({"a"}, ["b"])]


def test_a_session_is_billed_by_the_statement_in_force(tx: Transaction, clock: Clock) -> None:
    def issue(
        period: tuple[dt.date, dt.date], *lines: str | None, refers_to: str | None = None
    ) -> str:
        clock.move(1)
        document = {"lines": [{"session": line} for line in lines]}
        issued = statements.issue(
            tx, DZ, "anping", period, document, {}, refers_to=refers_to, whole=bool(refers_to)
        )
        return issued.number

    wrong = issue((MARCH, APRIL), "a", None)
    late = issue((APRIL, MAY), "b")
    assert corrections.billed(tx, "anping", MARCH) == {"a": wrong, "b": late}

    issue((MARCH, APRIL), "a", refers_to=wrong)
    assert corrections.billed(tx, "anping", MARCH) == {"b": late}
    right = issue((MARCH, APRIL), "a")

    assert corrections.billed(tx, "anping", MARCH) == {"a": right, "b": late}
    assert corrections.billed(tx, "anping", APRIL) == {"b": late}
    assert corrections.billed(tx, "hengshui", MARCH) == {}


def test_machines_end_sessions_as_last_told(tx: Transaction) -> None:
    corrections.end_idle_after(tx, "printer-1", 7200)
    corrections.end_idle_after(tx, "welder-1", 60)
    corrections.end_idle_after(tx, "welder-1", None)

    assert corrections.idle_ends(tx) == {"printer-1": dt.timedelta(hours=2)}


def test_suspect_sessions_are_found(tx: Transaction) -> None:
    suspect = replace(USE, id="suspect", quality=Quality.SUSPECT)
    for use in (USE, suspect):
        sessions.import_use(tx, use, SessionState.CLOSED, "li")

    found = sessions.list_sessions(tx, quality=Quality.SUSPECT)
    assert [session.id for session in found] == ["suspect"]
