"""Builds and wires every long-lived object; nothing else does."""

from __future__ import annotations

import datetime as dt
import os
import socket
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from shared_factory_desktop import paths, settings
from shared_factory_desktop.domain.problems import InputRefused, Kind, Problem, refused
from shared_factory_desktop.domain.statement_numbers import NumberPattern, read_pattern
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.services.agent import AgentParts
from shared_factory_desktop.services.agent_control import AgentControl
from shared_factory_desktop.services.anchoring import Anchoring
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.billing import BillingParts, BillingService, cost_so_far
from shared_factory_desktop.services.budgets import BudgetService
from shared_factory_desktop.services.bundles import evidence
from shared_factory_desktop.services.bus_scan import SCAN, scan_work
from shared_factory_desktop.services.calibration import CalibrationParts, CalibrationService
from shared_factory_desktop.services.calibration_drafts import CalibrationDrafts
from shared_factory_desktop.services.clocks import Now, Stamp, stamp_by, sync_clock, utc_now
from shared_factory_desktop.services.commissioning import CommissioningService
from shared_factory_desktop.services.corrections import CorrectionService
from shared_factory_desktop.services.credentials import Credentials
from shared_factory_desktop.services.credit import CreditCheck
from shared_factory_desktop.services.credit_notes import CreditNoteService, CreditParts
from shared_factory_desktop.services.diagnostics import DiagnosticsService
from shared_factory_desktop.services.exporting import ExportService
from shared_factory_desktop.services.faults import storage_refused
from shared_factory_desktop.services.floor import FloorService
from shared_factory_desktop.services.holidays import HolidayService
from shared_factory_desktop.services.idle_ends import IdleEnds
from shared_factory_desktop.services.ledger import LedgerService
from shared_factory_desktop.services.ledger_books import Books
from shared_factory_desktop.services.live import LiveParts, LiveService
from shared_factory_desktop.services.mailing import FOLDER_NAME as MAIL_FOLDER
from shared_factory_desktop.services.mailing import MailService
from shared_factory_desktop.services.metering import MeteringParts, MeteringService
from shared_factory_desktop.services.metering_corrections import (
    MeteringCorrectionParts,
    MeteringCorrectionService,
)
from shared_factory_desktop.services.meters import MeterService
from shared_factory_desktop.services.periods import PeriodService
from shared_factory_desktop.services.problem_queue import ProblemQueue
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.qualifications import QualificationService, unqualified
from shared_factory_desktop.services.reports import ReportParts, ReportService
from shared_factory_desktop.services.reservations import ReservationService, kept_for_another
from shared_factory_desktop.services.restoring import Restored, RestoreParts, restore
from shared_factory_desktop.services.sessions import SessionParts, SessionService
from shared_factory_desktop.services.statement_life import StatementLifeService
from shared_factory_desktop.services.syncing import SyncService
from shared_factory_desktop.services.tariffs import TariffParts, TariffService
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import UserService
from shared_factory_desktop.services.verification import Progress, VerificationService
from shared_factory_desktop.services.vouchers import VoucherService
from shared_factory_desktop.services.wording import language
from shared_factory_desktop.services.work_orders import WorkOrderService
from shared_factory_desktop.services.workflows import demo as workflow
from shared_factory_desktop.services.workflows.demo import DemoFloor
from shared_factory_desktop.settings import Value
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.faults import StorageFault
from shared_factory_desktop.storage.frames import Frames
from shared_factory_desktop.storage.trend import Trend
from shared_factory_desktop.words import Words


@dataclass(frozen=True, slots=True)
class _Ground:
    """What everything in a factory stands on."""

    data: Path
    values: Mapping[str, Value]
    database: Database
    now: Now
    stamp: Stamp
    trail: Trail
    profiles: Profiles

    @property
    def workstation(self) -> str:
        return str(self.values["workstation"])


