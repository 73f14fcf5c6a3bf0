"""Corrects sessions afterwards: the original stays as it was, others stand in for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.corrections import (
    Change,
    CorrectionKind,
    beyond,
    changed,
    cut,
    dispute_until,
    joined,
    unjoinable,
)
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Cause, Kind, Refused, cause, refused
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.periods import refuse_change
from shared_factory_desktop.services.sessions import SessionParts, SessionView, shown, tell
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import build_use, measures_of, use_of, uses_of
from shared_factory_desktop.services.work_orders import others_job
from shared_factory_desktop.storage import corrections as rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage.database import Transaction

Values = Mapping[str, object]
_ENDED = (SessionState.CLOSED, SessionState.PROBLEM)


@dataclass(frozen=True, slots=True)
class _Work:
    """One correction under way: who corrects, why, and under which floor."""

    tx: Transaction
    floor: Floor
    actor: Actor
    reason: str

    def day(self, at: dt.datetime) -> dt.date:
        """Give the factory's local day of an instant."""
        return at.astimezone(ZoneInfo(self.floor.factory.timezone)).date()


class CorrectionService:
    """Corrections and disputes of one factory's sessions."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts
        self._database = parts.database

    def correct(
        self, actor: Actor, session_id: str, change: Change, reason: str, settled: bool = False
    ) -> SessionView:
        """Change what a session says: whose, which work order, its end, pieces, declared value.

        Gives the session that stands in for it. With `settled` nobody need look at it any more,
        even if nothing else changes. Raises Refused with what keeps it from being corrected.
        """
        require(actor, Permission.RUN_SESSIONS)
        kinds = (*change.kinds, *((CorrectionKind.ACCEPT,) if settled else ()))
        with self._database.write() as tx:
            work = _Work(tx, stored_floor(tx), actor, reason)
            session = self._correctable(work, session_id, kinds)
            use = use_of(tx, work.floor, self._parts.wraps, session, self._parts.now())
            causes = _against(work, use, change, kinds)
            if causes:
                raise Refused(Kind.INPUT, *causes)
            after = changed(use, change)
            state = SessionState.CLOSED if settled else session.state
            before_values, after_values = _differences(session, use, after, change, state)
            [made] = self._replace(
                work,
                {session: (before_values, after_values)},
                [(replace(session, state=state), after)],
                "+".join(kinds),
            )
        return made

    def bill_read(self, actor: Actor, session_id: str, reason: str) -> SessionView:
        """Take the measures that a silent meter left out up to its last good reading: less than
        was used, never more. The session stays suspect, and nobody need look at it any more.
        """
        require(actor, Permission.RUN_SESSIONS)
        with self._database.write() as tx:
            work = _Work(tx, stored_floor(tx), actor, reason)
            session = self._correctable(work, session_id, [CorrectionKind.MEASURES])
            known = use_of(tx, work.floor, self._parts.wraps, session, self._parts.now())
            after = read_use(tx, self._parts, work.floor, session, known)
            if after.readings.keys() == known.readings.keys():
                raise refused(Kind.INPUT, "nothing-read", session=session_id)
            values = (_measured(session, known), _measured(closed(session), after))
            [made] = self._replace(
                work, {session: values}, [(closed(session), after)], CorrectionKind.MEASURES
            )
        return made

    def split(
        self, actor: Actor, session_id: str, at: dt.datetime, reason: str
    ) -> tuple[SessionView, ...]:
        """Make two sessions of one, that meet at an instant within it."""
        require(actor, Permission.RUN_SESSIONS)
        with self._database.write() as tx:
            work = _Work(tx, stored_floor(tx), actor, reason)
            session = self._correctable(work, session_id, [CorrectionKind.SPLIT])
            assert session.end is not None
            if not session.start < at < session.end:
                raise Refused(Kind.INPUT, _outside(session, at))
            use = use_of(tx, work.floor, self._parts.wraps, session, self._parts.now())
            causes = _uncovered(work, session.tenant, session.machine, at)
            if causes:
                raise Refused(Kind.INPUT, *causes)
            values = (_span(session), {"at": at.astimezone(dt.UTC).isoformat()})
            parts = [(session, part) for part in cut(use, at)]
            return self._replace(work, {session: values}, parts, CorrectionKind.SPLIT)

    def merge(self, actor: Actor, session_ids: Sequence[str], reason: str) -> SessionView:
        """Make one session of several of one tenant that follow each other on a machine."""
        require(actor, Permission.RUN_SESSIONS)
        with self._database.write() as tx:
            work = _Work(tx, stored_floor(tx), actor, reason)
            wanted = dict.fromkeys(session_ids)
            found = [self._correctable(work, i, [CorrectionKind.MERGE]) for i in wanted]
            if len(found) < 2:
                raise refused(Kind.INPUT, "merge-one", session=session_ids[0])
            found.sort(key=lambda session: (session.start, session.id))
            uses = uses_of(tx, work.floor, self._parts.wraps, found, self._parts.now())
            whole = uses[0]
            for session, use in zip(found[1:], uses[1:], strict=True):
                why = unjoinable(whole, use)
                if why is not None:
                    raise refused(Kind.INPUT, f"merge-{why}", session=session.id, first=found[0].id)
                whole = joined(whole, use)
            problem = any(session.state is SessionState.PROBLEM for session in found)
            state = SessionState.PROBLEM if problem else SessionState.CLOSED
            one = replace(found[0], state=state, ended_by=found[-1].ended_by)
            values = {session: (_span(session), _span(whole)) for session in found}
            [made] = self._replace(work, values, [(one, whole)], CorrectionKind.MERGE)
        return made

    def dispute(self, actor: Actor, session_id: str, reason: str) -> None:
        """Note that the tenant objects to a session: it stays off statements until resolved.

        Raises Refused for a session that runs, was corrected, is on a statement, or whose time
        to object is over.
        """
        require(actor, Permission.RUN_SESSIONS)
        with self._database.write() as tx:
            work = _Work(tx, stored_floor(tx), actor, reason)
            session = _ended(work, session_id)
            assert session.end is not None
            until = dispute_until(work.day(session.end), self._parts.dispute_days)
            if work.day(self._parts.now()) > until:
                raise refused(Kind.INPUT, "dispute-late", session=session_id, until=until)
            if session_id in rows.disputed(tx):
                raise refused(Kind.INPUT, "dispute-open", session=session_id)
            self._raise_dispute(work, session_id)

    def resolve(self, actor: Actor, session_id: str, reason: str) -> None:
        """Note that a dispute is over: the session goes on the next statement as it stands."""
        require(actor, Permission.BILL)
        with self._database.write() as tx:
            work = _Work(tx, stored_floor(tx), actor, reason)
            _known(work, session_id)
            if session_id not in rows.disputed(tx):
                raise refused(Kind.INPUT, "dispute-none", session=session_id)
            rows.resolve(tx, session_id, reason.strip(), actor.name)
            self._note(work, "session.resolve", session_id, None, {"reason": reason.strip()})

    def history(self, actor: Actor, session_id: str) -> tuple[rows.Correction, ...]:
        """Give the corrections that led to a session or took its place, in order."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            made = rows.list_corrections(tx)
        return _family(made, session_id)

    def _correctable(
        self, work: _Work, session_id: str, kinds: Iterable[CorrectionKind]
    ) -> Session:
        """Find a session that the actor may correct so; raises Refused."""
        session = _ended(work, session_id)
        assert session.end is not None
        refuse_change(work.tx, work.actor, ZoneInfo(work.floor.factory.timezone), session)
        age_days = (work.day(self._parts.now()) - work.day(session.end)).days
        own = session.started_by == work.actor.name
        code = beyond(work.actor.role, own, kinds, age_days)
        if code is not None:
            role = work.actor.role
            raise refused(Kind.NOT_ALLOWED, code, session=session_id, role=role, days=age_days)
        return session

    def _replace(
        self,
        work: _Work,
        originals: Mapping[Session, tuple[Values, Values]],
        stand_ins: Sequence[tuple[Session, SessionUse]],
        kind: str,
    ) -> tuple[SessionView, ...]:
        """Store and tell the sessions that stand in for others, which are corrected by that; a
        dispute of one of them is then one of all that stand in.
        """
        tx, names = work.tx, ",".join(session.id for session in originals)
        disputed = not rows.disputed(tx).isdisjoint(session.id for session in originals)
        for session in originals:
            session_rows.mark_corrected(tx, session.id)
        made = []
        for session, use in stand_ins:
            session, use = session_rows.stand_in(tx, _as_used(session, use), use)
            tell(tx, self._parts, work.floor, session, use, names)
            made.append((session, use))
        successors = [session.id for session, _ in made]
        for session, (before, after) in originals.items():
            rows.add(
                tx,
                session.id,
                kind,
                successors,
                before,
                after,
                work.reason.strip(),
                work.actor.name,
            )
            told = {**after, "successors": successors, "reason": work.reason.strip()}
            self._note(work, "session.correct", session.id, before, told)
        for successor in successors if disputed else ():
            self._raise_dispute(work, successor)
        now = self._parts.now()
        return tuple(shown(self._parts, work.floor, session, use, now) for session, use in made)

    def _raise_dispute(self, work: _Work, session_id: str) -> None:
        reason = work.reason.strip()
        rows.dispute(work.tx, session_id, reason, work.actor.name)
        self._note(work, "session.dispute", session_id, None, {"reason": reason})

    def _note(
        self, work: _Work, action: str, session_id: str, before: Values | None, after: Values
    ) -> None:
        self._parts.trail.note(work.tx, work.actor.name, action, session_id, before, after)


