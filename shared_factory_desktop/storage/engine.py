"""Opens SQLite and PostgreSQL so that both keep what they acknowledge, with one writer at a time.

SQLite: WAL with synchronous=FULL (NORMAL loses acknowledged rows at a power cut) and BEGIN
IMMEDIATE for every writing unit (a plain BEGIN that reads first fails at once with "database is
locked"). PostgreSQL: a writing unit first takes one advisory lock, which gives it the same order
of writers, so that no rule proved on SQLite needs a second proof; a writer that hangs loses the
lock to the server's idle time-out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, Connection, Engine, create_engine, event

from shared_factory_desktop.storage.faults import FaultCode, StorageFault

OLDEST_SQLITE = (3, 51, 3)  # before it two writers can corrupt a WAL database
BUSY_TIMEOUT_MS = 5000
WRITES = "shared_factory_writes"
_WRITER_LOCK = 0x5FD  # any number, the same in every process
_PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",
)
_POSTGRESQL_OPTIONS = {
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 8_000,
    "synchronous_commit": "on",
}


def sqlite_engine(path: Path, readonly: bool = False, durable: bool = True) -> Engine:
    """Open a SQLite file; raises StorageFault old-sqlite.

    `durable` False, for what may be lost: a power cut may take the last commits.
    """
    require_sqlite(sqlite.sqlite_version_info)
    query = {"mode": "ro", "uri": "true"} if readonly else {}
    database = path.absolute().as_uri() if readonly else str(path)
    engine = create_engine(URL.create("sqlite", database=database, query=query), module=sqlite)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are ours to begin
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not durable:
            connection.execute("PRAGMA synchronous = NORMAL")
        if not readonly and connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = bool(connection.get_execution_options().get(WRITES))
        connection.exec_driver_sql(f"PRAGMA query_only = {int(not writes)}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def postgresql_engine(url: URL) -> Engine:
    """Open a PostgreSQL database; a dead peer is noticed within half a minute."""
    settings = " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL_OPTIONS.items())
    engine = create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": settings,
        },
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    return engine


def require_sqlite(version: tuple[int, ...]) -> None:
    """Refuse a SQLite library that can corrupt a database with two writers."""
    if version < OLDEST_SQLITE:
        raise StorageFault(FaultCode.OLD_SQLITE, ".".join(str(part) for part in version))
