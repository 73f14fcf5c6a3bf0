"""Double entry: what events book, and what balances, ages and settlements come out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain import ledger_events as events
from shared_factory_desktop.domain.ledger import (
    Account,
    Ageing,
    Booked,
    Entry,
    Event,
    Method,
    OpenItem,
    Posting,
    Slip,
    ageing,
    allocated,
    balances,
    in_force,
    reversal,
    settle,
)
from shared_factory_desktop.domain.ledger_credit import Exposure, hold_fen, usual_fen
from shared_factory_desktop.domain.ledger_vouchers import Voucher, VoucherState, voucher_state
from shared_factory_desktop.domain.lines import taxed
from shared_factory_desktop.domain.statement import Line

DAY = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)
BANK = Slip(Method.BANK, "20261123-7")
FEN = st.integers(1, 10**13)


def line(gross_fen: int, rate: str = "0.13", sign: int = 1) -> Line:
    net, tax, gross = (sign * fen for fen in taxed(gross_fen, Decimal(rate), "inclusive"))
    return Line(None, "c-1", "x", Fraction(1), "h", gross, 0, net, tax, gross, Decimal(rate))


def booked(*postings: Posting) -> list[Booked]:
    return [Booked(seq, AT, "li", posting, "") for seq, posting in enumerate(postings, 1)]


def test_a_statement_is_owed_by_revenue_and_tax_of_each_rate() -> None:
    lines = [line(113_000), line(10_600, "0.06"), line(1_130, "0.130"), line(500, "0")]

    posting = events.issued("anping", DAY, "DZ-1", lines)

    assert posting is not None
    assert posting.entries == (
        Entry(Account.RECEIVABLE, 125_230, "DZ-1"),
        Entry(Account.REVENUE, -500, "0"),
        Entry(Account.REVENUE, -10_000, "0.06"),
        Entry(Account.OUTPUT_VAT, -600, "0.06"),
        Entry(Account.REVENUE, -101_000, "0.13"),
        Entry(Account.OUTPUT_VAT, -13_130, "0.13"),
    )


def test_a_statement_over_nothing_books_nothing() -> None:
    assert events.issued("anping", DAY, "DZ-1", [line(0), line(0, "0.06")]) is None


def test_what_does_not_add_up_to_nothing_is_no_transaction() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        Posting(
            Event.PAYMENT,
            "anping",
            DAY,
            (Entry(Account.BANK, 101), Entry(Account.PREPAID, -100)),
        )
    with pytest.raises(ValueError, match="0 entries"):
        Posting(Event.PAYMENT, "anping", DAY, ())


@given(st.lists(st.tuples(FEN, st.sampled_from(["0", "0.01", "0.03", "0.06", "0.13"]))))
def test_a_credit_note_takes_back_what_its_statement_booked(rows: list[tuple[int, str]]) -> None:
    issued = events.issued("anping", DAY, "DZ-1", [line(*row) for row in rows])
    credited = events.credited("anping", DAY, "DZ-2", "DZ-1", [line(*row, -1) for row in rows])

    if issued is None or credited is None:
        assert (rows, issued, credited) == ([], None, None)
        return
    assert credited.entries == tuple(
        Entry(one.account, -one.amount_fen, one.item) for one in issued.entries
    )
    assert set(balances([*issued.entries, *credited.entries]).values()) == {0}


postings = st.one_of(
    st.builds(lambda a: events.topped_up("anping", DAY, a, BANK), FEN),
    st.builds(lambda a: events.refunded("anping", DAY, a, BANK, "x"), FEN),
    st.builds(lambda a: events.deposited("anping", DAY, a, BANK), FEN),
    st.builds(lambda a: events.deposit_returned("anping", DAY, a, BANK), FEN),
    st.builds(lambda a: events.deposit_offset("anping", DAY, [("DZ-1", a)], "x"), FEN),
    st.builds(lambda a: events.settled("anping", DAY, [("DZ-1", a), ("DZ-2", 7)]), FEN),
    st.builds(lambda a, b: events.paid("anping", DAY, a + b, BANK, [("DZ-1", a)]), FEN, FEN),
    st.builds(lambda a: events.paid("anping", DAY, a, BANK, [("DZ-1", a)]), FEN),
    st.builds(lambda a: events.voucher_applied("anping", DAY, "V-1", "DZ-1", a), FEN),
    st.builds(lambda a: events.voucher_redeemed("anping", DAY, "V-1", a, BANK), FEN),
    st.builds(lambda a: events.surplus_kept("anping", DAY, "DZ-1", a), FEN),
    st.builds(lambda a: events.rounded_off("anping", DAY, "DZ-1", a, "x"), FEN),
)


@given(st.lists(postings, max_size=12), postings)
def test_a_reversal_restores_every_balance(before: list[Posting], one: Posting) -> None:
    entries = [entry for posting in before for entry in posting.entries]
    *_, last = booked(*before, one)

    undone = reversal(last, DAY, "typed twice")

    assert balances([*entries, *one.entries, *undone.entries]) == balances(entries)
    assert undone.reverses == last.seq
    assert undone.slip is None  # the slip may be booked again
    assert sum(entry.amount_fen for entry in [*entries, *one.entries]) == 0
    for account in Account:
        assert one.effect_fen(account) == -undone.effect_fen(account)


def test_what_belongs_to_tenants_grows_by_credits() -> None:
    got = balances(
        [
            *events.deposited("anping", DAY, 500_000, BANK).entries,
            *events.topped_up("anping", DAY, 1_000_000, Slip(Method.E_CNY, "e-1")).entries,
            *events.paid("anping", DAY, 300, Slip(Method.CASH, "c-1"), []).entries,
        ]
    )

    assert {account: fen for account, fen in got.items() if fen} == {
        Account.BANK: 500_000,
        Account.E_CNY: 1_000_000,
        Account.CASH: 300,
        Account.DEPOSIT: 500_000,
        Account.PREPAID: 1_000_300,
    }


def item(number: int, open_fen: int, days: int = 0) -> OpenItem:
    return OpenItem(f"DZ-{number}", DAY - dt.timedelta(days=days), open_fen)


def test_a_payment_goes_to_the_oldest_first_and_the_rest_is_prepaid() -> None:
    items = [item(1, 100), item(2, -30), item(3, 200)]

    assert allocated(items, 50) == (("DZ-1", 50),)
    assert allocated(items, 150) == (("DZ-1", 100), ("DZ-3", 50))
    assert allocated(items, 400) == (("DZ-1", 100), ("DZ-3", 200))
    paid = events.paid("anping", DAY, 400, BANK, allocated(items, 400))
    assert paid.effect_fen(Account.PREPAID) == 100
    assert paid.effect_fen(Account.RECEIVABLE, "DZ-3") == -200
    assert (paid.refers, events.paid("anping", DAY, 9, BANK, [("DZ-1", 9)]).refers) == (
        None,
        "DZ-1",
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, Ageing(to_30_fen=7)),
        (30, Ageing(to_30_fen=7)),
        (31, Ageing(to_60_fen=7)),
        (60, Ageing(to_60_fen=7)),
        (61, Ageing(to_90_fen=7)),
        (90, Ageing(to_90_fen=7)),
        (91, Ageing(over_90_fen=7)),
    ],
)
def test_receivables_age_by_days_since_issue(days: int, expected: Ageing) -> None:
    assert ageing([item(1, 7, days)], DAY) == expected
    assert ageing([item(1, 7, days), item(2, 5, 400)], DAY).total_fen == 12


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), max_size=4), st.integers(-9, 10**9))
def test_vouchers_pay_before_prepaid_and_never_more_than_the_total(
    total: int, covers: list[int], prepaid: int
) -> None:
    plan = settle(total, {f"V-{n}": cover for n, cover in enumerate(covers)}, prepaid)

    from_vouchers = sum(part for _, part in plan.vouchers)
    assert from_vouchers == min(sum(covers), total)
    assert plan.prepaid_fen == max(min(prepaid, total - from_vouchers), 0)
    assert from_vouchers + plan.prepaid_fen + plan.rest_fen == total
    assert plan.rest_fen >= 0


def test_a_voucher_covers_its_share_its_face_and_what_is_open_at_most() -> None:
    voucher = Voucher("V-1", "anping", "科技局", 40_000, Decimal("0.3"), DAY)

    assert voucher.cover_fen(100_000, 100_000) == 30_000
    assert voucher.cover_fen(200_000, 200_000) == 40_000
    assert voucher.cover_fen(100_000, 12) == 12
    assert voucher.cover_fen(33, 33) == 9  # 9.9 fen would be more than the share
    assert voucher.cover_fen(-100, -100) == 0


def test_where_a_voucher_stands_follows_from_what_was_booked() -> None:
    applied = events.voucher_applied("anping", DAY, "V-1", "DZ-1", 400)
    redeemed = events.voucher_redeemed("anping", DAY, "V-1", 400, BANK)
    rows = booked(applied, redeemed)
    rows += [Booked(3, AT, "li", reversal(rows[1], DAY, "bounced"), "")]
    rows += [Booked(4, AT, "li", reversal(rows[0], DAY, "refused"), "")]

    states = [voucher_state("V-1", False, in_force(rows[:count])) for count in range(5)]

    assert [str(state) for state in states] == [
        "registered",
        "applied",
        "redeemed",
        "applied",
        "registered",
    ]
    assert voucher_state("V-1", True, in_force(rows)) is VoucherState.REFUSED
    assert voucher_state("V-2", False, in_force(rows[:2])) is VoucherState.REGISTERED


def test_credit_is_what_the_limit_and_prepaid_leave_after_all_that_is_owed() -> None:
    exposure = Exposure(500_000, 20_000, 300_000, 150_000, 30_000)

    assert exposure.available_fen == 40_000
    assert exposure.allows(40_000)
    assert not exposure.allows(40_001)
    assert not Exposure(0, 0, 0, 0, 0).allows(0)  # nothing is left of nothing
    assert Exposure(0, 1, 0, 0, 0).allows(0)
    assert Exposure(500, 0, 0, None, 0).available_fen == 500  # what has no price holds nobody
    unlimited = Exposure(None, 0, 10**9, 0, 0)
    assert unlimited.available_fen is None
    assert unlimited.allows(10**12)


def test_a_hold_is_what_is_still_expected() -> None:
    assert usual_fen([]) == 0
    assert usual_fen([900, 100, 200]) == 200
    assert usual_fen([100, 200]) == 200
    assert (hold_fen(500, 120), hold_fen(500, 900)) == (380, 0)
