"""Budgets: what a contract may cost, what it has cost so far, and who may still start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.budgets import (
    Budget,
    BudgetPeriod,
    BudgetState,
    unbilled,
)
from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.decimals import half_up
from shared_factory_desktop.domain.floor import Contract, Floor, Machine, Tenant
from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.problems import Cause, InputRefused, Kind, cause, refused
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.sessions import SessionState
from shared_factory_desktop.domain.statement import Statement
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.holidays import stored_holidays
from shared_factory_desktop.services.reservations import begun_before, kept_soon
from shared_factory_desktop.services.statement_documents import frozen_document
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.uses import Wraps, uses_of
from shared_factory_desktop.storage import budgets as rows
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage import statements
from shared_factory_desktop.storage.database import Database, Transaction

_BILLED = (SessionState.OPEN, SessionState.CLOSED, SessionState.PROBLEM)


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget and what is spent of it, gross fen; None where that cannot be priced now."""

    budget: Budget
    tenant: str
    spent_fen: int | None

    @property
    def state(self) -> BudgetState | None:
        """What the budget lets happen."""
        return None if self.spent_fen is None else self.budget.state(self.spent_fen)


class BudgetService:
    """Budgets of one factory's contracts; `wraps` says where registers roll over."""

    def __init__(
        self, database: Database, trail: Trail, now: Callable[[], dt.datetime], wraps: Wraps
    ) -> None:
        self._database = database
        self._trail = trail
        self._now = now
        self._wraps = wraps

    def set(
        self, actor: Actor, contract: str, amount_fen: int, period: BudgetPeriod, warn: Decimal
    ) -> None:
        """Say what a contract may cost, and at which share (above 0, to 1) to warn."""
        require(actor, Permission.BILL)
        if amount_fen <= 0 or not 0 < warn <= 1:
            raise refused(Kind.INPUT, "budget-amount", amount=grouped(amount_fen), warn=warn)
        budget = Budget(contract, amount_fen, period, warn)
        with self._database.write() as tx:
            _contract(stored_floor(tx), contract)
            before = rows.get(tx, contract)
            rows.set_budget(tx, budget, self._now(), actor.name)
            self._trail.note(
                tx, actor.name, "budget.set", contract, before=_told(before), after=_told(budget)
            )

    def lift(self, actor: Actor, contract: str) -> None:
        """Let a contract cost what it may; raises Refused where it has no budget."""
        require(actor, Permission.BILL)
        with self._database.write() as tx:
            before = rows.get(tx, contract)
            if before is None:
                raise refused(Kind.INPUT, "no-budget", contract=contract)
            rows.lift(tx, before, self._now(), actor.name)
            self._trail.note(tx, actor.name, "budget.lift", contract, before=_told(before))

    def list(self, actor: Actor) -> tuple[BudgetView, ...]:
        """List the budgets in force with what is spent of each."""
        require(actor, Permission.VIEW)
        now = self._now()
        with self._database.read() as tx:
            floor = stored_floor(tx)
            known = {contract.id: contract for contract in floor.contracts}
            return tuple(
                BudgetView(budget, contract.tenant, self._spent(tx, floor, contract, budget, now))
                for budget in rows.list_budgets(tx)
                if (contract := known.get(budget.contract)) is not None
            )

    def warnings(self, actor: Actor, machine: str, tenant: str) -> tuple[Cause, ...]:
        """Say what a tenant on a machine should know and what keeps nobody from starting: a
        budget that runs out, a reservation that comes, or whose time is billed already.
        """
        require(actor, Permission.VIEW)
        now = self._now()
        with self._database.read() as tx:
            floor = stored_floor(tx)
            on, by = floor.machine(machine), floor.tenant(tenant)
            if on is None or by is None:
                return ()
            return tuple(
                warning
                for warns in (self._near, begun_before, kept_soon)
                for warning in warns(tx, floor, on, by, now)
            )

    def spent_up(
        self, tx: Transaction, floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
    ) -> Sequence[Cause]:
        """Say that the budget of the contract in force is spent; an Obstacle."""
        view = self._in_force(tx, floor, machine, tenant, now)
        if view is None or view.state is not BudgetState.SPENT:
            return ()
        return [_numbers("budget-spent", view)]

    def _near(
        self, tx: Transaction, floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
    ) -> Sequence[Cause]:
        view = self._in_force(tx, floor, machine, tenant, now)
        if view is None:
            return ()
        if view.spent_fen is None:
            return [cause("budget-unknown", contract=view.budget.contract)]
        return () if view.state is BudgetState.ENOUGH else [_numbers("budget-near", view)]

    def _in_force(
        self, tx: Transaction, floor: Floor, machine: Machine, tenant: Tenant, now: dt.datetime
    ) -> BudgetView | None:
        today = now.astimezone(ZoneInfo(floor.factory.timezone)).date()
        contract = Agreements(floor).contract(tenant.id, machine.id, today)
        budget = rows.get(tx, contract.id) if contract else None
        if contract is None or budget is None:
            return None
        return BudgetView(budget, tenant.id, self._spent(tx, floor, contract, budget, now))

    def _spent(
        self, tx: Transaction, floor: Floor, contract: Contract, budget: Budget, now: dt.datetime
    ) -> int | None:
        """Add what was billed in the budget's days to what would be billed for the others.

        A statement over the window's edge counts whole: it was issued within the window.
        """
        zone = ZoneInfo(floor.factory.timezone)
        window = budget.window(contract.valid_from, now.astimezone(zone).date())
        issued = statements.overlapping(tx, contract.tenant, window.start, window.end)
        billed = sum(_gross(frozen_document(one, zone).statement, contract) for one in issued)
        open_days = unbilled(window, [Period(one.start, one.end) for one in issued])
        try:
            return billed + sum(
                self._cost(tx, floor, contract, period, now) for period in open_days
            )
        except InputRefused:  # some session lacks what its price needs: no sum is better than less
            return None

    def _cost(
        self, tx: Transaction, floor: Floor, contract: Contract, period: Period, now: dt.datetime
    ) -> int:
        """Price what a contract used in a period up to now, by the function that bills."""
        zone = ZoneInfo(floor.factory.timezone)
        start, end = period.instants(zone)
        agreements = Agreements(floor)
        sessions = [
            session
            for session in session_rows.list_sessions(
                tx, _BILLED, tenant=contract.tenant, start=start, end=end
            )
            if agreements.contract(
                session.tenant, session.machine, session.start.astimezone(zone).date()
            )
            == contract
        ]
        uses = uses_of(tx, floor, self._wraps, sessions, now)
        holidays = stored_holidays(tx)
        priced = price(floor, uses, period.start, period.end, contract.tenant, now, holidays)
        return sum(_gross(statement, contract) for statement in priced.statements)


def _gross(statement: Statement, contract: Contract) -> int:
    return sum(line.gross_fen for line in statement.lines if line.contract == contract.id)


def _contract(floor: Floor, contract_id: str) -> Contract:
    found = next((contract for contract in floor.contracts if contract.id == contract_id), None)
    if found is None:
        raise refused(Kind.INPUT, "unknown-contract", contract=contract_id)
    return found


def _numbers(code: str, view: BudgetView) -> Cause:
    budget, spent = view.budget, view.spent_fen or 0
    return cause(
        code,
        contract=budget.contract,
        spent=grouped(spent),
        amount=grouped(budget.amount_fen),
        percent=half_up(100 * budget.share(spent)),
    )


def _told(budget: Budget | None) -> dict[str, object] | None:
    if budget is None:
        return None
    return {
        "amount_fen": budget.amount_fen,
        "period": str(budget.period),
        "warn": str(budget.warn),
    }
