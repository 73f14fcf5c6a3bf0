"""Floor, users, statements, leases, requests, health and the audit trail, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.domain.users import Role, User
from shared_factory_desktop.storage import (
    audit,
    health,
    leases,
    requests,
    statements,
    users,
)
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.floor import load_floor, save_floor, used_tariffs
from shared_factory_desktop.storage.statements import IssuedStatement
from tests.storage.conftest import Clock
from tests.storage.filled import FLOOR, MARCH

pytestmark = pytest.mark.slow

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
APRIL = (dt.date(2026, 4, 1), dt.date(2026, 5, 1))
TEN_SECONDS = dt.timedelta(seconds=10)
DOCUMENT: dict[str, object] = {"tenant": "anping", "gross": "90.00", "lines": []}


def test_there_is_no_floor_before_the_first_import(where: str, clock: Clock) -> None:
    database = Database.open(where, clock)
    with database.read() as tx:
        assert load_floor(tx) is None
    database.close()


def test_a_floor_comes_back_in_its_order(tx: Transaction) -> None:
    save_floor(tx, FLOOR)
    assert load_floor(tx) == FLOOR
    turned = replace(FLOOR, tenants=FLOOR.tenants[::-1], machines=FLOOR.machines[:1])
    save_floor(tx, turned)
    assert load_floor(tx) == turned


def test_users(tx: Transaction) -> None:
    li = User("li", Role.OPERATOR, "hash-1")
    users.add(tx, li)
    users.add(tx, User("chen", Role.ADMINISTRATOR, "hash-2"))
    assert [user.name for user in users.list_users(tx)] == ["chen", "li"]
    users.note_failure(tx, "li", None)
    users.note_failure(tx, "li", START)
    assert users.get(tx, "li") == replace(li, failures=2, locked_until=START)
    users.set_password(tx, "li", "hash-3")
    users.disable(tx, "li")
    assert users.get(tx, "li") == replace(li, password_hash="hash-3", disabled=True)
    users.save(tx, replace(li, role=Role.MANAGER))
    assert users.get(tx, "li") == replace(li, role=Role.MANAGER)
    assert users.get(tx, "wang") is None
    with pytest.raises(StorageFault):
        users.save(tx, replace(li, name="wang"))


def test_a_name_is_given_once(database: Database) -> None:
    def twice() -> None:
        with database.write() as tx:
            users.add(tx, User("li", Role.OPERATOR, "a"))
            users.add(tx, User("li", Role.MANAGER, "b"))

    with pytest.raises(StorageFault) as refused:
        twice()
    assert refused.value.code is FaultCode.RULE
    with database.read() as tx:
        assert users.list_users(tx) == ()


def issue(
    tx: Transaction,
    period: tuple[dt.date, dt.date] = MARCH,
    tenant: str = "anping",
    refers_to: str | None = None,
) -> IssuedStatement:
    tariffs = [("printer", dt.date(2026, 1, 1))] * 2
    series = Series("CN-2026-" if refers_to else "ST-2026-", 6)
    whole = refers_to is not None
    context = {"engine": "1"}
    return statements.issue(
        tx, series, tenant, period, DOCUMENT, context, tariffs, refers_to, whole
    )


def refusal(database: Database, *periods: tuple[dt.date, dt.date]) -> FaultCode:
    def issue_all() -> None:
        with database.write() as tx:
            for period in periods:
                issue(tx, period)

    with pytest.raises(StorageFault) as refused:
        issue_all()
    return refused.value.code


def test_a_statement_is_frozen_under_its_number(tx: Transaction) -> None:
    first, second = issue(tx), issue(tx, APRIL)
    assert (first.number, second.number) == ("ST-2026-000001", "ST-2026-000002")
    # printf '%s' '{"gross":"90.00","lines":[],"tenant":"anping"}' | sha256sum
    assert first.sha256 == "ad9849aa3ac8e905ea8b975c83623e43dadf3583c72ea2814491bcfd6d2d0d64"
    assert statements.get(tx, first.number) == first
    assert statements.list_statements(tx, "anping") == (first, second)
    assert statements.list_statements(tx, "hengshui") == ()
    assert used_tariffs(tx) == {("printer", dt.date(2026, 1, 1))}


def test_a_failed_issue_leaves_no_gap(database: Database) -> None:
    assert refusal(database, MARCH, MARCH) is FaultCode.OVERLAP
    with database.write() as tx:
        assert issue(tx).number == "ST-2026-000001"
        assert list(statements.verify(tx)) == []


@pytest.mark.parametrize("days", [(1, 2), (15, 45), (-10, 1), (-10, 60)])
def test_a_day_is_billed_once_to_a_tenant(database: Database, days: tuple[int, int]) -> None:
    with database.write() as tx:
        issue(tx)
        issue(tx, tenant="hengshui")
        issue(tx, APRIL)
    start, end = (MARCH[0] + dt.timedelta(days=day) for day in days)
    assert refusal(database, (start, end)) is FaultCode.OVERLAP


def test_a_credit_note_frees_the_days_once(database: Database) -> None:
    with database.write() as tx:
        wrong = issue(tx)
        assert statements.overlapping(tx, "anping", *MARCH) == (wrong,)
        note = issue(tx, refers_to=wrong.number)
        assert (note.number, note.refers_to) == ("CN-2026-000001", wrong.number)
        assert statements.overlapping(tx, "anping", *MARCH) == ()
        assert issue(tx).number == "ST-2026-000002"
    assert refusal(database, MARCH) is FaultCode.OVERLAP

    def reverse_again() -> None:
        with database.write() as tx:
            issue(tx, refers_to=wrong.number)

    with pytest.raises(StorageFault):
        reverse_again()


def test_only_one_agent_holds_a_bus(tx: Transaction) -> None:
    first = leases.acquire(tx, "rs485-1", "WS-1/1", TEN_SECONDS)
    assert first is not None
    assert leases.acquire(tx, "rs485-1", "WS-2/1", TEN_SECONDS) is None
    longer = leases.renew(tx, first, dt.timedelta(minutes=1))
    assert longer is not None
    assert longer.epoch == 1
    assert leases.get(tx, "rs485-1") == longer
    leases.release(tx, longer)
    second = leases.acquire(tx, "rs485-1", "WS-2/1", TEN_SECONDS)
    assert second is not None
    assert second.epoch == 2
    assert leases.renew(tx, first, TEN_SECONDS) is None


def test_a_lease_that_ran_out_can_be_taken_over(database: Database, clock: Clock) -> None:
    with database.write() as tx:
        duration = TEN_SECONDS if database.path else -TEN_SECONDS  # its clock is not ours to move
        assert leases.acquire(tx, "rs485-1", "WS-1/1", duration) is not None
    clock.move(11)
    with database.write() as tx:
        second = leases.acquire(tx, "rs485-1", "WS-2/1", TEN_SECONDS)
        assert second is not None
        assert (second.holder, second.epoch) == ("WS-2/1", 2)


def test_postgresql_judges_leases_by_its_own_clock(database: Database, clock: Clock) -> None:
    clock.move(-3600 * 24 * 365)
    with database.write() as tx:
        lease = leases.acquire(tx, "rs485-1", "WS-1/1", TEN_SECONDS)
    assert lease is not None
    ours = lease.until == clock() + TEN_SECONDS
    assert ours == (database.path is not None)


def test_a_heartbeat_is_replaced(tx: Transaction) -> None:
    assert leases.heartbeat(tx, "WS-1") is None
    leases.beat(tx, "WS-1", 1, "0.1.0")
    leases.beat(tx, "WS-1", 2, "0.1.1")
    beat = leases.heartbeat(tx, "WS-1")
    assert beat is not None
    assert (beat.pid, beat.version) == (2, "0.1.1")


def test_a_request_is_taken_once_and_answered(tx: Transaction) -> None:
    other = requests.ask(tx, "read", "lan-1", "M-9", 1, "manual", "li")
    first = requests.ask(tx, "read", "rs485-1", "M-1", 20, "calibration", "li")
    second = requests.ask(tx, "read", "rs485-1", "M-2", 1, "manual", "li")
    taken = [requests.take(tx, "WS-1", ["rs485-1", "rs485-2"]) for _ in range(3)]
    assert [request.id if request else None for request in taken] == [first, second, None]
    assert requests.take(tx, "WS-1", []) is None
    requests.answer(tx, first, {"values": ["1.5"]})
    requests.answer(tx, first, {"values": ["2.5"]})
    answered = requests.get(tx, first)
    assert answered is not None
    assert (answered.count, answered.taken_by) == (20, "WS-1")
    assert answered.answer == {"values": ["1.5"]}
    waiting = requests.get(tx, other)
    assert waiting is not None
    assert (waiting.taken_by, waiting.answer) == (None, None)
    assert requests.get(tx, 99) is None


def test_health_of_each_bus_is_replaced(tx: Transaction) -> None:
    health.save(tx, "WS-1", "rs485-1", {"answers": 1})
    health.save(tx, "WS-1", "lan-1", {"answers": 5})
    health.save(tx, "WS-2", "rs485-1", {"answers": 2})
    seen = [(bus.bus, bus.workstation, bus.body) for bus in health.list_buses(tx)]
    assert seen == [("lan-1", "WS-1", {"answers": 5}), ("rs485-1", "WS-2", {"answers": 2})]


def test_the_audit_trail_tells_who_did_what(tx: Transaction) -> None:
    audit.append(tx, "li", "WS-1", "user.add", "wang", None, {"role": "operator"})
    entry = audit.append(tx, "li", "WS-1", "user.disable", "wang", {"disabled": False}, None)
    assert audit.newest(tx, 1) == (entry,)
    assert audit.head(tx) == (2, entry.hash)
    assert entry.before == {"disabled": False}
