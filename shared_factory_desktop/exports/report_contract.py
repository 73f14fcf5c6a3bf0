"""What every output of a report has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from shared_factory_desktop.domain.reports.report import Report
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.words import Words


class ReportExport(Protocol):
    """One output of reports: a module with a format, a file suffix and a way to write it."""

    FORMAT: str
    SUFFIX: str

    def write(self, report: Report, target: Path, words: Words, options: ExportOptions) -> None:
        """Write `report` to `target`, whole or not at all; raises ExportFault."""
