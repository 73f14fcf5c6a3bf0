"""The services of one factory, and how whoever shows them gets at them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared_factory_desktop.services.agent import AgentControl
    from shared_factory_desktop.services.billing import BillingService
    from shared_factory_desktop.services.diagnostics import DiagnosticsService
    from shared_factory_desktop.services.floor import FloorService
    from shared_factory_desktop.services.live import LiveService
    from shared_factory_desktop.services.metering import MeteringService
    from shared_factory_desktop.services.sessions import SessionService
    from shared_factory_desktop.services.syncing import SyncService
    from shared_factory_desktop.services.users import UserService
    from shared_factory_desktop.services.verification import VerificationService
    from shared_factory_desktop.services.workflows.demo import DemoFloor


@dataclass(frozen=True)
class Services:
    """Everything a user can do, by subject."""

    users: UserService
    floor: FloorService
    live: LiveService
    sessions: SessionService
    metering: MeteringService
    billing: BillingService
    sync: SyncService
    verification: VerificationService
    diagnostics: DiagnosticsService
    agent: AgentControl
    close: Callable[[], None]


class Wiring(Protocol):
    """How bootstrap opens factories for whoever shows them."""

    def create(self, data: Path, admin: str, password: str) -> None:
        """Create a data folder, its database and first administrator; raises Refused."""
        ...

    def open_services(self, data: Path) -> Services:
        """Open the factory of a data folder; raises Refused where it cannot be opened."""
        ...

    def demo(
        self, data: Path, days: int, on_day: Callable[[str], None]
    ) -> AbstractContextManager[DemoFloor]:
        """Make a demo factory in `data` and meter it for `days`; simulated machines run within."""
        ...

    def open_window(self, data: Path) -> int:
        """Open the window on a data folder; gives its exit status."""
        ...
