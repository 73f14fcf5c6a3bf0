"""What the floor looks like right now: a card for each machine, and the state of the lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor, Machine
from shared_factory_desktop.domain.readings import Quality, State
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.usage import clock_s
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.identities import SWAPPED, seen_identity
from shared_factory_desktop.services.sessions import CostNow
from shared_factory_desktop.services.syncing import is_troubled
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, allowed, require
from shared_factory_desktop.services.uses import Wraps, measures_of, use_of
from shared_factory_desktop.storage import health, leases, outbox, readings
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.trend import Trend, TrendSample

_STALE_POLLS = 3
_STALE_SLACK = dt.timedelta(seconds=2)
_AGENT_SILENT = dt.timedelta(seconds=10)
_RECENT = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MachineCard:
    """A machine as its card shows it: clocks in s, cost in fen, instants in the factory's zone.

    `stale_after_s`: the age from which its last reading says nothing about the present.
    """

    machine: str
    name: str
    kind: str
    state: State
    state_since: dt.datetime | None
    session: str | None
    tenant_name: str | None
    job: str | None
    working_s: int
    powered_s: int
    occupied_s: int
    measures: tuple[tuple[str, Decimal], ...]
    cost_fen: int | None
    power_w: Decimal | None
    last_good_at: dt.datetime | None
    fault: str | None
    can_start: bool
    stale_after_s: int = 10


@dataclass(frozen=True, slots=True)
class LineHealth:
    """The state of buses and platform in one glance; `platform` is ok, offline or none."""

    buses_ok: int
    buses: int
    platform: str
    pending: int
    agent_running: bool


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What the live service is built from."""

    database: Database
    trend: Trend
    now: Callable[[], dt.datetime]
    wraps: Wraps
    cost: CostNow
    trail: Trail


class LiveService:
    """The live floor of one factory."""

    def __init__(self, parts: LiveParts) -> None:
        self._parts = parts

    def cards(self, actor: Actor) -> tuple[MachineCard, ...]:
        """Give a card for each machine, in floor order."""
        require(actor, Permission.VIEW)
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
            return tuple(self._card(tx, actor, floor, machine) for machine in floor.machines)

    def trend(self, machine_id: str, minutes: int) -> tuple[tuple[float, float | None], ...]:
        """Give the machine's state quantity: epoch seconds and value, None at gaps."""
        with self._parts.database.read() as tx:
            machine = stored_floor(tx).machine(machine_id)
        if machine is None or machine.state is None:
            return ()
        start = self._parts.now() - dt.timedelta(minutes=minutes)
        found = self._parts.trend.series(machine.state.meter, machine.state.quantity, start)
        return tuple((sample.at.timestamp(), sample.value) for sample in found)

    def lines(self) -> LineHealth:
        """Give the state of buses and platforms."""
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
            seen = {bus.bus: bool(bus.body["ok"]) for bus in health.list_buses(tx)}
            source = self._parts.trail.source(floor.factory.id)
            ids = [platform.id for platform in floor.platforms]
            counts = [outbox.status(tx, platform, source) for platform in ids]
            troubled = [is_troubled(outbox.noted(tx, platform, source)) for platform in ids]
            running = self._agent_running(tx)
        platform = "none"
        if counts:
            platform = "offline" if any(troubled) else "ok"
        return LineHealth(
            buses_ok=sum(running and seen.get(bus.id, False) for bus in floor.buses),
            buses=len(floor.buses),
            platform=platform,
            pending=sum(c.pending for c in counts),
            agent_running=running,
        )

    def _card(self, tx: Transaction, actor: Actor, floor: Floor, machine: Machine) -> MachineCard:
        now = self._parts.now()
        zone = ZoneInfo(floor.factory.timezone)
        change = state_rows.last(tx, machine.id)
        session = session_rows.open_on(tx, machine.id)
        use = use_of(tx, floor, self._parts.wraps, session, now) if session else None
        tenant = floor.tenant(session.tenant) if session else None
        patience = _patience(floor, machine)
        newest = self._newest(machine, patience)
        stale = newest is None or now - newest.at > patience or newest.value is None
        state = State.UNKNOWN if stale or change is None else change.state
        return MachineCard(
            machine=machine.id,
            name=machine.name,
            kind=machine.kind,
            state=state,
            state_since=change.at.astimezone(zone) if change else None,
            session=session.id if session else None,
            tenant_name=tenant.name if tenant else None,
            job=session.job if session else None,
            working_s=int(clock_s(use.working)) if use else 0,
            powered_s=int(clock_s(use.powered)) if use else 0,
            occupied_s=int(clock_s([(use.start, max(now, use.start))])) if use else 0,
            measures=tuple(measures_of(use).items()) if use else (),
            cost_fen=self._cost(floor, use, now),
            power_w=None if stale else self._power(newest),
            last_good_at=self._last_good(tx, machine, newest, zone),
            fault=self._fault(tx, floor, machine, newest) if stale else None,
            can_start=session is None and allowed(actor, Permission.RUN_SESSIONS),
            stale_after_s=int(patience.total_seconds()),
        )

    def _cost(self, floor: Floor, use: SessionUse | None, now: dt.datetime) -> int | None:
        return self._parts.cost(floor, use, max(now, use.start)) if use else None

    def _newest(self, machine: Machine, patience: dt.timedelta) -> TrendSample | None:
        if machine.state is None:
            return None
        start = self._parts.now() - max(_RECENT, patience)
        rule = machine.state
        return next(iter(self._parts.trend.series(rule.meter, rule.quantity, start)[::-1]), None)

    @staticmethod
    def _power(newest: TrendSample | None) -> Decimal | None:
        return None if newest is None or newest.value is None else Decimal(str(newest.value))

    def _last_good(
        self, tx: Transaction, machine: Machine, newest: TrendSample | None, zone: ZoneInfo
    ) -> dt.datetime | None:
        if machine.state is None:
            return None
        if newest is not None and newest.value is not None:
            return newest.at.astimezone(zone)
        rule = machine.state
        last = readings.last(tx, rule.meter, rule.quantity, qualities=(Quality.GOOD,))
        return last.at.astimezone(zone) if last else None

    def _fault(
        self, tx: Transaction, floor: Floor, machine: Machine, newest: TrendSample | None
    ) -> str | None:
        """Say why nothing is known of a machine, as a code."""
        if machine.state is None:
            return None
        if not self._agent_running(tx):
            return "no-agent"
        meter = floor.meter(machine.state.meter)
        assert meter is not None
        for bus in health.list_buses(tx):
            if bus.bus == meter.bus and bus.body["fault"]:
                return str(bus.body["fault"])
        if seen_identity(tx, meter.bus, meter.id).state == SWAPPED:
            return SWAPPED
        return "stale" if newest is not None and newest.value is not None else "comm_error"

    def _agent_running(self, tx: Transaction) -> bool:
        beat = leases.heartbeat(tx, self._parts.trail.workstation)
        return beat is not None and self._parts.now() - beat.at < _AGENT_SILENT


def _patience(floor: Floor, machine: Machine) -> dt.timedelta:
    """Say how old a value may be and still be the present's: three polls, and a little."""
    meter = floor.meter(machine.state.meter) if machine.state else None
    poll = dt.timedelta(milliseconds=meter.poll_ms) if meter else dt.timedelta()
    return _STALE_POLLS * poll + _STALE_SLACK
