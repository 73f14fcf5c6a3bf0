"""Scans a line for devices and says what it found as JSON values, straight or inside the agent."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Self

from drivers.faults import LineFault
from drivers.fitting import Proposal
from drivers.profile import Profile
from drivers.scan import UNITS, Found, Garbled, Step, candidates, scan, silent_s
from drivers.transports import open_line
from drivers.transports.line import LineSettings
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.services.agent_requests import Work
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.storage.requests import Request

SCAN = "scan"  # the kind of request that asks a bus's agent to scan it
_RANGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_SHOWN = 3  # profiles of a device; those that fit less say nothing new
_SLACK_S = 30.0
_EVERYWHERE, _HERE = "all", "own"


@dataclass(frozen=True, slots=True)
class ScanWish:
    """What is to be asked: Modbus units, at all usual settings or only at the bus's own."""

    units: tuple[int, ...]
    everywhere: bool = True

    @classmethod
    def of(cls, units: str, everywhere: bool) -> Self:
        """Read units such as `1-32` or `1-8,20`; raises InputRefused."""
        found: list[int] = []
        for part in units.split(","):
            match = _RANGE.fullmatch(part.strip())
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
            if not UNITS.start <= first <= last < UNITS.stop:
                expected = f"{UNITS.start}-{UNITS.stop - 1}"
                raise InputRefused([Problem("--units", "units", units, expected)])
            found += range(first, last + 1)
        return cls(tuple(dict.fromkeys(found)), everywhere)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a wish as a request carries it."""
        units, _, where = text.partition(" ")
        return cls.of(units, where == _EVERYWHERE)

    def __str__(self) -> str:
        """Write the wish for a request."""
        return f"{','.join(map(str, self.units))} {_EVERYWHERE if self.everywhere else _HERE}"

    def silent_s(self, settings: LineSettings) -> float:
        """Seconds that the scan takes when nobody answers."""
        return silent_s(candidates(settings, everywhere=self.everywhere), self.units)

    def longest_s(self, settings: LineSettings) -> float:
        """Seconds after which the scan ends, whoever answers."""
        return 2 * self.silent_s(settings) + _SLACK_S


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far a scan is: questions asked of all, and the seconds all take when nobody answers.

    `line`: the settings under way, such as `9600 8N1`, None where there are none to choose. An
    agent does not tell how far it is: `done` None.
    """

    done: int | None
    total: int
    line: str | None
    silent_s: float


def scan_bus(
    settings: LineSettings,
    wish: ScanWish,
    profiles: Sequence[Profile],
    report: Callable[[ScanProgress], None],
    is_enough: Callable[[], bool],
) -> dict[str, object]:
    """Scan a line that nobody else uses until all is asked or `is_enough` says so.

    Gives JSON values: `complete`, `found` (protocol, unit or address, settings, profiles with live
    values), `garbled`, and `fault`, the code of a line that cannot be used, or None.
    """
    # Carefully: whatever hangs on a line nobody knows yet must not be reset by being looked for.
    tried = candidates(replace(settings, careful=True), everywhere=wish.everywhere)
    deadline_s = time.monotonic() + wish.longest_s(settings)
    silent = wish.silent_s(settings)
    found: list[dict[str, object]] = []
    garbled: list[dict[str, object]] = []
    complete, fault = True, None
    try:
        with closing(scan(open_line, tried, wish.units, profiles)) as events:
            for event in events:
                if isinstance(event, Found):
                    found.append(_found(event))
                elif isinstance(event, Garbled):
                    garbled.append(_garbled(event))
                else:
                    report(ScanProgress(event.done, event.total, _line(event.settings), silent))
                if is_enough() or time.monotonic() > deadline_s:
                    complete = event.done == event.total if isinstance(event, Step) else False
                    break
    except LineFault as error:
        complete, fault = False, error.code
    return {"complete": complete, "fault": fault, "found": found, "garbled": garbled}


def scan_work(profiles: Profiles) -> Work:
    """Make what an agent does on a lent line for a request of kind SCAN, whose subject is a wish.

    The work raises InputRefused, and Refused where a profile is wrong.
    """

    def work(
        settings: LineSettings, request: Request, is_enough: Callable[[], bool]
    ) -> Mapping[str, object]:
        wish = ScanWish.parse(request.subject)
        return scan_bus(settings, wish, profiles.all(), lambda _progress: None, is_enough)

    return work


def _found(event: Found) -> dict[str, object]:
    name = "unit" if isinstance(event.address, int) else "address"
    latency = None if event.latency_s is None else int(event.latency_s * 1000) + 1
    return {
        "protocol": event.protocol,
        name: event.address,
        "line": _line(event.settings),
        "latency_ms": latency,
        "exception": event.exception,
        "profiles": [_proposal(proposal) for proposal in event.proposals[:_SHOWN]],
    }


def _proposal(proposal: Proposal) -> dict[str, object]:
    return {
        "profile": proposal.profile.id,
        "name": proposal.profile.name,
        "identity": proposal.identity,
        "values": [
            {"quantity": sample.quantity, "value": plain(sample.value)}
            for sample in proposal.samples
            if sample.value is not None
        ],
    }


def _garbled(event: Garbled) -> dict[str, object]:
    return {
        "protocol": event.protocol,
        "unit": event.address,
        "line": _line(event.settings),
        "code": event.code,
    }


def _line(settings: LineSettings) -> str | None:
    """Write line settings as people do, such as `9600 8N1`; None where there is no such line."""
    if settings.transport != "serial":
        return None
    return f"{settings.baudrate} 8{settings.parity}{settings.stopbits}"
