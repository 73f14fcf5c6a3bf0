"""Sessions that somebody must look at: why, and what would settle each in one step."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.corrections import (
    Change,
    CorrectionKind,
    beyond,
    last_used,
)
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from shared_factory_desktop.services.corrections import CorrectionService, read_use
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.sessions import (
    SessionParts,
    SessionView,
    end_session,
    shown,
)
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import use_of, uses_of
from shared_factory_desktop.storage import corrections as rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage.database import Transaction


class ProblemReason(StrEnum):
    """Why somebody must look at a session."""

    SILENT_METER = "silent-meter"  # a meter did not answer when it stopped
    SUSPECT = "suspect"  # it rests on a reading that is not good
    DISPUTED = "disputed"  # its tenant objects
    FORGOTTEN = "forgotten"  # it is open, and nobody has worked for long


class Solution(StrEnum):
    """What settles a problem in one step."""

    END_AT_LAST_WORKING = "end-at-last-working"
    ACCEPT_AS_IS = "accept-as-is"
    ASSIGN_TENANT = "assign-tenant"
    BILL_WHAT_WAS_READ = "bill-what-was-read"
    RESOLVE_DISPUTE = "resolve-dispute"


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A session somebody must look at; `proposed_end` in the factory's zone: when the machine last
    worked, None where the session ended then.
    """

    session: SessionView
    reason: ProblemReason
    solutions: tuple[Solution, ...]
    proposed_end: dt.datetime | None


