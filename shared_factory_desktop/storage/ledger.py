"""The tenants' ledger as stored: balanced transactions, chained and numbered without gaps.

Every balance is added up from the lines, none is kept beside them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, case, func, select, type_coerce

from shared_factory_desktop.domain.chain import ChainEntry, ChainProblem, breaks, link
from shared_factory_desktop.domain.ledger import (
    Account,
    Booked,
    Entry,
    Event,
    Method,
    OpenItem,
    Posting,
    Receivable,
    Slip,
)
from shared_factory_desktop.domain.statement import AccountSummary
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.columns import ScaledInteger, microseconds
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import StatementRow
from shared_factory_desktop.storage.rows_ledger import LedgerLineRow, LedgerTransactionRow

CHAIN = "ledger"
_BILLING = (str(Event.STATEMENT), str(Event.CREDIT_NOTE))
_ADJUSTING = frozenset({Event.CREDIT_NOTE, Event.SURPLUS, Event.ROUNDING})


def post(tx: Transaction, posting: Posting, by: str) -> Booked:
    """Book a transaction under the next number.

    Raises StorageFault (rule) where the database refuses it: a slip that is booked already, a
    prepaid balance or deposit below 0, a second reversal, a tenant that was never in the floor.
    """
    last_seq, head = counters.last(tx, CHAIN)
    seq, at = last_seq + 1, tx.now()
    row = {
        "seq": seq,
        "at": at,
        "event": str(posting.event),
        "tenant": posting.tenant,
        "booked_on": posting.on,
        "refers": posting.refers,
        "method": str(posting.slip.method) if posting.slip else None,
        "reference": posting.slip.reference if posting.slip else None,
        "reverses": posting.reverses,
        "reason": posting.reason,
        "booked_by": by,
    }
    lines = [
        {"account": str(one.account), "item": one.item, "amount_fen": one.amount_fen}
        for one in posting.entries
    ]
    stored = {**row, "at": microseconds(at), "booked_on": posting.on.isoformat()}
    sealed = link(head, {**stored, "lines": [[*line.values()] for line in lines]})
    numbered = enumerate(lines, 1)
    tx.add(
        LedgerLineRow, *({"transaction_seq": seq, "position": n, **line} for n, line in numbered)
    )
    tx.add(LedgerTransactionRow, {**row, "hash": sealed})
    counters.keep(tx, CHAIN, seq, sealed)
    return Booked(seq, at, by, posting, sealed)


def get(tx: Transaction, seq: int) -> Booked | None:
    """Find a transaction by number."""
    found = _booked(tx, LedgerTransactionRow.seq == seq)
    return found[0] if found else None


def reversed_by(tx: Transaction, seq: int) -> int | None:
    """Give the number of the transaction that reverses another, None where none does."""
    query = select(LedgerTransactionRow.seq).where(LedgerTransactionRow.reverses == seq)
    return tx.first(query)


def of_tenant(tx: Transaction, tenant: str) -> tuple[Booked, ...]:
    """Give a tenant's transactions in the order they were booked."""
    return _booked(tx, LedgerTransactionRow.tenant == tenant)


def tenant_of(tx: Transaction, statement: str) -> str | None:
    """Give the tenant of a booked statement, None where it is not booked."""
    query = select(LedgerTransactionRow.tenant).where(
        LedgerTransactionRow.refers == statement,
        LedgerTransactionRow.event == str(Event.STATEMENT),
    )
    return tx.first(query)


def slip_booked(tx: Transaction, slip: Slip) -> int | None:
    """Give the number of the transaction in force that a slip was booked with."""
    undone = select(LedgerTransactionRow.reverses).where(LedgerTransactionRow.reverses.is_not(None))
    query = select(LedgerTransactionRow.seq).where(
        LedgerTransactionRow.method == str(slip.method),
        LedgerTransactionRow.reference == slip.reference,
        LedgerTransactionRow.seq.not_in(undone),
    )
    return tx.first(query)


