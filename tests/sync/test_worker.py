"""A worker's whole drains, over real sockets, in time that only moves when it waits."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared_factory_desktop.domain.floor import Platform
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.compare import Difference
from shared_factory_desktop.sync.events import MAX_BYTES
from shared_factory_desktop.sync.targets import open_target
from shared_factory_desktop.sync.worker import State, Worker
from tests.sync.memory import PLATFORM, SOURCE, START, ManualClock, MemoryOutbox, make_records
from tests.sync.peers import FaultyPlatform, properly, shape, status


@contextmanager
def _worker(url: str, outbox: MemoryOutbox, clock: ManualClock) -> Iterator[Worker]:
    target = open_target(Platform(PLATFORM, "http", url), Access(), clock.now)
    worker = Worker(PLATFORM, SOURCE, outbox, target, clock.clock())
    yield worker
    worker.close()


def test_a_drain_sends_all_in_order_and_ends_with_equal_figures() -> None:
    outbox, clock = MemoryOutbox(make_records(1234)), ManualClock()
    with FaultyPlatform() as platform, _worker(platform.url, outbox, clock) as worker:
        result = worker.drain(60)
    assert (result.state, result.sent, result.quarantined) == (State.DRAINED, 1234, 0)
    assert result.differences == ()
    ids = [seq for batch in platform.batches() for seq in batch]
    assert ids == list(range(1, 1235))
    assert [len(batch) for batch in platform.batches()] == [500, 500, 234]
    assert clock.waits_s == []
    assert {receipt.receipt for receipt in outbox.receipts} >= {"R0000000001", "R0000001234"}


def _named(*seqs: int, answer: str = "accepted") -> list[dict[str, str]]:
    return [{"source": SOURCE, "id": f"{seq:012d}", "status": answer} for seq in seqs]


def test_only_the_records_named_are_done() -> None:
    outbox, clock = MemoryOutbox(make_records(5)), ManualClock()
    part = json.dumps({"results": _named(2) + _named(4, answer="duplicate")}).encode()
    with FaultyPlatform(shape(part)) as platform, _worker(platform.url, outbox, clock) as worker:
        worker.step()
        assert outbox.sent() == [2, 4]
        assert worker.drain(60).state is State.DRAINED
    assert platform.batches()[1] == [1, 3, 5]


def test_an_answer_that_names_nobody_is_no_answer() -> None:
    outbox, clock = MemoryOutbox(make_records(5)), ManualClock()
    nobody = shape(json.dumps({"results": _named(77)}).encode())
    with FaultyPlatform(nobody) as platform, _worker(platform.url, outbox, clock) as worker:
        step = worker.step()
        assert step.wait_s > 0
        assert outbox.receipts == []


def test_a_rejected_record_is_set_aside_and_the_queue_goes_on() -> None:
    outbox, clock = MemoryOutbox(make_records(6)), ManualClock()
    bad = _named(3, answer="rejected")
    bad[0] |= {"error": {"code": "unit", "message": "no such unit"}}  # type: ignore[dict-item]  # a nested document
    body = json.dumps({"results": _named(1, 2) + bad}).encode()
    with FaultyPlatform() as platform, _worker(platform.url, outbox, clock) as worker:
        platform.acts.append(shape(body))
        platform.acts.append(status(503))
        worker.step()
        result = worker.drain(60)
    assert outbox.quarantined() == [3]
    quarantined = outbox.answers[3]
    assert (quarantined.code, quarantined.message) == ("unit", "no such unit")
    assert outbox.sent() == [1, 2, 4, 5, 6]
    assert result.state is State.DIFFERS  # the platform did store 3 before it said no


def test_too_large_goes_down_to_one_and_only_that_one_is_set_aside() -> None:
    outbox, clock = MemoryOutbox(make_records(8)), ManualClock()
    with FaultyPlatform(*[status(413)] * 4) as platform, _worker(platform.url, outbox, clock) as w:
        result = w.drain(60)
    assert [len(batch) for batch in platform.batches()] == [8, 4, 2, 1] + [1] * 7
    assert outbox.quarantined() == [1]
    assert (result.state, result.sent, result.quarantined) == (State.DRAINED, 7, 1)


def test_the_size_that_was_forced_outlives_a_restart_but_not_an_hour() -> None:
    outbox, clock = MemoryOutbox(make_records(8)), ManualClock()
    with FaultyPlatform(status(413)) as platform:
        with _worker(platform.url, outbox, clock) as worker:
            worker.step()
        with _worker(platform.url, outbox, clock) as worker:
            worker.step()
            clock.wait(3600)
            outbox.add(make_records(20, first=9))
            worker.drain(60)
    assert [len(batch) for batch in platform.batches()] == [8, 4, 24]


def test_an_event_above_the_contract_s_size_is_set_aside_unsent() -> None:
    outbox = MemoryOutbox(make_records(1, data="x" * MAX_BYTES) + make_records(3, first=2))
    clock = ManualClock()
    with FaultyPlatform() as platform, _worker(platform.url, outbox, clock) as worker:
        result = worker.drain(60)
    assert platform.batches() == [[2, 3, 4]]
    assert (result.state, outbox.quarantined()) == (State.DRAINED, [1])
    assert outbox.answers[1].code == "too-large"


def test_retry_after_is_waited_out_within_the_time() -> None:
    outbox, clock = MemoryOutbox(make_records(2)), ManualClock()
    acts = [status(429, Retry_After="20"), status(503, Retry_After="30")]
    with FaultyPlatform(*acts) as platform, _worker(platform.url, outbox, clock) as worker:
        assert worker.drain(60).state is State.DRAINED
    assert clock.waits_s == [20, 30]


def test_a_wait_beyond_the_time_ends_the_drain_at_once() -> None:
    outbox, clock = MemoryOutbox(make_records(2)), ManualClock()
    later = status(503, b"down for repairs", Retry_After="3600")
    with FaultyPlatform(later) as platform, _worker(platform.url, outbox, clock) as worker:
        result = worker.drain(60)
    assert (result.state, result.error) == (State.PENDING, "later")
    assert result.detail == "503 down for repairs"
    assert outbox.noted is not None
    assert outbox.noted.next_try_at == clock.now() + dt.timedelta(hours=1)
    assert len(platform.seen) == 1


def test_nobody_there_for_a_minute_is_unreachable() -> None:
    with FaultyPlatform() as platform:
        url = platform.url
    outbox, clock = MemoryOutbox(make_records(2)), ManualClock()
    with _worker(url, outbox, clock) as worker:
        result = worker.drain(60)
        assert outbox.noted is not None
        assert outbox.noted.failures == 5
    assert (result.state, result.error) == (State.UNREACHABLE, "unreachable")
    assert clock.waits_s == [2.5, 5, 10, 20]  # then, beyond the minute, 40
    assert outbox.receipts == []


def test_a_checkpoint_that_cannot_be_read_leaves_the_drain_unconfirmed() -> None:
    outbox, clock = MemoryOutbox(), ManualClock()
    with (
        FaultyPlatform(*[status(500)] * 99) as platform,
        _worker(platform.url, outbox, clock) as worker,
    ):
        result = worker.drain(60)
    assert (result.state, result.error) == (State.UNCONFIRMED, "status")


def test_success_after_trouble_starts_the_back_off_anew() -> None:
    outbox, clock = MemoryOutbox(make_records(2)), ManualClock(draw=0.999)
    with FaultyPlatform(*[status(503)] * 3) as platform:
        with _worker(platform.url, outbox, clock) as worker:
            worker.drain(600)
            platform.acts.append(status(503))
            outbox.add(make_records(1, first=3))
            worker.drain(600)
        assert outbox.noted is not None
        assert (outbox.noted.failures, outbox.noted.error) == (0, None)
    assert clock.waits_s == pytest.approx([5, 10, 20, 5], rel=0.01)


def test_a_platform_that_lost_its_end_gets_everything_after_its_last_id_again() -> None:
    outbox, clock = MemoryOutbox(make_records(10)), ManualClock()
    with FaultyPlatform() as platform, _worker(platform.url, outbox, clock) as worker:
        worker.drain(60)
        kept = platform.ledger.events(SOURCE)[:6]
        platform.ledger = type(platform.ledger)()
        platform.ledger.receive(kept)
        result = worker.drain(60)
    assert result.state is State.DRAINED
    assert Difference("last-id", f"{10:012d}", f"{6:012d}") in result.differences
    assert platform.batches() == [list(range(1, 11)), [7, 8, 9, 10]]
    assert len(platform.ledger.events(SOURCE)) == 10


def test_a_day_whose_sums_differ_is_sent_again_whole() -> None:
    outbox, clock = MemoryOutbox(make_records(10)), ManualClock()
    with FaultyPlatform() as platform, _worker(platform.url, outbox, clock) as worker:
        worker.drain(60)
        kept = [e for e in platform.ledger.events(SOURCE) if e["id"] != f"{4:012d}"]
        platform.ledger = type(platform.ledger)()
        platform.ledger.receive(kept)
        result = worker.drain(60)
    assert result.state is State.DRAINED
    day = dt.date(2026, 3, 2)  # record 1 is still of 1 March in Shanghai
    assert START.date() == dt.date(2026, 3, 1)
    assert Difference("events", "9", "8", day) in result.differences
    assert Difference("energy_wh", "804.0", "703.5", day) in result.differences
    assert platform.batches()[1] == list(range(2, 11))


def test_a_difference_that_sending_cannot_mend_is_reported_not_sent_for_ever() -> None:
    outbox, clock = MemoryOutbox(make_records(3)), ManualClock()
    stubborn = json.dumps({"count": 0, "last_id": None, "days": []}).encode()
    with FaultyPlatform() as platform, _worker(platform.url, outbox, clock) as worker:
        worker.step()
        platform.acts.extend([shape(stubborn), properly, shape(stubborn)])
        result = worker.drain(60)
        assert result.state is State.DIFFERS
        assert outbox.noted is not None
        assert (outbox.noted.error, outbox.noted.detail) == (result.error, result.detail)
        assert worker.step().ended is State.DRAINED  # asked once, reported once
    assert platform.batches() == [[1, 2, 3], [1, 2, 3]]
    assert outbox.sent() == [1, 2, 3]


def test_a_platform_with_more_than_we_sent_is_reported_and_sent_nothing() -> None:
    ours, clock = MemoryOutbox(make_records(3)), ManualClock()
    with FaultyPlatform() as platform:
        with _worker(platform.url, MemoryOutbox(make_records(5)), clock) as worker:
            worker.drain(60)
        with _worker(platform.url, ours, clock) as worker:
            result = worker.drain(60)
    assert result.state is State.DIFFERS
    assert result.differences[0] == Difference("last-id", f"{3:012d}", f"{5:012d}")
    assert result.error == "differs"
    assert result.detail.startswith("last-id 000000000003/000000000005, count 3/5, 2026-03-02 ")
    assert platform.batches() == [[1, 2, 3, 4, 5], [1, 2, 3]]


def test_a_refused_token_stops_the_agent_until_a_person_gets_through() -> None:
    outbox, clock = MemoryOutbox(make_records(3)), ManualClock()
    with (
        FaultyPlatform(status(401)) as platform,
        _worker(platform.url, outbox, clock) as agent,
        _worker(platform.url, outbox, clock) as person,
    ):
        assert agent.step().ended is State.STOPPED
        assert agent.step().ended is State.STOPPED
        assert len(platform.seen) == 1  # it did not ask again
        assert person.drain(60).state is State.DRAINED
        outbox.add(make_records(1, first=4))
        assert agent.step().ended is None
    assert outbox.sent() == [1, 2, 3, 4]


def test_two_processes_may_drain_at_once() -> None:
    outbox, clock = MemoryOutbox(make_records(3)), ManualClock()
    with (
        FaultyPlatform(status(503)) as platform,
        _worker(platform.url, outbox, clock) as agent,
        _worker(platform.url, outbox, clock) as person,
    ):
        agent.step()  # holds its batch
        assert person.drain(60).state is State.DRAINED
        outbox.add(make_records(1, first=4))
        assert agent.drain(60).state is State.DRAINED
    assert len(platform.ledger.events(SOURCE)) == 4
