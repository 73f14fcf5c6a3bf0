"""The tenants' ledger: what they paid, owe and left with us, booked in double entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared_factory_desktop.domain import ledger_events as events
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.ledger import (
    FINAL,
    Account,
    Ageing,
    Booked,
    Event,
    OpenItem,
    Posting,
    Slip,
    ageing,
    in_force,
    reversal,
)
from shared_factory_desktop.domain.ledger_credit import Exposure
from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.services.credit import CreditCheck
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.ledger_books import Books, positive, stated
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import ledger as rows
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.ledger import open_fen, paid_fen, statement_account

__all__ = [
    "LedgerService",
    "TenantAccount",
    "open_fen",
    "paid_fen",
    "post_credit",
    "post_statement",
    "statement_account",
]

ROUNDING_LIMIT_FEN = 99  # what cash cannot pay; a whole CNY is a debt
BILLING = "billing"  # who books statements where nobody is named


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A transaction and how receivable and prepaid balance stand after it, in fen."""

    booked: Booked
    receivable_fen: int
    prepaid_fen: int


@dataclass(frozen=True, slots=True)
class TenantAccount:
    """A tenant's transactions in order, with what they come to; `exposure` None where the tenant
    has left the floor.
    """

    tenant: str
    rows: tuple[AccountRow, ...]
    balances: dict[Account, int]
    open_items: tuple[OpenItem, ...]
    ageing: Ageing
    exposure: Exposure | None


class LedgerService:
    """Payments, prepaid balances and deposits of one factory's tenants."""

    def __init__(self, books: Books, credit: CreditCheck) -> None:
        self._books = books
        self._credit = credit

    def pay(
        self,
        actor: Actor,
        tenant: str,
        amount_fen: int,
        slip: Slip,
        statement: str | None = None,
        on: dt.date | None = None,
    ) -> Booked:
        """Book money received for a statement, or for all that are open, oldest first; what is
        over is prepaid.
        """

        def paid(tx: Transaction, day: dt.date) -> Posting:
            shares = self._books.shares(tx, tenant, statement, positive(amount_fen))
            return events.paid(tenant, day, amount_fen, slip, shares)

        return self._book(actor, tenant, on, paid)

    def refund(
        self,
        actor: Actor,
        tenant: str,
        amount_fen: int,
        slip: Slip,
        reason: str,
        on: dt.date | None = None,
    ) -> Booked:
        """Book money of the prepaid balance given back."""

        def refunded(_tx: Transaction, day: dt.date) -> Posting:
            return events.refunded(tenant, day, positive(amount_fen), slip, stated(reason))

        return self._book(actor, tenant, on, refunded)

    def top_up(
        self, actor: Actor, tenant: str, amount_fen: int, slip: Slip, on: dt.date | None = None
    ) -> Booked:
        """Book money received in advance."""

        def topped_up(_tx: Transaction, day: dt.date) -> Posting:
            return events.topped_up(tenant, day, positive(amount_fen), slip)

        return self._book(actor, tenant, on, topped_up)

    def take_deposit(
        self, actor: Actor, tenant: str, amount_fen: int, slip: Slip, on: dt.date | None = None
    ) -> Booked:
        """Book a deposit received."""

        def taken(_tx: Transaction, day: dt.date) -> Posting:
            return events.deposited(tenant, day, positive(amount_fen), slip)

        return self._book(actor, tenant, on, taken)

    def return_deposit(
        self, actor: Actor, tenant: str, amount_fen: int, slip: Slip, on: dt.date | None = None
    ) -> Booked:
        """Book a deposit given back."""

        def returned(_tx: Transaction, day: dt.date) -> Posting:
            return events.deposit_returned(tenant, day, positive(amount_fen), slip)

        return self._book(actor, tenant, on, returned)

    def offset_deposit(
        self,
        actor: Actor,
        tenant: str,
        amount_fen: int,
        reason: str,
        statement: str | None = None,
    ) -> Booked:
        """Pay statements from the deposit; raises Refused where less is open than the amount."""

        def offset(tx: Transaction, day: dt.date) -> Posting:
            shares = self._books.shares(tx, tenant, statement, positive(amount_fen))
            owed_fen = sum(share for _, share in shares)
            if owed_fen < amount_fen:
                amount, owed = grouped(amount_fen), grouped(owed_fen)
                raise refused(Kind.INPUT, "offset-over", tenant=tenant, amount=amount, open=owed)
            return events.deposit_offset(tenant, day, shares, stated(reason))

        return self._book(actor, tenant, None, offset)

    def round_off(self, actor: Actor, statement: str, reason: str) -> Booked:
        """Book the last fen of a statement, less than 1 CNY, that nobody will pay."""
        require(actor, Permission.BILL)
        with self._books.database.read() as tx:
            tenant = rows.tenant_of(tx, statement)
        if tenant is None:
            raise refused(Kind.INPUT, "unknown-statement", number=statement)

        def rounded_off(tx: Transaction, day: dt.date) -> Posting:
            left_fen = open_fen(tx, statement)
            if not 0 < left_fen <= ROUNDING_LIMIT_FEN:
                left, limit = grouped(left_fen), grouped(ROUNDING_LIMIT_FEN)
                raise refused(Kind.INPUT, "round-off", statement=statement, open=left, limit=limit)
            return events.rounded_off(tenant, day, statement, left_fen, stated(reason))

        return self._book(actor, tenant, None, rounded_off)

    def reverse(self, actor: Actor, seq: int, reason: str) -> Booked:
        """Undo a transaction by another; raises Refused for what only a credit note undoes, what
        is undone already, and what others rest on.
        """
        require(actor, Permission.BILL)
        with self._books.database.write() as tx:
            booked = rows.get(tx, seq)
            if booked is None:
                raise refused(Kind.INPUT, "unknown-transaction", seq=seq)
            _refuse_final(tx, booked)
            day = self._books.day(tx, booked.posting.tenant, None)
            return self._books.book(tx, actor, reversal(booked, day, stated(reason)))

    def account(self, actor: Actor, tenant: str) -> TenantAccount:
        """Give all that was booked of a tenant."""
        require(actor, Permission.VIEW)
        with self._books.database.read() as tx:
            floor = stored_floor(tx)
            today = self._books.day(tx, tenant, None)
            items = rows.open_items(tx, tenant, self._books.zone(tx))
            return TenantAccount(
                tenant,
                _running(rows.of_tenant(tx, tenant)),
                rows.balances(tx, tenant),
                items,
                ageing(items, today),
                self._exposure(tx, floor, tenant),
            )

    def _book(
        self,
        actor: Actor,
        tenant: str,
        on: dt.date | None,
        make: Callable[[Transaction, dt.date], Posting],
    ) -> Booked:
        """Book what `make` gives for the day, in one transaction of the database."""
        require(actor, Permission.BILL)
        with self._books.database.write() as tx:
            day = self._books.day(tx, tenant, on)
            return self._books.book(tx, actor, make(tx, day))

    def _exposure(self, tx: Transaction, floor: Floor, tenant_id: str) -> Exposure | None:
        tenant = floor.tenant(tenant_id)
        if tenant is None:
            return None
        return self._credit.exposure(tx, floor, tenant, self._books.now())


