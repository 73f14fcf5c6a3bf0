"""Every setting, declared once: key, type, default; words for it live under `settings.*` in the
translations.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of `settings.toml`; `choices` empty means any value of the type."""

    key: str
    default: Value
    choices: tuple[str, ...] = ()


SETTINGS = (
    Setting("database", ""),  # empty: factory.db in the data folder; else an SQLAlchemy URL
    Setting("workstation", ""),  # part of every record's source; `init` writes one
    Setting("language", "auto", ("auto", "zh_CN", "en")),
    Setting("theme", "light", ("light", "dark")),
    Setting("statement_font", ""),  # path of a TrueType font; empty: search the system
    Setting("tenant_pseudonyms", False),  # true: platforms see pseudonyms instead of credit codes
    Setting("tariff_approval", False),  # true: a second person approves changes of prices
    Setting("idle_lock_minutes", 5),
    Setting("statement_number", "DZ-{year}-{seq:6}"),  # fields {year}, {month}, {seq:digits}
    Setting("grace_days", 0),  # after a period: how long late readings are waited for
    Setting("credit_approval", True),  # true: another person approves credit notes
    Setting("correction_minimum_fen", 1),  # a metering correction below it is let be, each tenant
    Setting("dispute_days", 7),  # after the month of a session: how long a tenant may object
    Setting("forgotten_open_hours", 12),  # a session open for longer than this, and its machine
    Setting("forgotten_idle_hours", 2),  # without work for longer than that: log-out forgotten
)


class SettingRefused(ValueError):
    """A setting has a value it cannot have; names the key, the value seen and what was expected."""

    def __init__(self, key: str, seen: object, expected: str) -> None:
        self.key, self.seen, self.expected = key, str(seen), expected
        super().__init__(f"{key}: {seen!r}, expected {expected}")


def load(file: Path) -> Mapping[str, Value]:
    """Read `settings.toml`, defaults filled in; raises SettingRefused, tomllib.TOMLDecodeError."""
    seen = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known = {setting.key: setting for setting in SETTINGS}
    for key in seen:
        if key not in known:
            raise SettingRefused(key, seen[key], "one of " + ", ".join(known))
    return {
        key: _checked(setting, seen.get(key, setting.default)) for key, setting in known.items()
    }


def save(file: Path, values: Mapping[str, Value]) -> None:
    """Write the settings that differ from their defaults, replacing the file in one step."""
    lines = [
        f"{setting.key} = {_toml(values[setting.key])}"
        for setting in SETTINGS
        if setting.key in values and values[setting.key] != setting.default
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".settings-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).replace(file)


def _checked(setting: Setting, value: object) -> Value:
    if type(value) is not type(setting.default):
        raise SettingRefused(setting.key, value, type(setting.default).__name__)
    if setting.choices and value not in setting.choices:
        raise SettingRefused(setting.key, value, ", ".join(setting.choices))
    assert isinstance(value, str | int | bool)
    return value


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
