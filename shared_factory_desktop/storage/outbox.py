"""Records for the platforms and where each stands with each platform."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, Update, false, func, insert, literal, select, update

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.records import Answer, Happening, Receipt, Record, RecordType
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import (
    DeliveryRow,
    PlatformRow,
    PlatformStateRow,
    ReceiptRow,
    RecordRow,
)

_SIGNS = {RecordType.STATEMENT: 1, RecordType.CREDIT_NOTE: -1}


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record a platform rejected, with what it said."""

    seq: int
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """How many records stand where with one platform; instants UTC: when the oldest pending one
    was stored, when the last receipt came.
    """

    platform: str
    pending: int
    sent: int
    quarantined: int
    oldest_pending: dt.datetime | None
    last_receipt: dt.datetime | None
    quarantine: tuple[Quarantined, ...]


@dataclass(frozen=True, slots=True)
class DaySums:
    """What both sides count of one local date."""

    events: int = 0
    energy_wh: Decimal = Decimal(0)
    gross_fen: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a platform was sent and did not reject; `last_seq` 0 for nothing."""

    count: int
    last_seq: int
    days: Mapping[dt.date, DaySums]


def append(tx: Transaction, source: str, happenings: Iterable[Happening]) -> tuple[Record, ...]:
    """Number happenings without gaps under `source` and owe them to every platform, in the
    transaction that made them happen.
    """
    seq = counters.last(tx, _series(source))[0]
    stored = tuple(
        Record(source, number, h.type, h.at, h.subject, h.data, tx.now())
        for number, h in enumerate(happenings, seq + 1)
    )
    if not stored:
        return ()
    tx.add(RecordRow, *(_values(record) for record in stored))
    owed = tx.all(select(PlatformRow.id).where(PlatformRow.retired.is_(false())))
    tx.add(
        DeliveryRow,
        *(
            {"platform": platform, "source": source, "seq": record.seq, "state": "pending"}
            for platform in owed
            for record in stored
        ),
    )
    counters.keep(tx, _series(source), stored[-1].seq)
    return stored


def owe_all(tx: Transaction, platform: str) -> None:
    """Owe a platform every record that it was not owed yet: it was added, or came back."""
    known = (
        select(DeliveryRow.seq)
        .where(DeliveryRow.platform == platform, DeliveryRow.source == RecordRow.source)
        .where(DeliveryRow.seq == RecordRow.seq)
    )
    missing = select(literal(platform), RecordRow.source, RecordRow.seq, literal("pending")).where(
        ~known.exists()
    )
    tx.run(insert(DeliveryRow).from_select(["platform", "source", "seq", "state"], missing))


def pending(tx: Transaction, platform: str, source: str, limit: int) -> tuple[Record, ...]:
    """Give the first records a platform has not answered, by number."""
    found = _delivered(platform, source, "pending").order_by(RecordRow.seq).limit(limit)
    return tuple(_record(row) for row in tx.all(found))


def settle(tx: Transaction, platform: str, source: str, receipts: Sequence[Receipt]) -> None:
    """Store receipts for ever; exactly the records they name become sent or quarantined.

    A record already sent stays sent whatever a late answer says. Raises StorageFault (rule) for
    a number that does not exist.
    """
    for receipt in receipts:
        row = {
            "id": counters.take(tx, "receipt"),
            "platform": platform,
            "source": source,
            "seq": receipt.seq,
            "answer": str(receipt.answer),
            "at": receipt.at,
            "receipt": receipt.receipt,
            "code": receipt.code,
            "message": receipt.message,
        }
        tx.add(ReceiptRow, row)
        rejected = receipt.answer is Answer.REJECTED
        named = _owed(platform, source).where(DeliveryRow.seq == receipt.seq)
        named = named.where(DeliveryRow.state != "sent")
        tx.run(named.values(state="quarantined" if rejected else "sent"))


def resend(tx: Transaction, platform: str, source: str, seqs: Iterable[int]) -> None:
    """Make records pending again, sent or quarantined."""
    for seq in seqs:
        tx.run(_owed(platform, source).where(DeliveryRow.seq == seq).values(state="pending"))


def sent_after(tx: Transaction, platform: str, source: str, seq: int) -> tuple[int, ...]:
    """Give the numbers of sent records above `seq`."""
    found = _delivered(platform, source, "sent").where(RecordRow.seq > seq)
    return tuple(tx.all(found.with_only_columns(RecordRow.seq).order_by(RecordRow.seq)))


def sent_between(
    tx: Transaction, platform: str, source: str, start: dt.datetime, end: dt.datetime
) -> tuple[int, ...]:
    """Give the numbers of sent records that happened in [start, end)."""
    found = _delivered(platform, source, "sent").where(RecordRow.at >= start, RecordRow.at < end)
    return tuple(tx.all(found.with_only_columns(RecordRow.seq).order_by(RecordRow.seq)))


def standing(tx: Transaction, platform: str, source: str, zone: dt.tzinfo) -> Standing:
    """Sum up what was sent by local date, as the platform's checkpoint does."""
    days: dict[dt.date, DaySums] = {}
    count = last_seq = 0
    found = _delivered(platform, source, "sent").order_by(RecordRow.seq)
    for record in (_record(row) for row in tx.stream(found)):
        day = record.at.astimezone(zone).date()
        days[day] = _with(days.get(day, DaySums()), record)
        count, last_seq = count + 1, record.seq
    return Standing(count, last_seq, days)


