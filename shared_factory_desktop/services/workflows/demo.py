"""The demo workshop: simulated machines metered for days in seconds, billed, exported, synced."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.profile import Profile
from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.machine import VirtualMachine
from drivers.simulate.physics import Job
from shared_factory_desktop import paths
from shared_factory_desktop.services.agent import Agent
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.services.workflows.demo_calibration import leave_half_done
from shared_factory_desktop.services.workflows.demo_money import settle, take_deposits

USER = "demo"
PASSWORD = "demo-demo"
FORMATS = ("pdf", "xlsx", "csv", "einvoice", "bundle")
ZONE = ZoneInfo("Asia/Shanghai")
_MINUTE = dt.timedelta(minutes=1)
_OPENS, _CLOSES = dt.time(7, 50), dt.time(18, 30)
_BEAT_MINUTES = 15
_LIVE_STEP_S = 0.5
_LEASED_H_PER_DAY = 2  # less than the welder's shift, so that a lease of any length has overage
_WORKING_NOW = ("printer-1", "plating-1", "welder-1")
_WARM, _LONG = dt.timedelta(minutes=20), dt.timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Shift:
    """A daily job of one machine: local times, who it is for; `value` for what a paper log says."""

    machine: str
    tenant: str
    job: str
    start: dt.time
    end: dt.time


SHIFTS = (
    Shift("printer-1", "anping-mesh", "J-17", dt.time(8, 20), dt.time(11, 40)),
    Shift("printer-1", "anping-mesh", "J-18", dt.time(13, 10), dt.time(17, 30)),
    Shift("plating-1", "renze-parts", "J-21", dt.time(8, 30), dt.time(12, 0)),
    Shift("welder-1", "anping-mesh", "J-19", dt.time(14, 0), dt.time(16, 15)),
    Shift("press-1", "renze-parts", "J-22", dt.time(9, 0), dt.time(11, 30)),
)
_METERS = (
    # bus, meter's unit, kind of machine, profile, machine whose shifts it follows
    ("lan", 1, "3d-printer", "eastron-sdm630", "printer-1"),
    ("serial", 2, "plating-line", "chint-dtsu666", "plating-1"),
    ("serial", 3, "plating-rectifier", "dc-ampere-hour", "plating-1"),
    ("lan", 4, "welder", "eastron-sdm630", "welder-1"),
    ("gateway", 5, "spray-booth", "chint-dtsu666", "booth-1"),
    ("lan", 6, "3d-printer", "eastron-sdm630", "press-1"),
    ("gateway", 7, "piece-counter", "counter-32bit", "press-1"),
)
_START_COUNTS = {
    "energy_wh": Decimal(1_234_500),
    "charge_ah": Decimal(88_000),
    "pieces": Decimal(5_120),
}
_BOOTH = (dt.time(9, 30), dt.time(12, 0))


class DemoClock:
    """A clock that stands where it is put, until it is let go and follows the real one."""

    def __init__(
        self, real: Callable[[], dt.datetime], stamp: Callable[[int], dt.datetime]
    ) -> None:
        self._real = real
        self._stamp = stamp
        self._at: dt.datetime | None = None

    def __call__(self) -> dt.datetime:
        """Give the present instant, UTC."""
        return self._at or self._real()

    def stamp(self, monotonic_ns: int) -> dt.datetime:
        """Date something of the recent past: while the clock stands, it happened now."""
        return self._at or self._stamp(monotonic_ns)

    def put(self, at: dt.datetime | None) -> None:
        """Stand at an instant; None: follow the real clock."""
        self._at = at


@dataclass(frozen=True)
class DemoParts:
    """What the demo is built from; `create` and `open_services` make the factory in `data`."""

    data: Path
    clock: DemoClock
    create: Callable[[Path, str, str], None]
    open_services: Callable[[Path], Services]
    platform_url: str


@dataclass(frozen=True)
class DemoFloor:
    """A demo factory after its days: the files made, what is still pending."""

    files: tuple[Path, ...]
    pending: int
    data: Path


class DemoWorkshop:
    """Simulated machines on three lines: Modbus TCP, a serial line, a gateway over TCP."""

    def __init__(self, folder: Path, days: Sequence[dt.date], present: dt.datetime) -> None:
        self._machines = []
        self.days = len(days)
        slaves: dict[str, list[VirtualMachine]] = {"lan": [], "serial": [], "gateway": []}
        for seed, (bus, unit, kind, profile, machine) in enumerate(_METERS):
            virtual = VirtualMachine(
                kind,
                _profile(profile),
                _jobs(machine, days, present),
                unit=unit,
                seed=seed,
                counters=_START_COUNTS,
            )
            slaves[bus].append(virtual)
            self._machines.append(virtual)
        self.lan = VirtualBus([m.slave for m in slaves["lan"]], "tcp")
        self.serial = VirtualBus(
            [m.slave for m in slaves["serial"]], "serial", link=folder / "rs485-1"
        )
        self.gateway = VirtualBus([m.slave for m in slaves["gateway"]], "rtu-over-tcp")

    def advance_to(self, at: dt.datetime) -> None:
        """Bring every machine to an instant."""
        for machine in self._machines:
            machine.advance_to(at)

    @contextmanager
    def live(self, now: Callable[[], dt.datetime]) -> Iterator[None]:
        """Let the machines go on in real time."""
        stop = threading.Event()

        def go_on() -> None:
            while not stop.wait(_LIVE_STEP_S):
                self.advance_to(now())

        thread = threading.Thread(target=go_on, name="demo-machines")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def demo(parts: DemoParts, days: int, on_day: Callable[[str], None]) -> Iterator[DemoFloor]:
    """Meter a workshop for `days` up to today, bill and sync it; the machines run on within."""
    today = parts.clock().astimezone(ZONE).date()
    dates = [today - dt.timedelta(days=back) for back in range(days, 0, -1)]
    parts.data.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        workshop = DemoWorkshop(parts.data, dates, parts.clock())
        parts.clock.put(_instant(dates[0], dt.time(0, 0)))
        for bus in (workshop.lan, workshop.serial, workshop.gateway):
            stack.enter_context(bus)
        parts.create(parts.data, USER, PASSWORD)
        services = parts.open_services(parts.data)
        try:
            actor = services.users.sign_in(USER, PASSWORD)
            _import(parts, services, actor, workshop, poll_ms=60_000)
            _meter(parts, services, actor, workshop, dates, on_day)
            files = _bill(parts, services, actor, dates, today)
            services.sync.now(actor, lambda _done, _all: None)
            leave_half_done(services, actor, parts.clock)
            pending = sum(status.pending for status in services.sync.status(actor))
            parts.clock.put(None)
            _import(parts, services, actor, workshop, poll_ms=1_000)
        finally:
            services.close()
        with workshop.live(parts.clock):
            yield DemoFloor(files, pending, parts.data)


def _meter(
    parts: DemoParts,
    services: Services,
    actor: Actor,
    workshop: DemoWorkshop,
    dates: Sequence[dt.date],
    on_day: Callable[[str], None],
) -> None:
    agent = services.agent.stepped()
    agent.open()
    try:
        for date in dates:
            _day(parts, agent, actor, workshop, date)
            on_day(str(date))
    finally:
        agent.close()


def _day(
    parts: DemoParts, agent: Agent, actor: Actor, workshop: DemoWorkshop, date: dt.date
) -> None:
    """Meter one working day minute by minute, people starting and stopping their sessions."""
    at, end = _instant(date, _OPENS), _instant(date, _CLOSES)
    minute = 0
    while at <= end:
        parts.clock.put(at)
        workshop.advance_to(at)
        agent.step(at.timestamp(), beat=minute % _BEAT_MINUTES == 0)
        _people(agent, actor, at)
        at += _MINUTE
        minute += 1


def _people(agent: Agent, actor: Actor, at: dt.datetime) -> None:
    """Start and stop what the shifts say for this minute."""
    now = at.astimezone(ZONE).time()
    for shift in SHIFTS:
        if now == shift.start:
            agent.sessions.start(actor, shift.machine, shift.tenant, shift.job)
        elif now == shift.end:
            agent.sessions.stop(actor, shift.machine)


def _bill(
    parts: DemoParts,
    services: Services,
    actor: Actor,
    dates: Sequence[dt.date],
    today: dt.date,
) -> tuple[Path, ...]:
    """Import the spray booth's paper log, issue and export a statement for each tenant, and let
    tenants answer."""
    parts.clock.put(_instant(today, dt.time(0, 5)))
    log = parts.data / "paper-log.json"
    log.write_text(json.dumps(_paper_log(dates), ensure_ascii=False, indent=1), encoding="utf-8")
    services.sessions.import_usage(actor, log)
    period = f"{dates[0]}..{today}"
    take_deposits(services, actor, dates[0])
    files: list[Path] = []
    numbers: dict[str, str] = {}
    for tenant in services.floor.floor().tenants:
        document = services.billing.issue(actor, tenant.id, period, at_once=True)
        assert document.number is not None
        numbers[tenant.id] = document.number
        folder = parts.data / "statements"
        files += services.exporting.export(
            actor, document.number, FORMATS, folder, lambda _done, _all: None
        )
    settle(services, actor, numbers, today)
    return tuple(files)


def _paper_log(dates: Sequence[dt.date]) -> dict[str, object]:
    """Write the booth's paper log: the value of each day's work."""
    return {
        "format": 1,
        "sessions": [
            {
                "id": f"P-{date:%Y%m%d}",
                "machine": "booth-1",
                "tenant": "xindu-coating",
                "job": f"J-{30 + number % 5}",
                "start": dt.datetime.combine(date, _BOOTH[0], ZONE).isoformat(),
                "end": dt.datetime.combine(date, _BOOTH[1], ZONE).isoformat(),
                "value": f"{2400 + 150 * (number % 7)}.00",
            }
            for number, date in enumerate(dates)
        ],
    }


def _import(
    parts: DemoParts, services: Services, actor: Actor, workshop: DemoWorkshop, poll_ms: int
) -> None:
    template = (paths.resources() / "templates" / "demo-floor.toml").read_text(encoding="utf-8")
    values = {
        "serial_port": workshop.serial.settings.port,
        "tcp_port": workshop.lan.settings.tcp_port,
        "gateway_port": workshop.gateway.settings.tcp_port,
        "poll_ms": poll_ms,
        "platform_url": parts.platform_url,
        "included_h": _LEASED_H_PER_DAY * workshop.days,
    }
    for name, value in values.items():
        template = template.replace("{" + name + "}", str(value))
    floor = parts.data / "demo-floor.toml"
    floor.write_text(template, encoding="utf-8")
    services.floor.import_file(actor, floor)


def _jobs(machine: str, days: Sequence[dt.date], present: dt.datetime) -> list[Job]:
    """Give a machine's jobs, a minute inside its sessions; some work on in the present."""
    shifts = [(s.start, s.end) for s in SHIFTS if s.machine == machine] or [_BOOTH]
    jobs = [
        Job(_instant(day, start) + _MINUTE, _instant(day, end) - _MINUTE)
        for day in days
        for start, end in shifts
    ]
    if machine in _WORKING_NOW:
        jobs.append(Job(present - _WARM, present + _LONG))
    return jobs


def _instant(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, ZONE).astimezone(dt.UTC)


def _profile(profile_id: str) -> Profile:
    return load_profile(profile_id)
