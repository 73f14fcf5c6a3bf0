"""Tries every part the program needs on this machine, as shipped: database, fonts, profiles,
words.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from drivers.profile_file import shipped_profiles
from shared_factory_desktop import paths
from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.exports.fonts import find as find_font
from shared_factory_desktop.services.wiring import Wiring
from shared_factory_desktop.words import LANGUAGES, Words

_PASSWORD = "self-test-only"


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
