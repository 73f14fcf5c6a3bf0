"""Opening, migrating, backing up: whole or not at all, and never with what would lose data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Inspector, inspect, text

from shared_factory_desktop.storage import engine, migrate, readings
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.engine import sqlite_engine
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.floor import load_floor
from shared_factory_desktop.storage.rows import Row
from tests.storage.conftest import Clock
from tests.storage.filled import FLOOR, fill

pytestmark = pytest.mark.slow

RELEASED = Path(__file__).parent.parent / "databases"
NEXT = f"{int(migrate.newest()) + 1:04d}"

GOOD = """
def upgrade() -> None:
    op.execute("CREATE TABLE added (id TEXT PRIMARY KEY)")
"""
HALF = (
    GOOD
    + """    op.execute("CREATE INDEX added_twice ON no_such_table (id)")
"""
)


def with_next(folder: Path, body: str) -> Path:
    """Give a copy of the migrations with one more."""
    copy = folder / "migrations"
    shutil.copytree(migrate.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    head = f'from alembic import op\nrevision = "{NEXT}"\ndown_revision = "{migrate.newest()}"\n'
    (copy / "versions" / f"v{NEXT}_next.py").write_text(head + body, encoding="utf-8")
    return copy


def tables(database: Database) -> set[str]:
    with database.read() as tx:
        return set(inspect(tx._session.connection()).get_table_names())  # noqa: SLF001 - looks in


def test_a_sqlite_connection_keeps_what_it_acknowledges(tmp_path: Path) -> None:
    with sqlite_engine(tmp_path / "factory.db").connect() as connection:

        def pragma(name: str) -> object:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 2
        assert pragma("foreign_keys") == 1
        assert pragma("recursive_triggers") == 1
        assert pragma("trusted_schema") == 0
        assert pragma("busy_timeout") == 5000
        assert pragma("mmap_size") in (0, None)
    connection.engine.dispose()


def test_an_old_sqlite_library_is_refused() -> None:
    engine.require_sqlite((3, 51, 3))
    with pytest.raises(StorageFault) as refused:
        engine.require_sqlite((3, 51, 2))
    assert refused.value.code is FaultCode.OLD_SQLITE


def test_the_migrations_make_what_the_rows_say(tmp_path: Path, database: Database) -> None:
    """Made by migrations and made from the rows: the same columns, keys and indexes."""
    made = inspect(database._engine)  # noqa: SLF001 - compares schemas
    other = database._engine if database.path is None else sqlite_engine(tmp_path / "rows.db")  # noqa: SLF001 - the same
    schema = None
    if database.path is None:
        schema = "from_rows"
        with other.begin() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ WRITE")
            connection.exec_driver_sql("CREATE SCHEMA from_rows")
            connection.exec_driver_sql("SET search_path TO from_rows")
            Row.metadata.create_all(connection)
    else:
        with other.execution_options(**{engine.WRITES: True}).begin() as connection:
            Row.metadata.create_all(connection)
    said = inspect(other)
    assert set(made.get_table_names()) - {"alembic_version"} == set(Row.metadata.tables)
    for table in Row.metadata.tables:
        assert shape(made, table, None) == shape(said, table, schema), table
    other.dispose()


def shape(inspector: Inspector, table: str, schema: str | None) -> dict[str, object]:
    columns = inspector.get_columns(table, schema)
    foreign = inspector.get_foreign_keys(table, schema)
    indexes = inspector.get_indexes(table, schema)
    return {
        "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in columns],
        "primary": inspector.get_pk_constraint(table, schema)["constrained_columns"],
        "foreign": sorted(
            (f["constrained_columns"], f["referred_table"], f["referred_columns"]) for f in foreign
        ),
        "unique": sorted(
            u["column_names"] for u in inspector.get_unique_constraints(table, schema)
        ),
        "indexes": sorted(
            (i["name"], i["column_names"], bool(i["unique"]))
            for i in indexes
            if not i.get("duplicates_constraint")
        ),
    }


def test_every_sqlite_table_of_ours_is_strict(migrated_file: Path) -> None:
    with closing(sqlite.connect(str(migrated_file))) as connection:
        listed = connection.execute("SELECT name, strict FROM pragma_table_list").fetchall()
    strict = {name for name, strict in listed if strict}
    assert strict == set(Row.metadata.tables)


@pytest.mark.parametrize("value", ["1e3", "", ".5", "5.", "--1", "1-", "1.2.3", "x", "-", "١"])
def test_the_database_refuses_a_value_that_is_no_decimal(database: Database, value: str) -> None:
    sql = (
        "INSERT INTO reading VALUES ('WS-1', 1, 'M-1', 'energy_wh', :value, NULL, 0, 'good',"
        " 'manual', NULL, 0, 'steady', '', 0, NULL, 0, :hash)"
    )

    def insert(text_: str) -> None:
        with database.write() as tx:
            tx.run(text(sql).bindparams(value=text_, hash="0" * 64))

    with pytest.raises(StorageFault) as refused:
        insert(value)
    assert refused.value.code is FaultCode.RULE
    insert("-12.50")


def test_a_migration_keeps_the_rows_and_a_backup(database: Database, tmp_path: Path) -> None:
    fill(database)
    copy = database.create_or_migrate(with_next(tmp_path, GOOD))
    assert "added" in tables(database)
    with database.read() as tx:
        assert len(readings.query(tx)) == 4
    if database.path is not None:
        assert copy is not None
        kept = Database.open(copy, lambda: pytest.fail("no clock is needed"))
        assert "added" not in tables(kept)
        with kept.read() as tx:
            assert len(readings.query(tx)) == 4
        kept.close()


def test_a_failed_migration_leaves_the_old_schema_whole(database: Database, tmp_path: Path) -> None:
    fill(database)
    before = tables(database)
    with pytest.raises(StorageFault):
        database.create_or_migrate(with_next(tmp_path, HALF))
    assert tables(database) == before
    assert database.create_or_migrate() is None
    with database.write() as tx:
        assert len(readings.query(tx)) == 4


def test_a_newer_schema_is_refused_and_left_alone(database: Database, tmp_path: Path) -> None:
    database.create_or_migrate(with_next(tmp_path, GOOD))
    with pytest.raises(StorageFault) as refused:
        database.create_or_migrate()
    assert refused.value.code is FaultCode.TOO_NEW
    assert NEXT in refused.value.detail
    assert "added" in tables(database)


def test_an_empty_database_says_it_was_not_created(
    tmp_path: Path, new_postgresql: Callable[[str], str], clock: Clock
) -> None:
    for where in (str(tmp_path / "empty.db"), new_postgresql("template0")):
        empty = Database.open(where, clock)
        with pytest.raises(StorageFault) as refused, empty.read() as tx:
            load_floor(tx)
        assert refused.value.code is FaultCode.NOT_CREATED
        assert empty.create_or_migrate() is None
        with empty.read() as tx:
            assert load_floor(tx) is None
        empty.close()


def test_a_backup_holds_everything_and_never_overwrites(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    fill(database)
    copy = tmp_path / "备份 #1 100%.db"
    database.backup(copy)
    with pytest.raises(StorageFault) as refused:
        database.backup(copy)
    assert refused.value.code is FaultCode.EXISTS
    assert list(tmp_path.glob("备份*")) == [copy]
    restored = Database.open(copy, clock)
    assert restored.create_or_migrate() is None
    assert restored.check() == ()
    with restored.read() as tx, database.read() as original:
        assert load_floor(tx) == FLOOR
        assert readings.query(tx) == readings.query(original)
        assert list(readings.verify(tx)) == []
    with pytest.raises(StorageFault) as refused, restored.write() as tx:
        tx.run(text("DELETE FROM reading"))
    assert refused.value.code is FaultCode.APPEND_ONLY
    restored.close()


@pytest.mark.parametrize(
    "where",
    ["mysql://127.0.0.1/x", "://", "postgresql://postgres@127.0.0.1:1/none", "/no/folder/x.db"],
)
def test_what_cannot_be_reached_is_said(where: str, clock: Clock) -> None:
    with pytest.raises(StorageFault) as refused:
        Database.open(where, clock).create_or_migrate()
    assert refused.value.code is FaultCode.UNREACHABLE


def test_another_kind_of_file_is_refused(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to look like something" * 40)
    with pytest.raises(StorageFault) as refused:
        Database.open(file, clock).create_or_migrate()
    assert refused.value.code is FaultCode.CORRUPT


@pytest.mark.parametrize("dump", sorted(RELEASED.glob("*.sql")), ids=lambda path: path.stem)
def test_every_released_schema_opens_today(dump: Path, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite.connect(str(path))) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    old = Database.open(path, clock)
    old.create_or_migrate()
    assert old.check() == ()
    with old.read() as tx:
        assert load_floor(tx) == FLOOR
        assert [r.seq for r in readings.query(tx)] == [1, 2, 3, 4]
        assert list(readings.verify(tx)) == []
    old.close()


def test_there_is_a_database_of_every_schema() -> None:
    dumps = {path.stem for path in RELEASED.glob("*.sql")}
    assert dumps >= {migrate.newest()}
