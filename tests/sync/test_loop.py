"""The agent's sync thread: turns, faults of the storage, and a stop that is kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from shared_factory_desktop.domain.floor import Platform
from shared_factory_desktop.domain.records import Record
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.loop import SyncLoop
from shared_factory_desktop.sync.outbox import PlatformState
from shared_factory_desktop.sync.targets import open_target
from shared_factory_desktop.sync.worker import Worker
from tests.sync.memory import PLATFORM, SOURCE, ManualClock, MemoryOutbox, make_records
from tests.sync.peers import FaultyPlatform, status


class _Full(Exception):
    """What a storage might raise."""


class _Watched(MemoryOutbox):
    """Tells when an exchange was noted; its disk may be full."""

    def __init__(self, records: Sequence[Record], full: bool = False) -> None:
        super().__init__(records)
        self.turn = threading.Event()
        self.full = full

    def note(self, platform: str, state: PlatformState) -> None:
        super().note(platform, state)
        if not self.pending(platform, 1) or state.failures:
            self.turn.set()

    def pending(self, platform: str, limit: int) -> Sequence[Record]:
        if self.full:
            self.turn.set()
            raise _Full
        return super().pending(platform, limit)


def _worker(url: str, outbox: MemoryOutbox) -> Worker:
    clock = ManualClock()
    target = open_target(Platform(PLATFORM, "http", url), Access(), clock.now)
    return Worker(PLATFORM, SOURCE, outbox, target, clock.clock())


def _run(*outboxes_and_urls: tuple[_Watched, str]) -> list[Exception]:
    """Let a loop run until every outbox had its turn."""
    reports: list[Exception] = []
    workers = [_worker(url, outbox) for outbox, url in outboxes_and_urls]
    loop = SyncLoop(
        workers, lambda: 0.0, (_Full,), lambda _platform, trouble: reports.append(trouble)
    )
    loop.start()
    try:
        for outbox, _ in outboxes_and_urls:
            assert outbox.turn.wait(10)
    finally:
        loop.stop()
    return reports


def test_the_thread_sends_and_stops() -> None:
    outbox = _Watched(make_records(1200))
    with FaultyPlatform() as platform:
        _run((outbox, platform.url))
    assert len(platform.ledger.events(SOURCE)) == 1200
    assert "sync" not in {thread.name for thread in threading.enumerate()}


def test_a_platform_in_trouble_does_not_hold_up_another() -> None:
    ill, well = _Watched(make_records(3)), _Watched(make_records(1200))
    down = status(503, Retry_After="3600")
    with FaultyPlatform(down) as first, FaultyPlatform() as second:
        _run((ill, first.url), (well, second.url))
    assert ill.sent() == []
    assert len(well.sent()) == 1200


def test_a_fault_of_the_storage_is_reported_and_outlived() -> None:
    ill, well = _Watched(make_records(3), full=True), _Watched(make_records(1200))
    with FaultyPlatform() as platform:
        reports = _run((ill, platform.url), (well, platform.url))
    assert [type(report) for report in reports] == [_Full]
    assert len(well.sent()) == 1200


def test_a_factory_without_platforms_has_a_thread_that_ends() -> None:
    assert _run() == []
