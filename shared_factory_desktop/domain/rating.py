"""Prices what sessions used: the one function behind live costs, previews, statements and exports.

The same input gives the same statements, in whatever order the sessions come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.bands import BandTimeline, NoCalendar, Run
from shared_factory_desktop.domain.charging import (
    Accrued,
    Charged,
    Terms,
    at_period_scope,
    at_session_scope,
    ready,
)
from shared_factory_desktop.domain.collecting import uncollected
from shared_factory_desktop.domain.contracts import Agreements, covered
from shared_factory_desktop.domain.floor import Contract, Floor
from shared_factory_desktop.domain.holidays import STATE_COUNCIL, HolidayTable
from shared_factory_desktop.domain.instants import instant, microseconds
from shared_factory_desktop.domain.lines import (
    MINIMUM,
    Item,
    lifted_line,
    line,
    minimum_line,
    period_lines,
)
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.problems import Cause, InputRefused, Problem, cause
from shared_factory_desktop.domain.quantities import (
    Amounts,
    Part,
    is_known,
    lacking,
    part_before,
    reach,
    stepped,
    used,
)
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Line, Statement
from shared_factory_desktop.domain.tariff import Tariff

Earlier = dict[tuple[str, str], Accrued]  # contract, charge: used so far in the period


@dataclass(frozen=True, slots=True)
class Priced:
    """Statements in the floor's order of tenants; tenants with errors have none.

    `warnings` are codes of refusals.toml with their values: `holidays-unlisted` (calendar, year).
    """

    statements: tuple[Statement, ...]
    warnings: tuple[Cause, ...] = ()
    errors: tuple[Problem, ...] = ()


def price(
    floor: Floor,
    uses: Iterable[SessionUse],
    start: dt.date,
    end: dt.date,
    tenant: str | None = None,
    now: dt.datetime | None = None,
    holidays: HolidayTable = STATE_COUNCIL,
) -> Priced:
    """Price the local dates [start, end), of all tenants or of one.

    Running sessions count up to `now`, without it up to the end of the period.

    Raises InputRefused with everything that cannot be priced: a session no contract covers, one
    that lacks what a charge needs, a day without tariff or band calendar.
    """
    priced = price_each(floor, uses, start, end, tenant, now, holidays)
    if priced.errors:
        raise InputRefused(priced.errors)
    return priced


@uncollected()
def price_each(
    floor: Floor,
    uses: Iterable[SessionUse],
    start: dt.date,
    end: dt.date,
    tenant: str | None = None,
    now: dt.datetime | None = None,
    holidays: HolidayTable = STATE_COUNCIL,
) -> Priced:
    """Price like `price`, but leave out the tenants with errors and give the errors."""
    pricing = _Pricing(floor, Period(start, end), now, holidays)
    by_tenant: dict[str, list[SessionUse]] = {one.id: [] for one in floor.tenants}
    for use in uses:
        by_tenant.setdefault(use.tenant, []).append(use)
    statements, errors = [], []
    for tenant_id, tenant_uses in by_tenant.items():
        if tenant is not None and tenant_id != tenant:
            continue
        lines, problems = pricing.tenant(tenant_id, tenant_uses)
        if problems:
            errors += problems
        elif lines:
            statements.append(Statement(tenant_id, start, end, tuple(lines)))
    return Priced(tuple(statements), pricing.warnings(), tuple(errors))


def price_late(
    floor: Floor,
    uses: Iterable[SessionUse],
    billed: Sequence[Line],
    period: Period,
    tenant: str,
    now: dt.datetime | None = None,
    holidays: HolidayTable = STATE_COUNCIL,
) -> tuple[Line, ...]:
    """Price what came late for a closed period: lines of the sessions that `billed` has none of.

    `uses` are all of the tenant's sessions in the period. Those in `billed` count first at period
    scope and are not billed again, so that what was paid never changes. What comes late first uses
    up a minimum that was billed: its line is taken back as far. Raises InputRefused as `price`.
    """
    pricing = _Pricing(floor, period, now, holidays)
    lines, problems = pricing.late(tenant, uses, billed)
    if problems:
        raise InputRefused(problems)
    return tuple(replace(one, late=(period.start, period.end)) for one in lines)


class _Pricing:
    """One period of one floor: what is looked up once and used for every session."""

    def __init__(
        self, floor: Floor, period: Period, now: dt.datetime | None, holidays: HolidayTable
    ) -> None:
        self._zone = ZoneInfo(floor.factory.timezone)
        self._period = period
        self._start_us, self._end_us = map(microseconds, period.instants(self._zone))
        self._now_us = self._end_us if now is None else microseconds(now)
        self._agreements = Agreements(floor)
        self._terms = {
            (tariff.id, tariff.valid_from): [
                ready(charge) for charge in tariff.charges if charge.basis != "period"
            ]
            for tariff in floor.tariffs
        }
        self._timelines = {
            calendar.id: BandTimeline(
                [one for one in floor.bands if one.id == calendar.id], self._zone, holidays
            )
            for calendar in floor.bands
        }

    def warnings(self) -> tuple[Cause, ...]:
        """Give what the statements rest on without proof."""
        return tuple(
            cause("holidays-unlisted", calendar=calendar_id, year=year)
            for calendar_id, timeline in self._timelines.items()
            for year in sorted(timeline.unlisted_years)
        )

    def tenant(
        self, tenant_id: str, uses: Iterable[SessionUse]
    ) -> tuple[list[Line], list[Problem]]:
        """Price one tenant; sessions count in order of (start, id)."""
        lines: list[Line] = []
        problems: list[Problem] = []
        earlier: Earlier = {}
        for use in sorted(filter(self._is_inside, uses), key=lambda use: (use.start, use.id)):
            lines += self._session(use, earlier, problems)
        for contract in self._agreements.contracts(tenant_id):
            lines += self._whole_period(contract, lines, problems)
        return lines, problems

    def late(
        self, tenant_id: str, uses: Iterable[SessionUse], billed: Sequence[Line]
    ) -> tuple[list[Line], list[Problem]]:
        """Price the sessions of one tenant that `billed` has no line of, after those it has."""
        if not billed:
            return self.tenant(tenant_id, uses)
        done = {one.session for one in billed}
        inside = sorted(
            filter(self._is_inside, uses), key=lambda use: (use.id not in done, use.start, use.id)
        )
        lines: list[Line] = []
        problems: list[Problem] = []
        earlier: Earlier = {}
        for use in inside:
            is_billed = use.id in done
            priced = list(self._session(use, earlier, [] if is_billed else problems))
            lines += [] if is_billed else priced
        for contract in self._agreements.contracts(tenant_id):
            lines += self._minimum_taken_back(contract, [*billed, *lines])
        return lines, problems

    def _minimum_taken_back(self, contract: Contract, lines: Sequence[Line]) -> list[Line]:
        """Give back what a billed minimum lifted the contract by, as far as it was used since."""
        days = covered(contract, self._period)
        tariff = self._agreements.tariff(contract, days.start) if days else None
        if days is None or tariff is None:
            return []
        mine = [one for one in lines if one.contract == contract.id]
        lifted = [one for one in mine if one.session is None and one.charge == MINIMUM]
        rest = [one for one in mine if one not in lifted]
        share = Fraction(days.days, self._period.days)
        missing = minimum_line(contract, tariff, share, rest)
        lifted_fen = sum(one.list_fen for one in lifted)
        back_fen = lifted_fen - (missing.list_fen if missing else 0)
        return [lifted_line(contract, tariff, -back_fen)] if back_fen > 0 else []

    def _is_inside(self, use: SessionUse) -> bool:
        """Tell whether a session is in the period (pricing contract, fine print 7)."""
        start_us = microseconds(use.start)
        end_us = self._now_us if use.end is None else microseconds(use.end)
        return start_us < self._end_us and (end_us > self._start_us or start_us >= self._start_us)

    def _session(
        self, use: SessionUse, earlier: Earlier, problems: list[Problem]
    ) -> Iterator[Line]:
        place = f"session.{use.id}"
        day = use.start.astimezone(self._zone).date()
        contract = self._agreements.contract(use.tenant, use.machine, day)
        if contract is None:
            problems.append(Problem(place, "no-contract", use.tenant, use.machine))
            return
        tariff = self._agreements.tariff(contract, day)
        if tariff is None:
            problems.append(Problem(place, "no-tariff", contract.tariff, day.isoformat()))
            return
        before = part_before(use, self._start_us, self._now_us)
        after = part_before(use, self._end_us, self._now_us)
        assert after is not None, "a session inside the period starts before its end"
        for terms in self._terms[tariff.id, tariff.valid_from]:
            if not is_known(terms.charge, after):
                continue
            field = lacking(terms.charge, use)
            if field is not None:
                problems.append(Problem(f"{place}.{field}", "charge-needs", terms.charge.id))
                continue
            try:
                runs = self._runs(terms, tariff, after)
            except NoCalendar as missing:
                seen = tariff.bands or ""
                problems.append(Problem(place, "no-calendar", seen, missing.day.isoformat()))
                continue
            charged = _charged(terms, contract, before, after, runs, earlier)
            yield line(_item(use, terms, charged), contract, tariff.tax_mode, contract.discount)

    def _runs(self, terms: Terms, tariff: Tariff, part: Part) -> list[Run]:
        if not terms.in_bands:
            return []
        start_us, end_us = reach(part)
        timeline = self._timelines.get(tariff.bands or "")
        if timeline is None:
            raise NoCalendar(instant(start_us).astimezone(self._zone).date())
        return timeline.runs(start_us, end_us)

    def _whole_period(
        self, contract: Contract, lines: Sequence[Line], problems: list[Problem]
    ) -> list[Line]:
        """Give the contract's period charges, then what is missing to its minimum."""
        days = covered(contract, self._period)
        if days is None:
            return []
        tariff = self._agreements.tariff(contract, days.start)
        if tariff is None:
            if contract.minimum_per_period:
                place, day = f"contract.{contract.id}", days.start.isoformat()
                problems.append(Problem(place, "no-tariff", contract.tariff, day))
            return []
        share = Fraction(days.days, self._period.days)
        found = list(period_lines(contract, tariff, share))
        billed = [one for one in lines if one.contract == contract.id]
        minimum = minimum_line(contract, tariff, share, [*billed, *found])
        return found if minimum is None else [*found, minimum]


def _charged(
    terms: Terms,
    contract: Contract,
    before: Part | None,
    after: Part,
    runs: Sequence[Run],
    earlier: Earlier,
) -> Charged:
    """Price one charge of one session in the period, and note what it used at period scope."""
    bands: list[str | None] = [run.band for run in runs]
    bands = bands or [None]
    after_used = _billed_units(terms, after, runs)
    before_used = None
    if before is not None and is_known(terms.charge, before):
        before_used = _billed_units(terms, before, runs)
    if not terms.accumulates:
        return at_session_scope(terms, before_used, after_used, bands)
    key = (contract.id, terms.charge.id)
    charged, earlier[key] = at_period_scope(terms, before_used, after_used, bands, earlier.get(key))
    return charged


def _billed_units(terms: Terms, part: Part, runs: Sequence[Run]) -> Amounts:
    return stepped(used(terms.charge, part, runs), terms.step, terms.charge.step_mode)


def _item(use: SessionUse, terms: Terms, charged: Charged) -> Item:
    charge = terms.charge
    return Item(
        session=use.id,
        charge=charge.id,
        quantity=charged.units,
        unit=charge.unit or charge.basis,
        list_fen=charged.list_fen,
        details=charged.details,
        tax_rate=charge.tax_rate,
    )
