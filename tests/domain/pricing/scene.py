"""A workshop of one tenant, machine and tariff, written as a floor file would, and its sessions."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.sessions import Pieces, SessionUse
from shared_factory_desktop.domain.statement import Line, Statement

ZONE = ZoneInfo("Asia/Shanghai")
OCTOBER = dt.date(2026, 10, 1)
NOVEMBER = dt.date(2026, 11, 1)
DECEMBER = dt.date(2026, 12, 1)

Table = dict[str, Any]

HOURLY: Table = {"basis": "time", "clock": "working", "unit": "h", "model": "unit"}
ENERGY: Table = {"basis": "quantity", "quantity": "energy_wh", "unit": "kWh", "model": "unit"}
PIECES: Table = {"basis": "pieces", "unit": "piece"}
VALUE: Table = {"basis": "value", "unit": "CNY"}

DAY_AND_NIGHT: Table = {
    "id": "day-night",
    "valid_from": dt.date(2020, 1, 1),
    "season": [
        {
            "months": list(range(1, 13)),
            "valley": ["00:00-08:00"],
            "flat": ["08:00-17:00"],
            "peak": ["17:00-24:00"],
        }
    ],
}

HEBEI_SOUTH: Table = {
    "id": "hebei-south",
    "valid_from": dt.date(2025, 11, 1),
    "season": [
        {
            "months": [3, 4, 5],
            "peak": ["16:00-24:00"],
            "flat": ["00:00-03:00", "07:00-11:00", "15:00-16:00"],
            "valley": ["03:00-07:00", "11:00-12:00"],
            "deep_valley": ["12:00-15:00"],
        },
        {
            "months": [6, 7, 8],
            "super_peak": ["19:00-22:00"],
            "peak": ["16:00-19:00", "22:00-24:00"],
            "flat": ["00:00-01:00", "07:00-12:00", "14:00-16:00"],
            "valley": ["01:00-07:00", "12:00-14:00"],
        },
        {
            "months": [9, 10, 11],
            "peak": ["16:00-24:00"],
            "flat": ["00:00-02:00", "06:00-11:00", "15:00-16:00"],
            "valley": ["02:00-06:00", "11:00-12:00", "14:00-15:00"],
            "deep_valley": ["12:00-14:00"],
        },
        {
            "months": [12, 1, 2],
            "super_peak": ["17:00-19:00"],
            "peak": ["07:00-09:00", "19:00-23:00"],
            "flat": ["00:00-02:00", "06:00-07:00", "09:00-11:00", "15:00-17:00", "23:00-24:00"],
            "valley": ["02:00-06:00", "11:00-15:00"],
        },
    ],
}


def charge(charge_id: str = "use", **keys: Any) -> Table:
    """Give a `[[tariff.charge]]` with what every charge has filled in."""
    return {"id": charge_id, "name": charge_id, "tax_rate": "0.13", **keys}


def floor_data(*charges: Table, **changes: Any) -> Table:
    """Give a floor file; keys replace its own, but tables of `contract` and `tariff` change the one
    that is there.
    """
    measures = [{"name": name, "meter": "M-1", "quantity": name} for name in ("energy_wh", "gas_l")]
    data: Table = {
        "format": 1,
        "factory": {"id": "f", "name": "F"},
        "bus": [{"id": "b", "transport": "tcp", "host": "127.0.0.1"}],
        "meter": [{"id": "M-1", "bus": "b", "profile": "p", "unit": 1}],
        "machine": [
            {"id": "m-1", "name": "M1", "kind": "welder", "measure": measures},
            {"id": "m-2", "name": "M2", "kind": "3d-printer", "measure": measures},
        ],
        "tenant": [{"id": "t-1", "name": "T1"}, {"id": "t-2", "name": "T2"}],
        "bands": [DAY_AND_NIGHT, HEBEI_SOUTH],
        "tariff": _changed(
            changes.pop("tariff", {}),
            {
                "id": "tariff",
                "name": "Tariff",
                "valid_from": dt.date(2020, 1, 1),
                "tax_mode": "inclusive",
                "bands": "day-night",
                "charge": list(charges),
            },
        ),
        "contract": _changed(
            changes.pop("contract", {}),
            {
                "id": "c-1",
                "tenant": "t-1",
                "tariff": "tariff",
                "machines": ["m-1", "m-2"],
                "valid_from": dt.date(2020, 1, 1),
            },
        ),
    }
    return copy.deepcopy({**data, **changes})


def _changed(change: Table | list[Table], table: Table) -> list[Table]:
    return change if isinstance(change, list) else [{**table, **change}]


def floor_of(*charges: Table, **changes: Any) -> Floor:
    return read_floor(floor_data(*charges, **changes), "floor.toml")


def at(text: str, zone: ZoneInfo = ZONE) -> dt.datetime:
    """Read a local time such as `10-08 09:30` of 2026, or with a year before it."""
    text = text if len(text.split(" ")[0]) > 5 else f"2026-{text}"
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def session(start: str, end: str | None, session_id: str = "S-1", **fields: Any) -> SessionUse:
    """Give a session that worked all the time; spans and readings are given as local texts."""
    begun, ended = at(start), at(end) if end else None
    whole = ((begun, ended),) if ended else ()
    given: Table = {
        "working": tuple((at(a), at(b)) for a, b in fields.pop("working", ())) or whole,
        "powered": tuple((at(a), at(b)) for a, b in fields.pop("powered", ())) or whole,
        "reserved": tuple(at(text) for text in fields.pop("reserved", ())) or None,
        "readings": {
            name: tuple((at(a), Decimal(value)) for a, value in series)
            for name, series in fields.pop("readings", {}).items()
        },
        "pieces": Pieces(**fields.pop("pieces")) if "pieces" in fields else None,
        "value": Decimal(fields.pop("value")) if "value" in fields else None,
    }
    who = {"machine": "m-1", "tenant": "t-1", **fields}
    return SessionUse(id=session_id, start=begun, end=ended, **who, **given)


def made(good: int, session_id: str = "S-1", scrap: int = 0) -> SessionUse:
    pieces = {"good": good, "scrap": scrap}
    return session("10-08 08:00", "10-08 09:00", session_id, pieces=pieces)


def worth(value: str, session_id: str = "S-1") -> SessionUse:
    return session("10-08 08:00", "10-08 09:00", session_id, value=value)


def billed(
    floor: Floor,
    uses: Sequence[SessionUse],
    start: dt.date = OCTOBER,
    end: dt.date = NOVEMBER,
    **options: Any,
) -> tuple[Line, ...]:
    """Price and give the lines of the only statement; none where there is none."""
    statements = price(floor, uses, start, end, **options).statements
    assert len(statements) <= 1
    return statements[0].lines if statements else ()


def one_line(floor: Floor, use: SessionUse, **options: Any) -> Line:
    (line,) = billed(floor, [use], **options)
    return line


def problems(floor: Floor, uses: Sequence[SessionUse], **options: Any) -> tuple[Problem, ...]:
    try:
        price(floor, uses, OCTOBER, NOVEMBER, **options)
    except InputRefused as refused:
        return refused.problems
    return ()


def details(line: Line) -> list[tuple[object, ...]]:
    """Give band or tier, quantity and amount of each detail."""
    return [(part.band or part.tier, part.quantity, part.amount) for part in line.details]


def quantities(line: Line) -> list[tuple[object, ...]]:
    """Give band or tier and quantity of each detail."""
    return [(part.band or part.tier, part.quantity) for part in line.details]


def facts(*values: object) -> tuple[object, ...]:
    """Put values side by side, to compare fractions with whole numbers."""
    return values


def totals(statement: Statement) -> Mapping[str, int]:
    return {"net": statement.net_fen, "tax": statement.tax_fen, "gross": statement.gross_fen}
