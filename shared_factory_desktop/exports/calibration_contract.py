"""What every output of a calibration certificate has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from shared_factory_desktop.domain.certificate import CertificateDocument
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.words import Words


class CalibrationExport(Protocol):
    """One output of certificates: a key, a file suffix that no other has, a way to write it."""

    KEY: str
    SUFFIX: str

    def write(
        self,
        certificate: CertificateDocument,
        target: Path,
        words: Words,
        progress: Progress,
        options: ExportOptions,
    ) -> None:
        """Write `certificate` to `target`, whole or not at all; raises ExportFault."""
