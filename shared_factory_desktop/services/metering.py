"""Reading meters now, straight or through the agent that owns their line, and what was recorded."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.acquisition.poller import Ask, Poller
from shared_factory_desktop.domain.floor import Floor, Meter
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.readings import Reading, Reason
from shared_factory_desktop.services.bus_leases import agent_owns, free_dead, reader_holder
from shared_factory_desktop.services.credentials import Credentials
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.identities import known_identities, store_new
from shared_factory_desktop.services.journal import Journal
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import leases, requests
from shared_factory_desktop.storage import readings as rows
from shared_factory_desktop.storage.database import Database, Transaction

READ = "read"  # the kind of request that asks for a meter's values
_ANSWER_EVERY_S = 0.05
_MOST_READS = 100  # in one go: a calibration takes 20
_STRAIGHT_LEASE = dt.timedelta(seconds=60)
_UNITS = {"pct": "%", "c": "°C", "ah": "Ah", "wh": "Wh", "w": "W", "v": "V", "a": "A", "l": "L"}


@dataclass(frozen=True, slots=True)
class MeteringParts:
    """What reading needs; `stamp` turns a monotonic instant in ns into UTC."""

    database: Database
    data: Path
    workstation: str
    now: Callable[[], dt.datetime]
    stamp: Callable[[int], dt.datetime]
    credentials: Credentials


class MeteringService:
    """Meters of one factory."""

    def __init__(self, parts: MeteringParts, profiles: Profiles) -> None:
        self._parts = parts
        self._profiles = profiles

    def read_meter(
        self, actor: Actor, meter_id: str, count: int = 1, reason: Reason = Reason.MANUAL
    ) -> tuple[Reading, ...]:
        """Read every quantity of a meter, `count` times; raises Refused for an unknown one."""
        require(actor, Permission.VIEW)
        if not 1 <= count <= _MOST_READS:
            raise refused(Kind.INPUT, "read-count", count=count, most=_MOST_READS)
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
        if floor.meter(meter_id) is None:
            raise refused(Kind.INPUT, "unknown-meter", meter=meter_id)
        return self.read_now([meter_id], reason, count)

    def readings(
        self,
        actor: Actor,
        meter_id: str | None,
        start: dt.datetime | None,
        end: dt.datetime | None,
    ) -> Sequence[Reading]:
        """Give recorded readings in order."""
        require(actor, Permission.VIEW)
        with self._parts.database.read() as tx:
            if meter_id is not None and stored_floor(tx).meter(meter_id) is None:
                raise refused(Kind.INPUT, "unknown-meter", meter=meter_id)
            return rows.query(tx, meter=meter_id, start=start, end=end)

    def unit(self, quantity: str) -> str:
        """Give the unit that a quantity's name ends with, as people write it."""
        if quantity.startswith("status_"):
            return ""
        last = quantity.rsplit("_", 1)[-1]
        return "pcs" if quantity == "pieces" else _UNITS.get(last, last)

    def read_now(
        self, meter_ids: Sequence[str], reason: Reason, count: int = 1
    ) -> tuple[Reading, ...]:
        """Read meters at once and record what they say, whoever owns their line."""
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
        wanted = {meter.bus for meter in floor.meters if meter.id in meter_ids}
        with self._parts.database.write() as tx:
            owned = {bus for bus in wanted if agent_owns(tx, self._parts.workstation, bus)}
        found: list[Reading] = []
        for meter_id in meter_ids:
            meter = floor.meter(meter_id)
            assert meter is not None
            if meter.bus in owned:
                found += self._through_agent(floor, meter, reason, count)
            else:
                found += self._straight(floor, meter, reason, count)
        return tuple(found)

    def _through_agent(
        self, floor: Floor, meter: Meter, reason: Reason, count: int
    ) -> Sequence[Reading]:
        parts = self._parts
        with parts.database.write() as tx:
            asker = parts.workstation
            request = requests.ask(tx, READ, meter.bus, meter.id, count, reason, asker)
        deadline = time.monotonic() + count * self._profiles.patience_s(floor, meter.id)
        waiting = threading.Event()
        while time.monotonic() < deadline:
            with parts.database.read() as tx:
                asked = requests.get(tx, request)
                if asked is not None and asked.answer is not None:
                    return _answered(tx, asked.answer)
            waiting.wait(_ANSWER_EVERY_S)
        raise refused(Kind.UNREACHABLE, "agent-silent", meter=meter.id)

    def _straight(
        self, floor: Floor, meter: Meter, reason: Reason, count: int
    ) -> Sequence[Reading]:
        """Open the line ourselves, under a lease of our own."""
        bus = floor.bus(meter.bus)
        assert bus is not None
        parts = self._parts
        with self._holding(bus.id, self._profiles.patience_s(floor, meter.id)) as lease:
            with parts.database.read() as tx:
                known = known_identities(tx, [meter.id])
                [plan] = self._profiles.plans(floor, [meter.id], known)
                journal = Journal([plan], ZoneInfo(floor.factory.timezone))
                journal.go_on(tx, [plan])
            credential = parts.credentials.all().get(meter.id)
            stored: list[Reading] = []
            with closing(
                Poller(bus, [plan], parts.stamp, lease.epoch, credential=credential)
            ) as poller:
                for _ in range(count):
                    poll = poller.ask(Ask(meter.id, reason, 0), time.monotonic())
                    recorded = journal.take(poll)
                    with parts.database.write() as tx:
                        leases.renew(tx, lease, _STRAIGHT_LEASE)
                        stored += rows.append(tx, parts.workstation, bus.id, recorded.readings)
                seen = poller.health()
            with parts.database.write() as tx:
                store_new(tx, [seen], known, parts.workstation)
        if seen.fault is not None and reason is Reason.MANUAL:
            raise refused(Kind.UNREACHABLE, "meter-unreadable", meter=meter.id, why=seen.fault)
        return stored

    @contextmanager
    def _holding(self, bus: str, patience_s: float) -> Iterator[leases.Lease]:
        """Hold a bus, after waiting for another single read to finish.

        Raises Refused where that takes longer than `patience_s`.
        """
        parts = self._parts
        deadline_s = time.monotonic() + patience_s
        waiting = threading.Event()
        while (lease := self._try_lease(bus)) is None:
            if time.monotonic() >= deadline_s:
                with parts.database.read() as tx:
                    holder = leases.get(tx, bus)
                name = holder.holder if holder else ""
                raise refused(Kind.UNREACHABLE, "lease-held", bus=bus, holder=name)
            waiting.wait(_ANSWER_EVERY_S)
        try:
            yield lease
        finally:
            with parts.database.write() as tx:
                leases.release(tx, lease)

    def _try_lease(self, bus: str) -> leases.Lease | None:
        workstation = self._parts.workstation
        with self._parts.database.write() as tx:
            free_dead(tx, workstation, bus)
            return leases.acquire(tx, bus, reader_holder(workstation), _STRAIGHT_LEASE)


def _answered(tx: Transaction, answer: Mapping[str, Any]) -> Sequence[Reading]:
    """Give the readings that an agent's answer names, read by read: so many after a number."""
    workstation = str(answer["workstation"])
    return [
        reading
        for after, count in answer["spans"]
        for reading in rows.after(tx, workstation, after, count)
    ]
