"""The versions of the program and of what it is built on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from shared_factory_desktop.storage.database import library_version

_PACKAGES = ("PySide6-Essentials", "SQLAlchemy", "reportlab", "pyserial", "httpx")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


VERSION = _version("shared-factory-desktop")


def versions() -> Iterator[tuple[str, str]]:
    """Give the versions of the program, Python, SQLite and the packages that matter most."""
    yield "shared-factory-desktop", _version("shared-factory-desktop")
    yield "Python", ".".join(str(part) for part in sys.version_info[:3])
    yield "SQLite", library_version()
    for package in _PACKAGES:
        yield package, _version(package)
