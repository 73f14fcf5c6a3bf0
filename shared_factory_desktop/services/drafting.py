"""One tenant's statement before it has a number: priced, named, with all it was made from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor, Machine, Tenant
from shared_factory_desktop.domain.gaps import gaps
from shared_factory_desktop.domain.holidays import HolidayYear, holiday_table
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.problems import Cause
from shared_factory_desktop.domain.rating import Priced, price
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Gap, Line, Statement, StatementDocument
from shared_factory_desktop.domain.terms import reduced, terms_json
from shared_factory_desktop.services.adjusted_lines import frozen, gains_json, line_of
from shared_factory_desktop.services.calibration_gate import against_billing, marks
from shared_factory_desktop.services.holidays import stored_years
from shared_factory_desktop.services.late_usage import (
    LateUsage,
    Scene,
    UsesOf,
    late_usage,
)
from shared_factory_desktop.services.statement_documents import statement_document
from shared_factory_desktop.services.uses import Wraps, uses_of
from shared_factory_desktop.storage import adjustments, corrections
from shared_factory_desktop.storage import readings as reading_rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage import uses as use_rows
from shared_factory_desktop.storage.adjustments import Due
from shared_factory_desktop.storage.billed import BILLED_STATES, Billed
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.documents import write_use


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as it would be issued now: what people read, what it was made from (terms and
    inputs, frozen at issue), what it bills of which session, which metering errors it makes good,
    and why it cannot be issued.
    """

    document: StatementDocument
    made_from: dict[str, Any]
    billed: tuple[Billed, ...]
    adjusted: tuple[Due, ...]
    blocked: tuple[Cause, ...]


def make_draft(
    tx: Transaction, floor: Floor, tenant: Tenant, span: Period, wraps: Wraps, now: dt.datetime
) -> Draft | None:
    """Price a tenant's use of the days of `span`, and what came late for days before them; None
    where there is nothing to pay for. Raises InputRefused with all that cannot be priced.
    """
    years = stored_years(tx)
    uses = _uses(tx, floor, tenant.id, span, wraps, now)
    holidays = holiday_table(years)
    priced = price(floor, uses, span.start, span.end, tenant.id, now, holidays)
    scene = Scene(
        floor, tenant.id, now, holidays, lambda some: uses_of(tx, floor, wraps, some, now)
    )
    late = late_usage(tx, scene, span)
    lines = (*_lines(priced), *(line for one in late for line in one.lines))
    due = tuple(adjustments.due(tx, tenant.id, span.start))
    adjusted = tuple(line_of(one.item, one.certificate) for one in due)
    if not lines and not adjusted:
        return None
    known = {use.id: use for one in late for use in one.uses} | {use.id: use for use in uses}
    named = _named(tx, adjusted, scene.uses_of) | known
    statement = Statement(tenant.id, span.start, span.end, (*lines, *adjusted))
    document = statement_document(floor, tenant, statement, named, priced.warnings)
    shown = {line.session for line in lines}
    billed_uses = [known[i] for i in known if i in shown]
    blocked = against_billing(tx, floor, billed_uses, now)
    document = replace(
        document,
        gaps=_gaps(tx, floor, billed_uses, now),
        warnings=(*document.warnings, *blocked),
    )
    made_from = _made_from(tx, floor, tenant.id, uses, late, years, now)
    made_from["inputs"]["adjustments"] = frozen(due)
    return Draft(document, made_from, tuple(_billed(floor, lines, known, span)), due, blocked)


def _uses(
    tx: Transaction, floor: Floor, tenant: str, span: Period, wraps: Wraps, now: dt.datetime
) -> list[SessionUse]:
    start, end = span.instants(ZoneInfo(floor.factory.timezone))
    sessions = session_rows.list_sessions(tx, BILLED_STATES, tenant=tenant, start=start, end=end)
    return uses_of(tx, floor, wraps, corrections.billable(tx, sessions), now)


