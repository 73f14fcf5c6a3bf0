"""Writes the audit trail: who did what to which object, in the transaction that did it."""

from __future__ import annotations

from collections.abc import Mapping

from shared_factory_desktop.storage import audit
from shared_factory_desktop.storage.database import Transaction


class Trail:
    """The audit trail as written from one workstation."""

    def __init__(self, workstation: str) -> None:
        self.workstation = workstation

    def source(self, factory: str) -> str:
        """Give the name under which this workstation's records leave (platform contract)."""
        return f"urn:shared-factory:{factory}:{self.workstation}"

    def note(
        self,
        tx: Transaction,
        user: str,
        action: str,
        subject: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        result: str = "done",
    ) -> None:
        """Append one entry to the chain."""
        audit.append(tx, user, self.workstation, action, subject, before, after, result)
