"""Calibrations as stored, and what they are made with: versions are added, nothing is changed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import defer

from shared_factory_desktop.domain.calibration import Calibration, Instrument, Standard
from shared_factory_desktop.domain.calibration_json import (
    calibration_json,
    instrument_json,
    read_calibration,
    read_instrument,
    read_standard,
    standard_json,
)
from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_calibration import (
    CalibrationAttachmentRow,
    CalibrationReviewRow,
    CalibrationRow,
    InstrumentRow,
    ReferenceStandardRow,
)

_ATTACHMENTS = "calibration-attachment"


@dataclass(frozen=True, slots=True)
class Review:
    """Who found a version of a calibration right, and when (UTC)."""

    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version of a calibration with the versions of instrument and standard it was made with,
    and its reviews in order; `at` UTC.
    """

    calibration: Calibration
    instrument: Instrument
    standard: Standard
    recorded_by: str
    at: dt.datetime
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a version of a calibration, without its content; `at` UTC."""

    id: int
    number: str
    version: int
    name: str
    media_type: str
    sha256: str
    by: str
    at: dt.datetime


def set_instrument(tx: Transaction, instrument: Instrument, by: str) -> int:
    """Store an instrument as it is from now on; gives its version."""
    same = (
        InstrumentRow.meter == instrument.meter,
        InstrumentRow.quantity == instrument.quantity,
    )
    version = 1 + (tx.first(select(func.max(InstrumentRow.version)).where(*same)) or 0)
    row = {
        "meter": instrument.meter,
        "quantity": instrument.quantity,
        "version": version,
        "body": instrument_json(instrument),
        "at": tx.shared_now(),
        "set_by": by,
    }
    tx.add(InstrumentRow, row)
    return version


def instruments(tx: Transaction) -> tuple[Instrument, ...]:
    """Give every instrument as it is now, by meter and quantity."""
    order = (InstrumentRow.meter, InstrumentRow.quantity, InstrumentRow.version)
    newest = {
        (row.meter, row.quantity): row for row in tx.all(select(InstrumentRow).order_by(*order))
    }
    return tuple(read_instrument(row.body) for row in newest.values())


def instrument(tx: Transaction, meter: str, quantity: str) -> Instrument | None:
    """Find an instrument as it is now."""
    row = tx.first(_newest_instrument(meter, quantity))
    return read_instrument(row.body) if row else None


def set_standard(tx: Transaction, standard: Standard, by: str) -> int:
    """Store a reference standard as its newest certificate says; gives its version."""
    same = ReferenceStandardRow.id == standard.id
    version = 1 + (tx.first(select(func.max(ReferenceStandardRow.version)).where(same)) or 0)
    row = {
        "id": standard.id,
        "version": version,
        "due": standard.due,
        "body": standard_json(standard),
        "at": tx.shared_now(),
        "set_by": by,
    }
    tx.add(ReferenceStandardRow, row)
    return version


def standards(tx: Transaction) -> tuple[Standard, ...]:
    """Give every standard as its newest certificate says, by id."""
    order = (ReferenceStandardRow.id, ReferenceStandardRow.version)
    newest = {row.id: row for row in tx.all(select(ReferenceStandardRow).order_by(*order))}
    return tuple(read_standard(row.body) for row in newest.values())


def standard(tx: Transaction, standard_id: str) -> Standard | None:
    """Find a standard as its newest certificate says."""
    row = tx.first(_newest_standard(standard_id))
    return read_standard(row.body) if row else None


def record(tx: Transaction, calibration: Calibration, series: Series, by: str) -> Calibration:
    """Store a calibration under the next number of a series or, where it names one that is stored,
    as the next version of it; gives it with number and version, without a reviewer.

    Raises StorageFault (rule) where its instrument or standard is not stored, or where the number
    is another register's.
    """
    earlier = tx.first(_versions(calibration.number).order_by(CalibrationRow.version.desc()))
    if earlier is None:
        last = select(func.max(CalibrationRow.seq)).where(CalibrationRow.series == series.name)
        seq = 1 + (tx.first(last) or 0)
        made = replace(calibration, number=series.number(seq), version=1, reviewer=None)
        name = series.name
    else:
        name, seq = earlier.series, earlier.seq
        made = replace(calibration, version=earlier.version + 1, reviewer=None)
    instrument_row = tx.first(_newest_instrument(made.meter, made.quantity))
    standard_row = tx.first(_newest_standard(made.standard))
    row = {
        "number": made.number,
        "version": made.version,
        "series": name,
        "seq": seq,
        "meter": made.meter,
        "quantity": made.quantity,
        "instrument_version": instrument_row.version if instrument_row else 0,
        "standard": made.standard,
        "standard_version": standard_row.version if standard_row else 0,
        "effective_at": made.effective_at,
        "body": calibration_json(made),
        "at": tx.shared_now(),
        "recorded_by": by,
    }
    tx.add(CalibrationRow, row)
    return made


def review(tx: Transaction, number: str, version: int, by: str) -> None:
    """Store that somebody found a version right; raises StorageFault (rule, append-only) for one
    that is not stored, or the same person's word twice.
    """
    row = {"number": number, "version": version, "reviewed_by": by, "at": tx.shared_now()}
    tx.add(CalibrationReviewRow, row)


def get(tx: Transaction, number: str, version: int | None = None) -> Recorded | None:
    """Find a version of a calibration, the newest unless said, with what it was made with."""
    found = _versions(number)
    if version is not None:
        found = found.where(CalibrationRow.version == version)
    row = tx.first(found.order_by(CalibrationRow.version.desc()))
    if row is None:
        return None
    made_with = select(InstrumentRow).where(
        InstrumentRow.meter == row.meter,
        InstrumentRow.quantity == row.quantity,
        InstrumentRow.version == row.instrument_version,
    )
    compared_with = select(ReferenceStandardRow).where(
        ReferenceStandardRow.id == row.standard,
        ReferenceStandardRow.version == row.standard_version,
    )
    instrument_row, standard_row = tx.first(made_with), tx.first(compared_with)
    assert instrument_row is not None  # foreign keys see to both
    assert standard_row is not None
    reviews = _reviews(tx, [row]).get((row.number, row.version), [])
    return Recorded(
        _calibration(row, reviews),
        read_instrument(instrument_row.body),
        read_standard(standard_row.body),
        row.recorded_by,
        row.at,
        tuple(reviews),
    )


def newest(tx: Transaction) -> tuple[Calibration, ...]:
    """Give the newest version of every calibration, reviewed or not, in the order of numbers."""
    order = (CalibrationRow.series, CalibrationRow.seq, CalibrationRow.version)
    rows = {row.number: row for row in tx.all(select(CalibrationRow).order_by(*order))}
    reviews = _reviews(tx, rows.values())
    return tuple(
        _calibration(row, reviews.get((row.number, row.version), [])) for row in rows.values()
    )


def in_force(
    tx: Transaction, meter: str, quantity: str, two_people: bool = False
) -> tuple[Calibration, ...]:
    """Give the calibrations of a register that count, the newest reviewed version of each, by the
    instant from which each does; `two_people`: somebody reviewed it who neither made nor entered
    it.
    """
    found = select(CalibrationRow).where(
        CalibrationRow.meter == meter, CalibrationRow.quantity == quantity
    )
    rows = tx.all(found.order_by(CalibrationRow.seq, CalibrationRow.version))
    reviews = _reviews(tx, rows)
    counted: dict[str, Calibration] = {}
    for row in rows:
        of_it = reviews.get((row.number, row.version), [])
        if [*_others(row, of_it)] if two_people else of_it:
            counted[row.number] = _calibration(row, of_it)
    return tuple(sorted(counted.values(), key=lambda one: (one.effective_at, one.number)))


def attach(
    tx: Transaction,
    calibration: Calibration,
    name: str,
    media_type: str,
    content: bytes,
    by: str,
) -> Attachment:
    """Store a file; raises StorageFault (rule) for an empty one or one beyond 20 MiB."""
    attached = Attachment(
        counters.take(tx, _ATTACHMENTS),
        calibration.number,
        calibration.version,
        name,
        media_type,
        hashlib.sha256(content).hexdigest(),
        by,
        tx.shared_now(),
    )
    row = {
        "id": attached.id,
        "number": attached.number,
        "version": attached.version,
        "name": name,
        "media_type": media_type,
        "sha256": attached.sha256,
        "content": content,
        "at": attached.at,
        "attached_by": by,
    }
    tx.add(CalibrationAttachmentRow, row)
    return attached


def attachments(tx: Transaction, number: str) -> tuple[Attachment, ...]:
    """Give the files of all versions of a calibration, in order."""
    found = select(CalibrationAttachmentRow).where(CalibrationAttachmentRow.number == number)
    without_content = found.options(defer(CalibrationAttachmentRow.content))
    rows = tx.all(without_content.order_by(CalibrationAttachmentRow.id))
    return tuple(_attachment(row) for row in rows)


def content(tx: Transaction, attachment: int) -> tuple[Attachment, bytes] | None:
    """Find a file with what is in it; whether that is what was stored is for the caller to see."""
    found = select(CalibrationAttachmentRow).where(CalibrationAttachmentRow.id == attachment)
    row = tx.first(found)
    return (_attachment(row), row.content) if row else None


def _versions(number: str) -> Select[CalibrationRow]:
    return select(CalibrationRow).where(CalibrationRow.number == number)


def _newest_instrument(meter: str, quantity: str) -> Select[InstrumentRow]:
    found = select(InstrumentRow).where(
        InstrumentRow.meter == meter, InstrumentRow.quantity == quantity
    )
    return found.order_by(InstrumentRow.version.desc())


def _newest_standard(standard_id: str) -> Select[ReferenceStandardRow]:
    found = select(ReferenceStandardRow).where(ReferenceStandardRow.id == standard_id)
    return found.order_by(ReferenceStandardRow.version.desc())


def _reviews(
    tx: Transaction, rows: Iterable[CalibrationRow]
) -> dict[tuple[str, int], list[Review]]:
    """Give the reviews of some versions, in order."""
    keys = [(row.number, row.version) for row in rows]
    of = tuple_(CalibrationReviewRow.number, CalibrationReviewRow.version)
    found = select(CalibrationReviewRow).where(of.in_(keys))
    reviews: dict[tuple[str, int], list[Review]] = {}
    for one in tx.all(found.order_by(CalibrationReviewRow.at, CalibrationReviewRow.reviewed_by)):
        reviews.setdefault((one.number, one.version), []).append(Review(one.reviewed_by, one.at))
    return reviews


def _others(row: CalibrationRow, reviews: Iterable[Review]) -> Iterator[str]:
    """Give the reviewers who neither made the calibration nor entered it."""
    own = (row.recorded_by, row.body["operator"])
    return (one.by for one in reviews if one.by not in own)


def _calibration(row: CalibrationRow, reviews: list[Review]) -> Calibration:
    """Give a calibration as reviewed by another person where there is one, else by its own."""
    own = reviews[0].by if reviews else None
    return replace(read_calibration(row.body), reviewer=next(_others(row, reviews), own))


def _attachment(row: CalibrationAttachmentRow) -> Attachment:
    return Attachment(
        row.id,
        row.number,
        row.version,
        row.name,
        row.media_type,
        row.sha256,
        row.attached_by,
        row.at,
    )
