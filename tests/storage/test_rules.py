"""Qualifications, reservations, work orders and budgets, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event, text

from shared_factory_desktop.domain.budgets import Budget, BudgetPeriod
from shared_factory_desktop.domain.qualifications import Qualification, Scope
from shared_factory_desktop.domain.reservations import Reservation
from shared_factory_desktop.domain.sessions import (
    Pieces,
    Session,
    SessionState,
    SessionUse,
)
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.storage import (
    budgets,
    qualifications,
    reservations,
    sessions,
    work_orders,
)
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from tests.storage.conftest import START, Clock

pytestmark = pytest.mark.slow

MINUTE = dt.timedelta(minutes=1)
TOMORROW = START + 24 * 60 * MINUTE
TODAY = START.date()


def wanted(
    start: int, end: int, machine: str = "printer-1", tenant: str = "hengshui"
) -> Reservation:
    """A reservation, minutes after tomorrow 8 o'clock."""
    return Reservation(
        "", machine, tenant, TOMORROW + start * MINUTE, TOMORROW + end * MINUTE, made_by="li"
    )


def reserve(database: Database, reservation: Reservation, at: dt.datetime = START) -> Reservation:
    with database.write() as tx:
        return reservations.add(tx, reservation, at)


def test_the_database_refuses_a_reservation_over_another(database: Database) -> None:
    kept = reserve(database, wanted(60, 120))

    for start, end in ((60, 120), (0, 61), (119, 200), (80, 90), (0, 300)):
        with pytest.raises(StorageFault) as refused:
            reserve(database, wanted(start, end, tenant="anping"))
        assert refused.value.code is FaultCode.RULE
        assert "reservation-taken" in refused.value.detail
    before, after = reserve(database, wanted(0, 60)), reserve(database, wanted(120, 130))
    elsewhere = reserve(database, wanted(60, 120, "welder-1"))

    assert [one.id for one in (kept, before, after, elsewhere)] == [
        "R-000001",
        "R-000002",
        "R-000003",
        "R-000004",
    ]
    with database.read() as tx:
        calendar = reservations.between(tx, TOMORROW, TOMORROW + 125 * MINUTE, "printer-1")
    assert calendar == (before, kept, after)


def test_time_that_was_given_up_can_be_reserved_again(database: Database) -> None:
    first = reserve(database, wanted(0, 60))
    with database.write() as tx:
        reservations.cancel(tx, first.id, "no material", START, "li")

    second = reserve(database, wanted(0, 60))

    with database.read() as tx:
        assert reservations.holding(tx, "printer-1", (second.start, second.end), START) == (second,)
        assert reservations.get(tx, first.id) == replace(first, cancelled_at=START)


@pytest.mark.parametrize(
    ("session", "free"),
    [
        (None, True),
        ((-5, 3, "hengshui"), False),
        ((14, 20, "hengshui"), False),
        ((15, 20, "hengshui"), True),
        ((0, 0, "hengshui"), False),
        ((-5, 0, "hengshui"), True),
        ((5, 10, "anping"), True),
    ],
)
def test_the_database_gives_away_what_nobody_came_for(
    database: Database, session: tuple[int, int, str] | None, free: bool
) -> None:
    """The trigger and domain/reservations.py agree on who came."""
    kept = reserve(database, wanted(0, 120))
    late = TOMORROW + 30 * MINUTE
    with database.write() as tx:
        if session is not None:
            start, end = (TOMORROW + minutes * MINUTE for minutes in session[:2])
            use = SessionUse("U-1", "printer-1", session[2], start, end)
            sessions.import_use(tx, use, SessionState.CLOSED, "li")
    with database.read() as tx:
        holding = reservations.holding(tx, "printer-1", (late, late + MINUTE), late)
    assert holding == (() if free else (kept,))

    if free:
        assert reserve(database, wanted(60, 90, tenant="anping"), late).id == "R-000002"
        return
    with pytest.raises(StorageFault):
        reserve(database, wanted(60, 90, tenant="anping"), late)


def test_a_new_grace_is_for_reservations_that_follow(database: Database) -> None:
    first = reserve(database, wanted(0, 10))
    with database.write() as tx:
        reservations.set_grace(tx, "printer-1", 3600, START, "li")
    second = reserve(database, wanted(20, 30))

    with database.read() as tx:
        graces = [one.grace_s for one in reservations.between(tx, first.start, second.end)]
        assert graces == [900, 3600]
        assert reservations.grace_s(tx, "welder-1") == 900


def test_a_running_session_answers_for_the_reservation_it_began(
    database: Database, clock: Clock
) -> None:
    kept = reserve(database, wanted(0, 120))
    clock.at = TOMORROW + 10 * MINUTE
    with database.write() as tx:
        wanted_session = Session("", "printer-1", "hengshui", TOMORROW + 5 * MINUTE)
        running = sessions.open_session(tx, wanted_session)
        assert reservations.reserved_span(tx, running) == (kept.start, kept.end)


def test_a_session_without_a_reservation_answers_for_none(tx: Transaction) -> None:
    running = sessions.open_session(tx, Session("", "printer-1", "hengshui", START))

    assert reservations.reserved_span(tx, running) is None


