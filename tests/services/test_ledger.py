"""Tenants' money: paid, settled, refunded, reversed, vouched for, and how far credit reaches."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from shared_factory_desktop.domain.ledger import Account, Ageing, Method, Slip
from shared_factory_desktop.domain.ledger_vouchers import Voucher, VoucherState
from shared_factory_desktop.domain.problems import Cause, Refused
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.ledger import (
    open_fen,
    paid_fen,
    post_credit,
    post_statement,
)
from shared_factory_desktop.storage import audit, ledger
from shared_factory_desktop.storage.database import Database
from tests.services.conftest import BOSS, NOW

pytestmark = pytest.mark.slow

TODAY = NOW.date()
DAY = dt.timedelta(days=1)
_slips = itertools.count(1)


def slip(method: Method = Method.BANK) -> Slip:
    return Slip(method, f"no-{next(_slips)}")


def line(gross_fen: int) -> Line:
    tax_fen = gross_fen * 13 // 113
    rate, one = Decimal("0.13"), Fraction(1)
    net_fen = gross_fen - tax_fen
    return Line(None, "c-1", "x", one, "h", gross_fen, 0, net_fen, tax_fen, gross_fen, rate)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The factory's database, as the code that issues statements has it."""
    opened = Database.open(tmp_path / "data" / "factory.db", lambda: NOW)
    yield opened
    opened.close()


Bill = Callable[..., None]


@pytest.fixture
def bill(database: Database) -> Bill:
    """Book a statement of Anping's, issued `days` ago; one with `of` is a credit note of that."""

    def book(number: str, gross_fen: int, days: int = 0, of: str | None = None) -> None:
        day = TODAY - days * DAY
        then = Database.open(database.path or "", lambda: NOW - days * DAY)
        with then.write() as tx:
            if of is None:
                post_statement(tx, number, "anping", [line(gross_fen)], day)
            else:
                post_credit(tx, number, of, "anping", [line(gross_fen)], day)
        then.close()

    return book


def balance(services: Services, account: Account, tenant: str = "anping") -> int:
    return services.ledger.account(BOSS, tenant).balances[account]


def causes(call: Callable[[], object]) -> list[Cause]:
    with pytest.raises(Refused) as refused:
        call()
    return list(refused.value.causes)


def codes(call: Callable[[], object]) -> list[str]:
    return [cause.code for cause in causes(call)]


def opened(services: Services) -> list[tuple[str, int]]:
    return [
        (item.statement, item.open_fen)
        for item in services.ledger.account(BOSS, "anping").open_items
    ]


def test_a_payment_pays_the_oldest_and_leaves_the_rest_prepaid(
    unsynced: Services, bill: Bill, database: Database
) -> None:
    bill("X-1", 10_000, days=40)
    bill("X-2", 20_000, days=2)

    unsynced.ledger.pay(BOSS, "anping", 4_000, slip())
    assert opened(unsynced) == [("X-1", 6_000), ("X-2", 20_000)]
    account = unsynced.ledger.account(BOSS, "anping")
    assert account.ageing == Ageing(to_30_fen=20_000, to_60_fen=6_000)
    unsynced.ledger.pay(BOSS, "anping", 15_000, slip(Method.E_CNY), "X-2")
    unsynced.ledger.pay(BOSS, "anping", 12_000, slip(Method.CASH))

    assert opened(unsynced) == []
    account = unsynced.ledger.account(BOSS, "anping")
    assert [(row.receivable_fen, row.prepaid_fen) for row in account.rows] == [
        (10_000, 0),
        (30_000, 0),
        (26_000, 0),
        (11_000, 0),
        (0, 1_000),
    ]
    assert {a: fen for a, fen in account.balances.items() if fen} == {
        Account.REVENUE: 26_550,
        Account.OUTPUT_VAT: 3_450,
        Account.BANK: 4_000,
        Account.E_CNY: 15_000,
        Account.CASH: 12_000,
        Account.PREPAID: 1_000,
    }
    with database.read() as tx:
        assert (paid_fen(tx, "X-2"), open_fen(tx, "X-2")) == (20_000, 0)


def test_one_slip_is_money_once(unsynced: Services, bill: Bill) -> None:
    bill("X-1", 10_000)
    once = slip()
    paid = unsynced.ledger.pay(BOSS, "anping", 100, once)

    again = causes(lambda: unsynced.ledger.top_up(BOSS, "renze", 100, once))

    assert again[0].code == "slip-booked"
    assert dict(again[0].values)["seq"] == str(paid.seq)
    unsynced.ledger.reverse(BOSS, paid.seq, "the other tenant's")
    unsynced.ledger.top_up(BOSS, "renze", 100, once)
    assert opened(unsynced) == [("X-1", 10_000)]


