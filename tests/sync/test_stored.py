"""Sending from the real database to the reference platform's ledger, over restarts and losses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared_factory_desktop.domain.floor import Factory, Floor, Platform
from shared_factory_desktop.domain.records import Happening
from shared_factory_desktop.services.syncing import StoredOutbox
from shared_factory_desktop.storage import outbox as rows
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.floor import save_floor
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.targets import open_target
from shared_factory_desktop.sync.worker import State, Worker
from tests.sync.memory import PLATFORM, SOURCE, ManualClock, make_records
from tests.sync.peers import FaultyPlatform, cut_answer, status

pytestmark = pytest.mark.slow

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "factory.db", ManualClock().now)
    database.create_or_migrate()
    with database.write() as tx:
        save_floor(tx, Floor(Factory("f1", "Works"), platforms=(Platform(PLATFORM, "file"),)))
        records = make_records(600)
        happened = [Happening(r.type, r.at, r.subject, r.data) for r in records]
        rows.append(tx, SOURCE, happened)
    yield database
    database.close()


@contextmanager
def _worker(database: Database, platform: FaultyPlatform) -> Iterator[Worker]:
    clock = ManualClock()
    target = open_target(Platform(PLATFORM, "http", platform.url), Access(), clock.now)
    outbox = StoredOutbox(database, SOURCE, ZONE)
    worker = Worker(PLATFORM, SOURCE, outbox, target, clock.clock())
    yield worker
    worker.close()


def _counts(database: Database) -> tuple[int, int, int]:
    with database.read() as tx:
        found = rows.status(tx, PLATFORM, SOURCE)
    return found.pending, found.sent, found.quarantined


def test_all_records_arrive_once_over_a_cut_and_a_restart(database: Database) -> None:
    with FaultyPlatform(cut_answer) as platform:
        with _worker(database, platform) as worker:
            worker.step()
        assert _counts(database) == (600, 0, 0)
        with _worker(database, platform) as worker:
            assert worker.drain(60).state is State.DRAINED
    assert len(set(platform.keys()[:2])) == 1
    assert _counts(database) == (0, 600, 0)
    ids = [int(event["id"]) for event in platform.ledger.events(SOURCE)]
    assert ids == list(range(1, 601))


def test_a_platform_that_forgot_gets_what_it_lacks_and_the_faulty_one_is_set_aside(
    database: Database,
) -> None:
    with FaultyPlatform(*[status(422)] * 9) as platform:
        with _worker(database, platform) as worker:
            first = worker.drain(600)
        assert (first.state, _counts(database)) == (State.DRAINED, (0, 599, 1))
        kept = platform.ledger.events(SOURCE)[:500]
        platform.ledger = type(platform.ledger)()
        platform.ledger.receive(kept)
        with _worker(database, platform) as worker:
            again = worker.drain(60)
    assert (again.state, again.sent) == (State.DRAINED, 99)
    assert again.differences[0].what == "last-id"
    assert _counts(database) == (0, 599, 1)
