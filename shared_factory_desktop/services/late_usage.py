"""What came too late for its own statement: it stands on the next one, as 补计 with its own dates.

A session is late for days the tenant has a statement for, or that were locked hard without one,
where it has no line for those days: it was imported, resolved, assigned or corrected afterwards.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.document_json import read_line
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.holidays import HolidayTable
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.rating import price_late
from shared_factory_desktop.domain.sessions import Session, SessionUse
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.storage import billed, corrections, sessions, statement_life
from shared_factory_desktop.storage.billed import ClosedPeriod
from shared_factory_desktop.storage.database import Transaction

UsesOf = Callable[[Sequence[Session]], list[SessionUse]]


@dataclass(frozen=True, slots=True)
class LateUsage:
    """Late lines of one closed period: the uses they were priced from, and the lines that stood
    billed for it before, as the pricing contract writes them.
    """

    closed: ClosedPeriod
    lines: tuple[Line, ...]
    uses: tuple[SessionUse, ...]
    billed: tuple[Mapping[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """Give what is frozen with the statement: enough to price the lines again."""
        period = self.closed.period
        return {
            "period": [period.start.isoformat(), period.end.isoformat()],
            "number": self.closed.number,
            "sessions": [use.id for use in self.uses],
            "billed": list(self.billed),
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """Whose late usage is looked for, under which floor and holidays, at what time."""

    floor: Floor
    tenant: str
    now: dt.datetime
    holidays: HolidayTable
    uses_of: UsesOf


def late_usage(tx: Transaction, scene: Scene, span: Period) -> tuple[LateUsage, ...]:
    """Give what the statement for `span` bills for closed periods before it; raises InputRefused
    where it cannot be priced.
    """
    zone = ZoneInfo(scene.floor.factory.timezone)
    waiting = billed.unsettled(tx, scene.tenant, span.instants(zone)[0])
    waiting = corrections.billable(tx, waiting)
    if not waiting:
        return ()
    was_billed = billed.billed_from(tx, [session.id for session in waiting])
    found = []
    for closed in _closed(tx, scene.tenant, span.start):
        start, end = closed.period.instants(zone)
        late = [
            session
            for session in waiting
            if (session.id, closed.period.start) not in was_billed
            and _is_inside(session, start, end)
        ]
        if late:
            found.append(_late(tx, scene, closed, late))
    return tuple(one for one in found if one.lines)


def _closed(tx: Transaction, tenant: str, day: dt.date) -> list[ClosedPeriod]:
    """Give the days before a day that are closed for a tenant, in order: those of its statements,
    and those locked hard before it had one.
    """
    stated = billed.closed_before(tx, tenant, day)
    locked = [
        ClosedPeriod(None, period)
        for period in statement_life.hard_locked(tx)
        if period.end <= day and not any(_overlap(one.period, period) for one in stated)
    ]
    return sorted([*stated, *locked], key=lambda one: one.period.start)


def _overlap(one: Period, other: Period) -> bool:
    return one.start < other.end and other.start < one.end


def _late(
    tx: Transaction, scene: Scene, closed: ClosedPeriod, late: Sequence[Session]
) -> LateUsage:
    written = billed.lines_for(tx, scene.tenant, closed.period)
    lines = [read_line(item) for item in written]
    done = dict.fromkeys(line.session for line in lines if line.session is not None)
    uses = scene.uses_of([*sessions.named(tx, list(done)), *late])
    priced = price_late(
        scene.floor, uses, lines, closed.period, scene.tenant, scene.now, scene.holidays
    )
    return LateUsage(closed, priced, tuple(uses), tuple(written))


def _is_inside(session: Session, start: dt.datetime, end: dt.datetime) -> bool:
    """Tell whether a session is in [start, end) (pricing contract, fine print 7)."""
    if session.start >= end:
        return False
    return session.start >= start or session.end is None or session.end > start
