"""Where chains stand now, and the hashes they had at given numbers: what anchors are compared with.

Anchors are kept outside the database, so that they have no table here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from sqlalchemy import column, select

from shared_factory_desktop.domain.chain import Head
from shared_factory_desktop.domain.records import RecordType
from shared_factory_desktop.storage import audit
from shared_factory_desktop.storage.columns import as_stored
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import CounterRow

NOTED = "anchor.keep"
_AT_ONCE = 500  # a database takes only so many parameters in one query
_TABLES = {
    "audit": "audit",
    "ledger": "ledger_transaction",
    "reading": "reading",
    "seal": "seal",
}


def heads(tx: Transaction) -> tuple[Head, ...]:
    """Give where every chain ends, by name."""
    kept = select(CounterRow).where(CounterRow.head.is_not(None)).order_by(CounterRow.name)
    return tuple(Head(row.name, row.last_seq, row.head or "") for row in tx.all(kept))


def noted(tx: Transaction) -> dict[str, list[int | str]]:
    """Give where every chain ends as an audit entry of the action NOTED keeps it."""
    return {head.chain: [head.seq, head.hash] for head in heads(tx)}


def audited(tx: Transaction) -> Iterator[tuple[str, Head]]:
    """Give what the audit trail noted of the chains, and in which of its entries."""
    for noted_at, _, after in audit.told(tx, NOTED):
        chains = after.get("chains")
        for chain, stood in chains.items() if isinstance(chains, dict) else ():
            seq, hash_ = stood if isinstance(stood, list) and len(stood) == 2 else (None, None)
            yield from _told(str(noted_at), chain, seq, hash_)


def hashes(tx: Transaction, chain: str, seqs: Iterable[int]) -> dict[int, str]:
    """Give the hashes of a chain's entries by number; an entry that is not there has none."""
    name, _, workstation = chain.partition(":")
    if name not in _TABLES:
        return {}
    entries = as_stored(_TABLES[name], ("seq", "hash"))
    if workstation:
        entries = entries.where(column("workstation") == workstation)
    wanted, found = sorted(set(seqs)), {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = column("seq").in_(wanted[first : first + _AT_ONCE])
        found.update({seq: hash_ for seq, hash_ in tx.rows(entries.where(some))})
    return found


def checkpoints(tx: Transaction) -> Iterator[tuple[str, Head]]:
    """Give the names of the records that told platforms where the audit trail stood, and where."""
    told = as_stored("record", ("source", "seq", "data"))
    told = told.where(column("type") == str(RecordType.CHECKPOINT))
    for source, seq, data in tx.rows(told):
        try:
            body = json.loads(data)
        except ValueError:
            continue  # its seal tells
        if isinstance(body, dict):
            at, head = body.get("sequence"), body.get("chain_head")
            yield from _told(f"{source} {seq}", audit.CHAIN, at, head)


def _told(where: str, chain: str, seq: object, hash_: object) -> Iterator[tuple[str, Head]]:
    """Give a head where it is one: whoever rewrote the rest may have written anything here."""
    if isinstance(seq, int) and isinstance(hash_, str):
        yield where, Head(chain, seq, hash_)
