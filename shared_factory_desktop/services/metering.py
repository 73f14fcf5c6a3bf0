"""Reading meters now, straight or through the agent that owns their line, and what was recorded."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.ports import list_ports
from drivers.profile import Profile
from drivers.profile_file import ProfileError, load_profile
from shared_factory_desktop import paths
from shared_factory_desktop.acquisition.bus import Ask, Poller
from shared_factory_desktop.acquisition.plan import MeterPlan, plan_meter
from shared_factory_desktop.acquisition.recorder import Recorder
from shared_factory_desktop.domain.counters import CounterMemory, judge
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.readings import Fault, Quality, Reading, Reason
from shared_factory_desktop.services.bus_leases import agent_owns, free_dead, reader_holder
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import leases, requests
from shared_factory_desktop.storage import readings as rows
from shared_factory_desktop.storage.database import Database, Transaction

READ = "read"  # the kind of request that asks for a meter's values
_ANSWER_EVERY_S = 0.05
_ANSWER_SLACK_S = 5.0
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


class Profiles:
    """Meter profiles, shipped and of the site, each read once."""

    def __init__(self, data: Path) -> None:
        self._folders = (data / "profiles", paths.profiles())
        self._known: dict[str, Profile] = {}
        self._lock = threading.Lock()

    def get(self, profile_id: str) -> Profile:
        """Give a profile; raises Refused where it is missing or wrong."""
        with self._lock:
            if profile_id not in self._known:
                try:
                    self._known[profile_id] = load_profile(profile_id, self._folders)
                except ProfileError as error:
                    raise refused(Kind.INPUT, "profile", profile=profile_id, why=error) from None
            return self._known[profile_id]

    def quantities(self) -> Mapping[str, frozenset[str]]:
        """Give the quantities of every profile there is."""
        ids = {
            file.stem
            for folder in self._folders
            if folder.is_dir()
            for file in folder.glob("*.toml")
        }
        return {name: frozenset(p.quantity for p in self.get(name).points) for name in sorted(ids)}

    def wrap(self, floor: Floor, meter_id: str, quantity: str) -> Decimal | None:
        """Say where a meter's register rolls over, ratios applied; None: never."""
        meter = floor.meter(meter_id)
        if meter is None:
            return None
        point = self.get(meter.profile).point(quantity)
        if point is None or point.wrap_value is None:
            return None
        return point.wrap_value * point.ratio_factor(meter.ratio_ct, meter.ratio_pt)

    def patience_s(self, floor: Floor, meter_id: str) -> float:
        """Say how long one read of a meter may take before its answer is given up, in s."""
        meter = floor.meter(meter_id)
        bus = floor.bus(meter.bus) if meter else None
        if meter is None or bus is None:
            return _ANSWER_SLACK_S
        blocks = len(self.get(meter.profile).blocks)
        return _ANSWER_SLACK_S + blocks * (bus.retries + 1) * bus.timeout_ms / 1000

    def plans(self, floor: Floor, meter_ids: Sequence[str] | None = None) -> list[MeterPlan]:
        """Plan the meters of a floor, all or some."""
        return [
            plan_meter(floor, meter, self.get(meter.profile))
            for meter in floor.meters
            if meter_ids is None or meter.id in meter_ids
        ]


