"""Rows as they lie in the database; private to storage, converted to domain values at its border.

Evidence (readings, state changes, records, the audit trail) carries no foreign keys into the
floor: what was measured is kept whatever the set-up says by then. CHECKs and triggers are in
migrations/; a test compares everything else with what the migrations make.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared_factory_desktop.storage.columns import (
    Day,
    DecimalText,
    Flag,
    Instant,
    Json,
    ScaledInteger,
)

STRICT = {"sqlite_strict": True}


class Row(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map: ClassVar = {
        str: Text(),
        int: ScaledInteger(),
        bool: Flag(),
        dt.datetime: Instant(),
        dt.date: Day(),
        Decimal: DecimalText(),
        Any: Json(),
    }
    __table_args__: Any = STRICT


class CounterRow(Row):
    """The last number of a gap-free series and, where it is a chain, the hash it ends with."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    last_seq: Mapped[int]
    head: Mapped[str | None]


class FloorItemRow(Row):
    """One table of the floor file; `valid_from` is empty for what has no versions."""

    __tablename__ = "floor_item"
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    retired: Mapped[bool]
    body: Mapped[Any]


class MachineRow(Row):
    """A machine that was ever in the floor; what sessions refer to."""

    __tablename__ = "machine"
    id: Mapped[str] = mapped_column(primary_key=True)


class TenantRow(Row):
    """A tenant that was ever in the floor; what sessions and statements refer to."""

    __tablename__ = "tenant"
    id: Mapped[str] = mapped_column(primary_key=True)


class PlatformRow(Row):
    """A platform that was ever in the floor; a retired one is owed no new records."""

    __tablename__ = "platform"
    id: Mapped[str] = mapped_column(primary_key=True)
    retired: Mapped[bool]


class AccountRow(Row):
    """A user of the program."""

    __tablename__ = "account"
    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    disabled: Mapped[bool]
    failures: Mapped[int]
    locked_until: Mapped[dt.datetime | None]


class ReadingRow(Row):
    """A reading; append-only, chained per workstation, fenced by the epoch of its bus."""

    __tablename__ = "reading"
    __table_args__ = (Index("reading_by_meter", "meter", "quantity", "at", "seq"), STRICT)
    workstation: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    meter: Mapped[str]
    quantity: Mapped[str]
    value: Mapped[Decimal | None]
    raw: Mapped[str | None]
    at: Mapped[dt.datetime]
    quality: Mapped[str]
    reason: Mapped[str]
    fault: Mapped[str | None]
    monotonic_ns: Mapped[int]
    clock: Mapped[str]
    profile: Mapped[str]
    calibration: Mapped[int]
    bus: Mapped[str | None]
    epoch: Mapped[int]
    hash: Mapped[str]


class StateChangeRow(Row):
    """A change of a machine's state; append-only."""

    __tablename__ = "state_change"
    __table_args__ = (Index("state_change_by_machine", "machine", "at", "seq"), STRICT)
    workstation: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    machine: Mapped[str]
    at: Mapped[dt.datetime]
    state: Mapped[str]
    quality: Mapped[str]


