"""The database of a factory: opened once, used in units of work that happen as a whole or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import (
    Engine,
    Executable,
    Select,
    Table,
    and_,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from shared_factory_desktop.domain.chain import GENESIS, link
from shared_factory_desktop.storage import backup, migrate, seals
from shared_factory_desktop.storage.columns import instant
from shared_factory_desktop.storage.engine import WRITES, postgresql_engine, sqlite_engine
from shared_factory_desktop.storage.faults import FaultCode, StorageFault, translated
from shared_factory_desktop.storage.rows import CounterRow, Row
from shared_factory_desktop.storage.rows_seals import SealRow

RowT = TypeVar("RowT")
_STREAM_ROWS = 1000


class Transaction:
    """One unit of work; the functions of storage/ take it, nobody else looks inside."""

    def __init__(self, session: Session, now: Callable[[], dt.datetime]) -> None:
        self._session = session
        self._seals: list[dict[str, str]] = []
        self.now = now

    @property
    def on_postgresql(self) -> bool:
        """Tell whether the database is PostgreSQL."""
        return self._session.get_bind().dialect.name == "postgresql"

    def shared_now(self) -> dt.datetime:
        """Give the clock all workstations share: PostgreSQL's, or this computer's on SQLite."""
        if not self.on_postgresql:
            return self.now()
        clock = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")
        with translated():
            return instant(self._session.execute(clock).scalar_one())

    def run(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None) -> int:
        """Run a statement, once or for each of `rows`; gives how many rows it changed."""
        with translated():
            result = self._session.execute(
                statement, rows, execution_options={"synchronize_session": False}
            )
        return result.rowcount if isinstance(result, CursorResult) else 0

    def add(self, row: type[Row], *rows: Mapping[str, Any]) -> None:
        """Insert rows of one table, in order; those that are only ever added to are sealed."""
        if not rows:
            return
        self.run(insert(row), rows)
        table = row.__table__
        if isinstance(table, Table) and table.name in seals.SEALED:
            self._seals += seals.seals(table, rows, self._session.get_bind().dialect)

    def put(self, row: type[Row], key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Update the row with this key, or insert it: there is one writer at a time."""
        columns = row.__table__.c
        same = and_(*(columns[name] == value for name, value in key.items()))
        if self.run(update(row).where(same).values(**values)) == 0:
            self.add(row, {**key, **values})

    def seal(self) -> None:
        """Add what this unit has sealed to the chain of seals, at its end."""
        if not self._seals:
            return
        series = select(CounterRow).where(CounterRow.name == seals.CHAIN)
        last = self.first(series)
        seq, head = (last.last_seq, last.head or GENESIS) if last else (0, GENESIS)
        sealed = []
        for seq, seal in enumerate(self._seals, seq + 1):  # noqa: B020 - goes on from the last
            head = link(head, {"seq": seq, **seal})
            sealed.append({"seq": seq, **seal, "hash": head})
        self.add(SealRow, *sealed)
        self.put(CounterRow, {"name": seals.CHAIN}, {"last_seq": seq, "head": head})
        self._seals.clear()

    def all(self, query: Select[RowT]) -> Sequence[RowT]:
        """Give the first column or entity of every row."""
        with translated():
            return self._session.scalars(query, execution_options={"populate_existing": True}).all()

    def first(self, query: Select[RowT]) -> RowT | None:
        """Give the first column or entity of the first row, or None."""
        with translated():
            return self._session.scalars(
                query.limit(1), execution_options={"populate_existing": True}
            ).first()

    def pairs(self, query: Select[Any, Any]) -> Sequence[tuple[Any, Any]]:
        """Give rows of two columns."""
        with translated():
            return [(row[0], row[1]) for row in self._session.execute(query)]

    def stream(self, query: Select[RowT]) -> Iterator[RowT]:
        """Give rows one by one, however many there are."""
        with translated():
            yield from self._session.scalars(query, execution_options={"yield_per": _STREAM_ROWS})

    def rows(self, query: Select[*tuple[Any, ...]]) -> Iterator[Sequence[Any]]:
        """Give the columns of each row, one row after the other, however many there are."""
        with translated():
            yield from self._session.execute(query, execution_options={"yield_per": _STREAM_ROWS})


class Database:
    """SQLite file or PostgreSQL database; threads may share it, each in its own units of work."""

    def __init__(self, engine: Engine, path: Path | None, now: Callable[[], dt.datetime]) -> None:
        self.path = path  # None on PostgreSQL
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._now = now

    @classmethod
    def open(cls, where: str | Path, now: Callable[[], dt.datetime]) -> Self:
        """Open a path, or an SQLAlchemy URL of SQLite or PostgreSQL; `now` gives UTC.

        Raises StorageFault (old-sqlite, unreachable). Nothing is read or made yet.
        """
        if isinstance(where, Path) or "://" not in where:
            return cls(sqlite_engine(Path(where)), Path(where), now)
        try:
            url = make_url(where)
        except ArgumentError as error:
            raise StorageFault(FaultCode.UNREACHABLE, where) from error
        if url.get_backend_name() == "sqlite" and url.database:
            return cls(sqlite_engine(Path(url.database)), Path(url.database), now)
        if url.get_backend_name() != "postgresql":
            raise StorageFault(FaultCode.UNREACHABLE, url.render_as_string(hide_password=True))
        return cls(postgresql_engine(url.set(drivername="postgresql+psycopg")), None, now)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Change things: all of it is stored when the block ends, nothing when it raises."""
        with self._unit(self._writer) as tx:
            yield tx
            tx.seal()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Look at one state of the database, whatever others write meanwhile."""
        with self._unit(self._engine) as tx:
            yield tx

    def create_or_migrate(self, migrations: Path = migrate.FOLDER) -> Path | None:
        """Bring the schema to this version of the program, as a whole or not at all.

        A SQLite file is copied first (the copy's path is given back); a PostgreSQL server keeps
        its own backups. Raises StorageFault (too-new, busy, unreachable, corrupt).
        """
        with translated(), self._writer.begin() as connection:
            before = migrate.revision(connection)
            if before == migrate.newest(migrations):
                return None
            migrate.refuse_newer(before, migrations)
            copy = None
            if before is not None and self.path is not None:
                copy = self.path.with_name(
                    f"{self.path.name}.{before}-{self._now():%Y%m%dT%H%M%SZ}"
                )
                backup.copy_sqlite(self._engine, copy)
            migrate.upgrade(connection, migrations)
            backup.refuse_problems(connection)
        return copy

    def backup(self, path: Path) -> None:
        """Copy everything into a new SQLite file and check the copy.

        Raises StorageFault (exists, full, corrupt).
        """
        if self.path is not None:
            backup.copy_sqlite(self._engine, path)
        else:
            backup.copy_postgresql(self._engine, path)

    def check(self) -> tuple[str, ...]:
        """Read the whole database and give what is wrong with it, in the database's words."""
        with translated(), self._engine.begin() as connection:
            return backup.problems(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _unit(self, engine: Engine) -> Iterator[Transaction]:
        with translated(), Session(engine, autoflush=False) as session, session.begin():
            yield Transaction(session, self._now)


def library_version() -> str:
    """Give the version of the SQLite library in use."""
    return str(sqlite.sqlite_version)
