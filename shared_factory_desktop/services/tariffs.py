"""Working on tariffs: calendars to add, warnings, previews, and approval by a second person."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.charges.falling import falling_prices
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.periods import Period, read_period
from shared_factory_desktop.domain.problems import Kind, Problem, refused
from shared_factory_desktop.domain.sessions import SessionState, SessionUse
from shared_factory_desktop.domain.tariff_approval import changed
from shared_factory_desktop.domain.tariff_preview import Preview, preview
from shared_factory_desktop.services.calendars import calendar_file
from shared_factory_desktop.services.floor import FloorService, ImportCounts, stored_floor
from shared_factory_desktop.services.holidays import stored_holidays
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import Wraps, uses_of
from shared_factory_desktop.storage import corrections
from shared_factory_desktop.storage import floor as floor_rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage import tariffs as rows
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.tariffs import Proposal

__all__ = ["Proposal", "TariffParts", "TariffService"]

_BILLED = (SessionState.OPEN, SessionState.CLOSED, SessionState.PROBLEM)


@dataclass(frozen=True, slots=True)
class TariffParts:
    """What the tariff service is built from; `wraps` says where registers roll over."""

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]
    wraps: Wraps
    floor: FloorService


class TariffService:
    """The prices of one factory, before they are charged."""

    def __init__(self, parts: TariffParts) -> None:
        self._parts = parts
        self._database = parts.database

    def add_calendar(
        self, actor: Actor, calendar: str, valid_from: dt.date | None = None
    ) -> ImportCounts:
        """Add a calendar that comes with the program as an import of a floor file would."""
        require(actor, Permission.SET_UP)
        data = calendar_file(calendar, valid_from)
        with self._database.write() as tx:
            stored_floor(tx)
            return self._parts.floor.apply(tx, data, calendar, actor.name)

    def check(self, actor: Actor, path: Path) -> tuple[Problem, ...]:
        """Give every place in the tariffs a floor file brings at which more use costs less."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            stored = floor_rows.load_floor(tx)
            draft = self._parts.floor.read_draft(tx, path)
        brought = changed(stored.tariffs if stored else (), draft.tariffs)
        return tuple(problem.in_file(path.name) for problem in falling_prices(brought))

    def preview(self, actor: Actor, path: Path, period: str) -> Preview:
        """Price a period's sessions under a floor file that is not imported, next to the prices
        now.
        """
        require(actor, Permission.BILL)
        span = read_period(period)
        now = self._parts.now()
        with self._database.read() as tx:
            stored = stored_floor(tx)
            draft = self._parts.floor.read_draft(tx, path)
            uses = self._uses(tx, stored, span, now)
            holidays = stored_holidays(tx)
        return preview(stored, draft, uses, span, holidays, now)

    def proposals(self, actor: Actor) -> tuple[Proposal, ...]:
        """Give every proposed change of prices, decided or not, in order of number."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return rows.proposals(tx)

    def proposal(self, actor: Actor, number: int) -> Proposal:
        """Give one proposal; raises Refused for an unknown number."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return _known(tx, number)

    def approve(self, actor: Actor, number: int) -> ImportCounts:
        """Agree to another person's proposal and import it; raises Refused, InputRefused.

        Where the import is refused, the proposal stays open.
        """
        require(actor, Permission.BILL)
        with self._database.write() as tx:
            proposal = _open(tx, number, actor)
            rows.decide(tx, number, actor.name, approved=True)
            self._parts.trail.note(
                tx, actor.name, "tariff.approve", str(number), after={"sha256": proposal.sha256}
            )
            data = tomllib.loads(proposal.text)
            return self._parts.floor.apply(tx, data, proposal.file, actor.name, approved=True)

    def reject(self, actor: Actor, number: int, reason: str) -> None:
        """Turn another person's proposal down; raises Refused."""
        require(actor, Permission.BILL)
        if not reason.strip():
            raise refused(Kind.INPUT, "reject-reason", number=number)
        with self._database.write() as tx:
            _open(tx, number, actor)
            rows.decide(tx, number, actor.name, approved=False, reason=reason.strip())
            self._parts.trail.note(
                tx, actor.name, "tariff.reject", str(number), after={"reason": reason.strip()}
            )

    def _uses(
        self, tx: Transaction, floor: Floor, span: Period, now: dt.datetime
    ) -> list[SessionUse]:
        start, end = span.instants(ZoneInfo(floor.factory.timezone))
        sessions = session_rows.list_sessions(tx, _BILLED, start=start, end=end)
        billable = corrections.billable(tx, sessions)
        return uses_of(tx, floor, self._parts.wraps, billable, now)


def _known(tx: Transaction, number: int) -> Proposal:
    proposal = rows.proposal(tx, number)
    if proposal is None:
        raise refused(Kind.INPUT, "unknown-proposal", number=number)
    return proposal


def _open(tx: Transaction, number: int, actor: Actor) -> Proposal:
    """Give a proposal that this person may decide; raises Refused."""
    proposal = _known(tx, number)
    decision = proposal.decision
    if decision is not None:
        raise refused(Kind.INPUT, "proposal-decided", number=number, by=decision.by)
    if proposal.by == actor.name:
        raise refused(Kind.NOT_ALLOWED, "own-proposal", number=number, user=actor.name)
    return proposal