def balances(tx: Transaction, tenant: str) -> dict[Account, int]:
    """Give a tenant's balance on every account, in fen and in the account's own sign."""
    query = select(LedgerLineRow.account, func.sum(LedgerLineRow.amount_fen))
    joined = query.join(LedgerTransactionRow, _JOINED).group_by(LedgerLineRow.account)
    mine = joined.where(LedgerTransactionRow.tenant == tenant)
    sums = {account: int(total) for account, total in tx.pairs(mine)}
    return {account: account.sign * sums.get(account, 0) for account in Account}


def open_items(tx: Transaction, tenant: str, zone: ZoneInfo) -> tuple[OpenItem, ...]:
    """Give the tenant's statements that are not just paid, by order of issue; days in `zone`."""
    of_tenant = LedgerTransactionRow.tenant == tenant
    found = _receivables(tx, of_tenant)
    issued = tx.pairs(
        select(LedgerTransactionRow.refers, LedgerTransactionRow.at)
        .where(of_tenant, LedgerTransactionRow.event == str(Event.STATEMENT))
        .order_by(LedgerTransactionRow.seq)
    )
    return tuple(
        OpenItem(number, at.astimezone(zone).date(), found[number].open_fen)
        for number, at in issued
        if number in found and found[number].open_fen
    )


def receivables(tx: Transaction) -> dict[str, Receivable]:
    """Give what every booked statement asks for and what is open, by its number."""
    return _receivables(tx)


def receivable(tx: Transaction, number: str) -> Receivable:
    """Give what one statement asks for and what is open; nothing for one that is not booked."""
    return _receivables(tx, LedgerLineRow.item == number).get(number, Receivable())


def open_fen(tx: Transaction, number: str) -> int:
    """Give what is still to be paid of a statement."""
    return receivable(tx, number).open_fen


def paid_fen(tx: Transaction, number: str) -> int:
    """Give what of a statement is settled."""
    return receivable(tx, number).paid_fen


def billed_until(tx: Transaction, tenant: str) -> dt.date | None:
    """Give the first day after all that the tenant's statements in force cover."""
    cancelled = select(StatementRow.refers_to).where(StatementRow.whole)
    query = select(func.max(StatementRow.end_on)).where(
        StatementRow.tenant == tenant,
        StatementRow.refers_to.is_(None),
        StatementRow.number.not_in(cancelled),
    )
    return tx.first(query)


def statement_account(
    tx: Transaction, tenant: str, start: dt.date, end: dt.date, due_fen: int = 0
) -> AccountSummary:
    """Tell how the tenant's account moved in the local days [start, end), as booked until now.

    `due_fen` is added for a statement over these days that is not booked yet. Deposit and
    prepaid balance are those at the end.
    """
    opening_fen = received_fen = adjusted_fen = deposit_fen = prepaid_fen = 0
    booked = {one.seq: one.posting for one in of_tenant(tx, tenant) if one.posting.on < end}
    for posting in booked.values():
        deposit_fen += posting.effect_fen(Account.DEPOSIT)
        prepaid_fen += posting.effect_fen(Account.PREPAID)
        moved_fen = posting.effect_fen(Account.RECEIVABLE)
        event = booked[posting.reverses].event if posting.reverses else posting.event
        if posting.on < start:
            opening_fen += moved_fen
        elif event is Event.STATEMENT:
            due_fen += moved_fen
        elif event in _ADJUSTING:
            adjusted_fen += moved_fen
        else:
            received_fen -= moved_fen
    closing_fen = opening_fen + due_fen - received_fen + adjusted_fen
    return AccountSummary(
        opening_fen,
        due_fen,
        received_fen,
        adjusted_fen,
        closing_fen,
        deposit_fen,
        prepaid_fen,
    )


