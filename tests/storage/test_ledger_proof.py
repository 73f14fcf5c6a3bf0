"""The ledger proves itself: a replay gives what is stored, and tampering shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysqlite3 import dbapi2 as sqlite

from shared_factory_desktop.domain import ledger_events as events
from shared_factory_desktop.domain.ledger import Account, Booked, Entry, Posting, balances, reversal
from shared_factory_desktop.storage import ledger
from shared_factory_desktop.storage.database import Database, Transaction
from tests.storage.test_ledger import DAY, issued, post, slip

pytestmark = pytest.mark.slow


class Undone(Exception):
    """Takes back what was stored."""


@contextmanager
def undone(database: Database) -> Iterator[Transaction]:
    """Store things for as long as the block lasts."""
    with suppress(Undone), database.write() as tx:
        yield tx
        raise Undone


AMOUNT = st.integers(1, 10**12)
EVENTS: st.SearchStrategy[Callable[[int], Posting]] = st.one_of(
    st.builds(lambda a: lambda n: events.topped_up("anping", DAY, a, slip(n)), AMOUNT),
    st.builds(lambda a: lambda n: events.deposited("anping", DAY, a, slip(n)), AMOUNT),
    st.builds(lambda a: lambda _: events.settled("anping", DAY, [("DZ-1", a)]), AMOUNT),
    st.builds(lambda a: lambda n: issued(f"DZ-{n}", a + 13), AMOUNT),
    st.builds(lambda a: lambda n: events.refunded("anping", DAY, a, slip(n), "x"), AMOUNT),
    st.builds(lambda a: lambda n: events.paid("hengshui", DAY, a, slip(n), [("X", 1)]), AMOUNT),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS, max_size=8), st.data())
def test_balances_are_those_of_a_replay_and_reversals_restore_them(
    database: Database, makes: list[Callable[[int], Posting]], data: st.DataObject
) -> None:
    with undone(database) as tx:
        stored: list[Booked] = []
        for number, make in enumerate(makes, 1):
            posting = make(number)
            held = balances(_entries(stored, posting.tenant))
            if held[Account.PREPAID] + posting.effect_fen(Account.PREPAID) >= 0:
                stored.append(ledger.post(tx, posting, "li"))
        for tenant in ("anping", "hengshui"):
            assert ledger.balances(tx, tenant) == balances(_entries(stored, tenant))
            assert ledger.of_tenant(tx, tenant) == tuple(
                one for one in stored if one.posting.tenant == tenant
            )
        assert [*ledger.verify(tx)] == []
        if not stored:
            return
        one = data.draw(st.sampled_from(stored))
        before = ledger.balances(tx, one.posting.tenant)
        if before[Account.PREPAID] < one.posting.effect_fen(Account.PREPAID):
            return
        ledger.post(tx, reversal(one, DAY, "typed twice"), "li")
        after = ledger.balances(tx, one.posting.tenant)
        assert after == {a: fen - one.posting.effect_fen(a) for a, fen in before.items()}


def _entries(stored: list[Booked], tenant: str) -> list[Entry]:
    return [
        entry for one in stored if one.posting.tenant == tenant for entry in one.posting.entries
    ]


TAMPERED = [
    ("UPDATE ledger_line SET amount_fen = 101 WHERE transaction_seq = 2 AND position = 1",
     ["2 hash", "2 sum"]),
    ("UPDATE ledger_line SET amount_fen = amount_fen * 2 WHERE transaction_seq = 2", ["2 hash"]),
    ("UPDATE ledger_line SET item = 'DZ-9' WHERE transaction_seq = 1 AND position = 1", ["1 hash"]),
    ("DELETE FROM ledger_line WHERE transaction_seq = 3", ["3 hash", "3 sum"]),
    ("UPDATE ledger_transaction SET tenant = 'hengshui' WHERE seq = 2", ["2 hash"]),
    ("UPDATE ledger_transaction SET booked_on = 'never' WHERE seq = 2", ["2 hash"]),
    ("UPDATE ledger_transaction SET at = at + 1 WHERE seq = 3", ["3 hash"]),
    ("DELETE FROM ledger_transaction WHERE seq = 2", ["3 gap", "3 hash", "2 line"]),
    ("DELETE FROM ledger_transaction WHERE seq = 3", ["2 head", "3 line"]),
    ("INSERT INTO ledger_line VALUES (9, 1, 'bank', '', 5)", ["9 line"]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "found"), TAMPERED)
def test_whoever_goes_round_the_triggers_is_found(
    database: Database, where: str, sql: str, found: list[str]
) -> None:
    post(
        database,
        issued("DZ-1", 1_130),
        events.topped_up("anping", DAY, 100, slip(1)),
        events.settled("anping", DAY, [("DZ-1", 60)]),
    )
    database.close()
    _force(database, where, sql)

    with database.read() as tx:
        problems = [f"{one.seq} {one.code}" for one in ledger.verify(tx)]

    assert problems == found


def _force(database: Database, where: str, sql: str) -> None:
    """Run a statement as somebody who switches triggers off first."""
    if database.path is None:
        with psycopg.connect(where) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(sql.encode())
        return
    connection = sqlite.connect(where)
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(sql)
    connection.commit()
    connection.close()
