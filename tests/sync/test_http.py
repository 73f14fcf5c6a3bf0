"""Every row of the contract's table of answers, on real sockets, for events and the checkpoint."""

from __future__ import annotations

import datetime as dt
import socket

import pytest

from shared_factory_desktop.domain.floor import Platform
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.events import batch
from shared_factory_desktop.sync.target import Outcome, Target, Verdict
from shared_factory_desktop.sync.targets import open_target
from shared_factory_desktop.sync.worker import State, Worker
from tests.sync.memory import PLATFORM, SOURCE, ManualClock, MemoryOutbox, make_records
from tests.sync.peers import (
    Act,
    FaultyPlatform,
    cut_answer,
    cut_request,
    shape,
    silent_after_work,
    status,
    trickle,
)

pytestmark = pytest.mark.slow

REPEATED: dict[str, tuple[Act, str]] = {
    "202": (status(202, b'{"results": []}'), "status"),
    "timeout": (silent_after_work, "timeout"),
    "trickle": (trickle, "timeout"),
    "cut before": (cut_request, "cut"),
    "cut after": (cut_answer, "cut"),
    "not json": (shape(b"<html>welcome to the hotel</html>"), "body"),
    "other json": (shape(b'{"ok": true}'), "body"),
    "409": (status(409), "busy"),
    "429": (status(429, Retry_After="7"), "later"),
    "503": (status(503), "later"),
    "500": (status(500, b"Internal Server Error"), "status"),
    "404": (status(404), "status"),
    "204": (status(204), "status"),
}
HALTED: dict[str, tuple[Act, Verdict, str]] = {
    "401": (status(401), Verdict.DENIED, "denied"),
    "403": (status(403), Verdict.DENIED, "denied"),
    "301": (status(301, Location="https://elsewhere.example/"), Verdict.REFUSED, "redirect"),
    "302": (status(302, Location="/login"), Verdict.REFUSED, "redirect"),
    "304": (status(304), Verdict.REFUSED, "redirect"),
    "308": (status(308, Location="/v2/events"), Verdict.REFUSED, "redirect"),
}
ENDPOINTS = ["events", "checkpoint"]


def _open(url: str, clock: ManualClock | None = None) -> Target:
    return open_target(
        Platform(PLATFORM, "http", url), Access(token="T0ken"), (clock or ManualClock()).now
    )


def _ask(target: Target, endpoint: str, timeout_s: float = 5.0) -> Outcome:
    if endpoint == "events":
        return target.send(batch(make_records(3)), timeout_s)
    answer = target.checkpoint(SOURCE, timeout_s)
    assert isinstance(answer, Outcome)
    return answer


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("row", REPEATED)
def test_an_unknown_fate_is_told_apart_by_its_cause(row: str, endpoint: str) -> None:
    act, code = REPEATED[row]
    with FaultyPlatform(act) as platform:
        target = _open(platform.url)
        outcome = _ask(target, endpoint, 0.15)
        target.close()
    assert (outcome.verdict, outcome.code) == (Verdict.REPEAT, code)
    assert outcome.reached
    assert outcome.retry_after_s == (7 if row == "429" else None)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("row", HALTED)
def test_being_turned_away_is_told_with_what_was_seen(row: str, endpoint: str) -> None:
    act, verdict, code = HALTED[row]
    with FaultyPlatform(act) as platform:
        target = _open(platform.url)
        outcome = _ask(target, endpoint)
        target.close()
    assert (outcome.verdict, outcome.code) == (verdict, code)
    assert outcome.detail.startswith(row)


@pytest.mark.parametrize("row", [row for row in REPEATED if row not in ("timeout", "trickle")])
def test_after_an_unknown_fate_the_same_batch_goes_with_the_same_key(row: str) -> None:
    outbox = MemoryOutbox(make_records(30))
    clock = ManualClock()
    act, _ = REPEATED[row]
    with FaultyPlatform(act, act) as platform:
        worker = Worker(PLATFORM, SOURCE, outbox, _open(platform.url, clock), clock.clock())
        first = worker.step()
        outbox.add(make_records(5, first=31))
        assert first.ended is None
        result = worker.drain(60)
        worker.close()
    assert (result.state, result.sent) == (State.DRAINED, 35)
    assert platform.batches()[:3] == [list(range(1, 31))] * 3
    assert len(set(platform.keys()[:3])) == 1
    assert platform.seen[0].body == platform.seen[2].body
    assert [int(event["id"]) for event in platform.ledger.events(SOURCE)] == list(range(1, 36))