def test_a_qualification_is_revoked_once_and_stays_listed(tx: Transaction) -> None:
    held = Qualification("", "anping", Scope.KIND, "welder", TODAY, None, "H-7", "王工")
    first = qualifications.add(tx, held, START, "li")
    second = qualifications.add(tx, held, START, "li")

    assert qualifications.revoke(tx, first, "accident", START, "li").id == first
    with pytest.raises(StorageFault) as refused:
        qualifications.revoke(tx, first, "again", START, "li")

    assert refused.value.code is FaultCode.CONFLICT
    assert [(one.id, one.person, one.revoked) for one in qualifications.list_all(tx)] == [
        (first, "王工", "accident"),
        (second, "王工", None),
    ]
    assert qualifications.list_all(tx, "hengshui") == ()


def test_of_rules_about_one_machine_the_newest_counts(tx: Transaction) -> None:
    for required in (True, False, True):
        qualifications.rule(tx, Scope.MACHINE, "welder-1", required, START, "li")
    qualifications.rule(tx, Scope.KIND, "welder", False, START, "li")

    assert qualifications.rules(tx) == {
        (Scope.MACHINE, "welder-1"): True,
        (Scope.KIND, "welder"): False,
    }


def test_pieces_of_a_work_order_are_those_of_its_tenants_closed_sessions(tx: Transaction) -> None:
    order = WorkOrder("J-1", "anping", "支架", Decimal("350.50"), 100)
    work_orders.add(tx, order, START, "li")
    for number, (tenant, pieces) in enumerate(
        (
            ("anping", Pieces(30, 2)),
            ("anping", Pieces(5)),
            ("anping", None),
            ("hengshui", Pieces(9)),
        )
    ):
        start = START + number * 60 * MINUTE
        use = SessionUse(
            f"U-{number}", "printer-1", tenant, start, start + MINUTE, "J-1", pieces=pieces
        )
        sessions.import_use(tx, use, SessionState.CLOSED, "li")

    assert work_orders.get(tx, "J-1") == order
    assert work_orders.pieces_made(tx) == {("J-1", "anping"): (35, 1), ("J-1", "hengshui"): (9, 0)}
    sessions.mark_corrected(tx, "U-1")
    assert work_orders.pieces_made(tx)["J-1", "anping"] == (30, 1)


def test_lists_ask_the_database_as_often_however_long_they_are(database: Database) -> None:
    """Of 2 and of 40 reservations, each with sessions, and as many work orders."""
    for number in range(40):
        reserve(database, wanted(number * 60, number * 60 + 30))
        with database.write() as tx:
            work_orders.add(tx, WorkOrder(f"J-{number}", "hengshui", "支架"), START, "li")
            start = TOMORROW + number * 60 * MINUTE
            use = SessionUse(
                f"U-{number}", "printer-1", "hengshui", start, start + 20 * MINUTE, f"J-{number}"
            )
            sessions.import_use(tx, use, SessionState.CLOSED, "li")
    asked: list[str] = []

    def ask(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", ask)
    try:
        counts = []
        for hours in (2, 40):
            asked.clear()
            with database.read() as tx:
                kept = reservations.between(tx, TOMORROW, TOMORROW + hours * 60 * MINUTE)
                each = reservations.sessions_of_each(tx, kept)
                made = work_orders.pieces_made(tx)
            counts.append(len(asked))
            assert [[one.id for one in found] for found in each] == [
                [f"U-{number}"] for number in range(hours)
            ]
    finally:
        event.remove(Engine, "before_cursor_execute", ask)

    assert counts[0] == counts[1] < 10
    assert made == {(f"J-{number}", "hengshui"): (0, 1) for number in range(40)}


def test_the_newest_budget_of_a_contract_counts_until_it_is_lifted(tx: Transaction) -> None:
    small = Budget("c-1", 100_000, BudgetPeriod.MONTH, Decimal("0.8"))
    large = Budget("c-1", 500_000, BudgetPeriod.TOTAL, Decimal("0.95"))
    budgets.set_budget(tx, small, START, "li")
    budgets.set_budget(tx, large, START, "li")
    assert budgets.list_budgets(tx) == (large,)

    budgets.lift(tx, large, START, "li")
    assert budgets.get(tx, "c-1") is None


@pytest.mark.parametrize(
    "table",
    ["qualification", "qualification_rule", "reservation", "reservation_grace", "work_order"],
)
def test_what_was_ruled_can_never_be_changed(database: Database, table: str) -> None:
    with database.write() as tx:
        held = Qualification("", "anping", Scope.KIND, "welder", TODAY, None, "H-7")
        qualifications.add(tx, held, START, "li")
        qualifications.rule(tx, Scope.KIND, "welder", True, START, "li")
        reservations.add(tx, wanted(0, 60), START)
        reservations.set_grace(tx, "printer-1", 60, START, "li")
        work_orders.add(tx, WorkOrder("J-1", "anping", "x"), START, "li")

    for sql in (f"UPDATE {table} SET at = 0", f"DELETE FROM {table}"):
        with pytest.raises(StorageFault) as refused, database.write() as tx:
            tx.run(text(sql))
        assert refused.value.code is FaultCode.APPEND_ONLY


def test_of_many_reservations_at_once_one_is_made(database: Database) -> None:
    ready = threading.Barrier(8)

    def ask(minute: int) -> str:
        ready.wait()
        try:
            return reserve(database, wanted(minute, minute + 60)).id
        except StorageFault as fault:
            return fault.detail

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(ask, range(8)))

    [made] = [outcome for outcome in outcomes if "reservation-taken" not in outcome]
    with database.read() as tx:
        stored = reservations.between(tx, TOMORROW, TOMORROW + 90 * MINUTE, "printer-1")
    assert [one.id for one in stored] == [made] == ["R-000001"]
