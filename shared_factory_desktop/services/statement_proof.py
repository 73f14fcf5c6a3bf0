"""Proof of issued statements: hashes as the audit trail has them, sums, and every line priced
again from what was frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from shared_factory_desktop.domain.chain import Finding, Head
from shared_factory_desktop.domain.money import fen, yuan_text
from shared_factory_desktop.domain.problems import InputRefused
from shared_factory_desktop.services.anchor_log import Anchored
from shared_factory_desktop.services.recomputing import recompute
from shared_factory_desktop.storage import audit, statement_proof, statements
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.statements import IssuedStatement, sha256_of

_TABLE = "statement"
_SUMMED = ("net", "tax", "gross")
_ISSUING = "statement.issue"
_HASHES = ("sha256", "context_sha256")


def unlike(
    tx: Transaction, broken: frozenset[str], seen: Callable[[int], None]
) -> Iterator[Finding]:
    """Give what does not hold of each statement but the `broken` ones, which are known not to."""
    told = _told(tx)
    numbers = statement_proof.numbers(tx)
    for number in numbers:
        if number not in broken:
            stored = statements.get(tx, number)
            assert stored is not None
            yield from _audited(stored, told.get(number))
            yield from _contents(tx, stored)
        seen(1)
    for number in sorted(told.keys() - set(numbers) - broken):
        yield Finding(_TABLE, number, "gone")


def printed(tx: Transaction, broken: frozenset[str]) -> Iterator[Anchored]:
    """Give where the audit trail stood as it is printed on statements."""
    for number in statement_proof.numbers(tx):
        stored = statements.get(tx, number) if number not in broken else None
        match stored.context.get("anchor") if stored else None:
            case {"seq": int(seq), "hash": str(hash_)}:
                yield Anchored(Head(audit.CHAIN, seq, hash_), f"{_TABLE} {number}")


def _told(tx: Transaction) -> Mapping[str, Mapping[str, str]]:
    """Give what the audit trail says of statements: their hashes by number."""
    return {
        number: {name: str(after[name]) for name in _HASHES if name in after}
        for _, number, after in audit.told(tx, _ISSUING)
    }


def _audited(stored: IssuedStatement, said: Mapping[str, str] | None) -> Iterator[Finding]:
    if said is None:
        yield Finding(_TABLE, stored.number, "no-audit")
        return
    now = {"sha256": sha256_of(stored.document), "context_sha256": sha256_of(stored.context)}
    for name, hash_ in said.items():
        if now[name] != hash_:
            yield Finding(_TABLE, stored.number, f"audit-{name}", now[name][:16], hash_[:16])


def _contents(tx: Transaction, stored: IssuedStatement) -> Iterator[Finding]:
    """Add up and price a statement again; whoever made its hashes fit may have written anything."""
    try:
        yield from _sums(stored)
        yield from _priced(tx, stored)
    except InputRefused as error:
        seen = "; ".join(f"{each.place} {each.code}" for each in error.problems)
        yield Finding(_TABLE, stored.number, "not-priced", seen)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        yield Finding(_TABLE, stored.number, "not-priced", " ".join(str(error).split()))


def _sums(stored: IssuedStatement) -> Iterator[Finding]:
    """Add up the lines of a statement again."""
    document: Mapping[str, Any] = stored.document
    for name in _SUMMED:
        total = sum(fen(Decimal(line[name])) for line in document["lines"])
        if total != fen(Decimal(document[name])):
            yield Finding(_TABLE, stored.number, f"sum-{name}", document[name], yuan_text(total))


def _priced(tx: Transaction, stored: IssuedStatement) -> Iterator[Finding]:
    """Compare each line with what pricing gives again."""
    again = recompute(tx, stored)
    document: Mapping[str, Any] = stored.document
    if again is None:  # nothing was frozen with it, or its lines are another statement's
        return
    for number, (was, now) in enumerate(zip_longest(document["lines"], again), 1):
        if was != now:
            row = f"{stored.number}/{number}"
            yield Finding(_TABLE, row, "priced-otherwise", _said(was), _said(now))


def _said(line: Mapping[str, Any] | None) -> str:
    return f"{line['session'] or '-'} {line['charge']} {line['gross']}" if line else "-"