@dataclass(frozen=True, slots=True)
class _Shared:
    """What is built once and used by several services."""

    metering_parts: MeteringParts
    metering: MeteringService
    floor: FloorService
    budgets: BudgetService
    sessions: SessionParts
    sync: SyncService
    anchoring: Anchoring
    billing: BillingService
    exporting: ExportService
    books: Books
    trend: Trend
    frames: Frames


class Bootstrap:
    """Opens factories; `now` is the clock everything is stamped with.

    `stamp` turns a monotonic instant of the recent past, in ns, into UTC.
    """

    def __init__(self, now: Now = utc_now, stamp: Stamp | None = None) -> None:
        self._now = now
        self._stamp = stamp or stamp_by(now)

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

    def restore(
        self, data: Path, backup: Path, user: str, password: str, progress: Progress
    ) -> Restored:
        """Put a backup in the place of the database once it is proved; raises Refused."""
        values = _settings(data)
        if not values["workstation"]:
            raise refused(Kind.UNREACHABLE, "not-created", folder=data)
        if values["database"]:
            raise refused(Kind.INPUT, "restore-elsewhere", database=values["database"])
        parts = RestoreParts(data, str(values["workstation"]), self._now)
        with storage_refused():
            return restore(parts, backup, user, password, progress)

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
    trail, profiles = Trail(str(values["workstation"])), Profiles(data)
    ground = _Ground(data, values, database, now, stamp, trail, profiles)
    return _built(ground, _shared(ground))


def _shared(ground: _Ground) -> _Shared:
    """Build what several services use."""
    database, trail, now, wrap = ground.database, ground.trail, ground.now, ground.profiles.wrap
    metering_parts = MeteringParts(
        database, ground.data, ground.workstation, now, ground.stamp, Credentials(ground.data)
    )
    metering = MeteringService(metering_parts, ground.profiles)
    anchoring = Anchoring(database, trail, ground.data, now)
    budgets = BudgetService(database, trail, now, wrap)
    billing = BillingService(_billing_parts(ground, anchoring))
    return _Shared(
        metering_parts=metering_parts,
        metering=metering,
        floor=FloorService(
            database, trail, now, ground.profiles, bool(ground.values["tariff_approval"])
        ),
        budgets=budgets,
        sessions=_session_parts(ground, metering, budgets),
        sync=SyncService(database, trail, ground.data, sync_clock(now)),
        anchoring=anchoring,
        billing=billing,
        exporting=_exporting(ground, billing),
        books=Books(database, trail, now),
        trend=Trend.open(ground.data / paths.TREND_NAME),
        frames=Frames.open(ground.data / paths.TREND_NAME),
    )


def _built(ground: _Ground, shared: _Shared) -> Services:
    database, trail, now, profiles = ground.database, ground.trail, ground.now, ground.profiles
    cost = partial(cost_so_far, database)
    return Services(
        users=UserService(database, trail, now),
        floor=shared.floor,
        live=LiveService(LiveParts(database, shared.trend, now, profiles.wrap, cost, trail)),
        sessions=SessionService(shared.sessions),
        corrections=CorrectionService(shared.sessions),
        problems=ProblemQueue(shared.sessions),
        idle_ends=IdleEnds(shared.sessions),
        qualifications=QualificationService(database, trail, now),
        reservations=ReservationService(database, trail, now),
        work_orders=WorkOrderService(database, trail, now),
        budgets=shared.budgets,
        metering=shared.metering,
        meters=MeterService(shared.metering_parts, profiles, trail),
        commissioning=CommissioningService(
            shared.metering_parts, profiles, shared.frames, shared.metering.unit
        ),
        calibration=CalibrationService(
            CalibrationParts(database, trail, now, profiles, *_printing(ground.values))
        ),
        calibration_drafts=CalibrationDrafts(ground.data),
        billing=shared.billing,
        statements=StatementLifeService(database, trail, now),
        credits=CreditNoteService(_credit_parts(ground)),
        metering_corrections=MeteringCorrectionService(_correction_parts(ground)),
        periods=PeriodService(database, trail, now),
        exporting=shared.exporting,
        mailing=_mailing(ground, shared),
        ledger=LedgerService(shared.books, CreditCheck(profiles.wrap)),
        vouchers=VoucherService(shared.books),
        tariffs=TariffService(TariffParts(database, trail, now, profiles.wrap, shared.floor)),
        holidays=HolidayService(database, trail),
        sync=shared.sync,
        verification=VerificationService(database, shared.anchoring),
        reports=ReportService(ReportParts(database, now, profiles.wrap, *_printing(ground.values))),
        diagnostics=DiagnosticsService(database, ground.data, ground.workstation),
        agent=AgentControl(_agent_parts(ground, shared)),
        close=partial(_close, shared.frames, shared.trend, database),
    )


