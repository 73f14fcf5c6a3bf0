"""The services of one factory, by subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared_factory_desktop.services.agent_control import AgentControl
    from shared_factory_desktop.services.billing import BillingService
    from shared_factory_desktop.services.commissioning import CommissioningService
    from shared_factory_desktop.services.diagnostics import DiagnosticsService
    from shared_factory_desktop.services.floor import FloorService
    from shared_factory_desktop.services.live import LiveService
    from shared_factory_desktop.services.metering import MeteringService
    from shared_factory_desktop.services.meters import MeterService
    from shared_factory_desktop.services.sessions import SessionService
    from shared_factory_desktop.services.syncing import SyncService
    from shared_factory_desktop.services.users import UserService
    from shared_factory_desktop.services.verification import VerificationService


@dataclass(frozen=True)
class Services:
    """Everything a user can do, by subject."""

    users: UserService
    floor: FloorService
    live: LiveService
    sessions: SessionService
    metering: MeteringService
    meters: MeterService
    commissioning: CommissioningService
    billing: BillingService
    sync: SyncService
    verification: VerificationService
    diagnostics: DiagnosticsService
    agent: AgentControl
    close: Callable[[], None]
