"""Builds and wires every long-lived object; nothing else does."""

from __future__ import annotations

import datetime as dt
import os
import random
import socket
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from shared_factory_desktop import paths, settings
from shared_factory_desktop.domain.problems import InputRefused, Kind, Problem, refused
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.services.agent import AgentParts
from shared_factory_desktop.services.agent_control import AgentControl
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.billing import BillingParts, BillingService, cost_so_far
from shared_factory_desktop.services.budgets import BudgetService
from shared_factory_desktop.services.bus_scan import SCAN, scan_work
from shared_factory_desktop.services.commissioning import CommissioningService
from shared_factory_desktop.services.corrections import CorrectionService
from shared_factory_desktop.services.credentials import Credentials
from shared_factory_desktop.services.diagnostics import DiagnosticsService
from shared_factory_desktop.services.faults import storage_refused
from shared_factory_desktop.services.floor import FloorService
from shared_factory_desktop.services.holidays import HolidayService
from shared_factory_desktop.services.idle_ends import IdleEnds
from shared_factory_desktop.services.live import LiveParts, LiveService
from shared_factory_desktop.services.metering import MeteringParts, MeteringService
from shared_factory_desktop.services.meters import MeterService
from shared_factory_desktop.services.problem_queue import ProblemQueue
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.qualifications import QualificationService, unqualified
from shared_factory_desktop.services.reservations import ReservationService, kept_for_another
from shared_factory_desktop.services.sessions import SessionParts, SessionService
from shared_factory_desktop.services.syncing import SyncService
from shared_factory_desktop.services.tariffs import TariffParts, TariffService
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import UserService
from shared_factory_desktop.services.verification import VerificationService
from shared_factory_desktop.services.wording import language
from shared_factory_desktop.services.work_orders import WorkOrderService
from shared_factory_desktop.services.workflows import demo as workflow
from shared_factory_desktop.services.workflows.demo import DemoFloor
from shared_factory_desktop.settings import Value
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.faults import StorageFault
from shared_factory_desktop.storage.frames import Frames
from shared_factory_desktop.storage.trend import Trend
from shared_factory_desktop.sync.worker import Clock
from shared_factory_desktop.words import Words

Now = Callable[[], dt.datetime]
Stamp = Callable[[int], dt.datetime]


def utc_now() -> dt.datetime:
    """Give the present instant."""
    return dt.datetime.now(dt.UTC)


class Bootstrap:
    """Opens factories; `now` is the clock everything is stamped with.

    `stamp` turns a monotonic instant of the recent past, in ns, into UTC.
    """

    def __init__(self, now: Now = utc_now, stamp: Stamp | None = None) -> None:
        self._now = now
        self._stamp = stamp or _stamp(now)

    def create(self, data: Path, admin: str, password: str) -> None:
        """Create a data folder, its database and first administrator; raises Refused."""
        data.mkdir(parents=True, exist_ok=True)
        values = dict(_settings(data))
        if not values["workstation"]:
            values["workstation"] = _workstation_name()
            settings.save(data / paths.SETTINGS_NAME, values)
        with storage_refused(), closing(_open(data, values, self._now)) as database:
            database.create_or_migrate()
            trail = Trail(str(values["workstation"]))
            UserService(database, trail, self._now).create_first(admin, password)

    def open_services(self, data: Path) -> Services:
        """Open the factory of a data folder; raises Refused where there is none."""
        values = _settings(data)
        if not values["workstation"]:
            raise refused(Kind.UNREACHABLE, "not-created", folder=data)
        with storage_refused(), ExitStack() as opened:
            database = opened.enter_context(closing(_open(data, values, self._now)))
            database.create_or_migrate()
            services = _services(data, values, database, self._now, self._stamp)
            opened.pop_all()  # from here on the services close the database
        return services

    @contextmanager
    def demo(self, data: Path, days: int, on_day: Callable[[str], None]) -> Iterator[DemoFloor]:
        """Make a demo factory in `data`, meter, bill and sync it; its machines run on within."""
        from shared_factory_desktop.sync.reference import ReferencePlatform

        clock = workflow.DemoClock(self._now, self._stamp)
        factory = Bootstrap(clock, clock.stamp)
        with ReferencePlatform(clock) as url:
            parts = workflow.DemoParts(data, clock, factory.create, factory.open_services, url)
            with workflow.demo(parts, days, on_day) as floor:
                yield floor

    def pictures(self, data: Path, folder: Path) -> tuple[Path, ...]:
        """Draw every page of the window on a data folder; needs no display."""
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from shared_factory_desktop.ui import shots

        services = self.open_services(data)
        try:
            return shots.write(services, folder, self._now)
        finally:
            services.close()

    def open_window(self, data: Path) -> int:
        """Open the desktop window on a data folder; gives its exit status."""
        from shared_factory_desktop.ui import app

        values = _settings(data)
        services = self.open_services(data)
        try:
            chosen = language(str(values["language"]), fallback="zh_CN")
            return app.run(services, chosen, str(values["theme"]))
        finally:
            services.close()