def read_use(
    tx: Transaction, parts: SessionParts, floor: Floor, session: Session, known: SessionUse
) -> SessionUse:
    """Give what is known of an ended session's use with each measure that it lacks, up to the
    last good reading of it.
    """
    assert session.end is not None
    built = build_use(tx, floor, parts.wraps, closed(session), session.end)
    return replace(
        known,
        pieces=known.pieces or built.pieces,
        readings={**built.readings, **known.readings},
    )


def closed(session: Session) -> Session:
    """Give a session as one that nobody need look at."""
    return replace(session, state=SessionState.CLOSED)


def _measured(session: Session, use: SessionUse) -> Values:
    measures = {name: plain(value) for name, value in measures_of(use).items()}
    return {"state": str(session.state), "measures": measures}


def _known(work: _Work, session_id: str) -> Session:
    """Find a session; raises Refused where there is none, or no reason is given."""
    session = session_rows.get(work.tx, session_id)
    if session is None:
        raise refused(Kind.INPUT, "unknown-session", session=session_id)
    if not work.reason.strip():
        raise refused(Kind.INPUT, "correction-reason", session=session_id)
    return session


def _ended(work: _Work, session_id: str) -> Session:
    """Find a session that has ended, stands, and is on no statement; raises Refused."""
    session = _known(work, session_id)
    if session.state not in _ENDED:
        raise refused(Kind.INPUT, f"session-is-{session.state}", session=session_id)
    number = rows.billed(work.tx, session.tenant, work.day(session.start)).get(session_id)
    if number is not None:
        raise refused(Kind.INPUT, "session-billed", session=session_id, number=number)
    return session


