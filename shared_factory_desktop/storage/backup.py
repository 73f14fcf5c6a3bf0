"""Copies a database into one SQLite file, and reads a database through to find damage."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine, func, insert, select

from shared_factory_desktop.storage import (
    migrate,
    rows_adjustments,  # noqa: F401 - the same
    rows_billed,  # noqa: F401 - the same
    rows_calibration,  # noqa: F401 - the same
    rows_corrections,  # noqa: F401 - its tables are copied too
    rows_ledger,  # noqa: F401 - the same
    rows_life,  # noqa: F401 - the same
    rows_rules,  # noqa: F401 - the same
    rows_tariffs,  # noqa: F401 - the same
)
from shared_factory_desktop.storage.engine import WRITES, sqlite_engine
from shared_factory_desktop.storage.faults import FaultCode, StorageFault, translated
from shared_factory_desktop.storage.rows import Row

_BATCH_ROWS = 1000


def copy_sqlite(engine: Engine, path: Path) -> None:
    """Copy a SQLite database while others use it; the copy is checked and appears as a whole."""
    with _appearing(path) as unfinished:
        with translated(), engine.connect() as connection:
            source = connection.connection.driver_connection
            assert source is not None
            with contextlib.closing(sqlite.connect(str(unfinished))) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        _check_file(unfinished)


def copy_postgresql(engine: Engine, path: Path) -> None:
    """Copy every row of one state of a PostgreSQL database into a SQLite database of ours.

    The rows go in before the triggers that would take old epochs for intruders.
    """
    with _appearing(path) as unfinished:
        copy = sqlite_engine(unfinished)
        with (
            translated(),
            engine.begin() as source,
            copy.execution_options(**{WRITES: True}).begin() as target,
        ):
            migrate.upgrade(target)
            triggers = _drop_triggers(target)
            _copy_rows(source, target)
            for trigger in triggers:
                target.exec_driver_sql(trigger)
        copy.dispose()
        with contextlib.closing(sqlite.connect(str(unfinished))) as finished:
            finished.execute("PRAGMA journal_mode = DELETE")
        _check_file(unfinished)


def problems(connection: Connection) -> tuple[str, ...]:
    """Read everything and give what is damaged; empty for a sound database.

    PostgreSQL has page checksums of its own: reading all rows makes it tell.
    """
    if connection.dialect.name == "postgresql":
        for table in Row.metadata.sorted_tables:
            connection.execute(select(func.count()).select_from(table)).scalar_one()
        return ()
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    loose = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return (
        *(line for line in said if line != "ok"),
        *(f"foreign key: {row[0]} row {row[1]} to {row[2]}" for row in loose),
    )


def refuse_problems(connection: Connection) -> None:
    """Raise StorageFault corrupt where anything is damaged."""
    found = problems(connection)
    if found:
        raise StorageFault(FaultCode.CORRUPT, "; ".join(found))


@contextlib.contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """Give a name to write to; the file gets its own name only when the block succeeds."""
    if path.exists():
        raise StorageFault(FaultCode.EXISTS, str(path))
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _check_file(path: Path) -> None:
    engine = sqlite_engine(path, readonly=True)
    with translated(), engine.begin() as connection:
        refuse_problems(connection)
    engine.dispose()


def _drop_triggers(target: Connection) -> list[str]:
    found = target.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    triggers = [(name, sql) for name, sql in found]
    for name, _ in triggers:
        target.exec_driver_sql(f"DROP TRIGGER {name}")
    return [sql for _, sql in triggers]


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in Row.metadata.sorted_tables:
        rows = source.execution_options(yield_per=_BATCH_ROWS).execute(select(table))
        for batch in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in batch])
