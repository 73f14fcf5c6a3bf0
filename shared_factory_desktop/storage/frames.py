"""Traffic of lines that somebody watches: the newest frames of each bus, in the trend file.

Nothing here is billed; what is too old is thrown away as new frames come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, Index, LargeBinary, delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared_factory_desktop.storage.columns import Instant
from shared_factory_desktop.storage.engine import WRITES, sqlite_engine
from shared_factory_desktop.storage.faults import translated

RING = 5000  # frames kept of each bus: over a minute of the busiest line


class _FrameBase(DeclarativeBase):
    """Base of the one table."""


class FrameRow(_FrameBase):
    """One piece of traffic; numbers are never given twice, so that a reader misses none."""

    __tablename__ = "frame"
    __table_args__ = (Index("frame_by_bus", "bus", "seq"), {"sqlite_autoincrement": True})
    seq: Mapped[int] = mapped_column(primary_key=True)
    bus: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(Instant())
    direction: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary())


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes seen on a line at one instant, UTC; `direction` tx or rx, `seq` 0 until stored."""

    seq: int
    bus: str
    at: dt.datetime
    direction: str
    data: bytes


class Frames:
    """The file of frames, shared by who listens and who looks; threads may share it too."""

    def __init__(self, engine: Engine, ring: int = RING) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._ring = ring

    @classmethod
    def open(cls, path: Path, ring: int = RING) -> Self:
        """Open the file, made where it is missing; raises StorageFault."""
        frames = cls(sqlite_engine(path, durable=False), ring)
        with translated(), frames._writer.begin() as connection:
            _FrameBase.metadata.create_all(connection)
        return frames

    def append(self, bus: str, frames: Sequence[Frame]) -> None:
        """Store traffic of one bus in order, and forget what the ring has no room for."""
        rows = [
            {"bus": bus, "at": frame.at, "direction": frame.direction, "data": frame.data}
            for frame in frames
        ]
        if not rows:
            return
        of_bus = select(FrameRow.seq).where(FrameRow.bus == bus)
        newest = of_bus.order_by(FrameRow.seq.desc()).limit(1).offset(self._ring)
        with translated(), self._writer.begin() as connection:
            connection.execute(insert(FrameRow), rows)
            forgotten = connection.execute(newest).scalar()
            if forgotten is not None:
                old = delete(FrameRow).where(FrameRow.bus == bus, FrameRow.seq <= forgotten)
                connection.execute(old)

    def since(self, bus: str, seq: int) -> tuple[Frame, ...]:
        """Give the bus's frames numbered above `seq`, by number."""
        found = (
            select(FrameRow.seq, FrameRow.bus, FrameRow.at, FrameRow.direction, FrameRow.data)
            .where(FrameRow.bus == bus, FrameRow.seq > seq)
            .order_by(FrameRow.seq)
        )
        with translated(), self._engine.begin() as connection:
            return tuple(Frame(*row) for row in connection.execute(found).all())

    def last(self, bus: str) -> int:
        """Give the number of the bus's newest frame, 0 without any: where watching begins."""
        newest = select(FrameRow.seq).where(FrameRow.bus == bus).order_by(FrameRow.seq.desc())
        with translated(), self._engine.begin() as connection:
            return connection.execute(newest.limit(1)).scalar() or 0

    def prune(self, before: dt.datetime) -> int:
        """Throw away frames from before an instant; gives how many."""
        with translated(), self._writer.begin() as connection:
            return connection.execute(delete(FrameRow).where(FrameRow.at < before)).rowcount

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
