"""Somebody with the database file and a tool of his own: takes triggers off, changes rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from shared_factory_desktop.domain.chain import GENESIS, link
from shared_factory_desktop.storage.columns import instant

Row = dict[str, Any]
KEYS = {
    "reading": ("workstation", "seq"),
    "statement": ("number",),
    "ledger_transaction": ("seq",),
    "ledger_line": ("transaction_seq", "position"),
    "audit": ("seq",),
    "session_use": ("session",),
    "record": ("source", "seq"),
    "seal": ("seq",),
}
NUMBERS = {
    "reading": "seq",
    "statement": "seq",
    "ledger_transaction": "seq",
    "audit": "seq",
    "seal": "seq",
}


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file as its owner may: without our triggers, foreign keys or pragmas."""
    with closing(sqlite.connect(str(path))) as connection:
        connection.row_factory = sqlite.Row
        connection.execute("PRAGMA synchronous = OFF")  # no power cut happens here
        named = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (name,) in named.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        connection.commit()


def rows(connection: Any, table: str) -> list[Row]:
    """Give all rows by key."""
    order = ", ".join(KEYS[table])
    return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}")]


def insert(connection: Any, table: str, row: Row) -> None:
    """Add a row."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])


def delete(connection: Any, table: str, row: Row) -> None:
    """Delete a row by its key."""
    same = " AND ".join(f"{name} = ?" for name in KEYS[table])
    found = [row[name] for name in KEYS[table]]
    connection.execute(f"DELETE FROM {table} WHERE {same}", found)


def edit(connection: Any, table: str, random: Random) -> None:
    """Give a random column of a random row the value it has in another row, or a similar one."""
    found = rows(connection, table)
    row = random.choice(found)
    name = random.choice([each for each in row if row[each] is not None])
    others = [other[name] for other in found if other[name] not in (None, row[name])]
    delete(connection, table, row)
    insert(connection, table, {**row, name: random.choice([*others, _similar(row[name])])})


def remove(connection: Any, table: str, random: Random) -> None:
    """Delete a random row."""
    delete(connection, table, random.choice(rows(connection, table)))


def swap(connection: Any, table: str, random: Random) -> None:
    """Let two random rows change places: each has the other's key."""
    one, other = random.sample(rows(connection, table), 2)
    keys = KEYS[table]
    for row in (one, other):
        delete(connection, table, row)
    insert(connection, table, {**other, **{name: one[name] for name in keys}})
    insert(connection, table, {**one, **{name: other[name] for name in keys}})


def truncate(connection: Any, table: str, random: Random) -> None:
    """Delete the last rows, up to half of them."""
    found = rows(connection, table)
    for row in found[-random.randint(1, max(1, len(found) // 2)) :]:
        delete(connection, table, row)


def forge(connection: Any, table: str, random: Random) -> None:
    """Add a row like another one, under the next number."""
    found = rows(connection, table)
    row = {**random.choice(found)}
    number = NUMBERS.get(table, KEYS[table][-1])
    last = max((each[number] for each in found if isinstance(each[number], int)), default=None)
    row[number] = f"{row[number]}-1" if last is None else last + 1
    if table == "statement":
        row["number"] = f"{row['number'][:-6]}{row['seq']:06d}"
    if table == "seal":
        row["key"] = f"{row['key']}-1"
    insert(connection, table, row)


MUTATIONS: Sequence[Callable[[Any, str, Random], None]] = (edit, remove, swap, truncate, forge)


def mutated(path: Path, table: str, mutation: int, seed: int) -> bool:
    """Change a file; False where this change is impossible or leaves all as it was."""
    random = Random(f"{table} {mutation} {seed}")
    try:
        with opened(path) as connection:
            before = rows(connection, table)
            MUTATIONS[mutation](connection, table, random)
            return rows(connection, table) != before
    except (sqlite.IntegrityError, OverflowError):
        return False  # what the table itself refuses


@dataclass(frozen=True)
class Chain:
    """A chain as one who rewrites it must know it: how to hash a row, and where its end is kept."""

    table: str
    counter: str
    body: Callable[[Row], Mapping[str, object]]


def rewrite(connection: Any, chain: Chain, changed: Callable[[list[Row]], list[Row]]) -> None:
    """Change a chain's rows and hash all of them anew, its kept end included."""
    found = rows(connection, chain.table)
    connection.execute(f"DELETE FROM {chain.table}")
    head, last = GENESIS, 0
    for row in changed(found):
        body = {name: value for name, value in row.items() if name != "hash"}
        head, last = link(head, chain.body(body)), row["seq"]
        insert(connection, chain.table, {**row, "hash": head})
    connection.execute(
        "UPDATE counter SET last_seq = ?, head = ? WHERE name = ?", (last, head, chain.counter)
    )


def audit_body(row: Row) -> Mapping[str, object]:
    """Give what the hash of an audit entry covers."""
    parsed = {name: json.loads(row[name]) for name in ("before", "after") if row[name] is not None}
    return {**row, **parsed, "at": instant(row["at"]).isoformat()}


def reading_body(row: Row) -> Mapping[str, object]:
    """Give what the hash of a reading covers."""
    return {**row, "at": instant(row["at"]).isoformat()}


def _similar(value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    head, last = value[:-1], value[-1:]
    return head + ("1" if last != "1" else "2")
