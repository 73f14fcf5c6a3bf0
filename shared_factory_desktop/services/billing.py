"""Statements: drafted from uses, issued once under a gap-free number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain import statement_json
from shared_factory_desktop.domain.document_json import context_json
from shared_factory_desktop.domain.floor import Floor, Tenant
from shared_factory_desktop.domain.happenings import checkpoint, statement_issued
from shared_factory_desktop.domain.periods import Period, read_period
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused, refused
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Anchor, Statement, StatementDocument
from shared_factory_desktop.domain.statement_numbers import NumberPattern
from shared_factory_desktop.services.drafting import Draft, make_draft
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.holidays import stored_holidays
from shared_factory_desktop.services.ledger import post_statement
from shared_factory_desktop.services.periods import refuse_issue
from shared_factory_desktop.services.sessions import tenant_name
from shared_factory_desktop.services.statement_documents import frozen_document, tariff_versions
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import Wraps
from shared_factory_desktop.storage import adjustments, audit, billed, outbox
from shared_factory_desktop.storage import statements as rows
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.ledger import statement_account

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """An issued statement in a list; `issued_at` in the factory's zone."""

    number: str
    tenant: str
    tenant_name: str
    start: dt.date
    end: dt.date
    issued_at: dt.datetime
    net_fen: int
    tax_fen: int
    gross_fen: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one tenant's statement: the document, or why there is none."""

    tenant: str
    document: StatementDocument | None
    error: InputRefused | Refused | None = None


@dataclass(frozen=True, slots=True)
class BillingParts:
    """What the billing service is built from; `grace_days`: for how long after a period late
    readings are waited for; `anchored` notes outside the database where its chains stand.
    """

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]
    wraps: Wraps
    pseudonyms: bool
    numbers: NumberPattern
    grace_days: int
    anchored: Callable[[str], None]


class BillingService:
    """Statements of one factory."""

    def __init__(self, parts: BillingParts) -> None:
        self._parts = parts
        self._database = parts.database

    def draft(self, actor: Actor, tenant: str, period: str) -> StatementDocument:
        """Give what a statement would say now; raises Refused where the tenant has nothing to pay
        for.
        """
        require(actor, Permission.BILL)
        span = read_period(period)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            draft = self._draft(tx, floor, tenant, span, self._parts.now())
        return _found(draft.document if draft else None, tenant, span)

    def draft_all(self, actor: Actor, period: str, progress: Progress) -> Iterator[Outcome]:
        """Draft the statements of all tenants that have something to pay for, one after the other,
        from one state of the database.

        Only one tenant's use is in memory at a time; a tenant whose use cannot be priced does not
        stop the others.
        """
        require(actor, Permission.BILL)
        return self._drafts(read_period(period), progress)

    def issue(
        self, actor: Actor, tenant: str, period: str, at_once: bool = False
    ) -> StatementDocument:
        """Issue a statement: number, frozen content, outbox records, audit, all in one
        transaction; `at_once` without waiting for late readings.
        """
        require(actor, Permission.BILL)
        span = read_period(period)
        document = _found(self._issue(actor, tenant, span, at_once), tenant, span)
        self._parts.anchored(actor.name)
        return document

    def issue_all(
        self, actor: Actor, period: str, progress: Progress, at_once: bool = False
    ) -> Iterator[Outcome]:
        """Issue the statements of all tenants, each in a transaction of its own, so that metering
        goes on in between.

        Raises Refused where the period is not over or is locked. Tenants that have one for just
        this period are passed over: a close that was interrupted is run again.
        """
        require(actor, Permission.BILL)
        span = read_period(period)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            self._refuse_unready(tx, floor, span, at_once)
            closed = rows.issued_for(tx, span.start, span.end)
        waiting = [tenant.id for tenant in floor.tenants if tenant.id not in closed]
        return self._issues(actor, waiting, span, at_once, progress)

    def list(self, actor: Actor) -> tuple[StatementRow, ...]:
        """List issued statements, newest first."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            found = rows.list_statements(tx)[::-1]
        zone = ZoneInfo(floor.factory.timezone)
        return tuple(_row(floor, zone, stored) for stored in found)

    def document(self, actor: Actor, number: str) -> StatementDocument:
        """Give an issued statement as it was frozen."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            stored = rows.get(tx, number)
        if stored is None:
            raise refused(Kind.INPUT, "unknown-statement", number=number)
        return frozen_document(stored, ZoneInfo(floor.factory.timezone))

    def as_json(self, document: StatementDocument) -> Mapping[str, Any]:
        """Give a document as scripts read it (pricing contract); issued ones with number, date and
        hash.
        """
        statement = document.statement
        priced: dict[str, Any] = {
            "format": 1,
            "period": [str(statement.start), str(statement.end)],
            **statement_json.statement_document(statement),
        }
        if document.number and document.issued_at:
            priced["number"] = document.number
            priced["issued_at"] = document.issued_at.isoformat()
            priced["sha256"] = document.sha256
        return priced

    def _drafts(self, span: Period, progress: Progress) -> Iterator[Outcome]:
        with self._database.read() as tx:
            floor, now = stored_floor(tx), self._parts.now()

            def make(tenant: str) -> StatementDocument | None:
                draft = self._draft(tx, floor, tenant, span, now)
                return draft.document if draft else None

            yield from _outcomes([tenant.id for tenant in floor.tenants], progress, make)

    def _issues(
        self, actor: Actor, tenants: Sequence[str], span: Period, at_once: bool, progress: Progress
    ) -> Iterator[Outcome]:
        yield from _outcomes(
            tenants, progress, lambda tenant: self._issue(actor, tenant, span, at_once)
        )
        self._parts.anchored(actor.name)

    def _draft(
        self, tx: Transaction, floor: Floor, tenant: str, span: Period, now: dt.datetime
    ) -> Draft | None:
        return make_draft(tx, floor, _tenant(floor, tenant), span, self._parts.wraps, now)

    def _issue(
        self, actor: Actor, tenant: str, span: Period, at_once: bool
    ) -> StatementDocument | None:
        """Issue a tenant's statement; None where there is nothing to pay for."""
        now = self._parts.now()
        with self._database.write() as tx:
            floor = stored_floor(tx)
            zone = ZoneInfo(floor.factory.timezone)
            self._refuse_unready(tx, floor, span, at_once)
            _refuse_overlap(rows.overlapping(tx, tenant, span.start, span.end), span)
            draft = self._draft(tx, floor, tenant, span, now)
            if draft is None:
                return None
            if draft.blocked:
                raise Refused(Kind.INPUT, *draft.blocked)
            statement = draft.document.statement
            account = statement_account(tx, tenant, span.start, span.end, statement.gross_fen)
            document = replace(draft.document, account=account, anchor=Anchor(*audit.head(tx)))
            context = context_json(document) | draft.made_from
            issued = rows.issue(
                tx,
                self._parts.numbers.series(now.astimezone(zone).date()),
                tenant,
                (span.start, span.end),
                self.as_json(document),
                context,
                tariff_versions(floor, document),
            )
            billed.note(tx, issued.number, draft.billed)
            adjustments.place(tx, issued.number, draft.adjusted)
            last_day = span.end - dt.timedelta(days=1)
            post_statement(tx, issued.number, tenant, statement.lines, last_day, actor.name)
            after = {"sha256": issued.sha256, "context_sha256": rows.sha256_of(context)}
            self._parts.trail.note(tx, actor.name, "statement.issue", issued.number, after=after)
            self._tell(tx, floor, statement, issued)
        return replace(frozen_document(issued, zone), warnings=document.warnings)

    def _refuse_unready(self, tx: Transaction, floor: Floor, span: Period, at_once: bool) -> None:
        grace_days = 0 if at_once else self._parts.grace_days
        refuse_issue(tx, floor, span, self._parts.now(), grace_days)

    def _tell(
        self, tx: Transaction, floor: Floor, statement: Statement, issued: rows.IssuedStatement
    ) -> None:
        """Tell platforms of the statement and of where the audit chain stands with it."""
        tenant = floor.tenant(statement.tenant)
        assert tenant is not None
        name = tenant_name(floor.factory, tenant, self._parts.pseudonyms)
        at = issued.issued_at
        told = statement_issued(issued.number, statement, issued.sha256, name, at)
        sequence, head = audit.head(tx)
        source = self._parts.trail.source(floor.factory.id)
        outbox.append(tx, source, [told, checkpoint(sequence, head, at)])


