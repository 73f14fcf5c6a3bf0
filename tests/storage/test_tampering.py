"""What was stored for ever cannot be changed in place, and a change with other tools shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

import psycopg
import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import text

from shared_factory_desktop.domain.chain import ChainProblem, finding
from shared_factory_desktop.storage import audit, readings, seal_proof, statements, use_proof
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.seals import CHAINED, SEALED
from shared_factory_desktop.words import LANGUAGES, Words
from tests.storage.conftest import Clock
from tests.storage.filled import fill

pytestmark = pytest.mark.slow

RELEASED = Path(__file__).parent.parent / "databases"
APPEND_ONLY = {
    "reading": "meter",
    "state_change": "machine",
    "session_use": "body",
    "statement": "document",
    "statement_tariff": "tariff",
    "record": "data",
    "receipt": "answer",
    "audit": "action",
    "meter_identity": "identity",
    "machine_job": "name",
    "tariff_draft": "body",
    "tariff_decision": "decided_by",
    "holiday_year": "source",
    "budget": "set_by",
    "seal": "subject",
}


def run(database: Database, sql: str) -> None:
    with database.write() as tx:
        tx.run(text(sql))


@pytest.mark.parametrize(("table", "column"), APPEND_ONLY.items())
def test_stored_rows_cannot_be_changed_or_deleted(
    database: Database, table: str, column: str
) -> None:
    fill(database)
    for sql in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(StorageFault) as refused:
            run(database, sql)
        assert refused.value.code is FaultCode.APPEND_ONLY, sql


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_foreign_tool_cannot_replace_or_truncate(
    database: Database, where: str, table: str
) -> None:
    fill(database)
    if database.path is None:
        refused = pytest.raises(psycopg.errors.CheckViolation, match="append-only")
        with psycopg.connect(where) as connection, refused:
            connection.execute(f"TRUNCATE {table} CASCADE".encode())
        return
    replace = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    refused = pytest.raises(sqlite.IntegrityError, match=r"append-only|statement-overlap")
    with closing(sqlite.connect(where)) as connection, refused:  # without our pragmas
        connection.execute(replace)


def test_every_table_that_is_only_added_to_has_a_chain_or_seals(migrated_file: Path) -> None:
    with closing(sqlite.connect(str(migrated_file))) as connection:
        named = connection.execute(
            "SELECT tbl_name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '%_no_delete'"
        ).fetchall()

    assert sorted(table for (table,) in named) == sorted((*CHAINED, *SEALED))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_such_table_has_a_name_for_people(language: str) -> None:
    words = Words(language)
    assert [table for table in SEALED if not words.knows(f"proof.table.{table}")] == []


def sealed(database: Database) -> list[str]:
    """Give what is not as it was sealed, as scripts read it."""
    with database.read() as tx:
        broken = map(finding, seal_proof.verify(tx))
        return [str(each) for each in (*broken, *seal_proof.unlike(tx), *use_proof.unlike(tx))]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE session_use SET body = '{}' WHERE session = 'paper-1'",
         ["session_use paper-1: changed", "session paper-1: unlike-use"]),
        ("UPDATE session SET tenant = 'hengshui' WHERE id = 'paper-1'",
         ["session paper-1: unlike-use"]),
        ("UPDATE statement SET tenant = 'hengshui'", ["statement ST-2026-000001: changed"]),
        ("UPDATE state_change SET at = at + 1", ["state_change WS-1/1: changed"]),
        ("DELETE FROM receipt", ["receipt 1: gone"]),
        ("DELETE FROM budget; DELETE FROM work_order_closing",
         ["work_order_closing J-1: gone", "budget 1: gone"]),
        ("INSERT INTO statement_tariff VALUES ('ST-2026-000001', 'free', '2026-01-01')",
         ["statement_tariff ST-2026-000001/free/2026-01-01: unsealed"]),
        ("UPDATE qualification_rule SET required = NOT CAST(required AS BOOLEAN)",
         ["qualification_rule 1: changed"]),
    ],
)  # fmt: skip
def test_a_sealed_row_shows_what_was_done_to_it(
    database: Database, where: str, sql: str, expected: list[str]
) -> None:
    fill(database)
    assert sealed(database) == []
    with unguarded(database, where) as sqls:
        sqls += sql.split(";")
    assert sealed(database) == expected


def test_a_backup_is_sealed_as_its_database(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    fill(database)
    database.backup(tmp_path / "copy.db")
    copy = Database.open(tmp_path / "copy.db", clock)
    assert sealed(copy) == []
    with copy.read() as tx, database.read() as other:
        assert seal_proof.count(tx) == seal_proof.count(other) > len(SEALED) // 2
    copy.close()


@pytest.mark.parametrize("revision", ["0001", "0002", "0005"])
def test_what_was_stored_before_there_were_seals_is_sealed(
    tmp_path: Path, clock: Clock, revision: str
) -> None:
    script = (RELEASED / f"{revision}.sql").read_text(encoding="utf-8")
    with closing(sqlite.connect(str(tmp_path / "old.db"))) as connection:
        connection.executescript(script)
    old = Database.open(tmp_path / "old.db", clock)
    old.create_or_migrate()
    assert sealed(old) == []
    with old.read() as tx:
        assert seal_proof.count(tx) > 0
    old.close()


def found(database: Database) -> list[ChainProblem]:
    with database.read() as tx:
        return [*chain(audit.verify(tx), readings.verify(tx), statements.verify(tx))]


@contextmanager
def unguarded(database: Database, where: str) -> Iterator[list[str]]:
    """Collect statements and run them as somebody who switches the triggers off first."""
    statements_: list[str] = []
    yield statements_
    database.close()
    if database.path is None:
        with psycopg.connect(where) as connection:
            connection.execute("SET session_replication_role = replica")
            for sql in statements_:
                connection.execute(sql.encode())
        return
    with closing(sqlite.connect(where)) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for sql in statements_:
            connection.execute(sql)
        connection.commit()


def test_what_was_not_touched_verifies(database: Database) -> None:
    fill(database)
    assert found(database) == []


READING = "reading:WS-1"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE reading SET value = '999' WHERE seq = 2", [(READING, 2, "hash")]),
        ("UPDATE reading SET at = at + 1 WHERE seq = 3", [(READING, 3, "hash")]),
        ("UPDATE reading SET bus = 'rs485-2' WHERE seq = 1", [(READING, 1, "hash")]),
        ("UPDATE audit SET actor = 'wang' WHERE seq = 4", [("audit", 4, "hash")]),
        ("UPDATE audit SET after = '{}' WHERE seq = 1", [("audit", 1, "hash")]),
        ("DELETE FROM audit WHERE seq = 2", [("audit", 3, "gap"), ("audit", 3, "hash")]),
        ("DELETE FROM reading WHERE seq = 1", [(READING, 2, "gap"), (READING, 2, "hash")]),
        ("DELETE FROM reading WHERE seq = 4", [(READING, 3, "head")]),
        ("DELETE FROM reading", [(READING, 0, "head")]),
        ("DELETE FROM counter WHERE name = 'reading:WS-1'", [(READING, 4, "head")]),
        (
            'UPDATE statement SET document = \'{"gross":"1.00"}\'',
            [("statement:ST-2026", 1, "hash")],
        ),
        (
            "DELETE FROM statement_tariff; DELETE FROM statement",
            [("statement:ST-2026", 0, "head")],
        ),
    ],
)
def test_a_change_behind_our_back_shows_with_its_place(
    database: Database, where: str, sql: str, expected: list[tuple[str, int, str]]
) -> None:
    fill(database)
    with unguarded(database, where) as sqls:
        sqls += sql.split(";")
    assert [(p.chain, p.seq, p.code) for p in found(database)] == expected


def test_two_rows_that_changed_places_show(database: Database, where: str) -> None:
    fill(database)
    with unguarded(database, where) as sqls:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            sqls.append(f"UPDATE audit SET seq = {new} WHERE seq = {old}")
    assert {(p.seq, p.code) for p in found(database)} >= {(2, "hash"), (3, "hash")}


def test_a_damaged_file_is_called_corrupt(database: Database, tmp_path: Path, clock: Clock) -> None:
    if database.path is None:
        assert database.check() == ()
        return
    fill(database)
    copy = tmp_path / "damaged.db"
    database.backup(copy)
    with copy.open("r+b") as stream:
        stream.seek(4096 * 3)
        stream.write(b"\xff" * 4096 * 4)
    damaged = Database.open(copy, clock)
    assert damage(damaged) != ()
    damaged.close()


def damage(database: Database) -> tuple[str, ...]:
    try:
        return database.check()
    except StorageFault as fault:
        return (fault.detail,) if fault.code is FaultCode.CORRUPT else ()
