"""The services of one factory, by subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared_factory_desktop.services.agent_control import AgentControl
    from shared_factory_desktop.services.billing import BillingService
    from shared_factory_desktop.services.budgets import BudgetService
    from shared_factory_desktop.services.calibration import CalibrationService
    from shared_factory_desktop.services.calibration_drafts import CalibrationDrafts
    from shared_factory_desktop.services.commissioning import CommissioningService
    from shared_factory_desktop.services.corrections import CorrectionService
    from shared_factory_desktop.services.credit_notes import CreditNoteService
    from shared_factory_desktop.services.diagnostics import DiagnosticsService
    from shared_factory_desktop.services.exporting import ExportService
    from shared_factory_desktop.services.floor import FloorService
    from shared_factory_desktop.services.holidays import HolidayService
    from shared_factory_desktop.services.idle_ends import IdleEnds
    from shared_factory_desktop.services.ledger import LedgerService
    from shared_factory_desktop.services.live import LiveService
    from shared_factory_desktop.services.mailing import MailService
    from shared_factory_desktop.services.metering import MeteringService
    from shared_factory_desktop.services.metering_corrections import MeteringCorrectionService
    from shared_factory_desktop.services.meters import MeterService
    from shared_factory_desktop.services.periods import PeriodService
    from shared_factory_desktop.services.problem_queue import ProblemQueue
    from shared_factory_desktop.services.qualifications import QualificationService
    from shared_factory_desktop.services.reports import ReportService
    from shared_factory_desktop.services.reservations import ReservationService
    from shared_factory_desktop.services.sessions import SessionService
    from shared_factory_desktop.services.statement_life import StatementLifeService
    from shared_factory_desktop.services.syncing import SyncService
    from shared_factory_desktop.services.tariffs import TariffService
    from shared_factory_desktop.services.users import UserService
    from shared_factory_desktop.services.verification import VerificationService
    from shared_factory_desktop.services.vouchers import VoucherService
    from shared_factory_desktop.services.work_orders import WorkOrderService


@dataclass(frozen=True)
class Services:
    """Everything a user can do, by subject."""

    users: UserService
    floor: FloorService
    live: LiveService
    sessions: SessionService
    corrections: CorrectionService
    problems: ProblemQueue
    idle_ends: IdleEnds
    qualifications: QualificationService
    reservations: ReservationService
    work_orders: WorkOrderService
    budgets: BudgetService
    metering: MeteringService
    meters: MeterService
    commissioning: CommissioningService
    calibration: CalibrationService
    calibration_drafts: CalibrationDrafts
    billing: BillingService
    statements: StatementLifeService
    credits: CreditNoteService
    metering_corrections: MeteringCorrectionService
    periods: PeriodService
    exporting: ExportService
    mailing: MailService
    ledger: LedgerService
    vouchers: VoucherService
    tariffs: TariffService
    holidays: HolidayService
    sync: SyncService
    verification: VerificationService
    reports: ReportService
    diagnostics: DiagnosticsService
    agent: AgentControl
    close: Callable[[], None]
