"""The ledger as stored: balanced, sealed, numbered and never changed, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from shared_factory_desktop.domain import ledger_events as events
from shared_factory_desktop.domain.ledger import (
    Account,
    Booked,
    Entry,
    Event,
    Method,
    Posting,
    Receivable,
    Slip,
    reversal,
)
from shared_factory_desktop.domain.ledger_vouchers import Voucher
from shared_factory_desktop.domain.statement import AccountSummary, Line
from shared_factory_desktop.storage import ledger, vouchers
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from tests.storage.conftest import START, Clock

pytestmark = pytest.mark.slow

DAY = START.date()
ZONE = ZoneInfo("Asia/Shanghai")


def slip(number: int) -> Slip:
    return Slip(Method.BANK, f"B-{number}")


def line(net_fen: int, tax_fen: int) -> Line:
    rate = Decimal("0.13")
    gross_fen = net_fen + tax_fen
    return Line(None, "c-1", "x", Fraction(1), "h", gross_fen, 0, net_fen, tax_fen, gross_fen, rate)


def issued(number: str, gross_fen: int, on: dt.date = DAY) -> Posting:
    posting = events.issued("anping", on, number, [line(gross_fen - 13, 13)])
    assert posting is not None
    return posting


def post(database: Database, *postings: Posting) -> list[Booked]:
    with database.write() as tx:
        return [ledger.post(tx, posting, "li") for posting in postings]


def refusal(database: Database, *postings: Posting) -> str:
    """Why the database refuses what the program would never book."""
    with pytest.raises(StorageFault) as fault:
        post(database, *postings)
    return fault.value.detail


def test_what_was_booked_is_given_back(database: Database, clock: Clock) -> None:
    paid = events.paid("anping", DAY, 1_500, Slip(Method.E_CNY, "e-7"), [("DZ-1", 1_130)])
    first = post(database, issued("DZ-1", 1_130), paid)
    clock.move(60)
    first += post(database, reversal(first[1], DAY, "bounced"))
    other = post(database, events.topped_up("hengshui", DAY, 5, slip(1)))

    with database.read() as tx:
        assert ledger.of_tenant(tx, "anping") == tuple(first)
        assert ledger.of_tenant(tx, "hengshui") == tuple(other)
        assert ledger.get(tx, 2) == first[1]
        assert ledger.get(tx, 9) is None
        assert (ledger.reversed_by(tx, 2), ledger.reversed_by(tx, 1)) == (3, None)
        assert [*ledger.verify(tx)] == []
        assert ledger.count(tx) == 4
    assert [one.seq for one in (*first, *other)] == [1, 2, 3, 4]
    assert [one.at for one in first] == [START, START, START + dt.timedelta(minutes=1)]


def test_balances_and_open_amounts_come_from_the_lines(database: Database) -> None:
    post(
        database,
        issued("DZ-1", 1_130),
        issued("DZ-2", 2_260),
        events.paid("anping", DAY, 2_000, slip(1), [("DZ-1", 1_130), ("DZ-2", 870)]),
        events.voucher_applied("anping", DAY, "V-1", "DZ-2", 500),
    )

    with database.read() as tx:
        got = ledger.balances(tx, "anping")
        items = ledger.open_items(tx, "anping", ZONE)
        assert [ledger.open_fen(tx, number) for number in ("DZ-1", "DZ-2", "DZ-3")] == [0, 890, 0]
        assert [ledger.paid_fen(tx, number) for number in ("DZ-1", "DZ-2")] == [1_130, 1_370]
        assert ledger.receivables(tx) == {
            "DZ-1": Receivable(1_130, 0),
            "DZ-2": Receivable(2_260, 890),
        }
        assert set(ledger.balances(tx, "hengshui").values()) == {0}
        assert (ledger.tenant_of(tx, "DZ-2"), ledger.tenant_of(tx, "DZ-9")) == ("anping", None)
    assert {account: fen for account, fen in got.items() if fen} == {
        Account.RECEIVABLE: 890,
        Account.REVENUE: 3_364,
        Account.OUTPUT_VAT: 26,
        Account.BANK: 2_000,
        Account.VOUCHER: 500,
    }
    assert [(one.statement, one.open_fen) for one in items] == [("DZ-2", 890)]


def test_a_statement_s_day_of_issue_is_the_local_one(database: Database, clock: Clock) -> None:
    clock.move(8 * 3600 + 1)  # midnight in China has just passed
    post(database, issued("DZ-1", 1_130))
    with database.read() as tx:
        [item] = ledger.open_items(tx, "anping", ZONE)
    assert item.issued_on == DAY + dt.timedelta(days=1)


def run(database: Database, statements: Sequence[str]) -> None:
    with database.write() as tx:
        for sql in statements:
            tx.run(text(sql))


UNBALANCED = (
    "INSERT INTO ledger_line VALUES (1, 1, 'bank', '', 100)",
    "INSERT INTO ledger_line VALUES (1, 2, 'prepaid', '', -99)",
)
BARE = (
    "INSERT INTO ledger_transaction (seq, at, event, tenant, booked_on, booked_by, hash)"
    " VALUES ({seq}, 0, 'top-up', 'anping', '2026-03-01', 'x', 'y')"
)


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ((*UNBALANCED, BARE.format(seq=1)), "ledger-unbalanced"),
        ((BARE.format(seq=1),), "ledger-unbalanced"),
        (UNBALANCED, "(?i)foreign key"),
        (
            (*(one.replace("99", "100").replace("(1,", "(2,") for one in UNBALANCED),
             BARE.format(seq=2)),
            "ledger-gap",
        ),
    ],
)  # fmt: skip
def test_the_database_itself_refuses_what_does_not_balance(
    database: Database, statements: tuple[str, ...], why: str
) -> None:
    with pytest.raises(StorageFault, match=why):
        run(database, statements)
    with database.read() as tx:
        assert [*ledger.verify(tx)] == []
        assert ledger.of_tenant(tx, "anping") == ()


def test_nothing_is_added_to_a_transaction_afterwards(database: Database) -> None:
    post(database, events.topped_up("anping", DAY, 100, slip(1)))
    with pytest.raises(StorageFault, match="ledger-sealed"), database.write() as tx:
        tx.run(text("INSERT INTO ledger_line VALUES (1, 3, 'bank', '', 100)"))


@pytest.mark.parametrize("table", ["ledger_transaction", "ledger_line", "voucher"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_nothing_is_changed_or_deleted(database: Database, table: str, sql: str) -> None:
    post(database, events.topped_up("anping", DAY, 100, slip(1)))
    with database.write() as tx:
        vouchers.add(tx, VOUCHER, START, "li")
    column = {"ledger_transaction": "event", "ledger_line": "account", "voucher": "issuer"}[table]
    with pytest.raises(StorageFault) as fault, database.write() as tx:
        tx.run(text(sql.format(table, column, column)))
    assert fault.value.code is FaultCode.APPEND_ONLY


def test_a_transaction_is_reversed_once_and_to_the_fen(database: Database) -> None:
    [paid] = post(database, events.paid("anping", DAY, 300, slip(1), [("DZ-1", 100)]))
    back = reversal(paid, DAY, "bounced")
    less = (Entry(Account.BANK, -300), Entry(Account.RECEIVABLE, 300, "DZ-1"))
    elsewhere = Posting(Event.REVERSAL, "hengshui", DAY, back.entries, reverses=1)

    for wrong in (Posting(Event.REVERSAL, "anping", DAY, less, reverses=1), elsewhere):
        assert "ledger-" in refusal(database, wrong)
    [undone] = post(database, back)
    assert refusal(database, back)
    assert "ledger-other-lines" in refusal(database, reversal(undone, DAY, "again"))

    with database.read() as tx:
        assert set(ledger.balances(tx, "anping").values()) == {0}


def test_one_slip_is_booked_once_unless_that_was_reversed(database: Database) -> None:
    [first] = post(database, events.topped_up("anping", DAY, 100, slip(1)))

    assert "ledger-slip-booked" in refusal(
        database, events.deposited("hengshui", DAY, 100, slip(1))
    )
    post(database, events.topped_up("anping", DAY, 100, Slip(Method.CASH, "B-1")))
    with database.read() as tx:
        assert ledger.slip_booked(tx, slip(1)) == 1
    post(database, reversal(first, DAY, "the other tenant's"))
    with database.read() as tx:
        assert ledger.slip_booked(tx, slip(1)) is None
    post(database, events.topped_up("hengshui", DAY, 100, slip(1)))


@pytest.mark.parametrize(
    "taken",
    [
        events.refunded("anping", DAY, 101, slip(9), "x"),
        events.settled("anping", DAY, [("DZ-1", 101)]),
        events.deposit_returned("anping", DAY, 51, slip(9)),
        events.deposit_offset("anping", DAY, [("DZ-1", 51)], "x"),
    ],
)
def test_no_more_is_taken_than_a_tenant_left(database: Database, taken: Posting) -> None:
    post(
        database,
        events.topped_up("anping", DAY, 100, slip(1)),
        events.deposited("anping", DAY, 50, slip(2)),
        events.topped_up("hengshui", DAY, 10_000, slip(3)),  # another's
    )

    assert "ledger-overdrawn" in refusal(database, taken)


def test_an_account_tells_what_a_tenant_compares_with_the_own_books(database: Database) -> None:
    days = [dt.date(2026, month, 28) for month in (1, 2, 3)]
    rows = post(
        database,
        issued("DZ-1", 1_000, days[0]),
        events.paid("anping", days[1], 400, slip(1), [("DZ-1", 400)]),
        issued("DZ-2", 3_000, days[1]),
        events.voucher_applied("anping", days[1], "V-1", "DZ-2", 200),
        events.rounded_off("anping", days[1], "DZ-1", 7, "x"),
        events.deposited("anping", days[1], 5_000, slip(2)),
        events.topped_up("anping", days[1], 90, slip(3)),
    )
    post(database, reversal(rows[1], days[2], "bounced"))

    with database.read() as tx:
        before = ledger.statement_account(tx, "anping", days[0].replace(day=1), DAY.replace(day=1))
        february = ledger.statement_account(tx, "anping", dt.date(2026, 2, 1), dt.date(2026, 3, 1))
        march = ledger.statement_account(
            tx, "anping", dt.date(2026, 3, 1), dt.date(2026, 4, 1), due_fen=70
        )

    assert february == AccountSummary(1_000, 3_000, 600, -7, 3_393, 5_000, 90)
    assert before == AccountSummary(0, 4_000, 600, -7, 3_393, 5_000, 90)
    assert march == AccountSummary(3_393, 70, -400, 0, 3_863, 5_000, 90)


VOUCHER = Voucher("V-1", "anping", "科技局", 50_000, Decimal("0.3"), DAY)


def test_vouchers_are_kept_with_what_was_said_of_them(tx: Transaction) -> None:
    later = Voucher("A-2", "hengshui", "科技厅", 1, Decimal(1), DAY + dt.timedelta(days=1))
    vouchers.add(tx, later, START, "li")
    vouchers.add(tx, VOUCHER, START, "li")
    vouchers.refuse(tx, "A-2", "project ended", START, "li")

    assert vouchers.list_vouchers(tx) == (VOUCHER, later)
    assert vouchers.list_vouchers(tx, "hengshui") == (later,)
    assert (vouchers.get(tx, "V-1"), vouchers.get(tx, "V-9")) == (VOUCHER, None)
    assert vouchers.refusals(tx) == {"A-2": "project ended"}


def test_a_backup_holds_the_whole_ledger(database: Database, tmp_path: Path) -> None:
    booked = post(database, issued("DZ-1", 1_130), events.topped_up("anping", DAY, 9, slip(1)))
    booked += post(database, reversal(booked[1], DAY, "bounced"))

    database.backup(tmp_path / "copy.db")

    copy = Database.open(tmp_path / "copy.db", lambda: START)
    with copy.read() as tx:
        assert ledger.of_tenant(tx, "anping") == tuple(booked)
        assert [*ledger.verify(tx)] == []
    with pytest.raises(StorageFault, match="ledger-unbalanced"):
        run(copy, [*(one.replace("(1,", "(4,") for one in UNBALANCED), BARE.format(seq=4)])
    copy.close()
