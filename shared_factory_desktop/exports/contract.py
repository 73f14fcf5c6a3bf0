"""What every output of a statement has in common: options, faults, the call that writes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports.evidence import Evidence
from shared_factory_desktop.words import Words

Progress = Callable[[int, int], None]
"""Called with (done, total); an exception raised from it cancels and leaves no file behind."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Choices for one export.

    `font` is a TrueType file (None: search the system), `font_folders` where to search instead of
    the system's folders, `reply_by` the local date by which the tenant is asked to answer,
    `einvoice_map` the factory's own column map of e-invoices (None or absent: the shipped one),
    `evidence` what a bundle proves the statement with (None: there is none).
    """

    font: Path | None = None
    font_folders: tuple[Path, ...] | None = None
    reply_by: dt.date | None = None
    einvoice_map: Path | None = None
    evidence: Evidence | None = None


class ExportFault(Exception):
    """An export cannot be made; `code` is a sentence `exports.fault.<code>` that `values` fill."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = {key: str(value) for key, value in values.items()}
        super().__init__(f"{code} {self.values}")


class Export(Protocol):
    """One output: a module with a key, a file suffix and a way to write it."""

    KEY: str
    SUFFIX: str

    def write(
        self,
        document: StatementDocument,
        target: Path,
        words: Words,
        progress: Progress,
        options: ExportOptions,
    ) -> None:
        """Write `document` to `target`, whole or not at all; raises ExportFault."""
