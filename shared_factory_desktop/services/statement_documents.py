"""Turns a priced statement into the document people read: parties, names, local times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.document_json import read_document
from shared_factory_desktop.domain.floor import Factory, Floor, Tenant
from shared_factory_desktop.domain.problems import Cause
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import (
    DocumentLine,
    Line,
    Party,
    Statement,
    StatementDocument,
)
from shared_factory_desktop.domain.tariff import Tariff
from shared_factory_desktop.storage.statements import IssuedStatement


def statement_document(
    floor: Floor,
    tenant: Tenant,
    statement: Statement,
    uses: Mapping[str, SessionUse],
    warnings: tuple[Cause, ...],
) -> StatementDocument:
    """Give a statement the names and times it is read with; `uses`, by id, are those it bills."""
    agreements = Agreements(floor)
    return StatementDocument(
        statement=statement,
        seller=_party(floor.factory),
        buyer=_party(tenant),
        lines=tuple(
            _document_line(floor, agreements, tenant.id, line, uses, _first(statement, line))
            for line in statement.lines
        ),
        gross_uppercase=capitals(statement.gross_fen),
        timezone=floor.factory.timezone,
        warnings=warnings,
    )


def frozen_document(stored: IssuedStatement, zone: ZoneInfo) -> StatementDocument:
    """Give a statement as it was frozen; its instant of issue in the factory's zone."""
    return read_document(
        stored.document,
        stored.context,
        (stored.start, stored.end),
        stored.number,
        stored.issued_at.astimezone(zone),
        stored.sha256,
        stored.refers_to,
    )


def tariff_versions(floor: Floor, document: StatementDocument) -> set[tuple[str, dt.date]]:
    """Give the tariff versions that priced a document: those in force when each line began."""
    zone = ZoneInfo(document.timezone)
    starts = [row.start.astimezone(zone).date() if row.start else None for row in document.lines]
    agreements = Agreements(floor)
    tariffs = [
        _tariff(
            agreements,
            document.statement.tenant,
            row.line,
            day or _first(document.statement, row.line),
        )
        for row, day in zip(document.lines, starts, strict=True)
    ]
    return {(tariff.id, tariff.valid_from) for tariff in tariffs}


def _first(statement: Statement, line: Line) -> dt.date:
    """Give the first day of the period that a line is of."""
    return line.late[0] if line.late else statement.start


def _tariff(agreements: Agreements, tenant: str, line: Line, day: dt.date) -> Tariff:
    """Give the tariff version that priced a line which began on a local day."""
    contract = next(c for c in agreements.contracts(tenant) if c.id == line.contract)
    tariff = agreements.tariff(contract, max(day, contract.valid_from))
    assert tariff is not None  # pricing has refused a day without one
    return tariff


def _party(side: Factory | Tenant) -> Party:
    return Party(side.name, side.uscc, side.address, side.phone, side.bank, side.bank_account)


def _document_line(
    floor: Floor,
    agreements: Agreements,
    tenant: str,
    line: Line,
    uses: Mapping[str, SessionUse],
    first: dt.date,
) -> DocumentLine:
    """Give a priced line the names and local times people read; period lines began on `first`."""
    zone = ZoneInfo(floor.factory.timezone)
    use = uses[line.session] if line.session is not None else None
    day = use.start.astimezone(zone).date() if use else first
    tariff = _tariff(agreements, tenant, line, day)
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
