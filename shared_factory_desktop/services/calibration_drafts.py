"""Calibrations under way, kept in files of the data folder so that they outlive the window and a
crash, one a register.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.floor import write_atomically
from shared_factory_desktop.services.users import Actor, Permission, require

FOLDER_NAME = "calibrating"
Body = Mapping[str, Any]
"""JSON values with `meter`, `quantity` and a `revision` that each change raises by one."""


class CalibrationDrafts:
    """Calibrations under way in one data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER_NAME

    def list(self, actor: Actor) -> tuple[Body, ...]:
        """Give all of them, by register; raises Refused for a file that is not one."""
        require(actor, Permission.VIEW)
        return tuple(_read(file) for file in sorted(self._folder.glob("*.json")))

    def get(self, actor: Actor, meter: str, quantity: str) -> Body | None:
        """Find that of a register."""
        require(actor, Permission.VIEW)
        file = self._file(meter, quantity)
        return _read(file) if file.exists() else None

    def keep(self, actor: Actor, body: Body) -> None:
        """Keep one as it is now; raises Refused where somebody else changed it meanwhile."""
        require(actor, Permission.SET_UP)
        file = self._file(body["meter"], body["quantity"])
        stored = _read(file)["revision"] if file.exists() else 0
        if body["revision"] != stored + 1:
            raise refused(Kind.INPUT, "calibrating-changed", meter=body["meter"])
        write_atomically(file, json.dumps(body, ensure_ascii=False, indent=1).encode())

    def drop(self, actor: Actor, meter: str, quantity: str) -> None:
        """Forget one, because it was recorded or given up."""
        require(actor, Permission.SET_UP)
        self._file(meter, quantity).unlink(missing_ok=True)

    def _file(self, meter: str, quantity: str) -> Path:
        return self._folder / f"{meter}-{quantity}.json"


def _read(file: Path) -> Body:
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refused(Kind.UNREACHABLE, "calibrating-file", file=file, why=error) from None
    assert isinstance(body, dict)
    return body
