"""Indicators of a sharing scheme, month by month: whom the workshop served, with how much machine
time, and what it was worth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from shared_factory_desktop.domain.floor import Floor, Tenant
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.reports.energy import BandedEnergy
from shared_factory_desktop.domain.reports.income import gross_fen
from shared_factory_desktop.domain.reports.report import (
    Billed,
    Chart,
    Column,
    Definition,
    Kind,
    Report,
    Row,
    Sources,
    Value,
)
from shared_factory_desktop.domain.reports.spans import hours, occupied
from shared_factory_desktop.domain.sessions import SessionUse, Span

INTERNAL = "internal"  # the class of the workshop's own departments

_COLUMNS = (
    Column("month", Kind.NAME),
    Column("tenants", Kind.COUNT),
    Column("external_tenants", Kind.COUNT),
    Column("sessions", Kind.COUNT),
    Column("shared_h", Kind.HOURS),
    Column("working_h", Kind.HOURS),
    Column("external_share", Kind.SHARE),
    Column("energy", Kind.ENERGY),
    Column("declared", Kind.MONEY),
    Column("gross", Kind.MONEY),
)


@dataclass(slots=True)
class _Tally:
    """What happened within a span; sessions and their value count where they begin."""

    within: Span
    tenants: set[str] = field(default_factory=set)
    sessions: int = 0
    shared_h: Fraction = Fraction(0)
    external_h: Fraction = Fraction(0)
    working_h: Fraction = Fraction(0)
    energy_kwh: Fraction = Fraction(0)
    declared: Fraction = Fraction(0)


def build(sources: Sources) -> Report:
    """Give the indicators of each month that the period touches, and of the whole period."""
    spans = [*_months(sources.period), sources.period]
    tallies = [_Tally(span.instants(sources.zone)) for span in spans]
    energy = BandedEnergy(sources.floor, sources.holidays)
    external = external_tenants(sources.floor)
    for machine, _ in sources.machines:
        uses = sources.uses(machine)
        for tally in tallies:
            _count(tally, uses, external, energy, sources)
    billed = sources.billed()
    rows = [
        _row(str(span), tally, external, _within(billed, span))
        for span, tally in zip(spans, tallies, strict=True)
    ]
    totals = (None, *rows.pop()[1:])
    chart = Chart(("shared_h", "working_h"))
    return sources.report(POLICY.name, _COLUMNS, rows, totals, chart)


def external_tenants(floor: Floor) -> frozenset[str]:
    """Give the tenants that are not the workshop's own firm or departments."""
    return frozenset(tenant.id for tenant in floor.tenants if not _is_internal(floor, tenant))


def _is_internal(floor: Floor, tenant: Tenant) -> bool:
    own_firm = tenant.uscc is not None and tenant.uscc == floor.factory.uscc
    return own_firm or tenant.class_ == INTERNAL


def _count(
    tally: _Tally,
    uses: Iterable[SessionUse],
    external: frozenset[str],
    energy: BandedEnergy,
    sources: Sources,
) -> None:
    first, after = tally.within
    mine = [use for use in uses if use.start < after and occupied(use, sources.now)[1] >= first]
    times = [(occupied(use, sources.now), use.tenant) for use in mine]
    tally.shared_h += hours([time for time, _ in times], tally.within)
    tally.external_h += hours([t for t, tenant in times if tenant in external], tally.within)
    tally.working_h += hours([span for use in mine for span in use.working], tally.within)
    for use in mine:
        if hours([occupied(use, sources.now)], tally.within) or use.start >= first:
            tally.tenants.add(use.tenant)
        if use.start >= first:
            tally.sessions += 1
            tally.declared += Fraction(use.value or 0)
        tally.energy_kwh += sum(energy.kwh(use, tally.within, sources.now).values(), Fraction(0))


def _months(period: Period) -> Iterator[Period]:
    """Cut a period where months begin."""
    start = period.start
    while start < period.end:
        following = (start.replace(day=1) + dt.timedelta(days=31)).replace(day=1)
        yield Period(start, min(following, period.end))
        start = following


def _within(billed: Iterable[Billed], span: Period) -> list[Billed]:
    return [one for one in billed if span.start <= one.day < span.end]


def _row(label: Value, tally: _Tally, external: frozenset[str], billed: Iterable[Billed]) -> Row:
    return (
        label,
        len(tally.tenants),
        len(tally.tenants & external),
        tally.sessions,
        tally.shared_h,
        tally.working_h,
        tally.external_h / tally.shared_h if tally.shared_h else None,
        tally.energy_kwh,
        fen(tally.declared),
        gross_fen(billed),
    )


POLICY = Definition("policy", build, money=True)