def _named(tx: Transaction, lines: Sequence[Line], uses_of: UsesOf) -> dict[str, SessionUse]:
    """Give the uses that lines which make good an error are named after: they bill nothing new."""
    ids = dict.fromkeys(line.session for line in lines if line.session is not None)
    return {use.id: use for use in uses_of(session_rows.named(tx, list(ids)))}


def _lines(priced: Priced) -> tuple[Line, ...]:
    return tuple(line for statement in priced.statements for line in statement.lines)


def _made_from(
    tx: Transaction,
    floor: Floor,
    tenant: str,
    uses: Sequence[SessionUse],
    late: Sequence[LateUsage],
    years: Sequence[HolidayYear],
    now: dt.datetime,
) -> dict[str, Any]:
    """Give terms and inputs, uses by id where they are frozen, else in full."""
    every = {use.id: use for use in (*uses, *(use for one in late for use in one.uses))}
    stored = use_rows.frozen_ids(tx, list(every))
    used = {year for use in every.values() for year in _years(use, now)}
    terms = reduced(floor, tenant, {use.machine for use in every.values()})
    return {
        "terms": terms_json(terms, [one for one in years if one.year in used], now),
        "inputs": {
            "sessions": [use.id for use in uses],
            "uses": [write_use(use) for use in every.values() if use.id not in stored],
            "late": [one.as_json() for one in late],
            "calibrations": gains_json(every.values()),
        },
    }


def _years(use: SessionUse, now: dt.datetime) -> range:
    """Give the years a session may have days in, whatever the zone."""
    day = dt.timedelta(days=1)
    seen = [use.start, use.end or now, *(use.reserved or ())]
    return range((min(seen) - day).year, (max(seen) + day).year + 1)


def _gaps(
    tx: Transaction, floor: Floor, uses: Sequence[SessionUse], now: dt.datetime
) -> tuple[Gap, ...]:
    """Give where registers that a session rests on were not read as they should be, or by a meter
    whose calibration had lapsed; local times.
    """
    zone = ZoneInfo(floor.factory.timezone)
    by_machine: dict[str, list[SessionUse]] = {}
    for use in uses:
        if use.end is not None and use.end > use.start:
            by_machine.setdefault(use.machine, []).append(use)
    found = [
        gap
        for machine_id, mine in by_machine.items()
        if (machine := floor.machine(machine_id)) is not None
        for meter, quantity in _registers(machine)
        for gap in _register_gaps(tx, meter, quantity, mine)
    ]
    found += marks(tx, floor, uses, now)
    local = (
        replace(gap, start=gap.start.astimezone(zone), end=gap.end.astimezone(zone))
        for gap in found
    )
    return tuple(sorted(local, key=lambda gap: (gap.start, gap.session, gap.meter, gap.quantity)))


def _registers(machine: Machine) -> dict[tuple[str, str], None]:
    """Give what a machine's sessions rest on: its measures and what tells its state."""
    read = [(measure.meter, measure.quantity) for measure in machine.measures]
    read += [(machine.state.meter, machine.state.quantity)] if machine.state else []
    return dict.fromkeys(read)


def _register_gaps(
    tx: Transaction, meter: str, quantity: str, uses: Sequence[SessionUse]
) -> Iterator[Gap]:
    ends = [use.end for use in uses if use.end is not None]
    first = min(use.start for use in uses)
    bad = reading_rows.bad_instants(tx, meter, quantity, first, max(ends))
    for use in uses:
        if use.end is not None and any(use.start <= at < use.end for at in bad):
            readings = reading_rows.query(tx, meter, quantity, use.start, use.end)
            yield from gaps(use.id, readings, use.end)


def _billed(
    floor: Floor, lines: Sequence[Line], uses: Mapping[str, SessionUse], span: Period
) -> Iterator[Billed]:
    """Give what the lines bill of each session, once for each period."""
    zone = ZoneInfo(floor.factory.timezone)
    told = dict.fromkeys(
        (line.session, *(line.late or (span.start, span.end)))
        for line in lines
        if line.session is not None
    )
    for session, start_on, end_on in told:
        end = uses[session].end
        ended = end is not None and end <= Period(start_on, end_on).instants(zone)[1]
        yield Billed(session, start_on, ended)