@pytest.mark.parametrize("row", REPEATED)
def test_a_checkpoint_is_asked_for_until_it_is_answered(row: str) -> None:
    act, _ = REPEATED[row]
    clock = ManualClock()
    with FaultyPlatform(act) as platform:
        worker = Worker(PLATFORM, SOURCE, MemoryOutbox(), _open(platform.url, clock), clock.clock())
        assert worker.step(0.15).ended is None
        assert worker.drain(60).state is State.DRAINED
        worker.close()
    assert [seen.method for seen in platform.seen] == ["GET", "GET"]


@pytest.mark.parametrize("row", HALTED)
def test_being_turned_away_marks_nothing_and_asks_no_further(row: str) -> None:
    act, verdict, code = HALTED[row]
    outbox = MemoryOutbox(make_records(3))
    clock = ManualClock()
    with FaultyPlatform(act) as platform:
        worker = Worker(PLATFORM, SOURCE, outbox, _open(platform.url, clock), clock.clock())
        result = worker.drain(60)
        assert outbox.noted is not None
        assert outbox.noted.stopped == (verdict is Verdict.DENIED)
        assert outbox.noted.error == code
        worker.close()
    assert (result.state, result.error) == (State.STOPPED, code)
    assert len(platform.seen) == 1
    assert outbox.receipts == []


def test_a_request_says_who_sends_what() -> None:
    with FaultyPlatform() as platform:
        target = _open(platform.url + "/gateway/")
        target.send(batch(make_records(3)), 5)
        target.checkpoint(SOURCE, 5)
        target.close()
    post, get = platform.seen
    assert post.path == "/gateway/v1/events"
    assert get.path == "/gateway/v1/sources/urn%3Ashared-factory%3Af1%3Aw1/checkpoint"
    assert post.headers["Content-Type"] == "application/cloudevents-batch+json"
    assert post.headers["Authorization"] == get.headers["Authorization"] == "Bearer T0ken"
    assert post.headers["Idempotency-Key"] == batch(make_records(3)).key


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry_After": "120"}, 120),
        ({"Retry_After": "0"}, 0),
        ({"Retry_After": "99999999999999"}, 999_999_999),
        ({"Retry_After": "Tue, 31 Mar 2026 15:35:00 GMT"}, 300),  # 5 min after the manual clock
        ({"Retry_After": "Sun, 01 Mar 2026 00:00:00 GMT"}, 0),
        (
            # The platform's clock is right and ours is not: only the difference counts.
            {
                "Retry_After": "Fri, 01 May 2026 00:01:30 GMT",
                "Date": "Fri, 01 May 2026 00:00:00 GMT",
            },
            90,
        ),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "1.5"}, None),
        ({}, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_read_as_seconds_or_date(
    code: int, headers: dict[str, str], wait_s: float | None
) -> None:
    with FaultyPlatform(status(code, b"", **headers)) as platform:
        target = _open(platform.url)
        outcome = _ask(target, "events")
        target.close()
    assert outcome.retry_after_s == wait_s


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    target = _open(f"http://127.0.0.1:{port}")
    outcome = _ask(target, "events", 1.0)
    target.close()
    assert (outcome.code, outcome.reached) == ("unreachable", False)


def test_an_endless_answer_is_given_up() -> None:
    with FaultyPlatform(shape(b" " * (9 * 1024 * 1024))) as platform:
        target = _open(platform.url)
        outcome = _ask(target, "events")
        target.close()
    assert (outcome.verdict, outcome.code) == (Verdict.REPEAT, "body")


@pytest.mark.parametrize(
    ("kind", "url", "code"),
    [
        ("http", None, "platform-url"),
        ("http", "province.example", "platform-url"),
        ("http", "ftp://127.0.0.1/", "platform-url"),
        ("http", "https://", "platform-url"),
        ("http", "https://user:secret@127.0.0.1", "platform-url"),
        ("http", "https://127.0.0.1:99999", "platform-url"),
        ("http", "https://127.0.0.1/?a=b", "platform-url"),
        ("http", "https://127.0.0.1/a b", "platform-url"),
        ("http", "https://[::1", "platform-url"),
        ("http", "http://province.example", "platform-not-encrypted"),
        ("http", "http://10.0.0.8:8080", "platform-not-encrypted"),
        ("carrier-pigeon", "http://127.0.0.1", "unknown-target"),
    ],
)
def test_an_address_that_cannot_work_is_refused_at_once(
    kind: str, url: str | None, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        open_target(Platform(PLATFORM, kind, url), Access(), lambda: dt.datetime.now(dt.UTC))
    (cause,) = refusal.value.causes
    assert cause.code == code
    assert dict(cause.values)["platform"] == PLATFORM


def test_a_token_never_shows_in_a_dump() -> None:
    assert "T0ken" not in repr(Access(token="T0ken"))
