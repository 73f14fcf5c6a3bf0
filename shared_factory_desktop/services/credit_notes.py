"""Credit notes: proposed by one person, approved by another, issued in the series of statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.credit_notes import credit_note, of_sessions, taken_back
from shared_factory_desktop.domain.document_json import context_json
from shared_factory_desktop.domain.floor import Floor, Tenant
from shared_factory_desktop.domain.happenings import checkpoint, statement_issued
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.statement import Anchor, StatementDocument
from shared_factory_desktop.domain.statement_json import sha256_of, statement_document
from shared_factory_desktop.domain.statement_life import Step
from shared_factory_desktop.domain.statement_numbers import NumberPattern
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.ledger import post_credit
from shared_factory_desktop.services.sessions import tenant_name
from shared_factory_desktop.services.statement_documents import frozen_document
from shared_factory_desktop.services.statement_life import known, life, refuse_step
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import audit, ledger, outbox, statements
from shared_factory_desktop.storage import credit_notes as rows
from shared_factory_desktop.storage import statement_life as life_rows
from shared_factory_desktop.storage.credit_notes import CreditProposal
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.statements import IssuedStatement

__all__ = ["CreditNoteService", "CreditParts", "CreditProposal", "Proposed", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be credited: lines (from 1), all lines of sessions, or all that is left."""

    lines: tuple[int, ...] = ()
    sessions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal, and the credit note where nobody else has to approve it."""

    proposal: CreditProposal
    document: StatementDocument | None


@dataclass(frozen=True, slots=True)
class CreditParts:
    """What the service is built from; `two_people`: another person approves."""

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]
    numbers: NumberPattern
    pseudonyms: bool
    two_people: bool


@dataclass(frozen=True, slots=True)
class _Original:
    """The statement to be credited, as it was frozen, and its lines that are taken back."""

    stored: IssuedStatement
    document: StatementDocument
    credited: dict[int, str]

    @property
    def left(self) -> frozenset[int]:
        """The lines that can still be credited."""
        return frozenset(range(1, len(self.document.lines) + 1)) - self.credited.keys()


class CreditNoteService:
    """Credit notes of one factory."""

    def __init__(self, parts: CreditParts) -> None:
        self._parts = parts
        self._database = parts.database

    def propose(self, actor: Actor, number: str, wanted: Wanted, reason: str) -> Proposed:
        """Propose to take lines of a statement back; issues the credit note at once where the
        factory asks for no second person. Raises Refused.
        """
        require(actor, Permission.BILL)
        if not reason.strip():
            raise refused(Kind.INPUT, "credit-reason", number=number)
        with self._database.write() as tx:
            original = _original(tx, stored_floor(tx), number)
            lines = _lines(original, wanted)
            self._refuse_lines(tx, original, lines)
            _refuse_pending(tx, number, lines)
            made = rows.propose(tx, number, lines, reason.strip(), actor.name)
            after = {"proposal": made.id, "lines": [*lines], "reason": made.reason}
            self._parts.trail.note(tx, actor.name, "credit.propose", number, after=after)
            document = None if self._parts.two_people else self._issue(tx, actor, made)
        return Proposed(made, document)

    def list(self, actor: Actor) -> tuple[CreditProposal, ...]:
        """Give every proposal, decided or not, in order."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return rows.proposals(tx)

    def approve(self, actor: Actor, proposal: int) -> StatementDocument:
        """Issue the credit note that another person proposed; raises Refused."""
        require(actor, Permission.BILL)
        with self._database.write() as tx:
            return self._issue(tx, actor, self._open(tx, actor, proposal))

    def refuse(self, actor: Actor, proposal: int, reason: str) -> None:
        """Turn a proposal down; who made it may take it back so. Raises Refused."""
        require(actor, Permission.BILL)
        if not reason.strip():
            raise refused(Kind.INPUT, "credit-refusal-reason", proposal=proposal)
        with self._database.write() as tx:
            found = _undecided(tx, proposal)
            rows.decide(tx, proposal, actor.name, reason=reason.strip())
            after = {"proposal": proposal, "reason": reason.strip()}
            self._parts.trail.note(tx, actor.name, "credit.refuse", found.statement, after=after)

    def _open(self, tx: Transaction, actor: Actor, proposal: int) -> CreditProposal:
        """Give a proposal that this person may approve; raises Refused."""
        found = _undecided(tx, proposal)
        if self._parts.two_people and found.by == actor.name:
            raise refused(Kind.NOT_ALLOWED, "own-credit", proposal=proposal, user=actor.name)
        return found

    def _issue(self, tx: Transaction, actor: Actor, proposal: CreditProposal) -> StatementDocument:
        """Issue the credit note of a proposal: number, lines, ledger, records, audit."""
        floor = stored_floor(tx)
        zone = ZoneInfo(floor.factory.timezone)
        original = _original(tx, floor, proposal.statement)
        self._refuse_lines(tx, original, proposal.lines)
        whole = original.left == set(proposal.lines)
        draft = credit_note(original.document, proposal.lines, proposal.reason)
        draft = replace(draft, anchor=Anchor(*audit.head(tx)))
        today = self._parts.now().astimezone(zone).date()
        credited = {"number": proposal.statement, "lines": [*proposal.lines]}
        issued = statements.issue(
            tx,
            self._parts.numbers.series(today),
            original.stored.tenant,
            (original.stored.start, original.stored.end),
            {**original.stored.document, **statement_document(draft.statement)},
            {**context_json(draft), "credited": credited},
            refers_to=proposal.statement,
            whole=whole,
        )
        back = _take_back(tx, original, proposal.lines, issued)
        rows.decide(tx, proposal.id, actor.name, credit=issued.number)
        if whole:
            values = {"credit": issued.number}
            life_rows.note(tx, proposal.statement, Step.CANCEL, values, proposal.reason, actor.name)
        self._note(tx, actor, proposal, issued, back)
        if ledger.tenant_of(tx, proposal.statement) is not None:  # there once was no ledger
            lines, to = draft.statement.lines, proposal.statement
            post_credit(tx, issued.number, to, issued.tenant, lines, today, actor.name)
        self._tell(tx, floor, draft, issued)
        return frozen_document(issued, zone)

    def _refuse_lines(self, tx: Transaction, original: _Original, lines: Iterable[int]) -> None:
        """Refuse to credit a credit note, a line twice, or all that is left once some is paid."""
        number, stored = original.stored.number, original.stored
        if stored.refers_to is not None:
            raise refused(Kind.INPUT, "credit-of-credit", number=number, original=stored.refers_to)
        for line in lines:
            if line in original.credited:
                raise refused(
                    Kind.INPUT,
                    "credit-twice",
                    number=number,
                    line=line,
                    credit=original.credited[line],
                )
        if original.left <= set(lines):
            refuse_step(life(tx, stored), Step.CANCEL, number)

    def _note(
        self,
        tx: Transaction,
        actor: Actor,
        proposal: CreditProposal,
        issued: IssuedStatement,
        back: Iterable[str],
    ) -> None:
        after = {"proposal": proposal.id, "credit": issued.number, "sessions": [*back]}
        self._parts.trail.note(tx, actor.name, "credit.approve", proposal.statement, after=after)
        frozen = {
            "sha256": issued.sha256,
            "context_sha256": sha256_of(issued.context),
            "refers_to": proposal.statement,
            "lines": [*proposal.lines],
        }
        self._parts.trail.note(tx, actor.name, "statement.issue", issued.number, after=frozen)

    def _tell(
        self, tx: Transaction, floor: Floor, draft: StatementDocument, issued: IssuedStatement
    ) -> None:
        """Tell platforms of the credit note and of where the audit chain stands with it."""
        buyer, at = draft.buyer, issued.issued_at
        tenant = floor.tenant(issued.tenant) or Tenant(issued.tenant, buyer.name, uscc=buyer.uscc)
        name = tenant_name(floor.factory, tenant, self._parts.pseudonyms)
        told = statement_issued(
            issued.number, draft.statement, issued.sha256, name, at, issued.refers_to
        )
        source = self._parts.trail.source(floor.factory.id)
        outbox.append(tx, source, [told, checkpoint(*audit.head(tx), at)])


