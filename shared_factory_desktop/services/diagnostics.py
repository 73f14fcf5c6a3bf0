"""What a person on the telephone would ask for: versions, places, agent, buses, database."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared_factory_desktop.services.commissioning import latency_ms
from shared_factory_desktop.services.identities import SWAPPED
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.versions import versions
from shared_factory_desktop.storage import health, leases
from shared_factory_desktop.storage.database import Database


class DiagnosticsService:
    """Facts about this workstation; `rows` name sentences under `ui.diagnostics`."""

    def __init__(self, database: Database, data: Path, workstation: str) -> None:
        self._database = database
        self._data = data
        self._workstation = workstation

    def rows(self, actor: Actor) -> tuple[tuple[str, str], ...]:
        """Give each fact as code and value."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            beat = leases.heartbeat(tx, self._workstation)
            buses = health.list_buses(tx)
        facts = [
            ("versions", ", ".join(f"{name} {number}" for name, number in versions())),
            ("system", platform.platform()),
            ("data", str(self._data)),
            ("workstation", self._workstation),
            ("agent", f"{beat.pid}, {beat.at:%Y-%m-%d %H:%M:%S} UTC" if beat else "-"),
        ]
        for bus in buses:
            state = "ok" if bus.body["ok"] else bus.body["fault"]
            counts = f"{bus.body['polls']} / {bus.body['failed']} / {bus.body['lost']}"
            load = f"{bus.body.get('load_pct', '-')} %"
            facts.append(("bus", f"{bus.bus}: {state}, {load}, {counts}"))
            facts += [("latency", text) for text in _slow(bus.body)]
            facts += [("swapped", text) for text in _swapped(bus.body)]
        return tuple(facts)


def _slow(body: Mapping[str, Any]) -> Iterator[str]:
    """Tell how long each meter takes to answer, and what went wrong how often."""
    for meter, seen in body.get("meters", {}).items():
        typical = latency_ms(seen["latency_ms"], seen["max_ms"], 99)
        faults = ", ".join(f"{code} {count}" for code, count in seen["faults"].items())
        yield f"{meter}: 99 % ≤ {'-' if typical is None else typical} ms; {faults or '-'}"


def _swapped(body: Mapping[str, Any]) -> Iterator[str]:
    """Name the meters in whose place others answer, with the numbers expected and found."""
    for meter, seen in body.get("meters", {}).items():
        identity = seen["identity"]
        if identity["state"] == SWAPPED:
            yield f"{meter}: {identity['expected']} → {identity['found']}"
