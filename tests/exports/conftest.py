"""Writes exports into the test's folder and reads them back with other programs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports.contract import Export, ExportOptions
from shared_factory_desktop.words import Words

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a document by one export and give the file's path."""

    def call(
        export: Export,
        document: StatementDocument,
        language: str = "zh_CN",
        options: ExportOptions | None = None,
    ) -> Path:
        target = tmp_path / f"statement{export.SUFFIX}"
        chosen = options or ExportOptions()
        export.write(document, target, Words(language), _ignored, chosen)
        return target

    return call


@pytest.fixture
def pdf_text() -> Callable[[Path], str]:
    """Read a PDF as poppler sees it, a form feed after each page."""

    def call(file: Path) -> str:
        command = ["pdftotext", "-layout", "-enc", "UTF-8", str(file), "-"]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()

    return call


def _ignored(done: int, total: int) -> None:
    assert 0 <= done <= total
