"""Qualifications: who may run which machine, who says so, and until when."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import MACHINE_KINDS, Floor, Machine, Tenant
from shared_factory_desktop.domain.problems import Cause, Kind, cause, refused
from shared_factory_desktop.domain.qualifications import Qualification, Scope, Standing, asks, best
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import qualifications as rows
from shared_factory_desktop.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class QualificationView:
    """A qualification and what it is worth today."""

    held: Qualification
    standing: Standing


@dataclass(frozen=True, slots=True)
class QualificationRule:
    """Whether a machine or kind asks for a qualification."""

    scope: Scope
    subject: str
    required: bool


class QualificationService:
    """Qualifications of one factory's tenants."""

    def __init__(self, database: Database, trail: Trail, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._trail = trail
        self._now = now

    def add(self, actor: Actor, wanted: Qualification) -> str:
        """Store a qualification and give its id; raises Refused with all that is wrong with it."""
        require(actor, Permission.SET_UP)
        with self._database.write() as tx:
            floor = stored_floor(tx)
            if floor.tenant(wanted.tenant) is None:
                raise refused(Kind.INPUT, "unknown-tenant", tenant=wanted.tenant)
            _refuse_unknown(floor, wanted.scope, wanted.subject)
            if wanted.valid_to is not None and wanted.valid_to <= wanted.valid_from:
                raise refused(
                    Kind.INPUT, "expires-early", start=wanted.valid_from, end=wanted.valid_to
                )
            made = rows.add(tx, wanted, self._now(), actor.name)
            after = {
                "tenant": wanted.tenant,
                str(wanted.scope): wanted.subject,
                "person": wanted.person,
                "valid_from": str(wanted.valid_from),
                "valid_to": str(wanted.valid_to) if wanted.valid_to else None,
                "certificate": wanted.certificate,
            }
            self._trail.note(tx, actor.name, "qualification.add", made, after=after)
        return made

    def revoke(self, actor: Actor, qualification_id: str, reason: str) -> None:
        """End a qualification at once; raises Refused where there is none that could be ended."""
        require(actor, Permission.SET_UP)
        if not reason.strip():
            raise refused(Kind.INPUT, "rule-reason", id=qualification_id)
        with self._database.write() as tx:
            held = {one.id: one for one in rows.list_all(tx)}.get(qualification_id)
            if held is None or held.revoked is not None:
                raise refused(Kind.INPUT, "unknown-qualification", id=qualification_id)
            rows.revoke(tx, held.id, reason, self._now(), actor.name)
            after = {"reason": reason}
            self._trail.note(tx, actor.name, "qualification.revoke", held.id, after=after)

    def rule(self, actor: Actor, scope: Scope, subject: str, required: bool) -> None:
        """Let a machine or kind ask for a qualification, or not; a machine's rule goes first."""
        require(actor, Permission.SET_UP)
        with self._database.write() as tx:
            _refuse_unknown(stored_floor(tx), scope, subject)
            rows.rule(tx, scope, subject, required, self._now(), actor.name)
            after = {str(scope): subject, "required": required}
            self._trail.note(tx, actor.name, "qualification.require", subject, after=after)

    def today(self) -> dt.date:
        """Give the factory's local day."""
        with self._database.read() as tx:
            return _local_day(stored_floor(tx), self._now())

    def list(self, actor: Actor) -> tuple[QualificationView, ...]:
        """List qualifications with what each is worth today, revoked and expired ones too."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            today = _local_day(stored_floor(tx), self._now())
            held = rows.list_all(tx)
        return tuple(QualificationView(one, one.standing(today)) for one in held)

    def rules(self, actor: Actor) -> tuple[QualificationRule, ...]:
        """List the machines and kinds about which something was ruled."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            ruled = rows.rules(tx)
        return tuple(QualificationRule(*of, required) for of, required in sorted(ruled.items()))


def unqualified(
    tx: Transaction, floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
) -> Sequence[Cause]:
    """Say why a tenant may not run a machine that asks for a qualification; an Obstacle."""
    if not asks(rows.rules(tx), machine):
        return ()
    today = _local_day(floor, now)
    held = best((one for one in rows.list_all(tx, tenant.id) if one.covers(machine)), today)
    if held is None:
        return [cause("qualification-missing", tenant=tenant.id, machine=machine.id)]
    return _lacking(held, machine, today)


def _lacking(held: Qualification, machine: Machine, today: dt.date) -> builtins.list[Cause]:
    values = {"id": held.id, "tenant": held.tenant, "machine": machine.id}
    match held.standing(today):
        case Standing.EARLY:
            return [cause("qualification-early", **values, day=held.valid_from)]
        case Standing.EXPIRED:
            return [cause("qualification-expired", **values, day=held.valid_to)]
        case Standing.REVOKED:
            return [cause("qualification-revoked", **values, why=held.revoked)]
    return []


def _refuse_unknown(floor: Floor, scope: Scope, subject: str) -> None:
    if scope is Scope.MACHINE and floor.machine(subject) is None:
        raise refused(Kind.INPUT, "unknown-machine", machine=subject)
    if scope is Scope.KIND and subject not in MACHINE_KINDS:
        raise refused(Kind.INPUT, "unknown-kind", seen=subject, known=", ".join(MACHINE_KINDS))


def _local_day(floor: Floor, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(floor.factory.timezone)).date()