class SessionRow(Row):
    """A session; it changes once, when it closes, and may later be marked corrected."""

    __tablename__ = "session"
    __table_args__ = (
        Index(
            "session_one_open",
            "machine",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("session_by_start", "start_at", "id"),
        Index("session_by_tenant", "tenant", "start_at"),
        STRICT,
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    machine: Mapped[str] = mapped_column(ForeignKey("machine.id"))
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    start_at: Mapped[dt.datetime]
    job: Mapped[str | None]
    end_at: Mapped[dt.datetime | None]
    state: Mapped[str]
    quality: Mapped[str]
    started_by: Mapped[str]
    ended_by: Mapped[str | None]


class SessionUseRow(Row):
    """What a closed session used, whoever recorded it; append-only."""

    __tablename__ = "session_use"
    session: Mapped[str] = mapped_column(ForeignKey("session.id"), primary_key=True)
    body: Mapped[Any]


class AutomationRow(Row):
    """Whose session opens by itself when a machine starts to work."""

    __tablename__ = "automation"
    machine: Mapped[str] = mapped_column(ForeignKey("machine.id"), primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    job: Mapped[str | None]
    enabled: Mapped[bool]


class LeaseRow(Row):
    """Who may read a bus, until when; each take-over raises the epoch."""

    __tablename__ = "bus_lease"
    bus: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    epoch: Mapped[int]
    until: Mapped[dt.datetime]


class AgentRow(Row):
    """The last sign of life of a workstation's agent."""

    __tablename__ = "agent"
    workstation: Mapped[str] = mapped_column(primary_key=True)
    pid: Mapped[int]
    at: Mapped[dt.datetime]
    version: Mapped[str]


class RequestRow(Row):
    """Something a window asks of the agent that owns a bus, and the answer."""

    __tablename__ = "request"
    __table_args__ = (
        Index(
            "request_waiting",
            "bus",
            "id",
            sqlite_where=text("taken_at IS NULL"),
            postgresql_where=text("taken_at IS NULL"),
        ),
        STRICT,
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    bus: Mapped[str]
    subject: Mapped[str]
    count: Mapped[int]
    reason: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[dt.datetime]
    taken_by: Mapped[str | None]
    taken_at: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
    answer: Mapped[Any | None]


class HealthRow(Row):
    """How a bus and its devices do, as its owner last saw it."""

    __tablename__ = "bus_health"
    bus: Mapped[str] = mapped_column(primary_key=True)
    workstation: Mapped[str]
    at: Mapped[dt.datetime]
    body: Mapped[Any]


class MeterIdentityRow(Row):
    """A number a meter was accepted under, the newest counts; append-only."""

    __tablename__ = "meter_identity"
    __table_args__ = (Index("meter_identity_by_meter", "meter", "seq"), STRICT)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    meter: Mapped[str]
    identity: Mapped[str]
    at: Mapped[dt.datetime]
    accepted_by: Mapped[str]
    reason: Mapped[str]


class MachineJobRow(Row):
    """A job that a machine told of after it had ended; append-only."""

    __tablename__ = "machine_job"
    __table_args__ = (Index("machine_job_by_id", "meter", "job"), STRICT)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    meter: Mapped[str]
    job: Mapped[str]
    name: Mapped[str]
    status: Mapped[str]
    start_at: Mapped[dt.datetime | None]
    end_at: Mapped[dt.datetime | None]
    run_time_s: Mapped[Decimal | None]
    filament_mm: Mapped[Decimal | None]
    estimated: Mapped[bool]
    stored_at: Mapped[dt.datetime]


class StatementRow(Row):
    """An issued statement, or with `refers_to` a credit note of one; `whole` takes back all that
    was left of it. Append-only.
    """

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("series", "seq"),
        Index("statement_by_tenant", "tenant", "start_on"),
        Index(
            "statement_cancelled_once",
            "refers_to",
            unique=True,
            sqlite_where=text("whole"),
            postgresql_where=text("whole"),
        ),
        STRICT,
    )
    number: Mapped[str] = mapped_column(primary_key=True)
    series: Mapped[str]
    seq: Mapped[int]
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    start_on: Mapped[dt.date]
    end_on: Mapped[dt.date]
    issued_at: Mapped[dt.datetime]
    sha256: Mapped[str]
    refers_to: Mapped[str | None] = mapped_column(ForeignKey("statement.number"))
    document: Mapped[Any]
    context: Mapped[Any]
    whole: Mapped[bool]


class StatementTariffRow(Row):
    """A tariff version that has priced an issued statement and is frozen by it; append-only."""

    __tablename__ = "statement_tariff"
    statement: Mapped[str] = mapped_column(ForeignKey("statement.number"), primary_key=True)
    tariff: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)


class RecordRow(Row):
    """A record for the platforms; append-only."""

    __tablename__ = "record"
    source: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    at: Mapped[dt.datetime]
    subject: Mapped[str]
    data: Mapped[Any]
    recorded_at: Mapped[dt.datetime]


class DeliveryRow(Row):
    """Where one record stands with one platform: pending, sent or quarantined."""

    __tablename__ = "delivery"
    __table_args__ = (
        ForeignKeyConstraint(["source", "seq"], ["record.source", "record.seq"]),
        Index(
            "delivery_pending",
            "platform",
            "source",
            "seq",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        STRICT,
    )
    platform: Mapped[str] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]


class ReceiptRow(Row):
    """What a platform answered to one record, each time; append-only."""

    __tablename__ = "receipt"
    __table_args__ = (
        ForeignKeyConstraint(["source", "seq"], ["record.source", "record.seq"]),
        Index("receipt_by_record", "platform", "source", "seq", "id"),
        STRICT,
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    platform: Mapped[str] = mapped_column(ForeignKey("platform.id"))
    source: Mapped[str]
    seq: Mapped[int]
    answer: Mapped[str]
    at: Mapped[dt.datetime]
    receipt: Mapped[str | None]
    code: Mapped[str | None]
    message: Mapped[str | None]


class PlatformStateRow(Row):
    """How the last exchange with a platform went, as the sync worker describes it."""

    __tablename__ = "platform_state"
    platform: Mapped[str] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[Any]


class AuditRow(Row):
    """Who did what to which object; append-only, chained from the first row."""

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    actor: Mapped[str]
    workstation: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    before: Mapped[Any | None]
    after: Mapped[Any | None]
    result: Mapped[str]
    hash: Mapped[str]
