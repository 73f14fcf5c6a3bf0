"""Live samples of the last days for the plots: a SQLite file of its own that may be thrown away.

Nothing here is billed, so values are floats and the file is not synced at each commit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, Float, Index, delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared_factory_desktop.storage.columns import Instant
from shared_factory_desktop.storage.engine import WRITES, sqlite_engine
from shared_factory_desktop.storage.faults import translated


class _TrendBase(DeclarativeBase):
    """Base of the one table."""


class SampleRow(_TrendBase):
    """A sample of one quantity of one meter."""

    __tablename__ = "sample"
    __table_args__ = (Index("sample_by_time", "at"), {"sqlite_with_rowid": False})
    meter: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Instant(), primary_key=True)
    value: Mapped[float | None] = mapped_column(Float())
    quality: Mapped[str]


@dataclass(frozen=True, slots=True)
class TrendSample:
    """One sample; `value` in the quantity's unit, None where it is missing, `at` UTC."""

    meter: str
    quantity: str
    at: dt.datetime
    value: float | None
    quality: str


class Trend:
    """The file of live samples; threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, made where it is missing; raises StorageFault."""
        trend = cls(sqlite_engine(path, durable=False))
        with translated(), trend._writer.begin() as connection:
            _TrendBase.metadata.create_all(connection)
        return trend

    def append(self, samples: Iterable[TrendSample]) -> None:
        """Store samples; one of the same meter, quantity and instant is replaced."""
        rows = [
            {
                "meter": sample.meter,
                "quantity": sample.quantity,
                "at": sample.at,
                "value": sample.value,
                "quality": sample.quality,
            }
            for sample in samples
        ]
        if rows:
            with translated(), self._writer.begin() as connection:
                connection.execute(insert(SampleRow).prefix_with("OR REPLACE"), rows)

    def series(self, meter: str, quantity: str, start: dt.datetime) -> tuple[TrendSample, ...]:
        """Give samples from `start` on, by time."""
        found = (
            select(SampleRow.at, SampleRow.value, SampleRow.quality)
            .where(SampleRow.meter == meter, SampleRow.quantity == quantity)
            .where(SampleRow.at >= start)
            .order_by(SampleRow.at)
        )
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(found).all()
        return tuple(TrendSample(meter, quantity, *row) for row in rows)

    def prune(self, before: dt.datetime) -> int:
        """Throw away samples from before an instant; gives how many."""
        with translated(), self._writer.begin() as connection:
            return connection.execute(delete(SampleRow).where(SampleRow.at < before)).rowcount

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
