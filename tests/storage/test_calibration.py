"""Calibrations in both databases: versions, numbers without gaps, reviews, what counts when."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from shared_factory_desktop.domain.calibration import Calibration, Standard
from shared_factory_desktop.domain.calibration_json import calibration_json, read_calibration
from shared_factory_desktop.domain.chain import canonical_json
from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.storage import calibration as rows
from shared_factory_desktop.storage import seal_proof
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.rows import Row
from shared_factory_desktop.storage.rows_calibration import (
    CalibrationAttachmentRow,
    CalibrationReviewRow,
    CalibrationRow,
    InstrumentRow,
    ReferenceStandardRow,
)
from tests.storage.calibration_scene import (
    CALIBRATION,
    INSTRUMENT,
    PERFORMED,
    STANDARD,
    calibration,
)

pytestmark = pytest.mark.slow

JZ = Series("JZ-2026-", 6)
DAY = dt.timedelta(days=1)
ADDED_ONLY = (
    InstrumentRow,
    ReferenceStandardRow,
    CalibrationRow,
    CalibrationReviewRow,
    CalibrationAttachmentRow,
)


def set_up(tx: Transaction) -> None:
    rows.set_instrument(tx, INSTRUMENT, "li")
    rows.set_standard(tx, STANDARD, "li")


def made(tx: Transaction, *reviewers: str, by: str = "li", **changes: object) -> Calibration:
    """Record a calibration and let people review it."""
    one = rows.record(tx, calibration(**changes), JZ, by)
    for reviewer in reviewers:
        rows.review(tx, one.number, one.version, reviewer)
    return one


def numbers(tx: Transaction, two_people: bool = False) -> list[tuple[str, int]]:
    counting = rows.in_force(tx, "M-1", "energy_wh", two_people)
    return [(one.number, one.version) for one in counting]


def test_a_calibration_comes_back_as_it_was(tx: Transaction) -> None:
    set_up(tx)
    stored = made(tx)

    assert stored == replace(CALIBRATION, number="JZ-2026-000001", version=1)
    found = rows.get(tx, "JZ-2026-000001")
    assert found is not None
    assert (found.calibration, found.instrument, found.standard) == (stored, INSTRUMENT, STANDARD)
    assert canonical_json(calibration_json(found.calibration)) == canonical_json(
        calibration_json(stored)
    )
    body = calibration_json(stored)
    assert body["as_found"][0]["indicated"] == ["10045", "10045.50"]
    assert read_calibration(body) == stored


def test_numbers_have_no_gaps_and_a_mistake_is_a_new_version(tx: Transaction) -> None:
    set_up(tx)
    first, second = made(tx), made(tx)
    again = made(tx, number=first.number, remarks="temperature put right")
    third = made(tx)
    other_year = rows.record(tx, CALIBRATION, Series("JZ-2027-", 6), "li")

    told = [(one.number, one.version) for one in (first, second, again, third, other_year)]
    assert told == [
        ("JZ-2026-000001", 1),
        ("JZ-2026-000002", 1),
        ("JZ-2026-000001", 2),
        ("JZ-2026-000003", 1),
        ("JZ-2027-000001", 1),
    ]
    assert [one.remarks for one in rows.newest(tx)] == ["temperature put right", "", "", ""]
    before = rows.get(tx, first.number, 1)
    assert before is not None
    assert before.calibration == first


def test_a_number_that_is_given_back_is_taken_again(database: Database) -> None:
    with database.write() as tx:
        set_up(tx)
    with pytest.raises(StorageFault), database.write() as tx:
        rows.review(tx, made(tx).number, 9, "wang")
    with database.write() as tx:
        assert made(tx).number == "JZ-2026-000001"


@pytest.mark.parametrize(
    "change",
    [{"seq": 3}, {"seq": 2, "version": 2}, {"seq": 1, "version": 3},
     {"seq": 1, "version": 2, "quantity": "power_w"}],
)  # fmt: skip
def test_the_database_refuses_gaps_and_versions_of_another_register(
    database: Database, change: dict[str, object]
) -> None:
    with database.write() as tx:
        set_up(tx)
        rows.set_instrument(tx, replace(INSTRUMENT, quantity="power_w"), "li")
        made(tx)
    with database.read() as tx:
        stored = tx.first(select(CalibrationRow))
        assert stored is not None
        same = {column.name: getattr(stored, column.name) for column in stored.__table__.columns}
    seq = {"number": "JZ-2026-000009"} if change["seq"] != 1 else {}

    with pytest.raises(StorageFault) as refused, database.write() as tx:
        tx.run(insert(CalibrationRow).values({**same, **seq, **change}))

    assert refused.value.code is FaultCode.RULE
    assert "calibration-gap" in refused.value.detail


@pytest.mark.parametrize("missing", [{"meter": "M-2"}, {"standard": "STD-9"}])
def test_nothing_is_recorded_with_what_is_not_stored(
    database: Database, missing: dict[str, str]
) -> None:
    with database.write() as tx:
        set_up(tx)
    with pytest.raises(StorageFault) as refused, database.write() as tx:
        made(tx, **missing)
    assert refused.value.code is FaultCode.RULE


def test_it_keeps_the_versions_it_was_made_with(tx: Transaction) -> None:
    set_up(tx)
    stored = made(tx)
    renewed: Standard = replace(STANDARD, due=dt.date(2027, 12, 31), traceability="2027-5")
    rows.set_standard(tx, renewed, "wang")
    rows.set_instrument(tx, replace(INSTRUMENT, interval_months=6), "wang")

    found = rows.get(tx, stored.number)
    assert found is not None
    assert (found.standard, found.instrument) == (STANDARD, INSTRUMENT)
    assert rows.standard(tx, "STD-1") == renewed
    assert rows.standards(tx) == (renewed,)
    assert [one.interval_months for one in rows.instruments(tx)] == [6]


def test_only_the_newest_reviewed_version_counts(tx: Transaction) -> None:
    set_up(tx)
    first = made(tx)
    assert numbers(tx) == []

    rows.review(tx, first.number, 1, "wang")
    assert numbers(tx) == [(first.number, 1)]
    made(tx, number=first.number, coefficients=replace(CALIBRATION.coefficients, gain=Decimal(1)))
    assert numbers(tx) == [(first.number, 1)]
    rows.review(tx, first.number, 2, "wang")

    [counting] = rows.in_force(tx, "M-1", "energy_wh")
    assert (counting.version, counting.coefficients.gain) == (2, Decimal(1))
    assert counting.reviewer == "wang"
    assert rows.in_force(tx, "M-1", "power_w") == ()


def test_what_counts_is_in_the_order_it_takes_effect(tx: Transaction) -> None:
    set_up(tx)
    made(tx, "wang", effective_at=PERFORMED + 2 * DAY)
    made(tx, "wang", effective_at=PERFORMED + DAY)

    assert numbers(tx) == [("JZ-2026-000002", 1), ("JZ-2026-000001", 1)]


def test_two_people_are_one_who_neither_made_nor_entered_it(tx: Transaction) -> None:
    set_up(tx)
    made(tx, "li")
    made(tx, "zhao", by="zhao", operator="laboratory")
    made(tx, "laboratory", by="zhao", operator="laboratory")
    seen = [one.reviewer for one in rows.in_force(tx, "M-1", "energy_wh")]
    assert seen == ["li", "zhao", "laboratory"]
    assert numbers(tx, two_people=True) == []

    rows.review(tx, "JZ-2026-000001", 1, "wang")
    [counting] = rows.in_force(tx, "M-1", "energy_wh", two_people=True)
    assert (counting.number, counting.reviewer) == ("JZ-2026-000001", "wang")


def test_nobody_reviews_twice_nor_what_is_not_there(database: Database) -> None:
    with database.write() as tx:
        set_up(tx)
        made(tx, "wang")
    for number, reviewer in (("JZ-2026-000001", "wang"), ("JZ-2026-000002", "wang")):
        with pytest.raises(StorageFault), database.write() as tx:
            rows.review(tx, number, 1, reviewer)


def test_files_are_kept_with_a_version(tx: Transaction) -> None:
    set_up(tx)
    stored = made(tx)
    kept = rows.attach(tx, stored, "证书.pdf", "application/pdf", b"%PDF-1.4", "li")

    assert rows.attachments(tx, stored.number) == (kept,)
    assert kept.sha256 == hashlib.sha256(b"%PDF-1.4").hexdigest()
    assert rows.content(tx, kept.id) == (kept, b"%PDF-1.4")
    assert rows.content(tx, 9) is None


@pytest.mark.parametrize("row", ADDED_ONLY)
def test_what_was_stored_is_sealed_and_never_changes(database: Database, row: type[Row]) -> None:
    with database.write() as tx:
        set_up(tx)
        rows.attach(tx, made(tx, "wang"), "x.pdf", "application/pdf", b"x", "li")
    with database.read() as tx:
        assert tx.first(select(row)) is not None
        assert list(seal_proof.unlike(tx)) == []
        assert seal_proof.count(tx) == len(ADDED_ONLY)
    for change in (update(row).values(at=PERFORMED), delete(row)):
        with pytest.raises(StorageFault) as refused, database.write() as tx:
            tx.run(change)
        assert refused.value.code is FaultCode.APPEND_ONLY


def test_a_backup_holds_every_calibration(database: Database, tmp_path: Path) -> None:
    with database.write() as tx:
        set_up(tx)
        first = made(tx, "wang")
        made(tx, "wang", number=first.number)
    database.backup(tmp_path / "copy.db")
    copy = Database.open(tmp_path / "copy.db", lambda: PERFORMED)
    with copy.read() as tx:
        assert numbers(tx) == [("JZ-2026-000001", 2)]
        assert list(seal_proof.unlike(tx)) == []
    copy.close()