def test_prepaid_money_is_spent_refunded_and_never_overdrawn(
    unsynced: Services, bill: Bill
) -> None:
    top_up = unsynced.ledger.top_up(BOSS, "anping", 5_000, slip())
    bill("X-1", 3_000)
    [settled] = unsynced.vouchers.settle(BOSS, "anping")
    assert opened(unsynced) == []

    assert codes(lambda: unsynced.ledger.refund(BOSS, "anping", 2_001, slip(), "left")) == [
        "prepaid-short"
    ]
    assert codes(lambda: unsynced.ledger.reverse(BOSS, top_up.seq, "bounced")) == ["prepaid-short"]
    unsynced.ledger.refund(BOSS, "anping", 2_000, slip(), "left")
    assert balance(unsynced, Account.PREPAID) == 0

    unsynced.ledger.reverse(BOSS, settled.seq, "to be paid by bank")
    assert opened(unsynced) == [("X-1", 3_000)]
    assert balance(unsynced, Account.PREPAID) == 3_000


def test_a_deposit_pays_only_when_told_to(unsynced: Services, bill: Bill) -> None:
    unsynced.ledger.take_deposit(BOSS, "anping", 5_000, slip())
    bill("X-1", 3_000)

    assert codes(lambda: unsynced.vouchers.settle(BOSS, "anping")) == ["nothing-to-settle"]
    assert codes(lambda: unsynced.ledger.offset_deposit(BOSS, "anping", 3_001, "left")) == [
        "offset-over"
    ]
    unsynced.ledger.offset_deposit(BOSS, "anping", 3_000, "left", "X-1")
    assert opened(unsynced) == []
    assert codes(lambda: unsynced.ledger.return_deposit(BOSS, "anping", 2_001, slip())) == [
        "deposit-short"
    ]
    unsynced.ledger.return_deposit(BOSS, "anping", 2_000, slip())
    assert balance(unsynced, Account.DEPOSIT) == 0


def test_the_last_fen_can_be_rounded_off_but_no_debt(unsynced: Services, bill: Bill) -> None:
    bill("X-1", 10_100)
    unsynced.ledger.pay(BOSS, "anping", 10_000, slip(Method.CASH))
    assert codes(lambda: unsynced.ledger.round_off(BOSS, "X-1", "cash")) == ["round-off"]
    unsynced.ledger.pay(BOSS, "anping", 1, slip(Method.CASH))

    unsynced.ledger.round_off(BOSS, "X-1", "cash")

    assert opened(unsynced) == []
    assert balance(unsynced, Account.ROUNDING) == 99
    assert codes(lambda: unsynced.ledger.round_off(BOSS, "X-9", "cash")) == ["unknown-statement"]


def test_a_credit_note_after_payment_leaves_the_money_prepaid(
    unsynced: Services, bill: Bill, database: Database
) -> None:
    bill("X-1", 11_300)
    unsynced.ledger.pay(BOSS, "anping", 9_000, slip())

    bill("K-1", -3_390, of="X-1")

    assert opened(unsynced) == []
    assert balance(unsynced, Account.PREPAID) == 1_090
    assert balance(unsynced, Account.REVENUE) + balance(unsynced, Account.OUTPUT_VAT) == 7_910
    with database.read() as tx:
        assert (paid_fen(tx, "X-1"), open_fen(tx, "X-1")) == (7_910, 0)
    bill("K-2", -7_910, of="X-1")
    assert balance(unsynced, Account.PREPAID) == 9_000
    assert balance(unsynced, Account.REVENUE) == 0


def test_what_a_statement_booked_is_undone_by_credit_notes_alone(
    unsynced: Services, bill: Bill
) -> None:
    bill("X-1", 10_000)
    bill("K-1", -10_000, of="X-1")
    paid = unsynced.ledger.top_up(BOSS, "anping", 100, slip())
    undone = unsynced.ledger.reverse(BOSS, paid.seq, "typed twice")

    assert codes(lambda: unsynced.ledger.reverse(BOSS, 1, "x")) == ["not-reversible"]
    assert codes(lambda: unsynced.ledger.reverse(BOSS, 2, "x")) == ["not-reversible"]
    assert codes(lambda: unsynced.ledger.reverse(BOSS, undone.seq, "x")) == ["not-reversible"]
    assert codes(lambda: unsynced.ledger.reverse(BOSS, paid.seq, "x")) == ["reversed-already"]
    assert codes(lambda: unsynced.ledger.reverse(BOSS, 99, "x")) == ["unknown-transaction"]


