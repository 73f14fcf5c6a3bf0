"""Tries every part the program needs on this machine, as shipped: database, fonts, profiles,
words.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from drivers.profile_file import shipped_profiles
from shared_factory_desktop import paths
from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.exports.fonts import find as find_font
from shared_factory_desktop.services.application import Wiring
from shared_factory_desktop.storage.database import library_version
from shared_factory_desktop.words import LANGUAGES, Words

_PACKAGES = ("PySide6-Essentials", "SQLAlchemy", "reportlab", "pyserial", "httpx")
_PASSWORD = "self-test-only"


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


def run(wiring: Wiring) -> list[tuple[str, str | None]]:
    """Try each part; gives its name and what is wrong with it, None where it works."""
    checks: tuple[tuple[str, Callable[[], None]], ...] = (
        ("database", lambda: _database(wiring)),
        ("font", _font),
        ("profiles", _profiles),
        ("translations", _translations),
    )
    return [(name, _outcome(check)) for name, check in checks]


def _outcome(check: Callable[[], None]) -> str | None:
    try:
        check()
    except (Refused, InputRefused, OSError, ValueError, KeyError) as error:
        return str(error) or type(error).__name__
    except Exception as error:  # noqa: BLE001 - a self-test reports whatever a broken part raises
        return f"{type(error).__name__}: {error}"
    return None


def _database(wiring: Wiring) -> None:
    with tempfile.TemporaryDirectory(prefix="shared-factory-") as folder:
        data = Path(folder)
        wiring.create(data, "self-test", _PASSWORD)
        services = wiring.open_services(data)
        try:
            actor = services.users.sign_in("self-test", _PASSWORD)
            problems = services.verification.check(actor)
        finally:
            services.close()
    if problems:
        raise ValueError("; ".join(problems))


def _font() -> None:
    find_font(None, None)


def _profiles() -> None:
    if not shipped_profiles(paths.profiles()):
        raise ValueError(f"{paths.profiles()}: no profile, expected the shipped ones")


def _translations() -> None:
    for language in LANGUAGES:
        Words(language)("cli.check-ok")
