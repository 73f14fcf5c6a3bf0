"""Credit: what a tenant may still use before paying, asked when a session starts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import Floor, Machine, Tenant
from shared_factory_desktop.domain.ledger import Account
from shared_factory_desktop.domain.ledger_credit import Exposure, hold_fen, usual_fen
from shared_factory_desktop.domain.money import fen, grouped
from shared_factory_desktop.domain.problems import Cause, InputRefused, cause
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.sessions import SessionState, SessionUse
from shared_factory_desktop.services.holidays import stored_holidays
from shared_factory_desktop.services.uses import Wraps, uses_of
from shared_factory_desktop.storage import corrections
from shared_factory_desktop.storage import ledger as rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage.database import Transaction

HOLD = dt.timedelta(hours=12)  # from then on a running session counts with its own cost alone
_LIKE = 5  # earlier sessions that say what the next one will cost
_BILLED = (SessionState.OPEN, SessionState.CLOSED, SessionState.PROBLEM)
_DAY = dt.timedelta(days=1)


class CreditCheck:
    """What tenants may still use; `wraps` says where registers roll over.

    Nothing is stored for it: a hold is there as long as its session runs, whatever crashes.
    """

    def __init__(self, wraps: Wraps) -> None:
        self._wraps = wraps

    def over_limit(
        self, tx: Transaction, floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
    ) -> Sequence[Cause]:
        """Say that a tenant has used up its credit; an Obstacle."""
        if tenant.credit_limit is None:
            return ()
        exposure = self.exposure(tx, floor, tenant, now)
        expected_fen = self._usual(tx, floor, machine.id, tenant.id, now)
        available_fen = exposure.available_fen
        if available_fen is None or exposure.allows(expected_fen):
            return ()
        return [
            cause(
                "credit-spent",
                tenant=tenant.id,
                available=grouped(available_fen),
                expected=grouped(expected_fen),
                limit=grouped(exposure.limit_fen or 0),
                owed=grouped(exposure.receivable_fen - exposure.prepaid_fen),
                unbilled=grouped((exposure.unbilled_fen or 0) + exposure.held_fen),
            )
        ]

    def exposure(self, tx: Transaction, floor: Floor, tenant: Tenant, now: dt.datetime) -> Exposure:
        """Add up what a tenant has and owes at an instant."""
        held = rows.balances(tx, tenant.id)
        limit = tenant.credit_limit
        return Exposure(
            None if limit is None else fen(limit),
            held[Account.PREPAID],
            held[Account.RECEIVABLE],
            self._unbilled(tx, floor, tenant.id, now),
            self._held(tx, floor, tenant.id, now),
        )

    def _unbilled(self, tx: Transaction, floor: Floor, tenant: str, now: dt.datetime) -> int | None:
        """Price what was used since the last statement, by the function that bills."""
        zone = ZoneInfo(floor.factory.timezone)
        first = rows.billed_until(tx, tenant)
        since = dt.datetime.combine(first, dt.time(), zone) if first else None
        used = session_rows.list_sessions(tx, _BILLED, tenant=tenant, start=since)
        billable = corrections.billable(tx, used)
        if not billable:
            return 0
        start = first or billable[0].start.astimezone(zone).date()
        end = now.astimezone(zone).date() + _DAY
        uses = uses_of(tx, floor, self._wraps, billable, now)
        try:
            priced = price(floor, uses, start, end, tenant, now, stored_holidays(tx))
        except InputRefused:  # as with budgets, nobody is held to what cannot be priced
            return None
        return sum(statement.gross_fen for statement in priced.statements)

    def _held(self, tx: Transaction, floor: Floor, tenant: str, now: dt.datetime) -> int:
        """Add up what the running sessions will probably cost on top of what they cost so far."""
        running = [
            one
            for one in session_rows.list_sessions(tx, (SessionState.OPEN,), tenant=tenant)
            if now - one.start < HOLD
        ]
        uses = uses_of(tx, floor, self._wraps, running, now)
        return sum(
            hold_fen(
                self._usual(tx, floor, use.machine, tenant, now),
                self._cost(tx, floor, use, now) or 0,
            )
            for use in uses
        )

    def _usual(
        self, tx: Transaction, floor: Floor, machine: str, tenant: str, now: dt.datetime
    ) -> int:
        """Give the middle cost of the tenant's last sessions on a machine."""
        last = session_rows.list_sessions(
            tx, (SessionState.CLOSED,), machine=machine, tenant=tenant
        )[-_LIKE:]
        uses = uses_of(tx, floor, self._wraps, last, now)
        costs = (self._cost(tx, floor, use, use.end or now) for use in uses)
        return usual_fen([cost for cost in costs if cost is not None])

    def _cost(
        self, tx: Transaction, floor: Floor, use: SessionUse, until: dt.datetime
    ) -> int | None:
        zone = ZoneInfo(floor.factory.timezone)
        first = use.start.astimezone(zone).date()
        end = until.astimezone(zone).date() + _DAY
        try:
            priced = price(floor, [use], first, end, use.tenant, until, stored_holidays(tx))
        except InputRefused:
            return None
        lines = [line for one in priced.statements for line in one.lines]
        return sum(line.gross_fen for line in lines if line.session == use.id)
