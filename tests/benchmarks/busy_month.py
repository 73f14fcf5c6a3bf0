"""A district's July on paper: 200 tenants, sessions by the thousand, readings in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.sessions import SessionState, SessionUse
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.documents import write_use
from shared_factory_desktop.storage.floor import save_floor
from shared_factory_desktop.storage.rows import SessionRow, SessionUseRow
from tests.domain.pricing.scene import HEBEI_SOUTH, Table

TENANTS, MACHINES = 200, 20
FIRST, BEYOND = dt.date(2026, 7, 1), dt.date(2026, 8, 1)
MONTH = "2026-07"

_MIDNIGHT = dt.datetime(2026, 7, 1)  # noqa: DTZ001 - local; the offset is written behind it
_MONTH_MIN, _LONGEST_MIN, _PACE_MIN = 31 * 24 * 60, 200, 15
_STORED_AT_ONCE = 1000

ENERGY: Table = {
    "id": "energy",
    "name": "电费",
    "basis": "quantity",
    "quantity": "energy_wh",
    "unit": "kWh",
    "model": "unit",
    "price": "0.40",
    "adder": "0.25",
    "band_factors": {"super_peak": "2.04", "peak": "1.7", "valley": "0.3", "deep_valley": "0.24"},
    "tax_rate": "0.13",
}
TIME: Table = {
    "id": "machine-time",
    "name": "机时费",
    "basis": "time",
    "clock": "working",
    "unit": "h",
    "model": "graduated",
    "scope": "period",
    "tiers": [
        {"up_to": "20", "price": "60"},
        {"up_to": "60", "price": "50", "flat": "5"},
        {"price": "40", "flat": "5"},
    ],
    "tax_rate": "0.13",
}
PIECES: Table = {
    "id": "pieces",
    "name": "计件费",
    "basis": "pieces",
    "unit": "piece",
    "model": "graduated",
    "tiers": [{"up_to": "10", "price": "1.5", "flat": "2"}, {"price": "1.2", "flat": "3"}],
    "tax_rate": "0.06",
}


def floor() -> Floor:
    """Give the district: bands and readings, tiers over the month, tiers over a session."""
    measure = {"name": "energy_wh", "meter": "M-1", "quantity": "energy_wh"}
    return read_floor(
        {
            "format": 1,
            "factory": {"id": "district-01", "name": "共享工业园"},
            "bus": [{"id": "b", "transport": "tcp", "host": "127.0.0.1"}],
            "meter": [{"id": "M-1", "bus": "b", "profile": "p", "unit": 1}],
            "machine": [
                {"id": _machine(n), "name": f"{n}号机", "kind": "welder", "measure": [measure]}
                for n in range(MACHINES)
            ],
            "tenant": [{"id": tenant(n), "name": f"租户{n}"} for n in range(TENANTS)],
            "bands": [HEBEI_SOUTH],
            "tariff": [
                {
                    "id": "district",
                    "name": "园区价目",
                    "valid_from": dt.date(2026, 1, 1),
                    "tax_mode": "inclusive",
                    "bands": "hebei-south",
                    "charge": [ENERGY, TIME, PIECES],
                }
            ],
            "contract": [
                {
                    "id": f"c-{n:03d}",
                    "tenant": tenant(n),
                    "tariff": "district",
                    "kinds": ["welder"],
                    "valid_from": dt.date(2026, 1, 1),
                }
                for n in range(TENANTS)
            ],
        },
        "floor.toml",
    )


def usage(count: int) -> dict[str, Any]:
    """Give a usage file of so many sessions, the same ones each time."""
    return {"format": 1, "sessions": [_session(number) for number in range(count)]}


def tenant(number: int) -> str:
    """Give the id of a tenant."""
    return f"t-{number:03d}"


def store(database: Database, uses: Sequence[SessionUse]) -> None:
    """Lay the district and its closed sessions into a database."""
    with database.write() as tx:
        save_floor(tx, floor())
    for first in range(0, len(uses), _STORED_AT_ONCE):
        some = uses[first : first + _STORED_AT_ONCE]
        with database.write() as tx:
            tx.add(SessionRow, *(_row(use) for use in some))
            tx.add(SessionUseRow, *({"session": u.id, "body": write_use(u)} for u in some))


def _row(use: SessionUse) -> dict[str, object]:
    return {
        "id": use.id,
        "machine": use.machine,
        "tenant": use.tenant,
        "start_at": use.start,
        "job": use.job,
        "end_at": use.end,
        "state": str(SessionState.CLOSED),
        "quality": str(use.quality),
        "started_by": "paper",
        "ended_by": "paper",
    }


def _session(number: int) -> dict[str, Any]:
    """Give a session with a break in its work and a reading each quarter of an hour."""
    start = _MIDNIGHT + dt.timedelta(minutes=number * 7919 % (_MONTH_MIN - _LONGEST_MIN))
    length_min = 20 + number * 37 % (_LONGEST_MIN - 20)
    end = start + dt.timedelta(minutes=length_min)
    pause = start + dt.timedelta(minutes=length_min // 2)
    resumed = pause + dt.timedelta(minutes=3)
    watts, level = 500 + number % 7 * 100, 1_000_000 + number * 13
    return {
        "id": f"P-{number:07d}",
        "machine": _machine(number % MACHINES),
        "tenant": tenant(number * 7 % TENANTS),
        "start": _local(start),
        "end": _local(end),
        "working": [[_local(start), _local(pause)], [_local(resumed), _local(end)]],
        "pieces": {"good": number % 25, "scrap": number % 3},
        "readings": {
            "energy_wh": [
                [_local(at), str(level + (at - start) // dt.timedelta(minutes=1) * watts // 60)]
                for at in _quarters(start, end)
            ]
        },
    }


def _quarters(start: dt.datetime, end: dt.datetime) -> Iterator[dt.datetime]:
    """Give the start, each full quarter of an hour in between, and the end."""
    yield start
    at = start + dt.timedelta(minutes=_PACE_MIN - start.minute % _PACE_MIN)
    while at < end:
        yield at
        at += dt.timedelta(minutes=_PACE_MIN)
    yield end


def _machine(number: int) -> str:
    return f"m-{number:02d}"


def _local(at: dt.datetime) -> str:
    return f"{at.isoformat()}+08:00"
