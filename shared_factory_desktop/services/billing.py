"""Statements: drafted from uses, issued once under a gap-free number, exported as files."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.document_json import context_json, read_document
from shared_factory_desktop.domain.floor import Factory, Floor, Tenant
from shared_factory_desktop.domain.happenings import checkpoint, statement_issued
from shared_factory_desktop.domain.periods import Period, read_period
from shared_factory_desktop.domain.problems import InputRefused, Kind, refused
from shared_factory_desktop.domain.rating import Priced, price
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionState, SessionUse
from shared_factory_desktop.domain.statement import (
    DocumentLine,
    Line,
    Party,
    Statement,
    StatementDocument,
)
from shared_factory_desktop.domain.statement_json import statement_document
from shared_factory_desktop.domain.tariff import Tariff
from shared_factory_desktop.exports import EXPORTS
from shared_factory_desktop.exports.contract import Export, ExportFault, ExportOptions
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.sessions import tenant_name
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import Wraps, use_of
from shared_factory_desktop.storage import audit, outbox
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage import statements as rows
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.words import Words

NUMBER_PREFIX = "DZ"
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
class BillingParts:
    """What the billing service is built from; `words` are those statements are printed in."""

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]
    wraps: Wraps
    pseudonyms: bool
    words: Words
    options: ExportOptions


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
        with self._database.read() as tx:
            return self._draft(tx, tenant, read_period(period))

    def issue(self, actor: Actor, tenant: str, period: str) -> StatementDocument:
        """Issue a statement: number, frozen content, outbox records, audit, all in one
        transaction.
        """
        require(actor, Permission.BILL)
        span = read_period(period)
        issued_at = self._parts.now()
        with self._database.write() as tx:
            floor = stored_floor(tx)
            zone = ZoneInfo(floor.factory.timezone)
            if span.instants(zone)[1] > issued_at:
                raise refused(Kind.INPUT, "not-over", period=span, end=span.end)
            taken = rows.overlapping(tx, tenant, span.start, span.end)
            if taken:
                raise refused(
                    Kind.INPUT,
                    "already-issued",
                    tenant=tenant,
                    period=span,
                    number=taken[0].number,
                )
            document = self._draft(tx, tenant, span)
            issued = rows.issue(
                tx,
                NUMBER_PREFIX,
                issued_at.astimezone(zone).year,
                tenant,
                (span.start, span.end),
                self.as_json(document),
                context_json(document),
                _tariffs(floor, document),
            )
            self._parts.trail.note(
                tx, actor.name, "statement.issue", issued.number, after={"sha256": issued.sha256}
            )
            self._tell(tx, floor, document.statement, issued)
        return replace(self.document(actor, issued.number), warnings=document.warnings)

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
        return read_document(
            stored.document,
            stored.context,
            (stored.start, stored.end),
            stored.number,
            stored.issued_at.astimezone(ZoneInfo(floor.factory.timezone)),
            stored.sha256,
        )

    def export(
        self, actor: Actor, number: str, kinds: Sequence[str], folder: Path, progress: Progress
    ) -> tuple[Path, ...]:
        """Write an issued statement as files; raises Refused for an unknown kind before writing
        any.
        """
        require(actor, Permission.VIEW)
        known = {export.KEY: export for export in EXPORTS}
        unknown = [kind for kind in kinds if kind not in known]
        if unknown or not kinds:
            raise refused(
                Kind.INPUT, "unknown-export", seen=", ".join(unknown), known=", ".join(known)
            )
        document = self.document(actor, number)
        made = []
        for kind in kinds:
            target = folder / f"{number}{known[kind].SUFFIX}"
            self._write(known[kind], document, target, progress)
            made.append(target)
        return tuple(made)

    def _write(
        self, export: Export, document: StatementDocument, target: Path, progress: Progress
    ) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            export.write(document, target, self._parts.words, progress, self._parts.options)
        except ExportFault as fault:
            why = self._parts.words(f"exports.fault.{fault.code}", **fault.values)
            raise refused(Kind.UNREACHABLE, "export", number=document.number, why=why) from None
        except OSError as error:
            raise refused(
                Kind.UNREACHABLE, "not-writable", path=target, why=error.strerror
            ) from None

    def as_json(self, document: StatementDocument) -> Mapping[str, Any]:
        """Give a document as scripts read it (pricing contract); issued ones with number, date and
        hash.
        """
        statement = document.statement
        priced: dict[str, Any] = {
            "format": 1,
            "period": [str(statement.start), str(statement.end)],
            **statement_document(statement),
        }
        if document.number and document.issued_at:
            priced["number"] = document.number
            priced["issued_at"] = document.issued_at.isoformat()
            priced["sha256"] = document.sha256
        return priced

    def _draft(self, tx: Transaction, tenant_id: str, span: Period) -> StatementDocument:
        floor = stored_floor(tx)
        tenant = floor.tenant(tenant_id)
        if tenant is None:
            raise refused(Kind.INPUT, "unknown-tenant", tenant=tenant_id)
        now = self._parts.now()
        uses = self._uses(tx, floor, tenant_id, span, now)
        priced = price(floor, uses, span.start, span.end, tenant_id, now=now)
        if not priced.statements:
            raise refused(Kind.INPUT, "nothing-to-bill", tenant=tenant_id, period=span)
        return _document(floor, tenant, priced, uses)

    def _uses(
        self, tx: Transaction, floor: Floor, tenant: str, span: Period, now: dt.datetime
    ) -> builtins.list[SessionUse]:
        start, end = span.instants(ZoneInfo(floor.factory.timezone))
        billed = (SessionState.OPEN, SessionState.CLOSED, SessionState.PROBLEM)
        sessions = session_rows.list_sessions(tx, billed, tenant=tenant, start=start, end=end)
        return [use_of(tx, floor, self._parts.wraps, session, now) for session in sessions]

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


def cost_so_far(floor: Floor, use: SessionUse, until: dt.datetime) -> int | None:
    """Price one session up to `until`, gross fen; None where it cannot be priced yet. Same
    function as bills.
    """
    zone = ZoneInfo(floor.factory.timezone)
    first = use.start.astimezone(zone).date()
    last = until.astimezone(zone).date() + dt.timedelta(days=1)
    try:
        priced = price(floor, [use], first, last, use.tenant, now=until)
    except InputRefused:
        return None
    lines = [line for s in priced.statements for line in s.lines if line.session == use.id]
    return sum(line.gross_fen for line in lines) if lines else None


def _row(floor: Floor, zone: ZoneInfo, stored: rows.IssuedStatement) -> StatementRow:
    document = read_document(
        stored.document,
        stored.context,
        (stored.start, stored.end),
        stored.number,
        stored.issued_at,
        stored.sha256,
    )
    tenant = floor.tenant(stored.tenant)
    return StatementRow(
        stored.number,
        stored.tenant,
        tenant.name if tenant else stored.tenant,
        stored.start,
        stored.end,
        stored.issued_at.astimezone(zone),
        document.statement.net_fen,
        document.statement.tax_fen,
        document.statement.gross_fen,
        stored.sha256,
    )


def _document(
    floor: Floor, tenant: Tenant, priced: Priced, uses: Sequence[SessionUse]
) -> StatementDocument:
    by_id = {use.id: use for use in uses}
    agreements = Agreements(floor)
    [statement] = priced.statements
    return StatementDocument(
        statement=statement,
        seller=_party(floor.factory),
        buyer=_party(tenant),
        lines=tuple(
            _document_line(floor, agreements, line, by_id, statement.start)
            for line in statement.lines
        ),
        gross_uppercase=capitals(statement.gross_fen),
        timezone=floor.factory.timezone,
        warnings=priced.warnings,
    )


def _tariffs(floor: Floor, document: StatementDocument) -> set[tuple[str, dt.date]]:
    """Give the tariff versions that priced a document: those in force when each line began."""
    zone = ZoneInfo(document.timezone)
    starts = [row.start.astimezone(zone).date() if row.start else None for row in document.lines]
    agreements = Agreements(floor)
    tariffs = [
        _tariff(floor, agreements, row.line, day or document.statement.start)
        for row, day in zip(document.lines, starts, strict=True)
    ]
    return {(tariff.id, tariff.valid_from) for tariff in tariffs}


def _tariff(floor: Floor, agreements: Agreements, line: Line, day: dt.date) -> Tariff:
    """Give the tariff version that priced a line which began on a local day."""
    contract = next(c for c in floor.contracts if c.id == line.contract)
    tariff = agreements.tariff(contract, max(day, contract.valid_from))
    assert tariff is not None  # pricing has refused a day without one
    return tariff


def _party(side: Factory | Tenant) -> Party:
    return Party(side.name, side.uscc, side.address, side.phone, side.bank, side.bank_account)


def _document_line(
    floor: Floor,
    agreements: Agreements,
    line: Line,
    uses: Mapping[str, SessionUse],
    first: dt.date,
) -> DocumentLine:
    """Give a priced line the names and local times people read; period lines began on `first`."""
    zone = ZoneInfo(floor.factory.timezone)
    use = uses[line.session] if line.session is not None else None
    tariff = _tariff(floor, agreements, line, use.start.astimezone(zone).date() if use else first)
    charge = next((c for c in tariff.charges if c.id == line.charge), None)
    name, tax_class = (charge.name, charge.tax_class) if charge else (line.charge, None)
    if use is None:
        return DocumentLine(line, name, tax_class)
    machine = floor.machine(use.machine)
    return DocumentLine(
        line,
        name,
        tax_class,
        machine_name=machine.name if machine else use.machine,
        job=use.job,
        start=use.start.astimezone(zone),
        end=use.end.astimezone(zone) if use.end else None,
        suspect=use.quality is not Quality.GOOD,
    )