def _original(tx: Transaction, floor: Floor, number: str) -> _Original:
    stored = known(tx, number)
    document = frozen_document(stored, ZoneInfo(floor.factory.timezone))
    return _Original(stored, document, rows.credited(tx, number))


def _take_back(
    tx: Transaction, original: _Original, lines: Collection[int], issued: IssuedStatement
) -> tuple[str, ...]:
    """Take lines back; gives the sessions of which nothing stays billed by that."""
    document = original.document
    sessions = {line: document.lines[line - 1].line.session for line in lines}
    rows.take_back(tx, original.stored.number, sessions, issued.number)
    back = taken_back(document, {*original.credited, *lines})
    return tuple(session for session in back if session in sessions.values())


def _lines(original: _Original, wanted: Wanted) -> tuple[int, ...]:
    """Give the lines (from 1) that are wanted, in order; raises Refused for what is not there."""
    number, count = original.stored.number, len(original.document.lines)
    for line in wanted.lines:
        if not 1 <= line <= count:
            raise refused(Kind.INPUT, "credit-line", number=number, line=line, count=count)
    chosen = set(wanted.lines)
    for session in wanted.sessions:
        lines = of_sessions(original.document, {session})
        if not lines:
            raise refused(Kind.INPUT, "credit-session", number=number, session=session)
        chosen.update(original.left.intersection(lines) or lines)
    if not wanted.lines and not wanted.sessions:
        chosen.update(original.left)
    return tuple(sorted(chosen))


def _refuse_pending(tx: Transaction, number: str, lines: Iterable[int]) -> None:
    """Refuse lines that an open proposal names already."""
    for one in rows.proposals(tx):
        same = set(one.lines).intersection(lines)
        if one.decision is None and one.statement == number and same:
            raise refused(
                Kind.INPUT, "credit-pending", number=number, line=min(same), proposal=one.id
            )


def _undecided(tx: Transaction, proposal: int) -> CreditProposal:
    found = rows.proposal(tx, proposal)
    if found is None:
        raise refused(Kind.INPUT, "unknown-credit", proposal=proposal)
    if found.decision is not None:
        raise refused(Kind.INPUT, "credit-decided", proposal=proposal, by=found.decision.by)
    return found
