"""Metering corrections (计量差错退补): what a meter that was found wrong changes of issued
statements, proposed by one person, approved by another, billed with each tenant's next statement.

Statements stay as they are: each is priced again with the use its sessions really had, by its own
frozen contracts, tariffs and periods, and the differences become lines (reference/billing 5.3).
"""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import IDENTITY, Calibration
from shared_factory_desktop.domain.calibration_correction import (
    Policy,
    affected_from,
    found_error,
    within_limits,
)
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.document_json import read_line
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.metering_correction import Finding, true_use, unlike
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.domain.statement_json import line_document
from shared_factory_desktop.domain.terms import read_terms
from shared_factory_desktop.services.adjusted_lines import line_of
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.recomputing import frozen_uses, repriced, session_ids
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import in_force
from shared_factory_desktop.storage import adjustments as rows
from shared_factory_desktop.storage import calibration as calibrations
from shared_factory_desktop.storage import credit_notes, statements
from shared_factory_desktop.storage.adjustments import Adjustment, AdjustmentProposal
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.statements import IssuedStatement

__all__ = [
    "AdjustmentProposal",
    "MeteringCorrectionParts",
    "MeteringCorrectionService",
    "Policy",
    "TenantTotal",
    "Wanted",
    "lines_of",
    "totals",
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calibration past use is corrected by, and how: `since` the local day of a known cause,
    `cap_months` how far back at most.
    """

    certificate: str
    policy: Policy
    since: dt.date | None = None
    cap_months: int | None = None


@dataclass(frozen=True, slots=True)
class TenantTotal:
    """What a proposal gives back to a tenant (below 0) or bills, in fen."""

    tenant: str
    lines: int
    net_fen: int
    tax_fen: int
    gross_fen: int


@dataclass(frozen=True, slots=True)
class MeteringCorrectionParts:
    """What the service is built from; below `minimum_fen` a tenant's total is let be."""

    database: Database
    trail: Trail
    minimum_fen: int


class MeteringCorrectionService:
    """Metering corrections of one factory."""

    def __init__(self, parts: MeteringCorrectionParts) -> None:
        self._parts = parts
        self._database = parts.database

    def propose(self, actor: Actor, wanted: Wanted) -> AdjustmentProposal:
        """Work out what a calibration changes of issued statements, and propose it; raises Refused
        where it changes nothing, or a proposal for it waits.
        """
        require(actor, Permission.BILL)
        with self._database.write() as tx:
            calibration, finding = _finding(tx, stored_floor(tx), wanted)
            made_before = rows.proposals(tx, wanted.certificate)
            for one in made_before:
                if one.decision is None:
                    values = {"number": wanted.certificate, "proposal": one.id}
                    raise refused(Kind.INPUT, "adjustment-pending", **values)
            items = self._items(tx, finding, wanted.certificate)
            if not items:
                raise refused(Kind.INPUT, "adjustment-nothing", number=wanted.certificate)
            body = _body(finding, wanted)
            version, by = calibration.version, actor.name
            made = rows.propose(tx, wanted.certificate, version, body, items, by)
            after = {"certificate": made.certificate, **body, "tenants": _told(made)}
            self._note(tx, actor, "adjustment.propose", made, after)
        return made

    def list(self, actor: Actor) -> tuple[AdjustmentProposal, ...]:
        """Give every proposal, decided or not, in order."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return rows.proposals(tx)

    def approve(self, actor: Actor, proposal: int) -> AdjustmentProposal:
        """Let the lines that another person proposed stand on each tenant's next statement; raises
        Refused, also where they would come out otherwise by now.
        """
        require(actor, Permission.BILL)
        with self._database.write() as tx:
            found = _undecided(tx, proposal)
            if found.by == actor.name:
                raise refused(
                    Kind.NOT_ALLOWED, "own-adjustment", proposal=proposal, user=actor.name
                )
            calibration, finding = _finding(tx, stored_floor(tx), _wanted(found))
            items = tuple(self._items(tx, finding, found.certificate))
            if calibration.version != found.version or items != found.items:
                raise refused(Kind.INPUT, "adjustment-stale", proposal=proposal)
            rows.decide(tx, proposal, actor.name)
            self._note(tx, actor, "adjustment.approve", found, {"certificate": found.certificate})
            return _known(tx, proposal)

    def refuse(self, actor: Actor, proposal: int, reason: str) -> None:
        """Turn a proposal down; who made it may take it back so. Raises Refused."""
        require(actor, Permission.BILL)
        if not reason.strip():
            raise refused(Kind.INPUT, "adjustment-refusal-reason", proposal=proposal)
        with self._database.write() as tx:
            found = _undecided(tx, proposal)
            rows.decide(tx, proposal, actor.name, reason.strip())
            self._note(tx, actor, "adjustment.refuse", found, {"reason": reason.strip()})

    def statements(self, actor: Actor, proposal: int) -> tuple[str | None, ...]:
        """Give, line by line, the number of the statement it stands on, None while it waits."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            found, placed = _known(tx, proposal), rows.placed(tx, proposal)
        return tuple(placed.get(position) for position in range(1, len(found.items) + 1))

    def _items(
        self, tx: Transaction, finding: Finding, certificate: str
    ) -> builtins.list[Adjustment]:
        """Give the differences of lines that no other proposal makes good, by tenant; those of a
        tenant that come to less than the minimum are let be.
        """
        done = {
            _place(item)
            for one in rows.proposals(tx, certificate)
            for item in one.items
            if one.approved
        }
        day = finding.since.date() - dt.timedelta(days=1)  # whatever the zone
        found = [
            item
            for number in rows.billing_after(tx, day)
            if (stored := statements.get(tx, number)) is not None
            for item in _differences(tx, stored, finding)
            if _place(item) not in done
        ]
        found.sort(key=lambda item: item.tenant)
        kept: builtins.list[Adjustment] = []
        for _, some in groupby(found, key=lambda item: item.tenant):
            items = [*some]
            gross_fen = sum(line_of(item, certificate).gross_fen for item in items)
            kept += items if abs(gross_fen) >= self._parts.minimum_fen else []
        return kept

    def _note(
        self,
        tx: Transaction,
        actor: Actor,
        action: str,
        proposal: AdjustmentProposal,
        after: dict[str, Any],
    ) -> None:
        self._parts.trail.note(tx, actor.name, action, str(proposal.id), after=after)


def lines_of(proposal: AdjustmentProposal) -> tuple[Line, ...]:
    """Give a proposal's lines, as they are to stand on statements."""
    return tuple(line_of(item, proposal.certificate) for item in proposal.items)


def totals(proposal: AdjustmentProposal) -> tuple[TenantTotal, ...]:
    """Add a proposal up by tenant."""
    found: dict[str, list[Line]] = {}
    for item in proposal.items:
        found.setdefault(item.tenant, []).append(line_of(item, proposal.certificate))
    return tuple(
        TenantTotal(
            tenant,
            len(lines),
            sum(line.net_fen for line in lines),
            sum(line.tax_fen for line in lines),
            sum(line.gross_fen for line in lines),
        )
        for tenant, lines in found.items()
    )


def _finding(tx: Transaction, floor: Floor, wanted: Wanted) -> tuple[Calibration, Finding]:
    """Give a calibration and what follows from it; raises Refused."""
    number = wanted.certificate
    calibration, before = _counting(tx, floor, number)
    gain = before.coefficients.gain if before else IDENTITY.gain
    if within_limits(calibration.as_found, gain):
        raise refused(Kind.INPUT, "adjustment-within-limits", number=number)
    zone = ZoneInfo(floor.factory.timezone)
    found_at = calibration.effective_at
    known = None if wanted.since is None else dt.datetime.combine(wanted.since, dt.time(), zone)
    if (known is None) is (wanted.policy is Policy.SINCE) or (known and known > found_at):
        raise refused(
            Kind.INPUT, "adjustment-since", number=number, since=wanted.since, found=found_at
        )
    last_test = before.effective_at if before else None
    last_test = (
        last_test or rows.first_reading(tx, calibration.meter, calibration.quantity) or known
    )
    if last_test is None or last_test > found_at:
        raise refused(Kind.INPUT, "adjustment-no-last-test", number=number, meter=calibration.meter)
    local = found_at.astimezone(zone)
    since = affected_from(wanted.policy, last_test, local, wanted.cap_months, known)
    if since is None:
        raise refused(Kind.INPUT, "adjustment-nothing", number=number)
    finding = Finding(
        calibration.meter,
        calibration.quantity,
        wanted.policy,
        found_error(calibration.as_found),
        last_test,
        found_at,
        since,
    )
    return calibration, finding


def _counting(tx: Transaction, floor: Floor, number: str) -> tuple[Calibration, Calibration | None]:
    """Find a calibration that counts, and the one that did before it; raises Refused."""
    stored = calibrations.get(tx, number)
    if stored is None:
        raise refused(Kind.INPUT, "unknown-calibration", number=number)
    register = (stored.calibration.meter, stored.calibration.quantity)
    before: Calibration | None = None
    for one in in_force(tx, floor, *register):
        if one.number == number:
            return one, before
        before = one
    raise refused(Kind.INPUT, "adjustment-unreviewed", number=number)


def _differences(
    tx: Transaction, stored: IssuedStatement, finding: Finding
) -> Iterator[Adjustment]:
    """Give what would have come out otherwise on one statement, line by line."""
    context: Any = stored.context
    if "terms" not in context:
        return
    floor, _, _ = read_terms(context["terms"])
    corrected = {
        use.id: true_use(use, measures, finding)
        for use in frozen_uses(tx, stored, session_ids(context["inputs"]))
        if finding.touches(use) and (measures := _measures(floor, use, finding))
    }
    if not corrected:
        return
    document: Any = stored.document
    billed = [read_line(item) for item in document["lines"]]
    credited = credit_notes.credited(tx, stored.number)
    due = repriced(tx, stored, lambda use: corrected.get(use.id, use))
    for number, old, new in unlike(billed, due, credited):
        yield Adjustment(
            stored.tenant,
            stored.number,
            number,
            old.late or (stored.start, stored.end),
            line_document(old),
            line_document(new),
        )


def _measures(floor: Floor, use: SessionUse, finding: Finding) -> list[str]:
    """Give the measures of a session's machine that are of the register found wrong."""
    machine = floor.machine(use.machine)
    register = (finding.meter, finding.quantity)
    measures = machine.measures if machine else ()
    return [one.name for one in measures if (one.meter, one.quantity) == register]


def _place(item: Adjustment) -> tuple[object, ...]:
    """Give what an item makes good, once: also where that is credited and billed anew."""
    names = ("session", "contract", "charge")
    return item.tenant, item.period, *(item.billed[name] for name in names)


def _body(finding: Finding, wanted: Wanted) -> dict[str, str]:
    """Give what a proposal was worked out with, as text."""
    optional = {"since": wanted.since, "cap_months": wanted.cap_months}
    return {
        "meter": finding.meter,
        "quantity": finding.quantity,
        "policy": str(finding.policy),
        "error": plain(finding.error),
        "last_test": finding.last_test.isoformat(),
        "found_at": finding.found_at.isoformat(),
        "affected_from": finding.since.isoformat(),
        **{name: str(value) for name, value in optional.items() if value is not None},
    }


def _wanted(proposal: AdjustmentProposal) -> Wanted:
    body = proposal.body
    since, cap = body.get("since"), body.get("cap_months")
    return Wanted(
        proposal.certificate,
        Policy(body["policy"]),
        dt.date.fromisoformat(since) if since else None,
        int(cap) if cap else None,
    )


def _told(proposal: AdjustmentProposal) -> Sequence[dict[str, object]]:
    return [{"tenant": one.tenant, "gross_fen": one.gross_fen} for one in totals(proposal)]


def _known(tx: Transaction, proposal: int) -> AdjustmentProposal:
    found = rows.proposal(tx, proposal)
    if found is None:
        raise refused(Kind.INPUT, "unknown-adjustment", proposal=proposal)
    return found


def _undecided(tx: Transaction, proposal: int) -> AdjustmentProposal:
    found = _known(tx, proposal)
    if found.decision is not None:
        raise refused(Kind.INPUT, "adjustment-decided", proposal=proposal, by=found.decision.by)
    return found