def _against(
    work: _Work, use: SessionUse, change: Change, kinds: Sequence[CorrectionKind]
) -> list[Cause]:
    """Find every reason why a change of a session cannot be."""
    causes = [] if kinds else [cause("correction-nothing", session=use.id)]
    if change.tenant is not None:
        causes += _uncovered(work, change.tenant, use.machine, use.start)
    if change.job is not None:
        causes += others_job(work.tx, change.tenant or use.tenant, change.job)
    if change.end is not None and use.end is not None and not use.start <= change.end <= use.end:
        causes.append(_outside(use, change.end))
    pieces = change.pieces
    if pieces is not None and min(pieces.good, pieces.scrap) < 0:
        seen = f"{pieces.good}, {pieces.scrap}"
        causes.append(cause("correction-negative", session=use.id, field="pieces", seen=seen))
    if change.value is not None and change.value < 0:
        seen = plain(change.value)
        causes.append(cause("correction-negative", session=use.id, field="value", seen=seen))
    return causes


def _uncovered(work: _Work, tenant: str, machine: str, at: dt.datetime) -> list[Cause]:
    """Find why a tenant could not have used a machine at an instant."""
    if work.floor.tenant(tenant) is None:
        return [cause("unknown-tenant", tenant=tenant)]
    day = work.day(at)
    if Agreements(work.floor).contract(tenant, machine, day) is None:
        return [cause("no-contract", tenant=tenant, machine=machine, day=day)]
    return []


def _outside(session: Session | SessionUse, at: dt.datetime) -> Cause:
    return cause(
        "correction-outside",
        session=session.id,
        at=at.isoformat(),
        start=session.start.isoformat(),
        end=session.end.isoformat() if session.end else "",
    )


def _as_used(session: Session, use: SessionUse) -> Session:
    """Give a session with what its use says."""
    return replace(
        session,
        tenant=use.tenant,
        job=use.job,
        start=use.start,
        end=use.end,
        quality=use.quality,
    )


def _span(session: Session | SessionUse) -> Values:
    end = session.end.isoformat() if session.end else None
    return {"start": session.start.isoformat(), "end": end}


def _differences(
    session: Session, use: SessionUse, after: SessionUse, change: Change, state: SessionState
) -> tuple[Values, Values]:
    """Give what a change changes, as it was and as it is, as JSON values."""
    names = [str(kind) for kind in change.kinds]
    old, new = ({name: _value(one, name) for name in names} for one in (use, after))
    if state is not session.state:
        old, new = old | {"state": str(session.state)}, new | {"state": str(state)}
    return old, new


def _value(use: SessionUse, name: str) -> object:
    if name == CorrectionKind.END:
        return use.end.isoformat() if use.end else None
    if name == CorrectionKind.PIECES:
        return [use.pieces.good, use.pieces.scrap] if use.pieces else None
    if name == CorrectionKind.VALUE:
        return None if use.value is None else plain(use.value)
    return getattr(use, name)


def _family(made: Sequence[rows.Correction], session_id: str) -> tuple[rows.Correction, ...]:
    """Give the corrections that a session comes from, and those that come from it."""
    before, after = {session_id}, {session_id}
    for correction in reversed(made):
        if not before.isdisjoint(correction.successors):
            before.add(correction.session)
    for correction in made:
        if correction.session in after:
            after.update(correction.successors)
    origins = before - {session_id}
    return tuple(c for c in made if c.session in origins or c.session in after)