def verify(tx: Transaction) -> Iterator[ChainProblem]:
    """Give each place where the ledger does not hold: `gap`, `hash` and `head` as in a chain,
    `sum` for lines that do not add up to 0, `line` for lines without a transaction.
    """
    lines: defaultdict[int, list[list[Any]]] = defaultdict(list)
    for seq, *line in tx.rows(select(*_LINE).order_by(*_LINE_ORDER)):
        lines[seq].append(line)
    stored = [
        dict(zip(_BODY, row, strict=True))
        for row in tx.rows(select(*_BODY.values()).order_by(LedgerTransactionRow.seq))
    ]
    yield from breaks(CHAIN, (_chained(row, lines) for row in stored), *counters.last(tx, CHAIN))
    numbers = {row["seq"] for row in stored}
    for seq in sorted(numbers | lines.keys()):
        if seq not in numbers:
            yield ChainProblem(CHAIN, seq, "line")
        elif not lines[seq] or sum(amount for _, _, amount in lines[seq]):
            yield ChainProblem(CHAIN, seq, "sum", "0")


def count(tx: Transaction) -> int:
    """Count the transactions."""
    return counters.last(tx, CHAIN)[0]


# As they lie in the database: what was tampered with need not be a date or an account any more.
_RAW = {"at": ScaledInteger(), "booked_on": Text()}
_BODY = {
    column.name: type_coerce(column, _RAW.get(column.name, column.type))
    for column in LedgerTransactionRow.__table__.columns
}
_LINE = (
    LedgerLineRow.transaction_seq,
    LedgerLineRow.account,
    LedgerLineRow.item,
    LedgerLineRow.amount_fen,
)
_LINE_ORDER = (LedgerLineRow.transaction_seq, LedgerLineRow.position)
_JOINED = LedgerLineRow.transaction_seq == LedgerTransactionRow.seq


def _chained(row: Mapping[str, Any], lines: Mapping[int, list[list[Any]]]) -> ChainEntry:
    body = {name: value for name, value in row.items() if name != "hash"}
    return ChainEntry(row["seq"], {**body, "lines": lines[row["seq"]]}, row["hash"])


def _receivables(tx: Transaction, *conditions: ColumnElement[bool]) -> dict[str, Receivable]:
    amount = LedgerLineRow.amount_fen
    billed = case((LedgerTransactionRow.event.in_(_BILLING), amount), else_=0)
    query = select(LedgerLineRow.item, func.sum(billed), func.sum(amount))
    joined = query.join(LedgerTransactionRow, _JOINED).group_by(LedgerLineRow.item)
    mine = joined.where(LedgerLineRow.account == str(Account.RECEIVABLE), *conditions)
    return {item: Receivable(int(asked), int(left)) for item, asked, left in tx.rows(mine)}


def _booked(tx: Transaction, condition: ColumnElement[bool]) -> tuple[Booked, ...]:
    rows = tx.all(select(LedgerTransactionRow).where(condition).order_by(LedgerTransactionRow.seq))
    lines = select(LedgerLineRow).join(LedgerTransactionRow, _JOINED).where(condition)
    entries = _entries(tx.all(lines.order_by(*_LINE_ORDER)))
    return tuple(
        Booked(row.seq, row.at, row.booked_by, _posting(row, entries[row.seq]), row.hash)
        for row in rows
    )


def _entries(rows: Iterable[LedgerLineRow]) -> Mapping[int, list[Entry]]:
    entries: defaultdict[int, list[Entry]] = defaultdict(list)
    for row in rows:
        entries[row.transaction_seq].append(Entry(Account(row.account), row.amount_fen, row.item))
    return entries


def _posting(row: LedgerTransactionRow, entries: Sequence[Entry]) -> Posting:
    slip = Slip(Method(row.method), row.reference) if row.method and row.reference else None
    return Posting(
        Event(row.event),
        row.tenant,
        row.booked_on,
        tuple(entries),
        row.refers,
        slip,
        row.reverses,
        row.reason,
    )
