"""Jobs that machines remember by themselves, stored exactly once however often they are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.columns import Instant
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import MachineJobRow

_SERIES = "machine-job"
_SAME = dt.timedelta(minutes=1)  # a start that the printer's clock or a division moved a little


@dataclass(frozen=True, slots=True)
class MachineJob:
    """A job that has ended, as its machine told it; instants UTC, None for what it did not tell.

    `id` is the machine's own, and so is its clock. `estimated`: the filament is what the job was
    planned to use.
    """

    id: str
    name: str
    status: str
    start: dt.datetime | None
    end: dt.datetime | None
    run_time_s: Decimal | None
    filament_mm: Decimal | None
    estimated: bool


def add_new(tx: Transaction, meter: str, jobs: Sequence[MachineJob]) -> int:
    """Store those jobs of a meter that are not stored yet; gives how many that were.

    A job is the same where its id is and it did not start at another time: a printer whose
    history was cleared gives its ids out again.
    """
    known: dict[str, list[dt.datetime | None]] = {}
    ids = [job.id for job in jobs]
    stored = select(MachineJobRow).where(MachineJobRow.meter == meter, MachineJobRow.job.in_(ids))
    for row in tx.all(stored):
        known.setdefault(row.job, []).append(row.start_at)
    rows = []
    for job in jobs:
        starts = known.setdefault(job.id, [])
        if not any(_is_same(job.start, start) for start in starts):
            starts.append(job.start)
            rows.append(_columns(tx, meter, job))
    tx.add(MachineJobRow, *rows)
    return len(rows)


def list_jobs(
    tx: Transaction, meter: str, since: dt.datetime | None = None
) -> tuple[MachineJob, ...]:
    """Give a meter's jobs that ended at `since` or later, by end.

    One that did not tell its end ended at the latest when it was stored.
    """
    ended = func.coalesce(MachineJobRow.end_at, MachineJobRow.stored_at, type_=Instant())
    found = select(MachineJobRow).where(MachineJobRow.meter == meter)
    if since is not None:
        found = found.where(ended >= since)
    return tuple(_job(row) for row in tx.all(found.order_by(ended, MachineJobRow.seq)))


def last_end(tx: Transaction, meter: str) -> dt.datetime | None:
    """Give when the meter's last job ended, as far as it told; None without any."""
    ends = select(MachineJobRow.end_at).where(MachineJobRow.meter == meter)
    return tx.first(
        ends.where(MachineJobRow.end_at.is_not(None)).order_by(MachineJobRow.end_at.desc())
    )


def _is_same(start: dt.datetime | None, stored: dt.datetime | None) -> bool:
    return start is None or stored is None or abs(start - stored) <= _SAME


def _columns(tx: Transaction, meter: str, job: MachineJob) -> dict[str, object]:
    return {
        "seq": counters.take(tx, _SERIES),
        "meter": meter,
        "job": job.id,
        "name": job.name,
        "status": job.status,
        "start_at": job.start,
        "end_at": job.end,
        "run_time_s": job.run_time_s,
        "filament_mm": job.filament_mm,
        "estimated": job.estimated,
        "stored_at": tx.shared_now(),
    }


def _job(row: MachineJobRow) -> MachineJob:
    return MachineJob(
        row.job,
        row.name,
        row.status,
        row.start_at,
        row.end_at,
        row.run_time_s,
        row.filament_mm,
        row.estimated,
    )
