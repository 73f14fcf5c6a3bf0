"""Records as CloudEvents, to the letter and to the byte."""

from __future__ import annotations

import datetime as dt
import json
from types import MappingProxyType

import pytest

from shared_factory_desktop.domain.records import Record, RecordType
from shared_factory_desktop.sync.events import MAX_BYTES, batch, encode, event, source_urn
from tests.sync.memory import make_records

AT = dt.datetime(2026, 1, 31, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
RECORD = Record(
    source_urn("bd-01", "pc1"),
    42,
    RecordType.SESSION,
    AT,
    "S-000007",
    MappingProxyType({"tenant": "保定精工", "measures": MappingProxyType({"energy_wh": "12.5"})}),
    AT + dt.timedelta(microseconds=250_000),
)


def test_a_record_is_the_cloud_event_of_the_contract() -> None:
    assert encode(RECORD).decode() == (
        '{"data":{"measures":{"energy_wh":"12.5"},"tenant":"保定精工"},'
        '"datacontenttype":"application/json","id":"000000000042",'
        '"recordedtime":"2026-01-31T00:00:00.250000Z","sequence":"000000000042",'
        '"source":"urn:shared-factory:bd-01:pc1","specversion":"1.0","subject":"S-000007",'
        '"time":"2026-01-31T00:00:00Z","type":"cn.sharedfactory.session.closed.v1"}'
    )


@pytest.mark.parametrize("kind", list(RecordType))
def test_every_kind_of_record_has_its_type(kind: RecordType) -> None:
    record = Record("s", 1, kind, AT, "x", {}, AT)
    assert event(record)["type"] == f"cn.sharedfactory.{kind.value}.v1"


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode(Record("s", 1, RecordType.SESSION, AT, "x", {"energy_wh": float("nan")}, AT))
    with pytest.raises(ValueError, match="datetime in data"):
        encode(Record("s", 1, RecordType.SESSION, AT, "x", {"at": AT}, AT))


def test_a_batch_has_at_most_500_events_in_order() -> None:
    taken = batch(make_records(700))
    assert [int(e["id"]) for e in json.loads(taken.body)] == list(range(1, 501))
    assert [record.seq for record in taken.records] == list(range(1, 501))


@pytest.mark.parametrize("spare", [0, 1])
def test_a_batch_fills_one_mebibyte_to_the_byte(spare: int) -> None:
    pair = make_records(2)
    empty = len(batch(pair).body)
    room = MAX_BYTES - empty + spare
    first, second = make_records(1, data="x" * room) + make_records(1, first=2)
    taken = batch([first, second])
    assert len(taken.records) == (1 if spare else 2)
    assert len(taken.body) <= MAX_BYTES
    if not spare:
        assert len(taken.body) == MAX_BYTES


def test_an_event_that_fits_nowhere_is_a_batch_of_its_own() -> None:
    taken = batch(make_records(3, data="x" * MAX_BYTES))
    assert len(taken.records) == 1
    assert len(taken.body) > MAX_BYTES


def test_the_key_is_the_same_after_a_restart_and_another_for_any_other_batch() -> None:
    records = make_records(20)
    assert batch(records).key == batch(make_records(20)).key
    others = [records[:19], records[1:], make_records(20, data="y"), make_records(20, first=2)]
    keys = {batch(other).key for other in [records, *others]}
    assert len(keys) == 5
