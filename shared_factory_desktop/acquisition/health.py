"""How a bus and its meters do: faults counted, answers timed, kept over a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from drivers.device import MeterRead
from drivers.faults import EXCEPTION

LATENCY_MS = (10, 20, 50, 100, 200, 500, 1000, 2000)  # upper ends of the histogram's classes
_BEYOND = "inf"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose number a meter shows; `stored` where the one expected was known before this start.

    `state`: none (it has none, or has not told yet), new (never seen here before), same, or
    swapped: another meter answers in its place, and nothing is billed on it until accepted.
    """

    expected: str | None = None
    found: str | None = None
    stored: bool = False

    @property
    def state(self) -> str:
        """Judge the number found."""
        if self.found is None:
            return "none"
        if self.found != self.expected:
            return "swapped"
        return "same" if self.stored else "new"

    def as_json(self) -> dict[str, object]:
        """Give it as JSON values."""
        return {"expected": self.expected, "found": self.found, "state": self.state}


@dataclass(frozen=True, slots=True)
class MeterHealth:
    """What is counted of one meter: polls, faulty blocks by code, answers by latency.

    `latency_ms`: answers by the upper end of their class, "inf" beyond the last.
    """

    polls: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    latency_ms: Mapping[str, int] = field(default_factory=dict)
    max_ms: int = 0
    backoff_s: float = 0.0
    identity: Identity = field(default_factory=Identity)

    def after(self, read: MeterRead, backoff_s: float) -> MeterHealth:
        """Count one read."""
        faults = dict(self.faults)
        for fault in read.faults:
            code = f"{EXCEPTION} {fault.detail}" if fault.code == EXCEPTION else fault.code
            faults[code] = faults.get(code, 0) + (fault.tries > 0)
        latency = dict(self.latency_ms)
        slowest = self.max_ms
        for latency_s in read.latencies_s:
            milliseconds = latency_s * 1000
            slowest = max(slowest, int(milliseconds) + 1)
            name = next((str(end) for end in LATENCY_MS if milliseconds <= end), _BEYOND)
            latency[name] = latency.get(name, 0) + 1
        return replace(
            self,
            polls=self.polls + 1,
            faults={code: count for code, count in faults.items() if count},
            latency_ms=latency,
            max_ms=slowest,
            backoff_s=backoff_s,
        )

    def as_json(self) -> dict[str, object]:
        """Give the counts as JSON values."""
        return {
            "polls": self.polls,
            "faults": dict(self.faults),
            "latency_ms": dict(self.latency_ms),
            "max_ms": self.max_ms,
            "backoff_s": str(self.backoff_s),
            "identity": self.identity.as_json(),
        }


@dataclass(frozen=True, slots=True)
class BusHealth:
    """How a bus is: `fault` is a code where its line cannot be used; counts go on over restarts.

    `load_pct`: the share of the line's time that reading everything as often as planned takes.
    `lost`: polls thrown away because nobody took them, as while the database cannot be had.
    """

    bus: str
    ok: bool
    fault: str | None
    notes: tuple[str, ...]
    polls: int
    failed: int
    silent: tuple[str, ...]
    load_pct: int = 0
    meters: Mapping[str, MeterHealth] = field(default_factory=dict)
    lost: int = 0

    @property
    def swapped(self) -> tuple[str, ...]:
        """The meters in whose place another one answers."""
        return tuple(
            name for name, meter in self.meters.items() if meter.identity.state == "swapped"
        )

    def as_json(self) -> dict[str, object]:
        """Give the snapshot as JSON values."""
        return {
            "ok": self.ok,
            "fault": self.fault,
            "notes": [*self.notes],
            "polls": self.polls,
            "failed": self.failed,
            "silent": [*self.silent],
            "lost": self.lost,
            "load_pct": self.load_pct,
            "meters": {name: meter.as_json() for name, meter in self.meters.items()},
        }


def kept(snapshot: Mapping[str, Any], meter: str) -> MeterHealth:
    """Take up a meter's counts from a bus's last snapshot; from 0 where it has none."""
    known = snapshot.get("meters", {}).get(meter)
    if not known:
        return MeterHealth()
    return MeterHealth(
        int(known["polls"]), dict(known["faults"]), dict(known["latency_ms"]), int(known["max_ms"])
    )
