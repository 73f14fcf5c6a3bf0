"""Records are numbered without gaps, owed to every platform, and done only when named."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shared_factory_desktop.domain.floor import Floor, Platform
from shared_factory_desktop.domain.records import Answer, Happening, Receipt, RecordType
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.floor import load_floor, save_floor

pytestmark = pytest.mark.slow

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
SOURCE = "urn:shared-factory:renze-01:WS-1"


def happening(hour: int = 0, type_: RecordType = RecordType.MACHINE, **data: object) -> Happening:
    return Happening(type_, START + dt.timedelta(hours=hour), "printer-1", data)


def receipt(seq: int, answer: Answer = Answer.ACCEPTED, message: str | None = None) -> Receipt:
    return Receipt(seq, answer, START, f"R-{seq}", "bad" if message else None, message)


def pending(tx: Transaction, platform: str = "province") -> list[int]:
    return [record.seq for record in outbox.pending(tx, platform, SOURCE, 100)]


def test_records_are_numbered_per_source_and_come_back_exactly(tx: Transaction) -> None:
    stored = outbox.append(tx, SOURCE, [happening(name="任泽"), happening(1)])
    other = outbox.append(tx, SOURCE.replace("WS-1", "WS-2"), [happening()])
    assert [record.id for record in stored] == ["000000000001", "000000000002"]
    assert [record.seq for record in other] == [1]
    assert outbox.pending(tx, "province", SOURCE, 100) == stored
    assert outbox.pending(tx, "province", SOURCE, 1) == stored[:1]
    assert outbox.records(tx, SOURCE, 1, 10) == stored[1:]


def test_a_rolled_back_record_leaves_no_gap(database: Database) -> None:
    def failing() -> None:
        with database.write() as tx:
            outbox.append(tx, SOURCE, [happening()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    with database.write() as tx:
        assert [record.seq for record in outbox.append(tx, SOURCE, [happening()])] == [1]


def test_exactly_the_named_records_are_done(tx: Transaction) -> None:
    outbox.append(tx, SOURCE, [happening() for _ in range(5)])
    answers = [
        receipt(2),
        receipt(4, Answer.DUPLICATE),
        receipt(5, Answer.REJECTED, "unknown machine"),
    ]
    outbox.settle(tx, "province", SOURCE, answers)
    assert pending(tx) == [1, 3]
    status = outbox.status(tx, "province", SOURCE)
    assert (status.pending, status.sent, status.quarantined) == (2, 2, 1)
    assert status.oldest_pending == START
    assert status.last_receipt == START
    assert status.quarantine == (outbox.Quarantined(5, "bad", "unknown machine"),)


def test_reading_receipts_twice_changes_nothing(tx: Transaction) -> None:
    outbox.append(tx, SOURCE, [happening(), happening()])
    for _ in range(2):
        outbox.settle(tx, "province", SOURCE, [receipt(1), receipt(2, Answer.REJECTED, "no")])
    outbox.settle(tx, "province", SOURCE, [receipt(1, Answer.REJECTED, "late")])
    status = outbox.status(tx, "province", SOURCE)
    assert (status.pending, status.sent, status.quarantined) == (0, 1, 1)


def test_a_receipt_for_a_record_that_does_not_exist_is_refused(database: Database) -> None:
    def settle() -> None:
        with database.write() as tx:
            outbox.append(tx, SOURCE, [happening()])
            outbox.settle(tx, "province", SOURCE, [receipt(1), receipt(2)])

    with pytest.raises(StorageFault) as refused:
        settle()
    assert refused.value.code is FaultCode.RULE


def test_a_platform_added_later_is_owed_everything_once(tx: Transaction) -> None:
    outbox.append(tx, SOURCE, [happening(), happening()])
    outbox.settle(tx, "province", SOURCE, [receipt(1)])
    floor = load_floor(tx)
    assert floor is not None
    both = replace(floor, platforms=(*floor.platforms, Platform("city", "file")))
    save_floor(tx, both)
    save_floor(tx, both)
    outbox.append(tx, SOURCE, [happening()])
    assert pending(tx, "city") == [1, 2, 3]
    assert pending(tx, "province") == [2, 3]


def test_a_platform_that_comes_back_is_owed_what_it_missed(tx: Transaction) -> None:
    floor = load_floor(tx)
    assert floor is not None
    outbox.append(tx, SOURCE, [happening()])
    outbox.settle(tx, "province", SOURCE, [receipt(1)])
    without: Floor = replace(floor, platforms=())
    save_floor(tx, without)
    outbox.append(tx, SOURCE, [happening()])
    assert pending(tx) == []
    save_floor(tx, floor)
    assert pending(tx) == [2]


def test_sending_again(tx: Transaction) -> None:
    outbox.append(tx, SOURCE, [happening(hour) for hour in (0, 1, 30)])
    outbox.settle(tx, "province", SOURCE, [receipt(seq) for seq in (1, 2, 3)])
    day = dt.timedelta(days=1)
    assert outbox.sent_after(tx, "province", SOURCE, 1) == (2, 3)
    assert outbox.sent_between(tx, "province", SOURCE, START, START + day) == (1, 2)
    outbox.resend(tx, "province", SOURCE, [2, 3])
    assert pending(tx) == [2, 3]
    assert outbox.sent_after(tx, "province", SOURCE, 0) == (1,)


def test_the_standing_sums_each_local_day_without_quarantine(tx: Transaction) -> None:
    session = {"measures": {"energy_wh": "1000.5"}}
    totals = {"totals": {"net": "8.85", "tax": "1.15", "gross": "10.00"}}
    small = {"totals": {"net": "2.65", "tax": "0.35", "gross": "3.00"}}
    outbox.append(
        tx,
        SOURCE,
        [
            happening(0, RecordType.SESSION, **session),
            happening(7, RecordType.SESSION, **session),  # 23:00 in Shanghai
            happening(8, RecordType.STATEMENT, **totals),  # midnight there: the next day
            happening(9, RecordType.CREDIT_NOTE, **small),
            happening(9, RecordType.SESSION, **session),
            happening(9),
        ],
    )
    answers = [receipt(seq) for seq in (1, 2, 3, 4)] + [receipt(5, Answer.REJECTED, "no")]
    outbox.settle(tx, "province", SOURCE, answers)
    standing = outbox.standing(tx, "province", SOURCE, ZoneInfo("Asia/Shanghai"))
    assert (standing.count, standing.last_seq) == (4, 4)
    assert standing.days == {
        dt.date(2026, 3, 1): outbox.DaySums(2, Decimal("2001.0"), 0),
        dt.date(2026, 3, 2): outbox.DaySums(2, Decimal(0), 700),
    }


def test_what_was_noted_of_a_platform_is_replaced(tx: Transaction) -> None:
    assert outbox.noted(tx, "province", SOURCE) is None
    outbox.note(tx, "province", SOURCE, {"failures": 1})
    outbox.note(tx, "province", SOURCE, {"failures": 2, "error": "timeout"})
    assert outbox.noted(tx, "province", SOURCE) == {"failures": 2, "error": "timeout"}
