"""What becomes of issued statements: sent, confirmed, invoiced, disputed; files kept with them."""

from __future__ import annotations

import builtins
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.ledger import Receivable
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.statement_life import Event, Life, State, Step, life_of, obstacle
from shared_factory_desktop.services.floor import stored_floor, write_atomically
from shared_factory_desktop.services.kept_files import KeptFile, read_kept_file
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import ledger, statements
from shared_factory_desktop.storage import statement_life as rows
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.statement_life import Attachment
from shared_factory_desktop.storage.statements import IssuedStatement

__all__ = ["Attachment", "History", "Standing", "StatementLifeService"]


@dataclass(frozen=True, slots=True)
class Standing:
    """An issued statement or credit note and where it stands; `issued_at` in the factory's zone.

    `credits` are the numbers of its credit notes.
    """

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
    refers_to: str | None
    life: Life
    credits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A statement with all that was noted of it, in order."""

    standing: Standing
    events: tuple[Event, ...]
    attachments: tuple[Attachment, ...]


class StatementLifeService:
    """The lives of one factory's statements."""

    def __init__(self, database: Database, trail: Trail, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._trail = trail
        self._now = now

    def send(
        self, actor: Actor, number: str, recipient: str = "", on: dt.date | None = None
    ) -> Standing:
        """Note that a statement was sent, on a local day (today unless said); raises Refused."""
        return self._dated(actor, number, Step.SEND, {"recipient": recipient}, on)

    def confirm(
        self,
        actor: Actor,
        number: str,
        person: str,
        on: dt.date | None = None,
        scan: Path | None = None,
    ) -> Standing:
        """Note who at the tenant confirmed a statement, and keep the scan of the sealed slip."""
        require(actor, Permission.BILL)
        file = read_kept_file(scan) if scan is not None else None
        return self._dated(actor, number, Step.CONFIRM, {"person": person}, on, file)

    def invoice(
        self, actor: Actor, number: str, invoice: str, on: dt.date | None = None
    ) -> Standing:
        """Note the number of the tax invoice that was issued for a statement."""
        return self._dated(actor, number, Step.INVOICE, {"invoice": invoice}, on)

    def dispute(self, actor: Actor, number: str, reason: str) -> Standing:
        """Note that the tenant objects to a statement that is not paid yet."""
        return self._reasoned(actor, number, Step.DISPUTE, reason)

    def settle(self, actor: Actor, number: str, reason: str) -> Standing:
        """Note that a dispute is over: the statement stands where it stood before."""
        return self._reasoned(actor, number, Step.RESOLVE, reason)

    def attach(self, actor: Actor, number: str, path: Path) -> Attachment:
        """Keep a file with a statement; raises InputRefused for an empty or a large one."""
        require(actor, Permission.BILL)
        file = read_kept_file(path)
        with self._database.write() as tx:
            known(tx, number)
            return self._attach(tx, actor, number, file)

    def save_attachment(self, actor: Actor, attachment: int, path: Path) -> None:
        """Write a kept file; raises Refused where it is no longer what was stored."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            found = rows.content(tx, attachment)
        if found is None:
            raise refused(Kind.INPUT, "unknown-attachment", attachment=attachment)
        told, content = found
        if hashlib.sha256(content).hexdigest() != told.sha256:
            raise refused(
                Kind.DOES_NOT_HOLD, "attachment-changed", attachment=attachment, name=told.name
            )
        write_atomically(path, content)

    def list(
        self, actor: Actor, tenant: str | None = None, state: State | None = None
    ) -> tuple[Standing, ...]:
        """List statements and credit notes with where they stand, newest first."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            floor = stored_floor(tx)
            found = statements.list_statements(tx, tenant)
            standings = _standings(floor, found, rows.events(tx), ledger.receivables(tx))
        return tuple(one for one in reversed(standings) if state is None or one.life.state is state)

    def history(self, actor: Actor, number: str) -> History:
        """Give all that was noted of a statement; raises Refused for an unknown number."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            known(tx, number)
            standing = self._standing(tx, number)
            return History(standing, rows.events(tx, number), rows.attachments(tx, number))

    def _dated(
        self,
        actor: Actor,
        number: str,
        step: Step,
        values: Mapping[str, str],
        on: dt.date | None,
        file: KeptFile | None = None,
    ) -> Standing:
        """Note a step that happened on a day and is told by a name or number."""
        require(actor, Permission.BILL)
        said = {key: value.strip() for key, value in values.items()}
        if step is not Step.SEND and not all(said.values()):
            raise refused(Kind.INPUT, "step-empty", number=number, field=", ".join(said))
        with self._database.write() as tx:
            stored = known(tx, number)
            zone = ZoneInfo(stored_floor(tx).factory.timezone)
            day = _day(stored, zone, self._now(), on)
            self._note(tx, actor, stored, step, {**said, "on": day.isoformat()}, None)
            if file is not None:
                self._attach(tx, actor, number, file)
            return self._standing(tx, number)

    def _reasoned(self, actor: Actor, number: str, step: Step, reason: str) -> Standing:
        """Note a step that needs a reason."""
        require(actor, Permission.BILL)
        if not reason.strip():
            raise refused(Kind.INPUT, "step-reason", number=number)
        with self._database.write() as tx:
            stored = known(tx, number)
            if stored.refers_to is not None:
                raise refused(
                    Kind.INPUT, "step-credit-note", number=number, original=stored.refers_to
                )
            self._note(tx, actor, stored, step, {}, reason.strip())
            return self._standing(tx, number)

    def _note(
        self,
        tx: Transaction,
        actor: Actor,
        stored: IssuedStatement,
        step: Step,
        values: Mapping[str, str],
        reason: str | None,
    ) -> None:
        before = life(tx, stored)
        refuse_step(before, step, stored.number)
        rows.note(tx, stored.number, step, values, reason, actor.name)
        self._trail.note(
            tx,
            actor.name,
            f"statement.{step}",
            stored.number,
            before={"state": str(before.state)},
            after={**values, "state": str(life(tx, stored).state), "reason": reason},
        )

    def _attach(self, tx: Transaction, actor: Actor, number: str, file: KeptFile) -> Attachment:
        attached = rows.attach(tx, number, file.name, file.media_type, file.content, actor.name)
        after = {"attachment": attached.id, "name": file.name, "sha256": attached.sha256}
        self._trail.note(tx, actor.name, "statement.attach", number, after=after)
        return attached

    def _standing(self, tx: Transaction, number: str) -> Standing:
        found = (known(tx, number), *statements.credit_notes_of(tx, number))
        owed = {number: ledger.receivable(tx, number)}
        return _standings(stored_floor(tx), found, rows.events(tx, number), owed)[0]


def known(tx: Transaction, number: str) -> IssuedStatement:
    """Find a statement; raises Refused for an unknown number."""
    stored = statements.get(tx, number)
    if stored is None:
        raise refused(Kind.INPUT, "unknown-statement", number=number)
    return stored


def life(tx: Transaction, stored: IssuedStatement) -> Life:
    """Give where a statement stands, by its steps and the ledger."""
    owed = ledger.receivable(tx, stored.number)
    return _life(stored, rows.events(tx, stored.number), owed)


def refuse_step(now: Life, step: Step, number: str) -> None:
    """Raise Refused, naming state and step, where a step cannot be taken now."""
    code = obstacle(now, step)
    if code is not None:
        raise refused(Kind.INPUT, code, number=number, state=now.state, step=step)


def _life(stored: IssuedStatement, events: Iterable[Event], owed: Receivable) -> Life:
    steps = [event.step for event in events]
    if stored.refers_to is not None:  # a credit note is booked on the statement it credits
        return life_of(steps)
    return life_of(steps, owed.paid_fen, owed.open_fen)


def _standings(
    floor: Floor,
    found: Iterable[IssuedStatement],
    events: Iterable[Event],
    owed: Mapping[str, Receivable],
) -> builtins.list[Standing]:
    """Give where statements stand, in their order; their credit notes are among them."""
    zone = ZoneInfo(floor.factory.timezone)
    names = {tenant.id: tenant.name for tenant in floor.tenants}
    by_statement: dict[str, builtins.list[Event]] = {}
    for event in events:
        by_statement.setdefault(event.statement, []).append(event)
    credited: dict[str, builtins.list[str]] = {}
    for one in found:
        if one.refers_to is not None:
            credited.setdefault(one.refers_to, []).append(one.number)
    return [
        Standing(
            one.number,
            one.tenant,
            names.get(one.tenant, one.tenant),
            one.start,
            one.end,
            one.issued_at.astimezone(zone),
            _amount_fen(one, "net"),
            _amount_fen(one, "tax"),
            _amount_fen(one, "gross"),
            one.sha256,
            one.refers_to,
            _life(one, by_statement.get(one.number, ()), owed.get(one.number, Receivable())),
            tuple(credited.get(one.number, ())),
        )
        for one in found
    ]


def _amount_fen(stored: IssuedStatement, name: str) -> int:
    return fen(Decimal(str(stored.document[name])))


def _day(stored: IssuedStatement, zone: ZoneInfo, now: dt.datetime, on: dt.date | None) -> dt.date:
    """Give the day of a step: neither before the statement's issue nor in the future."""
    today = now.astimezone(zone).date()
    issued = stored.issued_at.astimezone(zone).date()
    day = today if on is None else on
    if not issued <= day <= today:
        raise refused(
            Kind.INPUT, "step-date", number=stored.number, on=day, issued=issued, today=today
        )
    return day
