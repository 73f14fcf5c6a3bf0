"""Electricity that sessions used, by machine and time-of-use band."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain import quantities
from shared_factory_desktop.domain.bands import BANDS, BandTimeline, NoCalendar, Run
from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.holidays import HolidayTable
from shared_factory_desktop.domain.instants import microseconds
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
from shared_factory_desktop.domain.reports.spans import occupied
from shared_factory_desktop.domain.sessions import SessionUse, Span
from shared_factory_desktop.domain.tariff import Charge

UNBANDED = "unbanded"  # used where no calendar says which band it was

_QUANTITY = "energy_wh"
_PARTS = (*BANDS, UNBANDED)
_COLUMNS = (
    Column("machine", Kind.NAME),
    *(Column(part, Kind.ENERGY) for part in _PARTS),
    Column("energy", Kind.ENERGY),
)


class BandedEnergy:
    """Measures sessions' electricity by band: by the calendar of the tariff that prices a
    session, or by the only one of the floor.
    """

    def __init__(self, floor: Floor, holidays: HolidayTable) -> None:
        self._zone = ZoneInfo(floor.factory.timezone)
        self._agreements = Agreements(floor)
        ids = dict.fromkeys(calendar.id for calendar in floor.bands)
        self._timelines = {
            one: BandTimeline([v for v in floor.bands if v.id == one], self._zone, holidays)
            for one in ids
        }
        self._only = next(iter(ids)) if len(ids) == 1 else ""
        self._measures = {
            machine.id: _registers((m.name, m.meter, m.quantity) for m in machine.measures)
            for machine in floor.machines
        }

    def kwh(self, use: SessionUse, within: Span, now: dt.datetime) -> Mapping[str, Fraction]:
        """Give the kWh a session used in each band within a span; at a span's ends a register is
        interpolated linearly, as bills do.
        """
        start, end = occupied(use, now)
        start_us = microseconds(max(start, within[0]))
        until_us = microseconds(min(end, within[1]))
        found: dict[str, Fraction] = {}
        if start_us >= until_us:
            return found
        part = quantities.Part(use, start_us, until_us, ended=use.end is not None)
        runs = self._runs(use, start_us, until_us)
        bands = [run.band for run in runs] or [UNBANDED]
        for name in self._measures.get(use.machine) or (_QUANTITY,):
            if use.readings.get(name):
                amounts = quantities.used(_charge(name), part, runs)
                for band, count in zip(bands, amounts.counts, strict=True):
                    found[band] = found.get(band, Fraction(0)) + Fraction(count, amounts.per)
        return found

    def _runs(self, use: SessionUse, start_us: int, until_us: int) -> Sequence[Run]:
        day = use.start.astimezone(self._zone).date()
        contract = self._agreements.contract(use.tenant, use.machine, day)
        tariff = self._agreements.tariff(contract, day) if contract else None
        calendar = (tariff.bands if tariff else None) or self._only
        timeline = self._timelines.get(calendar)
        if timeline is None:
            return ()
        try:
            return timeline.runs(start_us, until_us)
        except NoCalendar:
            return ()


def build(sources: Sources) -> Report:
    """Give the electricity of each machine's sessions within the period, by band and in all."""
    measured = BandedEnergy(sources.floor, sources.holidays)
    rows, sums = [], dict.fromkeys(_PARTS, Fraction(0))
    for machine, name in sources.machines:
        mine = dict.fromkeys(_PARTS, Fraction(0))
        for use in sources.uses(machine):
            for band, kwh in measured.kwh(use, sources.within, sources.now).items():
                mine[band] += kwh
                sums[band] += kwh
        rows.append(_row(name, mine))
    chart = Chart(_PARTS, stacked=True)
    return sources.report(ENERGY.name, _COLUMNS, rows, _row(None, sums), chart)


def _row(label: Value, parts: Mapping[str, Fraction]) -> Row:
    return (label, *(parts[part] for part in _PARTS), sum(parts.values(), Fraction(0)))


def _registers(measures: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """Name the measures that count electricity, of several on one meter's register the first."""
    by_meter: dict[str, str] = {}
    for name, meter, quantity in measures:
        if quantity == _QUANTITY:
            by_meter.setdefault(meter, name)
    return tuple(by_meter.values())


def _charge(measure: str) -> Charge:
    return Charge(measure, "", "quantity", "unit", None, quantity=measure, unit="kWh")


ENERGY = Definition("energy", build, money=False)
