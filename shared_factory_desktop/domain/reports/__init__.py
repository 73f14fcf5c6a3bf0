"""The reports that can be asked for; a new one is a module with its Definition, and a line here."""

from __future__ import annotations

from shared_factory_desktop.domain.reports import (
    energy,
    income,
    policy,
    receivables,
    utilisation,
)
from shared_factory_desktop.domain.reports.report import Definition

REPORTS: tuple[Definition, ...] = (
    income.BY_TENANT,
    income.BY_MACHINE,
    income.BY_MODE,
    utilisation.UTILISATION,
    energy.ENERGY,
    receivables.RECEIVABLES,
    policy.POLICY,
)