def run(arguments: Sequence[str]) -> int:
    """Run a command, or the window where none is named; gives the exit status."""
    from shared_factory_desktop.cli import app

    return app.main(arguments, Bootstrap(), Words(language("auto", fallback="en")))


def _services(
    data: Path, values: Mapping[str, Value], database: Database, now: Now, stamp: Stamp
) -> Services:
    workstation = str(values["workstation"])
    trail = Trail(workstation)
    profiles = Profiles(data)
    trend = Trend.open(data / paths.TREND_NAME)
    frames = Frames.open(data / paths.TREND_NAME)
    credentials = Credentials(data)
    metering_parts = MeteringParts(database, data, workstation, now, stamp, credentials)
    metering = MeteringService(metering_parts, profiles)

    floor = FloorService(database, trail, now, profiles, bool(values["tariff_approval"]))
    budgets = BudgetService(database, trail, now, profiles.wrap)
    session_parts = _session_parts(values, database, trail, now, metering, profiles, budgets)
    sync = SyncService(database, trail, data, _sync_clock(now))
    billing = _billing_parts(values, database, trail, now, profiles)
    cost = partial(cost_so_far, database)
    works, troubles = {SCAN: scan_work(profiles)}, (StorageFault,)
    agent = AgentParts(
        metering_parts, profiles, session_parts, trend, frames, works, sync.workers, troubles
    )
    return Services(
        users=UserService(database, trail, now),
        floor=floor,
        live=LiveService(LiveParts(database, trend, now, profiles.wrap, cost, trail)),
        sessions=SessionService(session_parts),
        corrections=CorrectionService(session_parts),
        problems=ProblemQueue(session_parts),
        idle_ends=IdleEnds(session_parts),
        qualifications=QualificationService(database, trail, now),
        reservations=ReservationService(database, trail, now),
        work_orders=WorkOrderService(database, trail, now),
        budgets=budgets,
        metering=metering,
        meters=MeterService(metering_parts, profiles, trail),
        commissioning=CommissioningService(metering_parts, profiles, frames, metering.unit),
        billing=BillingService(billing),
        tariffs=TariffService(TariffParts(database, trail, now, profiles.wrap, floor)),
        holidays=HolidayService(database, trail),
        sync=sync,
        verification=VerificationService(database),
        diagnostics=DiagnosticsService(database, data, workstation),
        agent=AgentControl(agent),
        close=partial(_close, frames, trend, database),
    )


def _close(*opened: Frames | Trend | Database) -> None:
    for one in opened:
        one.close()


def _session_parts(
    values: Mapping[str, Value],
    database: Database,
    trail: Trail,
    now: Now,
    metering: MeteringService,
    profiles: Profiles,
    budgets: BudgetService,
) -> SessionParts:
    return SessionParts(
        database,
        trail,
        now,
        metering.read_now,
        profiles.wrap,
        partial(cost_so_far, database),
        bool(values["tenant_pseudonyms"]),
        obstacles=(unqualified, kept_for_another, budgets.spent_up),
        dispute_days=int(values["dispute_days"]),
    )


def _billing_parts(
    values: Mapping[str, Value], database: Database, trail: Trail, now: Now, profiles: Profiles
) -> BillingParts:
    font = str(values["statement_font"])
    return BillingParts(
        database,
        trail,
        now,
        profiles.wrap,
        bool(values["tenant_pseudonyms"]),
        Words(language(str(values["language"]), fallback="zh_CN")),
        ExportOptions(font=Path(font) if font else None),
    )


def _open(data: Path, values: Mapping[str, Value], now: Now) -> Database:
    return Database.open(str(values["database"]) or data / paths.DATABASE_NAME, now)


def _settings(data: Path) -> Mapping[str, Value]:
    file = data / paths.SETTINGS_NAME
    try:
        return settings.load(file)
    except settings.SettingRefused as error:
        problem = Problem(error.key, "choice", error.seen, error.expected, file.name)
        raise InputRefused([problem]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputRefused([Problem("", "toml", str(error), file=file.name)]) from None


def _workstation_name() -> str:
    """Name this workstation after its host, in the letters an identifier may have."""
    host = "".join(c if c.isalnum() and c.isascii() else "-" for c in socket.gethostname())
    return f"ws-{host.strip('-').lower()[:24] or 'local'}"


def _stamp(now: Now) -> Stamp:
    """Turn a monotonic instant of the recent past into UTC."""

    def stamp(monotonic_ns: int) -> dt.datetime:
        ago_us = (time.monotonic_ns() - monotonic_ns) // 1000
        return now() - dt.timedelta(microseconds=max(ago_us, 0))

    return stamp


def _sync_clock(now: Now) -> Clock:
    waiting = threading.Event()
    return Clock(now, time.monotonic, waiting.wait, random.SystemRandom().random)