def _close(*opened: Frames | Trend | Database) -> None:
    for one in opened:
        one.close()


def _agent_parts(ground: _Ground, shared: _Shared) -> AgentParts:
    return AgentParts(
        shared.metering_parts,
        ground.profiles,
        shared.sessions,
        shared.trend,
        shared.frames,
        {SCAN: scan_work(ground.profiles)},
        shared.sync.workers,
        (StorageFault,),
        shared.anchoring.keep_daily,
    )


def _session_parts(
    ground: _Ground, metering: MeteringService, budgets: BudgetService
) -> SessionParts:
    values, credit = ground.values, CreditCheck(ground.profiles.wrap)
    return SessionParts(
        ground.database,
        ground.trail,
        ground.now,
        metering.read_now,
        ground.profiles.wrap,
        partial(cost_so_far, ground.database),
        bool(values["tenant_pseudonyms"]),
        obstacles=(unqualified, kept_for_another, budgets.spent_up, credit.over_limit),
        dispute_days=int(values["dispute_days"]),
        forgotten_open=dt.timedelta(hours=int(values["forgotten_open_hours"])),
        forgotten_idle=dt.timedelta(hours=int(values["forgotten_idle_hours"])),
    )


def _billing_parts(ground: _Ground, anchoring: Anchoring) -> BillingParts:
    return BillingParts(
        ground.database,
        ground.trail,
        ground.now,
        ground.profiles.wrap,
        bool(ground.values["tenant_pseudonyms"]),
        _numbers(ground.values),
        int(ground.values["grace_days"]),
        anchoring.keep,
    )


def _credit_parts(ground: _Ground) -> CreditParts:
    return CreditParts(
        ground.database,
        ground.trail,
        ground.now,
        _numbers(ground.values),
        bool(ground.values["tenant_pseudonyms"]),
        bool(ground.values["credit_approval"]),
    )


def _correction_parts(ground: _Ground) -> MeteringCorrectionParts:
    minimum_fen = int(ground.values["correction_minimum_fen"])
    return MeteringCorrectionParts(ground.database, ground.trail, minimum_fen)


def _numbers(values: Mapping[str, Value]) -> NumberPattern:
    return read_pattern(str(values["statement_number"]), paths.SETTINGS_NAME)


def _exporting(ground: _Ground, billing: BillingService) -> ExportService:
    words, options = _printing(ground.values)
    options = replace(options, einvoice_map=ground.data / paths.EINVOICE_MAP_NAME)
    return ExportService(billing.document, partial(evidence, ground.database), words, options)


def _mailing(ground: _Ground, shared: _Shared) -> MailService:
    words, _ = _printing(ground.values)
    folder = ground.data / MAIL_FOLDER
    return MailService(shared.exporting, shared.billing.document, words, folder)


def _printing(values: Mapping[str, Value]) -> tuple[Words, ExportOptions]:
    """Give the language and the choices that files are printed with."""
    font = str(values["statement_font"])
    words = Words(language(str(values["language"]), fallback="zh_CN"))
    return words, ExportOptions(font=Path(font) if font else None)


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
