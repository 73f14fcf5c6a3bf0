"""Records that leave for a platform: what happened, numbered without gaps per workstation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class RecordType(StrEnum):
    """The `<what>` of `cn.sharedfactory.<what>.v1` (platform contract, "Records")."""

    INTERVAL = "interval.recorded"
    SESSION = "session.closed"
    STATEMENT = "statement.issued"
    CREDIT_NOTE = "credit-note.issued"
    CALIBRATION = "calibration.recorded"
    MACHINE = "machine.registered"
    ORDER = "order.changed"
    CHECKPOINT = "audit.checkpoint"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something a platform will be told, before it has a number; `data` holds JSON values,
    decimals as text.
    """

    type: RecordType
    at: dt.datetime  # UTC, when it happened
    subject: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Record:
    """A stored happening: `(source, seq)` identifies it for ever; `recorded_at` (UTC) is when it
    was stored.
    """

    source: str
    seq: int
    type: RecordType
    at: dt.datetime
    subject: str
    data: Mapping[str, object]
    recorded_at: dt.datetime

    @property
    def id(self) -> str:
        """The sequence number as the contract writes it, 12 digits."""
        return f"{self.seq:012d}"


class Answer(StrEnum):
    """What a platform said of one record."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A platform's answer to one record; `seq` with the workstation's own source, `at` UTC."""

    seq: int
    answer: Answer
    at: dt.datetime
    receipt: str | None = None
    code: str | None = None
    message: str | None = None
