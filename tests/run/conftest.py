"""A small project of its own for run.py to set up: same launcher, a lock with one tiny wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Builds an editable wheel with the standard library alone, so that no package index is asked.
BACKEND = """
import pathlib, zipfile

NAME = "bench_press-1-py3-none-any.whl"
INFO = "bench_press-1.dist-info/"
FILES = {
    "bench_press.pth": str(pathlib.Path(__file__).parent),
    INFO + "METADATA": "Metadata-Version: 2.1\\nName: bench-press\\nVersion: 1\\n",
    INFO + "WHEEL": "Wheel-Version: 1.0\\nTag: py3-none-any\\n",
    INFO + "RECORD": "",
}

def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(pathlib.Path(folder) / NAME, "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
    return NAME
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "bench-press"
version = "1"
"""
# What `run.py demo` hands over to.
PROGRAM = "import sys\nprint('arguments', *sys.argv[1:])\nsys.exit(7)\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a project folder that run.py has not seen yet."""
    folder = tmp_path / "checkout"
    package = folder / "shared_factory_desktop"
    package.mkdir(parents=True)
    shutil.copy(ROOT / "run.py", folder)
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    lock(folder, wheel(tmp_path / "wheels"))
    return folder


@pytest.fixture
def run(checkout: Path) -> Run:
    """Give a function that starts `run.py` there, without uv and without any package index."""

    def start(*arguments: str, path: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "HOME": str(checkout.parent),
            "PATH": path or "/usr/sbin:/usr/bin:/sbin:/bin",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(checkout.parent / "wheels"),
            **more,
        }
        return subprocess.run(
            [sys.executable, str(checkout / "run.py"), *arguments],
            env=environment,
            cwd=checkout.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    return start


def wheel(folder: Path) -> Path:
    """Write a wheel with one module, `spanner`."""
    folder.mkdir(exist_ok=True)
    file = folder / "spanner-1-py3-none-any.whl"
    info = "spanner-1.dist-info/"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("spanner.py", "SIZE_MM = 13\n")
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: spanner\nVersion: 1\n")
        archive.writestr(
            info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(info + "RECORD", "")
    return file


def lock(folder: Path, file: Path) -> None:
    """Write requirements.lock with the hash of that wheel."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "requirements.lock").write_text(
        f"spanner==1 --hash=sha256:{digest}\n", encoding="utf-8"
    )
