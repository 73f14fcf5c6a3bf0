"""A session: one tenant's use of one machine, from start to end, and what it used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from shared_factory_desktop.domain.readings import Quality

Span = tuple[dt.datetime, dt.datetime]


class SessionState(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    CLOSED = "closed"
    PROBLEM = "problem"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Session:
    """The record of a session; instants are UTC, `started_by` a user name or `auto`."""

    id: str
    machine: str
    tenant: str
    start: dt.datetime
    job: str | None = None
    end: dt.datetime | None = None
    state: SessionState = SessionState.OPEN
    quality: Quality = Quality.GOOD
    started_by: str = ""
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces made in a session."""

    good: int
    scrap: int = 0


@dataclass(frozen=True, slots=True)
class AppliedGain:
    """The gain of a calibration that a register's differences count times, from `effective_at`
    (UTC) on; `number` is that of the certificate.
    """

    number: str
    version: int
    meter: str
    quantity: str
    gain: Decimal
    effective_at: dt.datetime


@dataclass(frozen=True, slots=True)
class SessionUse:
    """What one session used: the input of pricing, from a usage file or from our own meters.

    Spans are half-open, ordered, disjoint, inside the session (`reserved` may reach outside).
    `end` None: still
    running. `readings` maps a measure to (instant, canonical value) pairs, ordered, never
    falling; they include
    the session's start and end (for a running one: the newest). `quality` is `good` or `suspect`.
    `gains` are what its registers were corrected by, in order of `effective_at` for each.
    """

    id: str
    machine: str
    tenant: str
    start: dt.datetime
    end: dt.datetime | None
    job: str | None = None
    working: tuple[Span, ...] = ()
    powered: tuple[Span, ...] = ()
    reserved: Span | None = None
    pieces: Pieces | None = None
    value: Decimal | None = None
    readings: Mapping[str, tuple[tuple[dt.datetime, Decimal], ...]] = field(default_factory=dict)
    quality: Quality = Quality.GOOD
    gains: tuple[AppliedGain, ...] = ()
