"""A tenant's ledger: double entry in integer fen, where each transaction's entries add up to 0.

Debits are positive, credits negative. The accounts are those of reference/billing 2; what an
entry belongs to inside its account (a statement, a voucher, a tax rate) stands in its `item`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Account(StrEnum):
    """What money can be, from the factory's side."""

    RECEIVABLE = "receivable"  # 应收账款, item: the statement
    REVENUE = "revenue"  # 主营业务收入, item: the tax rate
    OUTPUT_VAT = "output-vat"  # 应交税费—销项税额, item: the tax rate
    BANK = "bank"  # 银行存款
    CASH = "cash"  # 库存现金
    E_CNY = "e-cny"  # 数字人民币
    PREPAID = "prepaid"  # 合同负债—预收
    DEPOSIT = "deposit"  # 其他应付款—押金
    VOUCHER = "voucher-receivable"  # 应收创新券兑付, item: the voucher
    ROUNDING = "rounding"  # 尾差

    @property
    def sign(self) -> int:
        """1 where debits make the balance grow, -1 where credits do."""
        return -1 if self in _CREDITED else 1


_CREDITED = frozenset({Account.REVENUE, Account.OUTPUT_VAT, Account.PREPAID, Account.DEPOSIT})
NEVER_OVERDRAWN = (Account.PREPAID, Account.DEPOSIT)  # others' money: no more goes than came


class Method(StrEnum):
    """How money comes and goes."""

    BANK = "bank"
    CASH = "cash"
    E_CNY = "e-cny"

    @property
    def account(self) -> Account:
        """Where it lies then."""
        return Account(self.value)


class Event(StrEnum):
    """What a transaction books."""

    STATEMENT = "statement"
    CREDIT_NOTE = "credit-note"
    SURPLUS = "surplus"  # more was settled than a credit note left to pay
    PAYMENT = "payment"
    REFUND = "refund"
    TOP_UP = "top-up"
    SETTLEMENT = "settlement"  # from the prepaid balance
    DEPOSIT = "deposit"
    DEPOSIT_RETURN = "deposit-return"
    DEPOSIT_OFFSET = "deposit-offset"
    VOUCHER_APPLIED = "voucher-applied"
    VOUCHER_REDEEMED = "voucher-redeemed"
    ROUNDING = "rounding"
    REVERSAL = "reversal"


FINAL = frozenset({Event.STATEMENT, Event.CREDIT_NOTE, Event.SURPLUS, Event.REVERSAL})
"""What no reversal undoes: a statement's number stays, only a credit note takes it back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount on an account, a debit positive; `item` says what it belongs to there."""

    account: Account
    amount_fen: int
    item: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """The paper of a payment: a bank's, a cash receipt's or e-CNY's transaction number."""

    method: Method
    reference: str


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction to book on a local date; raises ValueError unless its entries add up to 0.

    `refers` is the number of the statement, credit note or voucher it is about, `reverses` the
    number of the transaction it undoes.
    """

    event: Event
    tenant: str
    on: dt.date
    entries: tuple[Entry, ...]
    refers: str | None = None
    slip: Slip | None = None
    reverses: int | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is not double entry."""
        total = sum(entry.amount_fen for entry in self.entries)
        if total or not self.entries:
            raise ValueError(f"{self.event}: {len(self.entries)} entries add up to {total}")

    def effect_fen(self, account: Account, item: str | None = None) -> int:
        """What it adds to an account's balance, or to that of one item in it."""
        amounts = (
            entry.amount_fen
            for entry in self.entries
            if entry.account is account and item in (None, entry.item)
        )
        return account.sign * sum(amounts)


@dataclass(frozen=True, slots=True)
class Booked:
    """A transaction as the ledger has it; `seq` without gaps, `at` UTC, `hash` hex."""

    seq: int
    at: dt.datetime
    by: str
    posting: Posting
    hash: str


@dataclass(frozen=True, slots=True)
class Receivable:
    """What a statement asks for after its credit notes, and what is still to be paid of it."""

    billed_fen: int = 0
    open_fen: int = 0

    @property
    def paid_fen(self) -> int:
        """What is settled, by whatever: money, prepaid balance, deposit, vouchers."""
        return self.billed_fen - self.open_fen


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is still to be paid of a statement; below 0 where more was settled than it asks."""

    statement: str
    issued_on: dt.date
    open_fen: int


@dataclass(frozen=True, slots=True)
class Ageing:
    """Receivables by days since their statements were issued, in fen."""

    to_30_fen: int = 0
    to_60_fen: int = 0
    to_90_fen: int = 0
    over_90_fen: int = 0

    @property
    def total_fen(self) -> int:
        """All that is open."""
        return self.to_30_fen + self.to_60_fen + self.to_90_fen + self.over_90_fen


@dataclass(frozen=True, slots=True)
class Settlement:
    """How much of a total each voucher and the prepaid balance pay, and what is left."""

    vouchers: tuple[tuple[str, int], ...]
    prepaid_fen: int
    rest_fen: int


def balances(entries: Iterable[Entry]) -> dict[Account, int]:
    """Give every account's balance from its entries alone, in the account's own sign."""
    totals: Counter[Account] = Counter()
    for entry in entries:
        totals[entry.account] += entry.account.sign * entry.amount_fen
    return {account: totals[account] for account in Account}


def reversal(booked: Booked, on: dt.date, reason: str) -> Posting:
    """Negate every entry of a transaction."""
    entries = tuple(Entry(one.account, -one.amount_fen, one.item) for one in booked.posting.entries)
    return Posting(
        Event.REVERSAL,
        booked.posting.tenant,
        on,
        entries,
        refers=booked.posting.refers,
        reverses=booked.seq,
        reason=reason,
    )


def in_force(booked: Sequence[Booked]) -> tuple[Booked, ...]:
    """Give the transactions that are no reversals and that none reverses."""
    undone = {one.posting.reverses for one in booked}
    return tuple(one for one in booked if one.seq not in undone and one.posting.reverses is None)


def allocated(items: Iterable[OpenItem], amount_fen: int) -> tuple[tuple[str, int], ...]:
    """Share an amount among open statements, in their order; what is over is left out."""
    shares, left_fen = [], amount_fen
    for item in items:
        share_fen = min(item.open_fen, left_fen)
        if share_fen > 0:
            shares.append((item.statement, share_fen))
            left_fen -= share_fen
    return tuple(shares)


def settle(total_fen: int, covers_fen: Mapping[str, int], prepaid_fen: int) -> Settlement:
    """Pay a total from vouchers, in their order, then from the prepaid balance; never more than
    the total (pricing contract, rule 12).
    """
    vouchers, left_fen = [], total_fen
    for number, cover_fen in covers_fen.items():
        part_fen = min(cover_fen, left_fen)
        if part_fen > 0:
            vouchers.append((number, part_fen))
            left_fen -= part_fen
    from_prepaid_fen = max(min(prepaid_fen, left_fen), 0)
    return Settlement(tuple(vouchers), from_prepaid_fen, left_fen - from_prepaid_fen)


def ageing(items: Iterable[OpenItem], today: dt.date) -> Ageing:
    """Sort what is open by age: 0 to 30, 31 to 60, 61 to 90 and more days."""
    sums = [0, 0, 0, 0]
    for item in items:
        days = (today - item.issued_on).days
        sums[sum(days > bound for bound in (30, 60, 90))] += item.open_fen
    return Ageing(*sums)