class MeteringService:
    """Meters of one factory."""

    def __init__(self, parts: MeteringParts, profiles: Profiles) -> None:
        self._parts = parts
        self._profiles = profiles

    def ports(self, actor: Actor) -> list[dict[str, str | None]]:
        """List the serial ports present."""
        require(actor, Permission.VIEW)
        return [
            {
                "device": port.device,
                "description": port.description,
                "usb": f"{port.vid}:{port.pid}:{port.serial or ''}" if port.vid else None,
                "location": port.location,
            }
            for port in list_ports()
        ]

    def read_meter(self, actor: Actor, meter_id: str) -> tuple[Reading, ...]:
        """Read every quantity of a meter once; raises Refused for an unknown one."""
        require(actor, Permission.VIEW)
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
        if floor.meter(meter_id) is None:
            raise refused(Kind.INPUT, "unknown-meter", meter=meter_id)
        return self.read_now([meter_id], Reason.MANUAL)

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
        last = quantity.rsplit("_", 1)[-1]
        return "pcs" if quantity == "pieces" else _UNITS.get(last, last)

    def read_now(self, meter_ids: Sequence[str], reason: Reason) -> tuple[Reading, ...]:
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
                found += self._through_agent(floor, meter_id, reason)
            else:
                found += self._straight(floor, meter_id, reason)
        return tuple(found)

    def _through_agent(self, floor: Floor, meter_id: str, reason: Reason) -> Sequence[Reading]:
        meter = floor.meter(meter_id)
        assert meter is not None
        parts = self._parts
        with parts.database.write() as tx:
            request = requests.ask(tx, READ, meter.bus, meter_id, 1, reason, parts.workstation)
        deadline = time.monotonic() + self._profiles.patience_s(floor, meter_id)
        waiting = threading.Event()
        while time.monotonic() < deadline:
            with parts.database.read() as tx:
                asked = requests.get(tx, request)
                if asked is not None and asked.answer is not None:
                    return _answered(tx, asked.answer)
            waiting.wait(_ANSWER_EVERY_S)
        raise refused(Kind.UNREACHABLE, "agent-silent", meter=meter_id)

    def _straight(self, floor: Floor, meter_id: str, reason: Reason) -> Sequence[Reading]:
        """Open the line for one read, under a lease of our own."""
        [plan] = self._profiles.plans(floor, [meter_id])
        bus = floor.bus(plan.meter.bus)
        assert bus is not None
        parts = self._parts
        lease = self._lease(bus.id, time.monotonic() + self._profiles.patience_s(floor, meter_id))
        poller = Poller(bus, [plan], parts.stamp, lease.epoch)
        try:
            poll = poller.ask(Ask(meter_id, reason, 0), time.monotonic())
            fault = poller.health().fault
        finally:
            poller.close()
        try:
            with parts.database.write() as tx:
                last = last_values(tx, [plan])
                recorder = Recorder([plan], ZoneInfo(floor.factory.timezone), last)
                stored = rows.append(tx, parts.workstation, bus.id, recorder.take(poll).readings)
        finally:
            with parts.database.write() as tx:
                leases.release(tx, lease)
        if fault is not None and reason is Reason.MANUAL:
            raise refused(Kind.UNREACHABLE, "meter-unreadable", meter=meter_id, why=fault)
        return stored

    def _lease(self, bus: str, deadline_s: float) -> leases.Lease:
        """Take a bus, waiting for another single read to finish; raises Refused at the deadline."""
        parts = self._parts
        waiting = threading.Event()
        while True:
            with parts.database.write() as tx:
                free_dead(tx, parts.workstation, bus)
                me = reader_holder(parts.workstation)
                lease = leases.acquire(tx, bus, me, _STRAIGHT_LEASE)
                holder = leases.get(tx, bus)
            if lease is not None:
                return lease
            if time.monotonic() >= deadline_s:
                name = holder.holder if holder else ""
                raise refused(Kind.UNREACHABLE, "lease-held", bus=bus, holder=name)
            waiting.wait(_ANSWER_EVERY_S)


def _answered(tx: Transaction, answer: Mapping[str, object]) -> Sequence[Reading]:
    """Give the readings that an agent's answer names: so many after a number."""
    after, count = answer["after"], answer["count"]
    assert isinstance(after, int)
    assert isinstance(count, int)
    return rows.after(tx, str(answer["workstation"]), after, count)


def last_values(
    tx: Transaction, plans: Sequence[MeterPlan]
) -> dict[tuple[str, str], CounterMemory]:
    """Give what is known of every register of the plans: its story since the last good reading."""
    found = {}
    for plan in plans:
        for quantity, rule in plan.rules.items():
            good = rows.last(tx, plan.meter.id, quantity, qualities=(Quality.GOOD,))
            if good is None:
                continue
            memory = CounterMemory(good.value, good.at)
            for reading in rows.query(tx, meter=plan.meter.id, quantity=quantity, start=good.at):
                if reading.value is None or reading.quality is Quality.GOOD:
                    continue
                if reading.fault is Fault.RESET:  # confirmed by more values than are stored
                    memory = CounterMemory(reading.value, reading.at)
                else:
                    memory = judge(rule, memory, reading.value, reading.at).memory
            found[(plan.meter.id, quantity)] = memory
    return found
