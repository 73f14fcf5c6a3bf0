"""A meter found 2.4 % fast after 184 days, and bills of a tenant that rest on it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from shared_factory_desktop.domain.calibration import (
    IDENTITY,
    Calibration,
    Coefficients,
    Decision,
    Point,
    Verdict,
)
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.storage import uses
from shared_factory_desktop.storage.database import Database
from tests.services.conftest import BOSS, FLOOR
from tests.storage.calibration_scene import INSTRUMENT, STANDARD, calibration

WANG, LI = Actor("wang", Role.MANAGER), Actor("li", Role.MANAGER)
ZONE = dt.timezone(dt.timedelta(hours=8))
LAST_TEST = dt.datetime(2026, 5, 10, tzinfo=ZONE)
FOUND_AT = dt.datetime(2026, 11, 10, tzinfo=ZONE)
ENERGY = """
[[tariff.charge]]
id = "energy"
name = "电费"
basis = "quantity"
quantity = "energy_wh"
unit = "kWh"
model = "unit"
price = "0.65"
tax_rate = "0.13"
"""


def energy_floor(port: int) -> str:
    """Give a floor where energy alone is billed, for a meter that counts for itself."""
    head, time, rest = FLOOR.partition("[[tariff.charge]]")
    tail = rest[rest.index("[[contract]]") :].partition("[[platform]]")[0]
    text = f"{head}{ENERGY}{tail}".replace('discount = "0.05"\n', "")
    assert time
    return text.replace("{port}", str(port))


def set_up(services: Services, folder: Path, floor: str) -> None:
    """Set up a factory with an instrument and a standard."""
    file = folder / "floor.toml"
    file.write_text(floor, encoding="utf-8")
    services.floor.import_file(BOSS, file)
    services.calibration.add_instrument(LI, INSTRUMENT)
    services.calibration.add_standard(LI, STANDARD)


def used(services: Services, folder: Path, name: str, day: str, kwh: int) -> None:
    """Import a session of anping's on printer-1 from 8 to 12 of a day of 2026."""
    start, end = f"2026-{day}T08:00:00+08:00", f"2026-{day}T12:00:00+08:00"
    entry = {
        "id": name,
        "machine": "printer-1",
        "tenant": "anping",
        "start": start,
        "end": end,
        "readings": {"energy_wh": [[start, "0"], [end, str(kwh * 1000)]]},
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"format": 1, "sessions": [entry]}), encoding="utf-8")
    services.sessions.import_usage(BOSS, file)


def point(reference: str, indicated: str, error: str) -> Point:
    """Give a point whose limit is 1 %."""
    decision = Decision.PASS if abs(Decimal(error)) <= Decimal("0.01") else Decision.FAIL
    return Point(
        "20 % In",
        Decimal(reference),
        (Decimal(indicated),),
        Decimal(error),
        Decimal("0.01"),
        Decimal("0.0009"),
        decision,
    )


RIGHT = point("10000", "10000", "0")
FAST = point("10000", "10240", "0.024")
SLOW = point("10000", "9200", "-0.08")


def right(at: dt.datetime = LAST_TEST, gain: str | None = None) -> Calibration:
    """Give a calibration that left the meter right, or with a gain to correct it by."""
    coefficients = IDENTITY if gain is None else replace(IDENTITY, gain=Decimal(gain))
    return _at(at, (RIGHT,), coefficients)


def wrong(found: Point = FAST, at: dt.datetime = FOUND_AT) -> Calibration:
    """Give a calibration that found the meter wrong and adjusted it."""
    made = _at(at, (found,), IDENTITY)
    return replace(made, as_left=(RIGHT,), adjusted=True, verdict=Verdict.ADJUST)


def _at(at: dt.datetime, found: tuple[Point, ...], coefficients: Coefficients) -> Calibration:
    utc = at.astimezone(dt.UTC)
    return calibration(
        performed_at=utc,
        effective_at=utc,
        as_found=found,
        coefficients=coefficients,
        valid_until=at.date().replace(year=at.year + 1),
    )


def counted(services: Services, made: Calibration) -> str:
    """Record a calibration and have it reviewed; gives its number."""
    number = services.calibration.record(LI, made).number
    services.calibration.review(WANG, number)
    return number


def frozen_use(database: Database, session: str) -> SessionUse:
    """Give what a closed session's use was frozen as."""
    with database.read() as tx:
        return uses.frozen(tx, [session])[session]
