"""Imports go one way: the contracts hold here, and break where somebody breaks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT

LAYERS = "Layers: imports go downward only, siblings never meet"
NOT_SOURCE = shutil.ignore_patterns("__pycache__", "*.toml")
PLANTS = [
    ("ui/planted.py", "import shared_factory_desktop.storage", "ui and cli see services"),
    ("storage/planted.py", "import shared_factory_desktop.services", LAYERS),
    ("sync/planted.py", "import shared_factory_desktop.storage", LAYERS),
    ("domain/planted.py", "import PySide6", "Only ui reaches Qt, even indirectly"),
    ("services/planted.py", "import sqlalchemy", "Only storage imports SQLAlchemy"),
    ("acquisition/planted.py", "import serial", "Only drivers imports pyserial"),
    ("../drivers/planted.py", "import shared_factory_desktop", "drivers imports nothing of ours"),
    ("../drivers/planted.py", "import pymodbus", "pymodbus is never the path of a bill"),
    ("unplaced/__init__.py", "", LAYERS),
]


def test_the_contracts_hold() -> None:
    result = _lint_imports(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("module", "line", "contract"), PLANTS)
def test_a_forbidden_import_is_seen(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=NOT_SOURCE)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "shared_factory_desktop" / module
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")

    result = _lint_imports(tmp_path)

    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert result.returncode == 1
    assert any(row.startswith(contract) for row in broken), result.stdout


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
