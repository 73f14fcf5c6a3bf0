"""What each event books in the ledger (reference/billing 2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.ledger import Account, Entry, Event, Posting, Slip
from shared_factory_desktop.domain.statement import Line

Shares = Sequence[tuple[str, int]]
"""How much of an amount goes to which statement: (number, fen)."""


def issued(tenant: str, on: dt.date, number: str, lines: Iterable[Line]) -> Posting | None:
    """A statement's lines: receivable against revenue and output VAT; None where they bill 0."""
    return _billed(Event.STATEMENT, tenant, on, number, number, lines)


def credited(
    tenant: str, on: dt.date, number: str, statement: str, lines: Iterable[Line]
) -> Posting | None:
    """A credit note's lines, negative as printed: they take the statement's entries back."""
    return _billed(Event.CREDIT_NOTE, tenant, on, number, statement, lines)


def paid(tenant: str, on: dt.date, amount_fen: int, slip: Slip, shares: Shares) -> Posting:
    """Money received for statements; what no statement takes is prepaid."""
    rest_fen = amount_fen - sum(share for _, share in shares)
    came = Entry(slip.method.account, amount_fen)
    entries = _entries(came, *_settled(shares), Entry(Account.PREPAID, -rest_fen))
    return Posting(Event.PAYMENT, tenant, on, entries, _only(shares), slip)


def topped_up(tenant: str, on: dt.date, amount_fen: int, slip: Slip) -> Posting:
    """Money received in advance."""
    return _moved(Event.TOP_UP, tenant, on, Account.PREPAID, amount_fen, slip)


def refunded(tenant: str, on: dt.date, amount_fen: int, slip: Slip, reason: str) -> Posting:
    """Money of the prepaid balance given back."""
    return _moved(Event.REFUND, tenant, on, Account.PREPAID, -amount_fen, slip, reason)


def settled(tenant: str, on: dt.date, shares: Shares) -> Posting:
    """Statements paid from the prepaid balance."""
    return _from(Event.SETTLEMENT, tenant, on, Account.PREPAID, shares)


def deposited(tenant: str, on: dt.date, amount_fen: int, slip: Slip) -> Posting:
    """A deposit received: the tenant's money, never netted without an entry of its own."""
    return _moved(Event.DEPOSIT, tenant, on, Account.DEPOSIT, amount_fen, slip)


def deposit_returned(tenant: str, on: dt.date, amount_fen: int, slip: Slip) -> Posting:
    """A deposit given back."""
    return _moved(Event.DEPOSIT_RETURN, tenant, on, Account.DEPOSIT, -amount_fen, slip)


def deposit_offset(tenant: str, on: dt.date, shares: Shares, reason: str) -> Posting:
    """Statements paid from the deposit, explicitly."""
    return _from(Event.DEPOSIT_OFFSET, tenant, on, Account.DEPOSIT, shares, reason)


def voucher_applied(
    tenant: str, on: dt.date, voucher: str, statement: str, amount_fen: int
) -> Posting:
    """A voucher covers part of a statement: who issued it owes that part, it is no cash yet."""
    owed = Entry(Account.VOUCHER, amount_fen, voucher)
    entries = _entries(owed, *_settled([(statement, amount_fen)]))
    return Posting(Event.VOUCHER_APPLIED, tenant, on, entries, voucher)


def voucher_redeemed(
    tenant: str, on: dt.date, voucher: str, amount_fen: int, slip: Slip
) -> Posting:
    """Who issued a voucher has paid it."""
    entries = _entries(
        Entry(slip.method.account, amount_fen), Entry(Account.VOUCHER, -amount_fen, voucher)
    )
    return Posting(Event.VOUCHER_REDEEMED, tenant, on, entries, voucher, slip)


def surplus_kept(tenant: str, on: dt.date, statement: str, amount_fen: int) -> Posting:
    """More was settled than a statement asks since it was credited: the rest is prepaid."""
    entries = _entries(
        Entry(Account.RECEIVABLE, amount_fen, statement), Entry(Account.PREPAID, -amount_fen)
    )
    return Posting(Event.SURPLUS, tenant, on, entries, statement)


def rounded_off(tenant: str, on: dt.date, statement: str, amount_fen: int, reason: str) -> Posting:
    """The last fen of a statement that nobody will pay."""
    return _from(Event.ROUNDING, tenant, on, Account.ROUNDING, [(statement, amount_fen)], reason)


def _billed(
    event: Event,
    tenant: str,
    on: dt.date,
    number: str,
    statement: str,
    lines: Iterable[Line],
) -> Posting | None:
    billed = list(lines)
    entries = [Entry(Account.RECEIVABLE, sum(line.gross_fen for line in billed), statement)]
    for rate in sorted({plain(line.tax_rate) for line in billed}):
        taxed = [line for line in billed if plain(line.tax_rate) == rate]
        entries += [
            Entry(Account.REVENUE, -sum(line.net_fen for line in taxed), rate),
            Entry(Account.OUTPUT_VAT, -sum(line.tax_fen for line in taxed), rate),
        ]
    kept = _entries(*entries)
    return Posting(event, tenant, on, kept, number) if kept else None


def _moved(
    event: Event,
    tenant: str,
    on: dt.date,
    account: Account,
    amount_fen: int,
    slip: Slip,
    reason: str | None = None,
) -> Posting:
    """Book what came (negative: went) against a liability."""
    entries = _entries(Entry(slip.method.account, amount_fen), Entry(account, -amount_fen))
    return Posting(event, tenant, on, entries, slip=slip, reason=reason)


def _from(
    event: Event,
    tenant: str,
    on: dt.date,
    account: Account,
    shares: Shares,
    reason: str | None = None,
) -> Posting:
    taken = Entry(account, sum(share for _, share in shares))
    entries = _entries(taken, *_settled(shares))
    return Posting(event, tenant, on, entries, _only(shares), reason=reason)


def _settled(shares: Shares) -> list[Entry]:
    return [Entry(Account.RECEIVABLE, -share, statement) for statement, share in shares]


def _only(shares: Shares) -> str | None:
    """Name the statement where there is just one."""
    return shares[0][0] if len(shares) == 1 else None


def _entries(*entries: Entry) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry.amount_fen)
