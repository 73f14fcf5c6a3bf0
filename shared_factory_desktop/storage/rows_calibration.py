"""Rows of calibrations and what they are made with; private to storage, as in rows.py.

They carry no foreign keys into the floor: what was calibrated is kept whatever the set-up says.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, Row
from shared_factory_desktop.storage.rows_life import Content


class InstrumentRow(Row):
    """One quantity of a meter as a thing to be calibrated; append-only, the newest counts."""

    __tablename__ = "instrument"
    meter: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Any]
    at: Mapped[dt.datetime]
    set_by: Mapped[str]


class ReferenceStandardRow(Row):
    """A reference standard as its last certificate says; append-only, the newest counts."""

    __tablename__ = "reference_standard"
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due: Mapped[dt.date]
    body: Mapped[Any]
    at: Mapped[dt.datetime]
    set_by: Mapped[str]


class CalibrationRow(Row):
    """A version of a calibration, with the versions of what it was made with; append-only."""

    __tablename__ = "calibration"
    __table_args__ = (
        UniqueConstraint("series", "seq", "version"),
        ForeignKeyConstraint(
            ["meter", "quantity", "instrument_version"],
            ["instrument.meter", "instrument.quantity", "instrument.version"],
        ),
        ForeignKeyConstraint(
            ["standard", "standard_version"],
            ["reference_standard.id", "reference_standard.version"],
        ),
        Index("calibration_by_register", "meter", "quantity", "effective_at"),
        STRICT,
    )
    number: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    series: Mapped[str]
    seq: Mapped[int]
    meter: Mapped[str]
    quantity: Mapped[str]
    instrument_version: Mapped[int]
    standard: Mapped[str]
    standard_version: Mapped[int]
    effective_at: Mapped[dt.datetime]
    body: Mapped[Any]
    at: Mapped[dt.datetime]
    recorded_by: Mapped[str]


class CalibrationReviewRow(Row):
    """Somebody's word that a version of a calibration is right; append-only."""

    __tablename__ = "calibration_review"
    __table_args__ = (
        ForeignKeyConstraint(["number", "version"], ["calibration.number", "calibration.version"]),
        STRICT,
    )
    number: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reviewed_by: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]


class CalibrationAttachmentRow(Row):
    """A file kept with a calibration, such as a laboratory's own certificate; append-only."""

    __tablename__ = "calibration_attachment"
    __table_args__ = (
        ForeignKeyConstraint(["number", "version"], ["calibration.number", "calibration.version"]),
        Index("calibration_attachment_by_number", "number", "id"),
        STRICT,
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(Content())
    at: Mapped[dt.datetime]
    attached_by: Mapped[str]