def cost_so_far(
    database: Database, floor: Floor, use: SessionUse, until: dt.datetime
) -> int | None:
    """Price one session up to `until`, gross fen; None where it cannot be priced yet. Same
    function as bills.
    """
    zone = ZoneInfo(floor.factory.timezone)
    first = use.start.astimezone(zone).date()
    last = until.astimezone(zone).date() + dt.timedelta(days=1)
    with database.read() as tx:
        holidays = stored_holidays(tx)
    try:
        priced = price(floor, [use], first, last, use.tenant, until, holidays)
    except InputRefused:
        return None
    lines = [line for s in priced.statements for line in s.lines if line.session == use.id]
    return sum(line.gross_fen for line in lines) if lines else None


def _outcomes(
    tenants: Sequence[str],
    progress: Progress,
    make: Callable[[str], StatementDocument | None],
) -> Iterator[Outcome]:
    """Make a statement for each tenant, and go on where one cannot be made."""
    for done, tenant in enumerate(tenants):
        progress(done, len(tenants))
        try:
            document = make(tenant)
        except (InputRefused, Refused) as error:
            yield Outcome(tenant, None, error)
            continue
        if document is not None:
            yield Outcome(tenant, document)
    progress(len(tenants), len(tenants))


def _found(document: StatementDocument | None, tenant: str, span: Period) -> StatementDocument:
    if document is None:
        raise refused(Kind.INPUT, "nothing-to-bill", tenant=tenant, period=span)
    return document


def _tenant(floor: Floor, tenant_id: str) -> Tenant:
    tenant = floor.tenant(tenant_id)
    if tenant is None:
        raise refused(Kind.INPUT, "unknown-tenant", tenant=tenant_id)
    return tenant


def _refuse_overlap(taken: Sequence[rows.IssuedStatement], span: Period) -> None:
    if taken:
        first = taken[0]
        raise refused(
            Kind.INPUT, "already-issued", tenant=first.tenant, period=span, number=first.number
        )


def _row(floor: Floor, zone: ZoneInfo, stored: rows.IssuedStatement) -> StatementRow:
    statement = frozen_document(stored, zone).statement
    tenant = floor.tenant(stored.tenant)
    return StatementRow(
        stored.number,
        stored.tenant,
        tenant.name if tenant else stored.tenant,
        stored.start,
        stored.end,
        stored.issued_at.astimezone(zone),
        statement.net_fen,
        statement.tax_fen,
        statement.gross_fen,
        stored.sha256,
    )
