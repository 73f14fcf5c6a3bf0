"""Proof that sealed rows are as they were added: none changed, gone, or slipped in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, cast, column, literal, select, table

from shared_factory_desktop.domain.chain import ChainEntry, ChainProblem, Finding, breaks
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.columns import as_stored
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import Row
from shared_factory_desktop.storage.rows_seals import SealRow
from shared_factory_desktop.storage.seals import CHAIN, SEALED, digest

_BODY = ("seq", "subject", "key", "sha256")


def verify(tx: Transaction) -> Iterator[ChainProblem]:
    """Walk the chain of seals and give each place where it does not hold."""
    rows = tx.rows(as_stored("seal", (*_BODY, "hash")).order_by(column("seq")))
    entries = (ChainEntry(row[0], dict(zip(_BODY, row, strict=False)), row[-1]) for row in rows)
    yield from breaks(CHAIN, entries, *counters.last(tx, CHAIN))


def unlike(tx: Transaction) -> Iterator[Finding]:
    """Give each row of a sealed table that is not what its seal says: `changed`, `unsealed`
    (nobody added it through the program), `gone`.
    """
    for name in SEALED:
        yield from _unlike(tx, Row.metadata.tables[name])


def count(tx: Transaction) -> int:
    """Give how many rows are sealed."""
    return counters.last(tx, CHAIN)[0]


def _unlike(tx: Transaction, made: Table) -> Iterator[Finding]:
    names = [each.name for each in made.columns]
    lying = table(made.name, *(column(name) for name in names))  # converted to nothing
    key = _key([lying.c[each.name] for each in made.primary_key])
    sealed = select(SealRow.sha256).where(SealRow.subject == made.name, SealRow.key == key)
    for *values, row, sha256 in tx.rows(
        select(*lying.c, key.label("row_key"), sealed.scalar_subquery())
    ):
        if sha256 is None:
            yield Finding(made.name, row, "unsealed")
        elif digest(dict(zip(names, values, strict=True))) != sha256:
            yield Finding(made.name, row, "changed")
    present = select(key).select_from(lying)
    gone = select(SealRow.key).where(SealRow.subject == made.name, SealRow.key.not_in(present))
    for row in tx.stream(gone.order_by(SealRow.seq)):
        yield Finding(made.name, row, "gone")


def _key(parts: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """Give the key of a row as its seal names it, the parts with `/` between."""
    first, *others = (cast(part, Text) for part in parts)
    key: ColumnElement[str] = first
    for part in others:
        key = key + literal("/") + part
    return key
