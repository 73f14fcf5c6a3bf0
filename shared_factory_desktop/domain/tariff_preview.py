"""What a draft of tariffs would make of sessions that are past, next to what they cost now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import attrgetter
from typing import TypeVar

from shared_factory_desktop.domain.decimals import fixed, half_up
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.holidays import HolidayTable
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.problems import Cause, Problem
from shared_factory_desktop.domain.rating import Priced, price_each
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.tariff import BandCalendar, Tariff
from shared_factory_desktop.domain.tariff_approval import changed

Key = tuple[str, str | None]  # tenant, machine
Amounts = Mapping[Key, int]  # gross fen
Version = tuple[str, str, dt.date]  # table, id, valid_from
VersionT = TypeVar("VersionT", BandCalendar, Tariff)


@dataclass(frozen=True, slots=True)
class Change:
    """What something costs now and would cost under the draft, gross fen."""

    now_fen: int
    draft_fen: int

    @property
    def difference_fen(self) -> int:
        """What the draft adds."""
        return self.draft_fen - self.now_fen

    @property
    def percent(self) -> str | None:
        """The difference as a share of the cost now, two decimals half up; None of nothing."""
        if not self.now_fen:
            return None
        return fixed(half_up(Fraction(100 * self.difference_fen, self.now_fen), 2), 2)


@dataclass(frozen=True, slots=True)
class Preview:
    """Changes by tenant and machine (None: charges of the period and minima), and in all.

    `unpriced_now` and `unpriced_draft` tell what could not be priced on that side; a session
    named there is left out of both, and so is a tenant that cannot be priced at all. `as_if`
    names the versions (table, id, valid_from) that price the period although they begin later.
    """

    rows: Mapping[Key, Change]
    total: Change
    as_if: tuple[Version, ...]
    unpriced_now: tuple[Problem, ...]
    unpriced_draft: tuple[Problem, ...]
    warnings: tuple[Cause, ...]


def preview(
    stored: Floor,
    draft: Floor,
    uses: Sequence[SessionUse],
    period: Period,
    holidays: HolidayTable,
    now: dt.datetime | None = None,
) -> Preview:
    """Price the uses of a period under both floors; nothing that cannot be priced stops the rest.

    A version of the draft that is new or changed and begins after the period's first day prices
    the period as if it had always been in force: what it would have cost is the question.
    """
    begun, as_if = _begun(stored, draft, period.start)

    def priced(floor: Floor, some: Sequence[SessionUse]) -> Priced:
        return price_each(floor, some, period.start, period.end, now=now, holidays=holidays)

    first_now, first_draft = priced(stored, uses), priced(begun, uses)
    ids = {use.id for use in uses}
    failing = {_session(one, ids) for one in (*first_now.errors, *first_draft.errors)}
    left = [use for use in uses if use.id not in failing]
    costs_now, costs_draft = first_now, first_draft
    if len(left) < len(uses):
        costs_now, costs_draft = priced(stored, left), priced(begun, left)
    lost = _tenants(stored, costs_now) | _tenants(begun, costs_draft)
    rows = _rows(_amounts(costs_now, left), _amounts(costs_draft, left), lost)
    return Preview(
        rows=rows,
        total=Change(
            sum(row.now_fen for row in rows.values()), sum(row.draft_fen for row in rows.values())
        ),
        as_if=as_if,
        unpriced_now=first_now.errors,
        unpriced_draft=first_draft.errors,
        warnings=tuple(dict.fromkeys([*first_now.warnings, *first_draft.warnings])),
    )


def _rows(now: Amounts, draft: Amounts, lost: Collection[str]) -> dict[Key, Change]:
    return {
        key: Change(now.get(key, 0), draft.get(key, 0))
        for key in dict.fromkeys([*now, *draft])
        if key[0] not in lost
    }


def _amounts(priced: Priced, uses: Sequence[SessionUse]) -> Amounts:
    """Add up what tenants pay by machine, gross fen."""
    machines = {use.id: use.machine for use in uses}
    found: dict[Key, int] = {}
    for statement in priced.statements:
        for line in statement.lines:
            machine = machines[line.session] if line.session is not None else None
            key = (statement.tenant, machine)
            found[key] = found.get(key, 0) + line.gross_fen
    return found


def _session(problem: Problem, ids: Collection[str]) -> str | None:
    """Give the session a problem is about: its place is `session.<id>` or a field below; ids may
    have dots.
    """
    table, *parts = problem.place.split(".")
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        if table == "session" and name in ids:
            return name
    return None


def _tenants(floor: Floor, priced: Priced) -> set[str]:
    """Give the tenants that have no statement because of a contract."""
    places = {error.place for error in priced.errors}
    return {one.tenant for one in floor.contracts if f"contract.{one.id}" in places}


def _begun(stored: Floor, draft: Floor, start: dt.date) -> tuple[Floor, tuple[Version, ...]]:
    """Give the draft with what it changes from later on in force from the beginning of time."""
    tariffs = _later(changed(stored.tariffs, draft.tariffs), start)
    bands = _later(changed(stored.bands, draft.bands), start)
    begun = replace(
        draft, tariffs=_in_force(draft.tariffs, tariffs), bands=_in_force(draft.bands, bands)
    )
    versions = [("tariff", one.id, one.valid_from) for one in tariffs.values()]
    versions += [("bands", one.id, one.valid_from) for one in bands.values()]
    return begun, tuple(versions)


def _later(versions: Iterable[VersionT], start: dt.date) -> dict[str, VersionT]:
    """Give the last version of each id that begins after a day."""
    later = [one for one in versions if one.valid_from > start]
    return {one.id: one for one in sorted(later, key=attrgetter("valid_from"))}


def _in_force(
    versions: Iterable[VersionT], instead: Mapping[str, VersionT]
) -> tuple[VersionT, ...]:
    """Put versions in the place of all others of their ids."""
    kept = tuple(one for one in versions if one.id not in instead)
    return kept + tuple(replace(one, valid_from=dt.date.min) for one in instead.values())