def voucher(number: str = "V-1", face_fen: int = 40_000, days: int = 9) -> Voucher:
    return Voucher(number, "anping", "市科技局", face_fen, Decimal("0.3"), TODAY + days * DAY)


def standing(services: Services) -> list[tuple[str, VoucherState, int]]:
    return [
        (view.voucher.number, view.state, view.applied_fen)
        for view in services.vouchers.list(BOSS, "anping")
    ]


def test_a_voucher_is_no_money_until_its_issuer_pays(unsynced: Services, bill: Bill) -> None:
    unsynced.vouchers.add(BOSS, voucher())
    bill("X-1", 100_000)

    unsynced.vouchers.apply(BOSS, "V-1", "X-1")
    assert opened(unsynced) == [("X-1", 70_000)]
    assert balance(unsynced, Account.VOUCHER) == 30_000
    assert balance(unsynced, Account.BANK) == 0
    assert codes(lambda: unsynced.vouchers.apply(BOSS, "V-1", "X-1")) == ["voucher-applied"]

    redeemed = unsynced.vouchers.redeem(BOSS, "V-1", slip())
    assert standing(unsynced) == [("V-1", VoucherState.REDEEMED, 30_000)]
    assert (balance(unsynced, Account.VOUCHER), balance(unsynced, Account.BANK)) == (0, 30_000)
    assert codes(lambda: unsynced.vouchers.refuse(BOSS, "V-1", "late")) == ["voucher-redeemed"]
    assert codes(lambda: unsynced.ledger.reverse(BOSS, redeemed.seq - 1, "x")) == ["rested-on"]
    unsynced.ledger.reverse(BOSS, redeemed.seq, "another's money")
    assert standing(unsynced) == [("V-1", VoucherState.APPLIED, 30_000)]


def test_what_a_refused_voucher_covered_is_open_again(unsynced: Services, bill: Bill) -> None:
    unsynced.vouchers.add(BOSS, voucher())
    bill("X-1", 100_000)
    unsynced.vouchers.apply(BOSS, "V-1", "X-1")

    unsynced.vouchers.refuse(BOSS, "V-1", "project ended")

    assert opened(unsynced) == [("X-1", 100_000)]
    assert balance(unsynced, Account.VOUCHER) == 0
    [view] = unsynced.vouchers.list(BOSS)
    assert (view.state, view.refusal, view.statement) == (
        VoucherState.REFUSED,
        "project ended",
        None,
    )
    assert codes(lambda: unsynced.vouchers.apply(BOSS, "V-1", "X-1")) == ["voucher-refused"]
    unsynced.vouchers.add(BOSS, voucher("V-2"))
    assert unsynced.vouchers.refuse(BOSS, "V-2", "not ours") is None


def test_statements_are_settled_from_vouchers_then_prepaid(unsynced: Services, bill: Bill) -> None:
    """Pricing contract, rule 12: capped at the total; a voucher out of its time pays nothing."""
    unsynced.ledger.top_up(BOSS, "anping", 70_000, slip())
    for one in (voucher(), voucher("V-2", 9_000, days=1), voucher("V-3", 9_000, days=0)):
        unsynced.vouchers.add(BOSS, one)
    bill("X-1", 60_000)
    bill("X-2", 50_000)

    unsynced.vouchers.settle(BOSS, "anping")

    assert standing(unsynced) == [
        ("V-3", VoucherState.REGISTERED, 0),
        ("V-2", VoucherState.APPLIED, 9_000),
        ("V-1", VoucherState.APPLIED, 18_000),
    ]
    assert opened(unsynced) == [("X-2", 13_000)]  # 33,000 and 37,000 prepaid
    assert balance(unsynced, Account.PREPAID) == 0
    assert codes(lambda: unsynced.vouchers.apply(BOSS, "V-3", "X-2")) == ["voucher-expired"]


