"""Where bundled files and user data are: in a checkout, installed, or frozen into one program."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs

APP_NAME = "shared-factory"
DATABASE_NAME = "factory.db"
TREND_NAME = "trend.db"
SETTINGS_NAME = "settings.toml"
EINVOICE_MAP_NAME = "einvoice.toml"


def bundle_root() -> Path:
    """Folder that holds `resources/` and `drivers/`."""
    frozen = getattr(sys, "_MEIPASS", None)
    return Path(frozen) if frozen else Path(__file__).resolve().parent.parent


def resources() -> Path:
    """Folder of icons, translations, templates and shipped data."""
    return bundle_root() / "resources"


def profiles() -> Path:
    """Folder of the shipped meter profiles."""
    return bundle_root() / "drivers" / "profiles"


def default_data_folder() -> Path:
    """The platform's user data folder for this program."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
