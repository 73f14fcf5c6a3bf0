"""A factory with one session that a meter measured, for the tests about its calibration."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.simulate.bus import VirtualBus
from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.domain.problems import Cause, Refused
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from tests.services.conftest import BOSS, FLOOR, NOW
from tests.storage.calibration_scene import INSTRUMENT, STANDARD, calibration

LI, WANG = Actor("li", Role.TECHNICIAN), Actor("wang", Role.MANAGER)
DAY = dt.timedelta(days=1)
TODAY = NOW.date()
SESSION = {
    "id": "P-1",
    "machine": "printer-1",
    "tenant": "anping",
    "start": "2026-10-12T22:00:00+08:00",
    "end": "2026-10-13T02:00:00+08:00",
    "readings": {
        "energy_wh": [["2026-10-12T22:00:00+08:00", "0"], ["2026-10-13T02:00:00+08:00", "10000"]]
    },
}
ON_THE_BENCH = {
    "id": "P-2",
    "machine": "bench-1",
    "tenant": "renze",
    "start": "2026-10-12T08:00:00+08:00",
    "end": "2026-10-12T09:00:00+08:00",
}


def metered(services: Services, line: VirtualBus, folder: Path, legal_use: str) -> Services:
    """Set up a factory whose meter M-1 is for a legal use, with a session that it measured."""
    floor, log = folder / "floor.toml", folder / "log.json"
    text = FLOOR.replace("{port}", str(line.settings.tcp_port))
    text = text.replace("unit = 7", f'unit = 7\nlegal_use = "{legal_use}"')
    floor.write_text(text, encoding="utf-8")
    log.write_text(json.dumps({"format": 1, "sessions": [SESSION, ON_THE_BENCH]}))
    services.floor.import_file(BOSS, floor)
    services.sessions.import_usage(BOSS, log)
    return services


def equipped(services: Services, legal_use: str) -> Services:
    """Set the meter up as an instrument, and enter a standard."""
    services.calibration.add_instrument(LI, replace(INSTRUMENT, legal_use=legal_use))
    services.calibration.add_standard(LI, STANDARD)
    return services


def on(day: dt.date, **changes: Any) -> Calibration:
    """Give a calibration made on a day at noon, UTC, that holds for a year."""
    at = dt.datetime.combine(day, dt.time(12 if day < TODAY else 1), dt.UTC)
    until = day.replace(year=day.year + 1)
    return calibration(performed_at=at, effective_at=at, valid_until=until, **changes)


def counted(services: Services, made: Calibration) -> str:
    """Record a calibration and have it reviewed; gives its number."""
    number = services.calibration.record(LI, made).number
    services.calibration.review(WANG, number)
    return number


def causes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, dict[str, str]]]:
    """Give why something was refused: codes with their values."""
    return [told(one) for one in refused.value.causes]


def told(one: Cause) -> tuple[str, dict[str, str]]:
    """Give a code with its values."""
    return one.code, dict(one.values)