def test_a_credit_note_gives_unpaid_vouchers_back(unsynced: Services, bill: Bill) -> None:
    unsynced.vouchers.add(BOSS, voucher())
    bill("X-1", 100_000)
    unsynced.vouchers.apply(BOSS, "V-1", "X-1")
    unsynced.ledger.pay(BOSS, "anping", 70_000, slip())

    bill("K-1", -100_000, of="X-1")

    assert standing(unsynced) == [("V-1", VoucherState.REGISTERED, 0)]
    assert balance(unsynced, Account.PREPAID) == 70_000  # the voucher did not become money
    assert balance(unsynced, Account.VOUCHER) == 0


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda s: s.ledger.pay(BOSS, "nobody", 1, slip()), "unknown-tenant"),
        (lambda s: s.ledger.pay(BOSS, "anping", 0, slip()), "amount-not-positive"),
        (lambda s: s.ledger.top_up(BOSS, "anping", -1, slip()), "amount-not-positive"),
        (lambda s: s.ledger.pay(BOSS, "anping", 1, slip(), "X-9"), "nothing-open"),
        (lambda s: s.ledger.pay(BOSS, "anping", 1, Slip(Method.BANK, " ")), "slip-missing"),
        (lambda s: s.ledger.top_up(BOSS, "anping", 1, slip(), TODAY + DAY), "booked-ahead"),
        (lambda s: s.ledger.reverse(BOSS, 1, " "), "ledger-reason"),
        (lambda s: s.ledger.account(BOSS, "nobody"), "unknown-tenant"),
        (lambda s: s.vouchers.redeem(BOSS, "V-9", slip()), "unknown-voucher"),
    ],
)
def test_what_makes_no_sense_is_not_booked(
    unsynced: Services, call: Callable[[Services], object], code: str
) -> None:
    unsynced.ledger.top_up(BOSS, "anping", 100, slip())
    assert codes(lambda: call(unsynced)) == [code]
    assert len(unsynced.ledger.account(BOSS, "anping").rows) == 1


def test_vouchers_that_make_no_sense_are_not_registered(unsynced: Services) -> None:
    unsynced.vouchers.add(BOSS, voucher())
    too_much = Voucher("V-2", "anping", "x", 1, Decimal("1.01"), TODAY)
    nobodys = Voucher("V-2", "nobody", "x", 1, Decimal(1), TODAY)

    assert codes(lambda: unsynced.vouchers.add(BOSS, voucher())) == ["voucher-known"]
    assert codes(lambda: unsynced.vouchers.add(BOSS, too_much)) == ["voucher-share"]
    assert codes(lambda: unsynced.vouchers.add(BOSS, nobodys)) == ["unknown-tenant"]
    assert codes(lambda: unsynced.vouchers.redeem(BOSS, "V-1", slip())) == ["voucher-registered"]


def test_a_day_that_a_statement_covers_takes_no_more_payments(unsynced: Services) -> None:
    unsynced.billing.issue(BOSS, "anping", "2026-10")
    october, november = dt.date(2026, 10, 31), dt.date(2026, 11, 1)

    refused = causes(lambda: unsynced.ledger.top_up(BOSS, "anping", 1, slip(), october))

    assert refused[0].code == "day-stated"
    assert dict(refused[0].values)["first"] == "2026-11-01"
    assert unsynced.ledger.top_up(BOSS, "anping", 1, slip(), november).posting.on == november
    assert unsynced.ledger.top_up(BOSS, "renze", 1, slip(), october).posting.on == october


def test_what_is_issued_is_owed_to_the_fen_and_aged_from_then(unsynced: Services) -> None:
    issued = unsynced.billing.issue(BOSS, "anping", "2026-10")
    account = unsynced.ledger.account(BOSS, "anping")

    assert opened(unsynced) == [(issued.number, issued.statement.gross_fen)]
    assert account.ageing.to_30_fen == issued.statement.gross_fen
    assert account.open_items[0].issued_on == TODAY
    assert account.balances[Account.REVENUE] == issued.statement.net_fen
    assert account.balances[Account.OUTPUT_VAT] == issued.statement.tax_fen
    [row] = account.rows
    assert row.booked.posting.on == dt.date(2026, 10, 31)
    assert unsynced.verification.verify(BOSS).ok


def test_everything_booked_is_in_the_audit_trail(
    unsynced: Services, bill: Bill, database: Database
) -> None:
    bill("X-1", 100)
    booked = unsynced.ledger.pay(BOSS, "anping", 100, slip())
    unsynced.ledger.reverse(BOSS, booked.seq, "bounced")
    unsynced.vouchers.add(BOSS, voucher())

    with database.read() as tx:
        noted = [(one.action, one.object_id) for one in audit.newest(tx, 3)]
        assert [*ledger.verify(tx)] == []
    assert noted == [("voucher.add", "V-1"), ("ledger.reversal", "3"), ("ledger.payment", "2")]
