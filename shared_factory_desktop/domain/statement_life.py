"""The life of an issued statement, from sending to payment, as the sum of the steps noted of it.

Only a draft is priced again (reference/billing 2: 草稿 → 待确认 → 已确认 → 已开票 → 已收款, 争议 at
any point before payment); what has a number changes state, never content.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Step(StrEnum):
    """What can be noted of an issued statement."""

    SEND = "sent"
    CONFIRM = "confirmed"
    INVOICE = "invoiced"
    DISPUTE = "disputed"
    RESOLVE = "resolved"
    CANCEL = "cancelled"


class State(StrEnum):
    """Where a statement stands; `paid` is never noted, it follows from the ledger."""

    ISSUED = "issued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    INVOICED = "invoiced"
    PAID = "paid"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"


class Payment(StrEnum):
    """How much of a statement was paid."""

    NONE = "none"
    PART = "part"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Event:
    """One noted step; `values` says more of it (who at the tenant, invoice number, date …)."""

    seq: int
    statement: str
    step: Step
    values: Mapping[str, str]
    reason: str | None
    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Life:
    """How far a statement came, and what the ledger says was paid and is open, in fen."""

    reached: State = State.ISSUED
    disputed: bool = False
    paid_fen: int = 0
    open_fen: int = 0

    @property
    def payment(self) -> Payment:
        """Tell how much was paid; a statement over nothing counts as unpaid."""
        if self.paid_fen <= 0:
            return Payment.NONE
        return Payment.PART if self.open_fen > 0 else Payment.FULL

    @property
    def state(self) -> State:
        """Give the state; what was paid before its invoice is paid once that is written."""
        if self.reached is State.CANCELLED:
            return State.CANCELLED
        if self.disputed:
            return State.DISPUTED
        if self.reached is State.INVOICED and self.payment is Payment.FULL:
            return State.PAID
        return self.reached


_AHEAD: Mapping[Step, tuple[State, State]] = {
    Step.SEND: (State.ISSUED, State.SENT),
    Step.CONFIRM: (State.SENT, State.CONFIRMED),
    Step.INVOICE: (State.CONFIRMED, State.INVOICED),
}


def life_of(steps: Iterable[Step], paid_fen: int = 0, open_fen: int = 0) -> Life:
    """Sum up the steps noted of a statement, in order; `paid_fen`, `open_fen` from the ledger."""
    life = Life(paid_fen=paid_fen, open_fen=open_fen)
    for step in steps:
        life = after(life, step)
    return life


def after(life: Life, step: Step) -> Life:
    """Give a life with one more step, which must be legal."""
    if step in _AHEAD:
        return replace(life, reached=_AHEAD[step][1])
    if step is Step.CANCEL:
        return replace(life, reached=State.CANCELLED, disputed=False)
    return replace(life, disputed=step is Step.DISPUTE)


def obstacle(life: Life, step: Step) -> str | None:
    """Give the code of what keeps a step from being taken, None where nothing does.

    `step-state`: not from this state; `step-paid`: it would have to come before the payment.
    """
    if not _follows(life, step):
        return "step-state"
    if step is Step.DISPUTE and life.payment is Payment.FULL:
        return "step-paid"
    if step is Step.CANCEL and life.payment is not Payment.NONE:
        return "step-paid"
    return None


def _follows(life: Life, step: Step) -> bool:
    """Tell whether a step follows the state, payment aside."""
    if life.reached is State.CANCELLED:
        return False
    if step in _AHEAD:
        return not life.disputed and life.reached is _AHEAD[step][0]
    if step is Step.CANCEL:
        return True
    return life.disputed is (step is Step.RESOLVE)
