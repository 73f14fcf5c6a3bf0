"""Issued statements and credit notes: numbered without gaps, frozen with what they were made of."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from shared_factory_desktop.domain.chain import ChainProblem, canonical_json
from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import CounterRow, StatementRow, StatementTariffRow

_SERIES = "statement:"


@dataclass(frozen=True, slots=True)
class IssuedStatement:
    """A statement for [start, end) local dates, or a credit note of `refers_to`, `whole` where it
    takes back all that was left of it.

    `document` is the contract's JSON without number, instant and hash, `sha256` the hash of its
    canonical form, `context` the inputs and names it was made from; `issued_at` UTC.
    """

    number: str
    tenant: str
    start: dt.date
    end: dt.date
    issued_at: dt.datetime
    sha256: str
    document: Mapping[str, object]
    context: Mapping[str, object]
    refers_to: str | None = None
    whole: bool = False


def issue(
    tx: Transaction,
    series: Series,
    tenant: str,
    period: tuple[dt.date, dt.date],
    document: Mapping[str, object],
    context: Mapping[str, object],
    tariffs: Iterable[tuple[str, dt.date]] = (),
    refers_to: str | None = None,
    whole: bool = False,
) -> IssuedStatement:
    """Give a statement or credit note the next number of its series, and store it.

    `tariffs` (id, valid_from) are frozen by it. Raises StorageFault (overlap) where another
    statement of the tenant that is not cancelled covers some of the days, (rule) where `refers_to`
    is unknown or cancelled already.
    """
    seq = counters.take(tx, _SERIES + series.name)
    issued = IssuedStatement(
        number=series.number(seq),
        tenant=tenant,
        start=period[0],
        end=period[1],
        issued_at=tx.now(),
        sha256=sha256_of(document),
        document=document,
        context=context,
        refers_to=refers_to,
        whole=whole,
    )
    tx.add(StatementRow, {**_values(issued), "series": series.name, "seq": seq})
    frozen = [
        {"statement": issued.number, "tariff": tariff, "valid_from": valid_from}
        for tariff, valid_from in dict.fromkeys(tariffs)
    ]
    tx.add(StatementTariffRow, *frozen)
    return issued


def sha256_of(document: Mapping[str, object]) -> str:
    """Give the hash of a document's canonical JSON, as lower-case hex."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def get(tx: Transaction, number: str) -> IssuedStatement | None:
    """Find a statement or credit note by number."""
    row = tx.first(select(StatementRow).where(StatementRow.number == number))
    return _issued(row) if row else None


def list_statements(tx: Transaction, tenant: str | None = None) -> tuple[IssuedStatement, ...]:
    """Give statements and credit notes in order of issue."""
    found = select(StatementRow)
    if tenant is not None:
        found = found.where(StatementRow.tenant == tenant)
    rows = tx.all(found.order_by(StatementRow.issued_at, StatementRow.series, StatementRow.seq))
    return tuple(_issued(row) for row in rows)


def credit_notes_of(tx: Transaction, number: str) -> tuple[IssuedStatement, ...]:
    """Give a statement's credit notes in order of issue."""
    found = select(StatementRow).where(StatementRow.refers_to == number)
    return tuple(
        _issued(row) for row in tx.all(found.order_by(StatementRow.issued_at, StatementRow.seq))
    )


def overlapping(
    tx: Transaction, tenant: str, start: dt.date, end: dt.date
) -> tuple[IssuedStatement, ...]:
    """Give the tenant's statements in force that cover some of the days in [start, end)."""
    found = select(StatementRow).where(
        StatementRow.tenant == tenant,
        StatementRow.start_on < end,
        StatementRow.end_on > start,
        *in_force(),
    )
    return tuple(_issued(row) for row in tx.all(found.order_by(StatementRow.start_on)))


def issued_for(tx: Transaction, start: dt.date, end: dt.date) -> frozenset[str]:
    """Give the tenants that have a statement in force for just the days [start, end)."""
    just_these = (StatementRow.start_on == start, StatementRow.end_on == end)
    return frozenset(tx.all(select(StatementRow.tenant).where(*just_these, *in_force())))


def verify(tx: Transaction) -> Iterator[ChainProblem]:
    """Give each statement whose document does not match its hash, and each gap in the numbers."""
    seen: dict[str, int] = {}
    rows = tx.stream(select(StatementRow).order_by(StatementRow.series, StatementRow.seq))
    for row in rows:
        expected = seen.get(row.series, 0) + 1
        if row.seq != expected:
            yield ChainProblem(_SERIES + row.series, row.seq, "gap", str(expected))
        if sha256_of(row.document) != row.sha256:
            yield ChainProblem(_SERIES + row.series, row.seq, "hash")
        seen[row.series] = row.seq
    kept = select(CounterRow).where(CounterRow.name.startswith(_SERIES))
    for counter in tx.all(kept.order_by(CounterRow.name)):
        last = seen.get(counter.name.removeprefix(_SERIES), 0)
        if last != counter.last_seq:
            yield ChainProblem(counter.name, last, "head", str(counter.last_seq))


def in_force() -> tuple[ColumnElement[bool], ...]:
    """Give the conditions under which a row is a statement that was not cancelled."""
    return StatementRow.refers_to.is_(None), StatementRow.number.not_in(_cancelled())


def _cancelled() -> Select[str]:
    found: Select[Any] = select(StatementRow.refers_to)
    return found.where(StatementRow.refers_to.is_not(None), StatementRow.whole)


def _values(issued: IssuedStatement) -> dict[str, object]:
    return {
        "number": issued.number,
        "tenant": issued.tenant,
        "start_on": issued.start,
        "end_on": issued.end,
        "issued_at": issued.issued_at,
        "sha256": issued.sha256,
        "refers_to": issued.refers_to,
        "whole": issued.whole,
        "document": issued.document,
        "context": issued.context,
    }


def _issued(row: StatementRow) -> IssuedStatement:
    return IssuedStatement(
        number=row.number,
        tenant=row.tenant,
        start=row.start_on,
        end=row.end_on,
        issued_at=row.issued_at,
        sha256=row.sha256,
        document=row.document,
        context=row.context,
        refers_to=row.refers_to,
        whole=row.whole,
    )
