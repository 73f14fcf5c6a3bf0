"""Reports: put together from statements and sessions, shown, and exported as files."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.periods import Period, read_period
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.reports import REPORTS
from shared_factory_desktop.domain.reports.report import Billed, Definition, Report, Sources
from shared_factory_desktop.domain.reports.utilisation import kept
from shared_factory_desktop.domain.sessions import SessionState, SessionUse, Span
from shared_factory_desktop.exports import REPORT_EXPORTS
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.exports.report_contract import ReportExport
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.holidays import stored_holidays
from shared_factory_desktop.services.statement_documents import frozen_document
from shared_factory_desktop.services.users import Actor, Permission, allowed, require
from shared_factory_desktop.services.uses import Wraps, uses_of
from shared_factory_desktop.storage import ledger
from shared_factory_desktop.storage import reports as rows
from shared_factory_desktop.storage import reservations as reservation_rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.words import Words

_FORMATS = {export.FORMAT: export for export in REPORT_EXPORTS}
_SUFFIXES = {export.SUFFIX: export for export in REPORT_EXPORTS}
_USED = (SessionState.OPEN, SessionState.CLOSED, SessionState.PROBLEM)


@dataclass(frozen=True, slots=True)
class ReportParts:
    """What the report service is built from; files are printed in `words`."""

    database: Database
    now: Callable[[], dt.datetime]
    wraps: Wraps
    words: Words
    options: ExportOptions


class ReportService:
    """Reports of one factory."""

    def __init__(self, parts: ReportParts) -> None:
        self._parts = parts

    def list(self, actor: Actor) -> builtins.list[str]:
        """Name the reports that the actor may see."""
        require(actor, Permission.VIEW)
        may_bill = allowed(actor, Permission.BILL)
        return [one.name for one in REPORTS if may_bill or not one.money]

    def report(self, actor: Actor, name: str, period: str) -> Report:
        """Put a report together from what is stored now; raises Refused for an unknown name,
        InputRefused for a period that is none.
        """
        definition = _definition(name)
        _require(actor, definition)
        span = read_period(period)
        with self._parts.database.read() as tx:
            return definition.build(self._sources(tx, span))

    def export(
        self, actor: Actor, report: Report, kinds: Sequence[str], folder: Path
    ) -> tuple[Path, ...]:
        """Write a report as files `<name>-<period>`; raises Refused for an unknown kind before
        writing any.
        """
        _require(actor, _definition(report.name))
        exports = [_known(_FORMATS, kind) for kind in dict.fromkeys(kinds or [""])]
        stem = f"{report.name}-{report.period}"
        targets = [(export, folder / f"{stem}{export.SUFFIX}") for export in exports]
        for export, target in targets:
            self._write(export, report, target)
        return tuple(target for _, target in targets)

    def save(self, actor: Actor, report: Report, target: Path) -> Path:
        """Write a report to one file, in the format its suffix says; raises Refused."""
        _require(actor, _definition(report.name))
        self._write(_known(_SUFFIXES, target.suffix.lower()), report, target)
        return target

    def _write(self, export: ReportExport, report: Report, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            export.write(report, target, self._parts.words, self._parts.options)
        except ExportFault as fault:
            why = self._parts.words(f"exports.fault.{fault.code}", **fault.values)
            raise refused(Kind.UNREACHABLE, "report-export", report=report.name, why=why) from None
        except OSError as error:
            raise refused(
                Kind.UNREACHABLE, "not-writable", path=target, why=error.strerror
            ) from None

    def _sources(self, tx: Transaction, period: Period) -> Sources:
        floor, now = stored_floor(tx), self._parts.now()
        zone = ZoneInfo(floor.factory.timezone)
        within = period.instants(zone)
        return Sources(
            floor=floor,
            period=period,
            now=now,
            machines=_machines(tx, floor, within),
            billed=cache(partial(_billed, tx, floor, period)),
            uses=partial(self._uses, tx, floor, within, now),
            reserved=partial(_reserved, tx, within, now),
            open_items=partial(ledger.open_items, tx, zone=zone),
            holidays=stored_holidays(tx),
        )

    def _uses(
        self, tx: Transaction, floor: Floor, within: Span, now: dt.datetime, machine: str
    ) -> builtins.list[SessionUse]:
        start, end = within
        sessions = session_rows.list_sessions(tx, _USED, machine=machine, start=start, end=end)
        return uses_of(tx, floor, self._parts.wraps, sessions, now)


def _definition(name: str) -> Definition:
    known = {one.name: one for one in REPORTS}
    if name not in known:
        raise refused(Kind.INPUT, "unknown-report", seen=name, known=", ".join(known))
    return known[name]


def _require(actor: Actor, definition: Definition) -> None:
    require(actor, Permission.BILL if definition.money else Permission.VIEW)


def _known(exports: Mapping[str, ReportExport], seen: str) -> ReportExport:
    if seen not in exports:
        raise refused(Kind.INPUT, "unknown-export", seen=seen, known=", ".join(_FORMATS))
    return exports[seen]


def _machines(tx: Transaction, floor: Floor, within: Span) -> tuple[tuple[str, str], ...]:
    """Give the floor's machines, then those used that have left it, under their ids."""
    names = {machine.id: machine.name for machine in floor.machines}
    left = {one: one for one in rows.used_machines(tx, *within) if one not in names}
    return tuple((names | left).items())


def _billed(tx: Transaction, floor: Floor, period: Period) -> Sequence[Billed]:
    zone = ZoneInfo(floor.factory.timezone)
    found = []
    for stored in rows.ended_within(tx, period.start, period.end):
        lines = frozen_document(stored, zone).statement.lines
        sessions = [line.session for line in lines if line.session is not None]
        machines = rows.machines_of(tx, sessions)
        found.append(
            Billed(
                stored.tenant,
                stored.end - dt.timedelta(days=1),
                tuple((line, machines.get(line.session or "")) for line in lines),
            )
        )
    return found


def _reserved(tx: Transaction, within: Span, now: dt.datetime, machine: str) -> builtins.list[Span]:
    found = reservation_rows.between(tx, *within, machine)
    sessions = reservation_rows.sessions_of_each(tx, found)
    return [kept(one, mine, now) for one, mine in zip(found, sessions, strict=True)]
