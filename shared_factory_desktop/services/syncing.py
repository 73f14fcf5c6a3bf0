"""The outbox and its platforms: sending now, what is pending, what came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor, Platform
from shared_factory_desktop.domain.records import Receipt, Record
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import outbox as rows
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.keys import workstation_key
from shared_factory_desktop.sync.outbox import DaySums, PlatformState, Standing
from shared_factory_desktop.sync.targets import TARGETS, open_target
from shared_factory_desktop.sync.worker import Clock, DrainResult, State, Worker

DRAIN_S = 60.0
_BY_HAND = "file"  # records that leave as a file are carried, not sent
_INSTANTS = ("tried_at", "next_try_at", "limited_at")
_STATUS = {State.DRAINED: 0, State.UNREACHABLE: 4, State.STOPPED: 4}
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PlatformStatus:
    """Where the records of one platform stand; instants in the factory's zone."""

    id: str
    pending: int
    sent: int
    quarantined: int
    oldest_pending: dt.datetime | None
    last_receipt: dt.datetime | None
    quarantine: tuple[tuple[str, str, str], ...]
    trouble: str | None


@dataclass(frozen=True, slots=True)
class SyncResult:
    """How sending to one platform went: `state` names the sentence, `detail` what was seen."""

    platform: str
    state: str
    detail: str
    exit_status: int


class StoredOutbox:
    """The stored outbox of one workstation, in the shape that sending needs."""

    def __init__(self, database: Database, source: str, zone: ZoneInfo) -> None:
        self._database = database
        self._source = source
        self._zone = zone

    def pending(self, platform: str, limit: int) -> Sequence[Record]:
        """Give the first records without an answer, by number."""
        with self._database.read() as tx:
            return rows.pending(tx, platform, self._source, limit)

    def settle(self, platform: str, receipts: Sequence[Receipt]) -> None:
        """Store receipts for ever."""
        with self._database.write() as tx:
            rows.settle(tx, platform, self._source, receipts)

    def resend(self, platform: str, seqs: Sequence[int]) -> None:
        """Make sent records pending again."""
        with self._database.write() as tx:
            rows.resend(tx, platform, self._source, seqs)

    def sent_after(self, platform: str, seq: int) -> Sequence[int]:
        """Give every sent number above `seq`."""
        with self._database.read() as tx:
            return rows.sent_after(tx, platform, self._source, seq)

    def sent_on(self, platform: str, day: dt.date) -> Sequence[int]:
        """Give every sent number of a local date."""
        with self._database.read() as tx:
            start = dt.datetime.combine(day, dt.time(), self._zone)
            end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self._zone)
            return rows.sent_between(tx, platform, self._source, start, end)

    def standing(self, platform: str) -> Standing:
        """Sum up what was sent and is not quarantined."""
        with self._database.read() as tx:
            found = rows.standing(tx, platform, self._source, self._zone)
        days = {day: DaySums(s.events, s.energy_wh, s.gross_fen) for day, s in found.days.items()}
        return Standing(found.count, found.last_seq, days)

    def state(self, platform: str) -> PlatformState | None:
        """Give what was noted last."""
        with self._database.read() as tx:
            noted = rows.noted(tx, platform, self._source)
        return _read_state(noted) if noted else None

    def note(self, platform: str, state: PlatformState) -> None:
        """Keep how the last exchange went."""
        with self._database.write() as tx:
            rows.note(tx, platform, self._source, _state_json(state))


class SyncService:
    """Sending for one workstation; `clock` gives time and chance to the workers."""

    def __init__(self, database: Database, trail: Trail, data: Path, clock: Clock) -> None:
        self._database = database
        self._trail = trail
        self._data = data
        self._clock = clock

    def status(self, actor: Actor) -> tuple[PlatformStatus, ...]:
        """Give where every platform's records stand."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            zone = ZoneInfo(floor.factory.timezone)
            source = self._trail.source(floor.factory.id)
            found = [
                (rows.status(tx, platform.id, source), rows.noted(tx, platform.id, source))
                for platform in floor.platforms
            ]
        return tuple(_status(status, noted, zone) for status, noted in found)

    def now(self, actor: Actor, progress: Progress) -> tuple[SyncResult, ...]:
        """Send until nothing is pending or a minute has passed, platform by platform."""
        require(actor, Permission.SYNC)
        results = []
        workers = self.workers()
        for done, worker in enumerate(workers):
            progress(done, len(workers))
            try:
                drained = worker.drain(DRAIN_S)
            finally:
                worker.close()
            results.append(self._result(worker.platform, drained))
        progress(len(workers), len(workers))
        return tuple(results)

    def workers(self) -> tuple[Worker, ...]:
        """Make a worker for each platform that records are sent to over a line."""
        with self._database.read() as tx:
            floor = stored_floor(tx)
        spoken = {kind for kind, _ in TARGETS}
        return tuple(
            self._worker(floor, platform) for platform in floor.platforms if platform.kind in spoken
        )

    def public_key(self, actor: Actor) -> str:
        """Give the workstation's public key as text."""
        require(actor, Permission.VIEW)
        return workstation_key(self._data).public_text

    def _result(self, platform: str, drained: DrainResult) -> SyncResult:
        """Say how a drain ended; what is quarantined, now or earlier, is not as it should be."""
        with self._database.read() as tx:
            source = self._trail.source(stored_floor(tx).factory.id)
            quarantined = rows.status(tx, platform, source).quarantined
        status = max(_STATUS.get(drained.state, 1), int(bool(quarantined or drained.differences)))
        detail = " ".join(part for part in (drained.error, drained.detail) if part)
        return SyncResult(platform, str(drained.state), detail, status)

    def _worker(self, floor: Floor, platform: Platform) -> Worker:
        zone = ZoneInfo(floor.factory.timezone)
        source = self._trail.source(floor.factory.id)
        access = Access(key=workstation_key(self._data))
        target = open_target(platform, access, self._clock.now)
        stored = StoredOutbox(self._database, source, zone)
        return Worker(platform.id, source, stored, target, self._clock)


def is_troubled(noted: Mapping[str, Any] | None) -> bool:
    """Tell from what was noted last whether a platform cannot be reached or refuses us."""
    return noted is not None and noted["error"] is not None


def _status(
    status: rows.DeliveryStatus, noted: Mapping[str, Any] | None, zone: ZoneInfo
) -> PlatformStatus:
    return PlatformStatus(
        status.platform,
        status.pending,
        status.sent,
        status.quarantined,
        _local(status.oldest_pending, zone),
        _local(status.last_receipt, zone),
        tuple((f"{q.seq:012d}", q.code or "", q.message or "") for q in status.quarantine),
        str(noted["error"]) if noted is not None and is_troubled(noted) else None,
    )


def _state_json(state: PlatformState) -> dict[str, Any]:
    body = {name: getattr(state, name) for name in PlatformState.__slots__}
    for name in _INSTANTS:
        body[name] = body[name].isoformat() if body[name] else None
    return body


def _read_state(body: Mapping[str, Any]) -> PlatformState:
    values = dict(body)
    for name in _INSTANTS:
        values[name] = dt.datetime.fromisoformat(values[name]) if values[name] else None
    return PlatformState(**values)


def _local(instant: dt.datetime | None, zone: ZoneInfo) -> dt.datetime | None:
    return instant.astimezone(zone) if instant else None
