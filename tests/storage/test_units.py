"""Units of work: whole or not at all, one writer at a time, readers see one state."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared_factory_desktop.domain.users import Role, User
from shared_factory_desktop.storage import audit, users
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from tests.storage.conftest import Clock

pytestmark = pytest.mark.slow

LI = User("li", Role.MANAGER, "hash")


def names(database: Database) -> list[str]:
    with database.read() as tx:
        return [user.name for user in users.list_users(tx)]


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert users.list_users(reader) == ()
        with database.write() as writer:
            users.add(writer, LI)
        assert users.list_users(reader) == ()
    assert names(database) == ["li"]


def test_what_raises_stores_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as tx:
            users.add(tx, LI)
            audit.append(tx, "li", "WS-1", "user.add", "li")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(database) == []
    with database.read() as tx:
        assert audit.newest(tx, 5) == ()


def test_a_reading_unit_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only"), database.read() as tx:
        users.add(tx, LI)
    with database.write() as tx:  # the connection it used can write again
        users.add(tx, LI)
    assert names(database) == ["li"]


def test_threads_share_a_database(database: Database) -> None:
    together = threading.Barrier(4)

    def write(thread: int) -> None:
        together.wait(10)
        for number in range(10):
            with database.write() as tx:
                audit.append(tx, "li", f"WS-{thread}", "tick", str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with database.read() as tx:
        assert audit.head(tx)[0] == 40
        assert list(audit.verify(tx)) == []


def test_a_writer_that_hangs_is_the_one_that_fails_or_the_others_are_told(
    database: Database,
) -> None:
    """SQLite tells the waiting one; a PostgreSQL server ends the one that hangs."""

    def hang_while_another_waits() -> None:
        with database.write() as tx:
            users.add(tx, LI)
            with database.write() as other:
                users.add(other, User("chen", Role.MANAGER, "hash"))

    with pytest.raises(StorageFault) as refused:
        hang_while_another_waits()
    assert refused.value.code is FaultCode.BUSY
    assert names(database) == ([] if database.path else ["chen"])


def test_a_sqlite_url_names_a_file(tmp_path: Path, clock: Clock) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/by-url.db", clock)
    database.create_or_migrate()
    assert names(database) == []
    assert database.path == tmp_path / "by-url.db"
    database.close()
