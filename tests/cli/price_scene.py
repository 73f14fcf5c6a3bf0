"""Floor and usage files written in a few words, and `shared-factory price` typed on them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Cli, Outcome
from tests.domain.pricing.scene import Table

Price = Callable[..., Outcome]
Lines = list[tuple[object, ...]]

MONTHLY: Table = {"basis": "period", "model": "flat"}
ONCE: Table = {"basis": "session", "model": "flat"}


def price_at(shell: Cli, folder: Path) -> Price:
    """Give `price(floor, *sessions, period=, tenant=)`: write both files, type the command."""

    def price(
        floor: Table, *sessions: Table, period: str = "2026-10", tenant: str | None = None
    ) -> Outcome:
        files = folder / "floor.toml", folder / "usage.json"
        text = "\n".join(f"{key} = {toml(value)}" for key, value in floor.items())
        files[0].write_text(text, encoding="utf-8")
        usage = {"format": 1, "sessions": sessions}
        files[1].write_text(json.dumps(usage, ensure_ascii=False), encoding="utf-8")
        typed = ("--floor", files[0], "--usage", files[1], "--period", period, "--json")
        return shell("price", *typed, *(("--tenant", tenant) if tenant else ()))

    return price


def toml(value: object) -> str:
    """Write a value of a floor file, tables in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def session(start: str, end: str, session_id: str = "S-1", **fields: Any) -> Table:
    """Give a session of a usage file; local times such as `10-08 09:30` are of 2026."""
    spans: Table = {
        key: [[at(a), at(b)] for a, b in fields.pop(key)]
        for key in ("working", "powered")
        if key in fields
    }
    if "reserved" in fields:
        spans["reserved"] = [at(text) for text in fields.pop("reserved")]
    if "readings" in fields:
        series = fields.pop("readings").items()
        fields["readings"] = {name: [[at(a), v] for a, v in pairs] for name, pairs in series}
    who = {"id": session_id, "machine": "m-1", "tenant": "t-1"}
    return {**who, "start": at(start), "end": at(end), **spans, **fields}


def at(text: str) -> str:
    """Write a local time as an instant; one that has an offset stays as it is."""
    return text if "T" in text else f"2026-{text.replace(' ', 'T')}:00+08:00"


def hour(session_id: str = "S-1", **fields: Any) -> Table:
    """Give a session of one hour on 8 October."""
    return session("10-08 08:00", "10-08 09:00", session_id, **fields)


def lines(outcome: Outcome, *keys: str) -> Lines:
    """Give some keys of every line of every statement, in order."""
    assert outcome.status == 0, outcome.err
    return [
        tuple(line[key] for key in keys)
        for statement in outcome.json["statements"]
        for line in statement["lines"]
    ]


def listed(outcome: Outcome) -> list[object]:
    """Give the list amounts in order."""
    return [amount for (amount,) in lines(outcome, "list")]


def details(outcome: Outcome, *keys: str) -> Lines:
    """Give some keys of each detail of all lines, in order."""
    found = lines(outcome, "details")
    return [tuple(part[key] for key in keys) for (parts,) in found for part in _list(parts)]


def _list(parts: object) -> list[dict[str, object]]:
    assert isinstance(parts, list)
    return parts
