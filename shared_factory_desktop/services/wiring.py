"""How whoever shows a factory gets at its services; bootstrap is the one that answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.restoring import Restored
from shared_factory_desktop.services.verification import Progress
from shared_factory_desktop.services.workflows.demo import DemoFloor


class Wiring(Protocol):
    """How bootstrap opens factories for whoever shows them."""

    def create(self, data: Path, admin: str, password: str) -> None:
        """Create a data folder, its database and first administrator; raises Refused."""
        ...

    def open_services(self, data: Path) -> Services:
        """Open the factory of a data folder; raises Refused where it cannot be opened."""
        ...

    def restore(
        self, data: Path, backup: Path, user: str, password: str, progress: Progress
    ) -> Restored:
        """Put a backup in the place of a data folder's database once it is proved."""
        ...

    def demo(
        self, data: Path, days: int, on_day: Callable[[str], None]
    ) -> AbstractContextManager[DemoFloor]:
        """Make a demo factory in `data` and meter it for `days`; simulated machines run within."""
        ...

    def pictures(self, data: Path, folder: Path) -> tuple[Path, ...]:
        """Draw every page of the window on a data folder."""
        ...

    def open_window(self, data: Path) -> int:
        """Open the window on a data folder; gives its exit status."""
        ...