def status(tx: Transaction, platform: str, source: str) -> DeliveryStatus:
    """Count where the records stand with a platform; the three counts add up to all records."""
    by_state = (
        select(DeliveryRow.state, func.count())
        .where(DeliveryRow.platform == platform, DeliveryRow.source == source)
        .group_by(DeliveryRow.state)
    )
    counts = dict(tx.pairs(by_state))
    oldest = _delivered(platform, source, "pending").order_by(RecordRow.seq)
    newest = select(ReceiptRow.at).where(
        ReceiptRow.platform == platform, ReceiptRow.source == source
    )
    return DeliveryStatus(
        platform,
        counts.get("pending", 0),
        counts.get("sent", 0),
        counts.get("quarantined", 0),
        tx.first(oldest.with_only_columns(RecordRow.recorded_at)),
        tx.first(newest.order_by(ReceiptRow.id.desc())),
        tuple(_quarantine(tx, platform, source)),
    )


def records(tx: Transaction, source: str, after_seq: int, limit: int) -> tuple[Record, ...]:
    """Give records numbered above `after_seq`, by number, wherever they stand."""
    found = select(RecordRow).where(RecordRow.source == source, RecordRow.seq > after_seq)
    return tuple(_record(row) for row in tx.all(found.order_by(RecordRow.seq).limit(limit)))


def note(tx: Transaction, platform: str, source: str, body: Mapping[str, object]) -> None:
    """Keep how the last exchange with a platform went, as JSON values."""
    tx.put(PlatformStateRow, {"platform": platform, "source": source}, {"body": body})


def noted(tx: Transaction, platform: str, source: str) -> Mapping[str, object] | None:
    """Give what was noted last."""
    key = (PlatformStateRow.platform == platform, PlatformStateRow.source == source)
    return tx.first(select(PlatformStateRow.body).where(*key))


def _quarantine(tx: Transaction, platform: str, source: str) -> Iterator[Quarantined]:
    found = _delivered(platform, source, "quarantined").with_only_columns(RecordRow.seq)
    for seq in tx.all(found.order_by(RecordRow.seq)):
        said = (
            select(ReceiptRow)
            .where(ReceiptRow.platform == platform, ReceiptRow.source == source)
            .where(ReceiptRow.seq == seq)
            .order_by(ReceiptRow.id.desc())
        )
        row = tx.first(said)
        yield Quarantined(seq, row.code if row else None, row.message if row else None)


def _with(sums: DaySums, record: Record) -> DaySums:
    energy, gross = Decimal(0), 0
    if record.type is RecordType.SESSION:
        measures = record.data.get("measures")
        energy = (
            Decimal(str(measures.get("energy_wh", "0"))) if isinstance(measures, dict) else energy
        )
    elif record.type in _SIGNS:
        totals = record.data.get("totals")
        yuan = Decimal(str(totals["gross"])) if isinstance(totals, dict) else Decimal(0)
        gross = _SIGNS[record.type] * fen(yuan)
    return DaySums(sums.events + 1, sums.energy_wh + energy, sums.gross_fen + gross)


def _series(source: str) -> str:
    return f"record:{source}"


def _delivered(platform: str, source: str, state: str) -> Select[RecordRow]:
    return (
        select(RecordRow)
        .join(
            DeliveryRow,
            (DeliveryRow.source == RecordRow.source) & (DeliveryRow.seq == RecordRow.seq),
        )
        .where(DeliveryRow.platform == platform, DeliveryRow.source == source)
        .where(DeliveryRow.state == state)
    )


def _owed(platform: str, source: str) -> Update:
    return update(DeliveryRow).where(DeliveryRow.platform == platform, DeliveryRow.source == source)


def _values(record: Record) -> dict[str, object]:
    return {
        "source": record.source,
        "seq": record.seq,
        "type": str(record.type),
        "at": record.at,
        "subject": record.subject,
        "data": record.data,
        "recorded_at": record.recorded_at,
    }


def _record(row: RecordRow) -> Record:
    return Record(
        row.source,
        row.seq,
        RecordType(row.type),
        row.at,
        row.subject,
        row.data,
        row.recorded_at,
    )
