"""Books one transaction after the other: what every service that books checks and writes down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.ledger import (
    NEVER_OVERDRAWN,
    Booked,
    OpenItem,
    Posting,
    Slip,
    allocated,
)
from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.storage import ledger as rows
from shared_factory_desktop.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger of one factory as its services book in it."""

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]

    def zone(self, tx: Transaction) -> ZoneInfo:
        """Give the zone whose days are booked on."""
        return ZoneInfo(stored_floor(tx).factory.timezone)

    def today(self, tx: Transaction) -> dt.date:
        """Give the local day."""
        return self.now().astimezone(self.zone(tx)).date()

    def day(self, tx: Transaction, tenant: str, on: dt.date | None) -> dt.date:
        """Give the day to book on, today unless said; raises Refused for an unknown tenant, a day
        to come, and one that an issued statement covers: what that says was received stays so.
        """
        # Who has left the floor may still owe.
        if stored_floor(tx).tenant(tenant) is None and not rows.of_tenant(tx, tenant):
            raise refused(Kind.INPUT, "unknown-tenant", tenant=tenant)
        today = self.today(tx)
        if on is None:
            return today
        first = rows.billed_until(tx, tenant)
        if on > today:
            raise refused(Kind.INPUT, "booked-ahead", day=on, today=today)
        if first is not None and on < first:
            raise refused(Kind.INPUT, "day-stated", tenant=tenant, day=on, first=first)
        return on

    def book(self, tx: Transaction, actor: Actor, posting: Posting) -> Booked:
        """Book a transaction; raises Refused for a slip booked before, and where more than there
        is would leave the prepaid balance or the deposit.
        """
        if posting.slip is not None:
            _refuse_twice(tx, posting.slip)
        held = rows.balances(tx, posting.tenant)
        for account in NEVER_OVERDRAWN:
            if held[account] + posting.effect_fen(account) < 0:
                raise refused(
                    Kind.INPUT,
                    f"{account}-short",
                    tenant=posting.tenant,
                    amount=grouped(-posting.effect_fen(account)),
                    held=grouped(held[account]),
                )
        booked = rows.post(tx, posting, actor.name)
        after = {
            "tenant": posting.tenant,
            "on": posting.on.isoformat(),
            "amount_fen": sum(max(one.amount_fen, 0) for one in posting.entries),
            "reason": posting.reason,
            "hash": booked.hash,
        }
        self.trail.note(tx, actor.name, f"ledger.{posting.event}", str(booked.seq), after=after)
        return booked

    def shares(
        self, tx: Transaction, tenant: str, statement: str | None, amount_fen: int
    ) -> tuple[tuple[str, int], ...]:
        """Share an amount among the tenant's open statements, oldest first, or give it to one."""
        return allocated(self.owed(tx, tenant, statement), amount_fen)

    def owed(self, tx: Transaction, tenant: str, statement: str | None) -> list[OpenItem]:
        """Give what the tenant has to pay, oldest first, or of one statement; raises Refused where
        that one is not the tenant's or nothing of it is open.
        """
        items = [one for one in rows.open_items(tx, tenant, self.zone(tx)) if one.open_fen > 0]
        if statement is None:
            return items
        named = [one for one in items if one.statement == statement]
        if not named:
            raise refused(Kind.INPUT, "nothing-open", statement=statement, tenant=tenant)
        return named


def positive(amount_fen: int) -> int:
    """Give an amount that may be booked; raises Refused for nothing or less."""
    if amount_fen <= 0:
        raise refused(Kind.INPUT, "amount-not-positive", amount=grouped(amount_fen))
    return amount_fen


def stated(reason: str) -> str:
    """Give a reason; raises Refused where there is none."""
    if not reason.strip():
        raise refused(Kind.INPUT, "ledger-reason")
    return reason.strip()


def _refuse_twice(tx: Transaction, slip: Slip) -> None:
    if not slip.reference.strip():
        raise refused(Kind.INPUT, "slip-missing", method=slip.method)
    seq = rows.slip_booked(tx, slip)
    if seq is not None:
        raise refused(
            Kind.INPUT, "slip-booked", method=slip.method, reference=slip.reference, seq=seq
        )
