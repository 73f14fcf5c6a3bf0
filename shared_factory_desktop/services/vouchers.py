"""Innovation vouchers and how statements are settled: vouchers first, then the prepaid balance."""

from __future__ import annotations

import builtins
import datetime as dt
from dataclasses import dataclass

from shared_factory_desktop.domain import ledger_events as events
from shared_factory_desktop.domain.ledger import (
    Account,
    Booked,
    Event,
    OpenItem,
    Slip,
    in_force,
    reversal,
    settle,
)
from shared_factory_desktop.domain.ledger_vouchers import Voucher, VoucherState, voucher_state
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.ledger_books import Books, positive, stated
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import ledger as rows
from shared_factory_desktop.storage import vouchers as voucher_rows
from shared_factory_desktop.storage.database import Transaction


@dataclass(frozen=True, slots=True)
class VoucherView:
    """A voucher, where it stands, the statement it pays part of and how much, in fen."""

    voucher: Voucher
    state: VoucherState
    statement: str | None = None
    applied_fen: int = 0
    refusal: str | None = None


class VoucherService:
    """Innovation vouchers of one factory's tenants."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def add(self, actor: Actor, voucher: Voucher) -> None:
        """Register a voucher; raises Refused for a number that is known and what makes no sense."""
        require(actor, Permission.BILL)
        positive(voucher.face_fen)
        if not 0 < voucher.share <= 1 or not voucher.number.strip():
            raise refused(Kind.INPUT, "voucher-share", voucher=voucher.number, share=voucher.share)
        with self._books.database.write() as tx:
            if stored_floor(tx).tenant(voucher.tenant) is None:
                raise refused(Kind.INPUT, "unknown-tenant", tenant=voucher.tenant)
            if voucher_rows.get(tx, voucher.number) is not None:
                raise refused(Kind.INPUT, "voucher-known", voucher=voucher.number)
            voucher_rows.add(tx, voucher, self._books.now(), actor.name)
            after = {
                "tenant": voucher.tenant,
                "issuer": voucher.issuer,
                "face_fen": voucher.face_fen,
                "share": str(voucher.share),
                "expires": voucher.expires.isoformat(),
            }
            self._books.trail.note(tx, actor.name, "voucher.add", voucher.number, after=after)

    def apply(self, actor: Actor, number: str, statement: str) -> Booked:
        """Let a voucher pay its share of a statement; it is owed by its issuer from then on."""
        require(actor, Permission.BILL)
        with self._books.database.write() as tx:
            voucher = self._in_state(tx, number, VoucherState.REGISTERED)
            day = self._books.day(tx, voucher.tenant, None)
            if day >= voucher.expires:
                raise refused(Kind.INPUT, "voucher-expired", voucher=number, day=voucher.expires)
            [item] = self._books.owed(tx, voucher.tenant, statement)
            cover_fen = voucher.cover_fen(rows.receivable(tx, statement).billed_fen, item.open_fen)
            if cover_fen == 0:
                raise refused(
                    Kind.INPUT, "voucher-covers-nothing", voucher=number, statement=statement
                )
            return self._books.book(
                tx,
                actor,
                events.voucher_applied(voucher.tenant, day, number, statement, cover_fen),
            )

    def redeem(self, actor: Actor, number: str, slip: Slip, on: dt.date | None = None) -> Booked:
        """Book that the issuer has paid what the voucher covers: now it is money."""
        require(actor, Permission.BILL)
        with self._books.database.write() as tx:
            voucher = self._in_state(tx, number, VoucherState.APPLIED)
            day = self._books.day(tx, voucher.tenant, on)
            amount_fen = _applied(tx, voucher).posting.effect_fen(Account.VOUCHER)
            posting = events.voucher_redeemed(voucher.tenant, day, number, amount_fen, slip)
            return self._books.book(tx, actor, posting)

    def refuse(self, actor: Actor, number: str, reason: str) -> Booked | None:
        """Book that the issuer will not pay: what the voucher covered is open again."""
        require(actor, Permission.BILL)
        with self._books.database.write() as tx:
            voucher = self._in_state(tx, number, VoucherState.REGISTERED, VoucherState.APPLIED)
            applied = self._view(tx, voucher).state is VoucherState.APPLIED
            voucher_rows.refuse(tx, number, stated(reason), self._books.now(), actor.name)
            self._books.trail.note(
                tx, actor.name, "voucher.refuse", number, after={"reason": reason}
            )
            if not applied:
                return None
            day = self._books.day(tx, voucher.tenant, None)
            return self._books.book(tx, actor, reversal(_applied(tx, voucher), day, stated(reason)))

    def list(self, actor: Actor, tenant: str | None = None) -> tuple[VoucherView, ...]:
        """List vouchers, those first that expire first."""
        require(actor, Permission.VIEW)
        with self._books.database.read() as tx:
            return tuple(self._view(tx, one) for one in voucher_rows.list_vouchers(tx, tenant))

    def settle(self, actor: Actor, tenant: str, statement: str | None = None) -> tuple[Booked, ...]:
        """Pay a statement, or all that are open, oldest first, from the tenant's vouchers, then
        from the prepaid balance, never more than is open (pricing contract, rule 12).
        """
        require(actor, Permission.BILL)
        with self._books.database.write() as tx:
            day = self._books.day(tx, tenant, None)
            booked: builtins.list[Booked] = []
            for item in self._books.owed(tx, tenant, statement):
                booked += self._settle(tx, actor, tenant, day, item)
            if not booked:
                raise refused(Kind.INPUT, "nothing-to-settle", tenant=tenant)
        return tuple(booked)

    def _settle(
        self, tx: Transaction, actor: Actor, tenant: str, day: dt.date, item: OpenItem
    ) -> builtins.list[Booked]:
        billed_fen = rows.receivable(tx, item.statement).billed_fen
        covers_fen = {
            one.number: one.cover_fen(billed_fen, item.open_fen)
            for one in voucher_rows.list_vouchers(tx, tenant)
            if day < one.expires and self._view(tx, one).state is VoucherState.REGISTERED
        }
        plan = settle(item.open_fen, covers_fen, rows.balances(tx, tenant)[Account.PREPAID])
        postings = [
            events.voucher_applied(tenant, day, number, item.statement, part_fen)
            for number, part_fen in plan.vouchers
        ]
        if plan.prepaid_fen:
            postings.append(events.settled(tenant, day, [(item.statement, plan.prepaid_fen)]))
        return [self._books.book(tx, actor, posting) for posting in postings]

    def _in_state(self, tx: Transaction, number: str, *states: VoucherState) -> Voucher:
        voucher = voucher_rows.get(tx, number)
        if voucher is None:
            raise refused(Kind.INPUT, "unknown-voucher", voucher=number)
        state = self._view(tx, voucher).state
        if state not in states:
            raise refused(Kind.INPUT, f"voucher-{state}", voucher=number)
        return voucher

    def _view(self, tx: Transaction, voucher: Voucher) -> VoucherView:
        why = voucher_rows.refusals(tx).get(voucher.number)
        standing = in_force(rows.of_tenant(tx, voucher.tenant))
        state = voucher_state(voucher.number, why is not None, standing)
        if state not in (VoucherState.APPLIED, VoucherState.REDEEMED):
            return VoucherView(voucher, state, refusal=why)
        posting = _applied(tx, voucher).posting
        [statement] = [one.item for one in posting.entries if one.account is Account.RECEIVABLE]
        return VoucherView(voucher, state, statement, posting.effect_fen(Account.VOUCHER))


def _applied(tx: Transaction, voucher: Voucher) -> Booked:
    """Give the transaction in force that applied a voucher."""
    [applied] = [
        one
        for one in in_force(rows.of_tenant(tx, voucher.tenant))
        if one.posting.event is Event.VOUCHER_APPLIED and one.posting.refers == voucher.number
    ]
    return applied
