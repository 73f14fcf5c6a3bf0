"""How long each machine was reserved, occupied, powered and working, and which share of the
calendar that is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction

from shared_factory_desktop.domain.reports.report import (
    Chart,
    Column,
    Definition,
    Kind,
    Report,
    Row,
    Sources,
    Value,
)
from shared_factory_desktop.domain.reports.spans import hours, length, occupied
from shared_factory_desktop.domain.reservations import Reservation, ReservationState, state_at
from shared_factory_desktop.domain.sessions import Session, Span

CLOCKS = ("reserved", "occupied", "powered", "working")

_COLUMNS = (
    Column("machine", Kind.NAME),
    *(Column(f"{clock}_h", Kind.HOURS) for clock in CLOCKS),
    *(Column(f"{clock}_share", Kind.SHARE) for clock in CLOCKS),
)


def build(sources: Sources) -> Report:
    """Give the hours of each machine within the period, a share being of all its hours, nights
    and days off too.
    """
    clocks = [_clocks(sources, machine) for machine, _ in sources.machines]
    whole = length(sources.within)
    rows = [
        _row(name, mine, whole) for (_, name), mine in zip(sources.machines, clocks, strict=True)
    ]
    sums = [sum(column, Fraction(0)) for column in zip(*clocks, strict=True)]
    totals = _row(None, sums or [Fraction(0)] * len(CLOCKS), whole * len(clocks))
    chart = Chart(tuple(f"{clock}_h" for clock in CLOCKS))
    return sources.report(UTILISATION.name, _COLUMNS, rows, totals, chart)


def kept(reservation: Reservation, sessions: Iterable[Session], now: dt.datetime) -> Span:
    """Give the time for which a reservation kept its machine from others; `sessions` are those of
    its tenant that touch it.

    One that nobody came for ends with its grace, one given up when it was.
    """
    state, end = state_at(reservation, sessions, now), reservation.end
    if state is ReservationState.NO_SHOW:
        end = reservation.lost_at
    elif reservation.cancelled_at is not None:
        end = min(end, reservation.cancelled_at)
    return reservation.start, max(reservation.start, end)


def _clocks(sources: Sources, machine: str) -> list[Fraction]:
    uses = sources.uses(machine)
    reserved = [use.reserved for use in uses if use.reserved]
    spans = (
        (*sources.reserved(machine), *reserved),
        [occupied(use, sources.now) for use in uses],
        [span for use in uses for span in use.powered],
        [span for use in uses for span in use.working],
    )
    return [hours(one, sources.within) for one in spans]


def _row(label: Value, clocks: Iterable[Fraction], whole: Fraction) -> Row:
    found = tuple(clocks)
    return (label, *found, *(one / whole if whole else None for one in found))


UTILISATION = Definition("utilisation", build, money=False)