class ProblemQueue:
    """The sessions of one factory that somebody must look at."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts
        self._database = parts.database
        self._corrections = CorrectionService(parts)

    def list(self, actor: Actor) -> tuple[ProblemView, ...]:
        """List them, newest first."""
        require(actor, Permission.VIEW)
        now = self._parts.now()
        with self._database.read() as tx:
            floor = stored_floor(tx)
            disputed = rows.disputed(tx)
            found = _candidates(tx, disputed)
            billed = _billed(tx, found)
            uses = uses_of(tx, floor, self._parts.wraps, found, now)
            views = []
            for session, use in zip(found, uses, strict=True):
                reason = self._reason(session, use, now, session.id in disputed)
                if reason is None or (reason is ProblemReason.SUSPECT and session.id in billed):
                    continue
                ways = () if session.id in billed else self._solutions(tx, floor, session, use, now)
                resolve = (Solution.RESOLVE_DISPUTE,) if session.id in disputed else ()
                views.append(self._view(floor, session, use, reason, (*resolve, *ways), now))
        return tuple(views)

    def solve(
        self,
        actor: Actor,
        session_id: str,
        solution: Solution,
        reason: str,
        tenant: str | None = None,
    ) -> SessionView:
        """Settle a problem; `tenant` is whom `assign-tenant` assigns it to.

        Raises Refused where the session has no problem that the solution settles.
        """
        require(actor, Permission.RUN_SESSIONS)
        view = self._offered(actor, session_id, solution)
        if view.session.state is SessionState.OPEN:
            return self._end_forgotten(actor, session_id, reason)
        if solution is Solution.RESOLVE_DISPUTE:
            self._corrections.resolve(actor, session_id, reason)
            return view.session
        if solution is Solution.BILL_WHAT_WAS_READ:
            return self._corrections.bill_read(actor, session_id, reason)
        change = Change()
        if solution is Solution.END_AT_LAST_WORKING:
            change = Change(end=view.proposed_end)
        elif solution is Solution.ASSIGN_TENANT:
            if tenant is None:
                raise refused(Kind.INPUT, "solve-tenant", session=session_id)
            change = Change(tenant=tenant)
        return self._corrections.correct(actor, session_id, change, reason, settled=True)

    def _offered(self, actor: Actor, session_id: str, solution: Solution) -> ProblemView:
        """Find the problem that a solution settles; raises Refused where there is none."""
        view = next((view for view in self.list(actor) if view.session.id == session_id), None)
        if view is None:
            raise refused(Kind.INPUT, "no-problem", session=session_id)
        if solution not in view.solutions:
            raise refused(
                Kind.INPUT,
                "no-solution",
                session=session_id,
                seen=solution,
                offered=", ".join(view.solutions) or "-",
            )
        return view

    def _end_forgotten(self, actor: Actor, session_id: str, reason: str) -> SessionView:
        """End an open session when its machine last worked."""
        code = beyond(actor.role, False, [CorrectionKind.END], 0)
        if code is not None:
            raise refused(Kind.NOT_ALLOWED, code, session=session_id, role=actor.role, days=0)
        if not reason.strip():
            raise refused(Kind.INPUT, "correction-reason", session=session_id)
        now = self._parts.now()
        with self._database.write() as tx:
            floor = stored_floor(tx)
            session = session_rows.get(tx, session_id)
            if session is None or session.state is not SessionState.OPEN:  # somebody was quicker
                raise refused(Kind.INPUT, "no-problem", session=session_id)
            end = last_used(use_of(tx, floor, self._parts.wraps, session, now))
            ended = replace(session, end=end, state=SessionState.CLOSED)
            closed, use = end_session(
                tx, self._parts, floor, ended, actor.name, reason.strip(), now
            )
        return shown(self._parts, floor, closed, use, end)

    def _reason(
        self, session: Session, use: SessionUse, now: dt.datetime, disputed: bool
    ) -> ProblemReason | None:
        """Say why somebody must look at a session; None where nobody need."""
        if disputed:
            return ProblemReason.DISPUTED
        if session.state is SessionState.PROBLEM:
            return ProblemReason.SILENT_METER
        if session.state is SessionState.CLOSED:
            return ProblemReason.SUSPECT
        long = now - session.start > self._parts.forgotten_open
        left = now - last_used(use) > self._parts.forgotten_idle
        return ProblemReason.FORGOTTEN if long and left else None

    def _solutions(
        self, tx: Transaction, floor: Floor, session: Session, use: SessionUse, now: dt.datetime
    ) -> tuple[Solution, ...]:
        """Give what would settle a problem, and change something."""
        end = (Solution.END_AT_LAST_WORKING,) if last_used(use) < (session.end or now) else ()
        if session.state is SessionState.OPEN:
            return end
        read: tuple[Solution, ...] = ()
        if session.state is SessionState.PROBLEM:
            more = read_use(tx, self._parts, floor, session, use)
            if more.readings.keys() != use.readings.keys():
                read = (Solution.BILL_WHAT_WAS_READ,)
        return (Solution.ACCEPT_AS_IS, *end, Solution.ASSIGN_TENANT, *read)

    def _view(
        self,
        floor: Floor,
        session: Session,
        use: SessionUse,
        reason: ProblemReason,
        solutions: tuple[Solution, ...],
        now: dt.datetime,
    ) -> ProblemView:
        proposed = last_used(use)
        zone = ZoneInfo(floor.factory.timezone)
        return ProblemView(
            shown(self._parts, floor, session, use, now),
            reason,
            solutions,
            proposed.astimezone(zone) if Solution.END_AT_LAST_WORKING in solutions else None,
        )


def _candidates(tx: Transaction, disputed: Collection[str]) -> builtins.list[Session]:
    """Give open sessions, those closed with a problem or in dispute, and suspect ones that nobody
    has looked at.
    """
    waiting = session_rows.list_sessions(tx, (SessionState.OPEN, SessionState.PROBLEM))
    suspect = session_rows.list_sessions(tx, (SessionState.CLOSED,), quality=Quality.SUSPECT)
    corrections = rows.list_corrections(tx) if suspect else ()
    seen = {successor for correction in corrections for successor in correction.successors}
    fresh = [one for one in suspect if one.id not in seen]
    objected = [session_rows.get(tx, session_id) for session_id in disputed]
    found = {one.id: one for one in (*waiting, *fresh, *objected) if one is not None}
    standing = [one for one in found.values() if one.state is not SessionState.CORRECTED]
    return sorted(standing, key=lambda one: (one.start, one.id), reverse=True)


def _billed(tx: Transaction, found: Sequence[Session]) -> set[str]:
    """Give the sessions of the same tenants and times that are on statements in force."""
    if not found:
        return set()
    before = min(session.start for session in found).date() - dt.timedelta(days=1)  # in any zone
    tenants = {session.tenant for session in found}
    return {session for tenant in tenants for session in rows.billed(tx, tenant, before)}