def post_statement(
    tx: Transaction,
    number: str,
    tenant: str,
    lines: Iterable[Line],
    on: dt.date,
    by: str = BILLING,
) -> None:
    """Book a statement in the transaction that issues it, `on` the last local day it bills.

    A statement below 0 (the later part of a session may be) becomes prepaid balance at once.
    """
    _post_billed(tx, events.issued(tenant, on, number, lines), number, by)


def post_credit(
    tx: Transaction,
    number: str,
    refers_to: str,
    tenant: str,
    lines: Iterable[Line],
    on: dt.date,
    by: str = BILLING,
) -> None:
    """Book credit note `number` of the statement `refers_to`, its lines negative as printed.

    What was settled beyond what is left to pay goes back: vouchers not redeemed yet to be applied
    again, the rest to the prepaid balance.
    """
    _post_billed(tx, events.credited(tenant, on, number, refers_to, lines), refers_to, by)


def _post_billed(tx: Transaction, posting: Posting | None, statement: str, by: str) -> None:
    if posting is None:  # it bills nothing
        return
    rows.post(tx, posting, by)
    if open_fen(tx, statement) >= 0:
        return
    tenant, on = posting.tenant, posting.on
    for applied in _unredeemed(rows.of_tenant(tx, tenant), statement):
        if open_fen(tx, statement) < 0:
            rows.post(tx, reversal(applied, on, posting.refers or statement), by)
    surplus_fen = -open_fen(tx, statement)
    if surplus_fen > 0:
        rows.post(tx, events.surplus_kept(tenant, on, statement, surplus_fen), by)


def _unredeemed(booked: Iterable[Booked], statement: str) -> list[Booked]:
    """Give the vouchers' parts of a statement that nobody has paid out yet, newest first."""
    standing = in_force(tuple(booked))
    redeemed = {
        one.posting.refers for one in standing if one.posting.event is Event.VOUCHER_REDEEMED
    }
    return [
        one
        for one in reversed(standing)
        if one.posting.event is Event.VOUCHER_APPLIED
        and one.posting.refers not in redeemed
        and one.posting.effect_fen(Account.RECEIVABLE, statement)
    ]


def _refuse_final(tx: Transaction, booked: Booked) -> None:
    posting = booked.posting
    if posting.event in FINAL:
        raise refused(Kind.INPUT, "not-reversible", seq=booked.seq)
    by = rows.reversed_by(tx, booked.seq)
    if by is not None:
        raise refused(Kind.INPUT, "reversed-already", seq=booked.seq, by=by)
    if posting.event is Event.VOUCHER_APPLIED:
        for one in in_force(rows.of_tenant(tx, posting.tenant)):
            if one.posting.event is Event.VOUCHER_REDEEMED and one.posting.refers == posting.refers:
                raise refused(Kind.INPUT, "rested-on", seq=booked.seq, other=one.seq)


def _running(booked: Iterable[Booked]) -> tuple[AccountRow, ...]:
    receivable_fen = prepaid_fen = 0
    found = []
    for one in booked:
        receivable_fen += one.posting.effect_fen(Account.RECEIVABLE)
        prepaid_fen += one.posting.effect_fen(Account.PREPAID)
        found.append(AccountRow(one, receivable_fen, prepaid_fen))
    return tuple(found)
