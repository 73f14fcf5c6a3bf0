"""What a platform's answer means for the records it names."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from shared_factory_desktop.domain.records import Answer, Receipt
from shared_factory_desktop.sync.answers import NotAsDescribed, checkpoint, results, shown
from shared_factory_desktop.sync.outbox import DaySums, Standing
from tests.sync.memory import SOURCE, START


def _entry(seq: int, status: str = "accepted", **more: object) -> dict[str, object]:
    return {"source": SOURCE, "id": f"{seq:012d}", "status": status, **more}


def _read(*entries: object, asked: range = range(1, 4)) -> tuple[Receipt, ...]:
    return results(json.dumps({"results": entries}).encode(), SOURCE, asked, START)


def test_each_named_record_gets_its_receipt() -> None:
    fault = {"code": "invalid", "message": "no such machine"}
    assert _read(
        _entry(3, "rejected", error=fault), _entry(1, receipt="R7"), _entry(2, "duplicate")
    ) == (
        Receipt(1, Answer.ACCEPTED, START, receipt="R7"),
        Receipt(2, Answer.DUPLICATE, START),
        Receipt(3, Answer.REJECTED, START, code="invalid", message="no such machine"),
    )


@pytest.mark.parametrize(
    "entry",
    [
        _entry(9),
        _entry(1) | {"source": "urn:shared-factory:f1:w2"},
        _entry(1) | {"id": "1"},
        _entry(1) | {"id": "00000000000١"},
    ],
    ids=["not asked about", "of another workstation", "not padded", "foreign digits"],
)
def test_results_of_other_records_mark_nothing(entry: dict[str, object]) -> None:
    assert [receipt.seq for receipt in _read(entry, _entry(2))] == [2]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"[]",
        b"{}",
        b'{"results": {}}',
        b'{"results": [1]}',
        b'{"results": [{"id": "000000000001", "source": "urn:shared-factory:f1:w1"}]}',
        json.dumps({"results": [_entry(1, "stored")]}).encode(),
        json.dumps({"results": [_entry(1, "rejected", error="no")]}).encode(),
        json.dumps({"results": [_entry(1) | {"id": 1}]}).encode(),
        json.dumps({"results": [_entry(1), _entry(1, "rejected")]}).encode(),
        b"[" * 100_000,
        b'{"results": [{"status": []}]}',
        b"\xff\xfe",
    ],
)
def test_anything_else_is_not_as_described(body: bytes) -> None:
    with pytest.raises(NotAsDescribed):
        results(body, SOURCE, [1, 2], START)


def test_words_of_a_platform_cannot_break_a_screen_or_a_database() -> None:
    assert shown("a\x1b[31m\r\nb\ud800 c") == "a [31m b c"
    assert len(shown("长" * 5000)) == 300


def test_a_checkpoint_is_read_exactly() -> None:
    day = {"date": "2026-03-01", "events": 3, "energy_wh": "120.50", "gross_fen": -5}
    body = json.dumps({"count": 3, "last_id": "000000000003", "days": [day]}).encode()
    sums = DaySums(3, Decimal("120.5"), -5)
    assert checkpoint(body) == Standing(3, 3, {dt.date(2026, 3, 1): sums})


@pytest.mark.parametrize("last_id", [None, "", "000000000000"])
def test_a_platform_with_nothing_may_say_so_in_three_ways(last_id: str | None) -> None:
    body = json.dumps({"count": 0, "last_id": last_id, "days": []}).encode()
    assert checkpoint(body) == Standing(0, 0, {})


_DAY = {"date": "2026-03-01", "events": 1, "energy_wh": "1", "gross_fen": 0}
_GOOD = {"count": 1, "last_id": "000000000001", "days": [_DAY]}


@pytest.mark.parametrize(
    "change",
    [
        {"count": "1"},
        {"count": True},
        {"count": -1},
        {"last_id": "1"},
        {"last_id": 1},
        {"days": None},
        {"days": [1]},
        {"days": [_DAY, _DAY]},
        {"days": [_DAY | {"energy_wh": 1.5}]},
        {"days": [_DAY | {"energy_wh": "1e3"}]},
        {"days": [_DAY | {"date": "1 March"}]},
        {"days": [_DAY | {"gross_fen": 1.5}]},
        {"days": [_DAY | {"events": -1}]},
    ],
    ids=str,
)
def test_a_crooked_checkpoint_is_not_as_described(change: dict[str, object]) -> None:
    assert checkpoint(json.dumps(_GOOD).encode()).count == 1
    with pytest.raises(NotAsDescribed):
        checkpoint(json.dumps(_GOOD | change).encode())
