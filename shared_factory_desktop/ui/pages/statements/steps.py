"""What can be done with an issued statement: which fields each step asks for, and what it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction
from pathlib import Path

from shared_factory_desktop.domain.decimals import parse_decimal
from shared_factory_desktop.domain.ledger import Method, Slip
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.problems import InputRefused, Kind, Problem, refused
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.domain.statement_life import State, Step, obstacle
from shared_factory_desktop.services.credit_notes import CreditProposal, Wanted
from shared_factory_desktop.services.statement_life import History, Standing
from shared_factory_desktop.ui.context import Context


class FieldKind(Enum):
    """How a field is filled in."""

    TEXT = auto()
    DAY = auto()
    AMOUNT = auto()
    METHOD = auto()
    FILE = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a step asks for; its word is `field_<name>`."""

    name: str
    kind: FieldKind = FieldKind.TEXT


@dataclass(frozen=True, slots=True)
class Opened:
    """A statement with all that is known of it; `proposals` are those on it nobody decided on."""

    document: StatementDocument
    history: History
    proposals: tuple[CreditProposal, ...]

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return self.history.standing

    @property
    def number(self) -> str:
        """Its number."""
        return self.standing.number

    def allows(self, step: Step) -> bool:
        """Tell whether a step may follow now."""
        return obstacle(self.standing.life, step) is None


@dataclass(frozen=True, slots=True)
class Said:
    """What was filled in, as text by field, and the numbers of the lines chosen, from 1."""

    values: Mapping[str, str]
    lines: tuple[int, ...] = ()

    def __getitem__(self, name: str) -> str:
        """Give what was filled in to a field."""
        return self.values[name]

    @property
    def on(self) -> dt.date:
        """The day it happened."""
        return dt.date.fromisoformat(self.values["on"])


@dataclass(frozen=True, slots=True)
class Action:
    """One step; its words are `act_<key>`, `say_<key>` and `done_<key>`.

    `of_lines`: it is about the lines that are chosen in the list.
    """

    key: str
    fields: tuple[Field, ...]
    offered: Callable[[Opened], bool]
    run: Callable[[Context, str, Said], object]
    of_lines: bool = False


def opened(context: Context, number: str) -> Opened:
    """Fetch all that is known of a statement; raises Refused."""
    services, actor = context.services, context.actor
    return Opened(
        services.billing.document(actor, number),
        services.statements.history(actor, number),
        tuple(
            one
            for one in services.credits.list(actor)
            if one.statement == number and one.decision is None
        ),
    )


def _send(context: Context, number: str, said: Said) -> object:
    return context.services.statements.send(context.actor, number, said["recipient"], said.on)


def _confirm(context: Context, number: str, said: Said) -> object:
    scan = Path(said["scan"]) if said["scan"] else None
    service = context.services.statements
    return service.confirm(context.actor, number, said["person"], said.on, scan)


def _invoice(context: Context, number: str, said: Said) -> object:
    return context.services.statements.invoice(context.actor, number, said["invoice"], said.on)


def _pay(context: Context, number: str, said: Said) -> object:
    amount_fen = _typed_fen(said["amount"])
    tenant = context.services.statements.history(context.actor, number).standing.tenant
    slip = Slip(Method(said["method"]), said["reference"].strip())
    return context.services.ledger.pay(context.actor, tenant, amount_fen, slip, number, said.on)


def _dispute(context: Context, number: str, said: Said) -> object:
    return context.services.statements.dispute(context.actor, number, said["reason"])


def _settle(context: Context, number: str, said: Said) -> object:
    return context.services.statements.settle(context.actor, number, said["reason"])


def _credit(context: Context, number: str, said: Said) -> object:
    wanted = Wanted(said.lines)
    return context.services.credits.propose(context.actor, number, wanted, said["reason"])


def _cancel(context: Context, number: str, said: Said) -> object:
    return context.services.credits.propose(context.actor, number, Wanted(), said["reason"])


def _attach(context: Context, number: str, said: Said) -> object:
    return context.services.statements.attach(context.actor, number, Path(said["file"]))


def _typed_fen(text: str) -> int:
    """Read an amount in CNY; one finer than a fen is refused, not rounded."""
    try:
        amount = parse_decimal(text.strip().replace(",", ""))
    except ValueError:
        raise InputRefused([Problem("", "decimal", text, "1200.50")]) from None
    if (100 * Fraction(amount)).denominator != 1:
        raise refused(Kind.INPUT, "finer-than-fen", option="¥", seen=text)
    return fen(amount)


def _is_statement(one: Opened) -> bool:
    return one.standing.refers_to is None


def _owes(one: Opened) -> bool:
    life = one.standing.life
    return _is_statement(one) and life.open_fen > 0 and life.state is not State.CANCELLED


_ON = Field("on", FieldKind.DAY)
_REASON = Field("reason")

ACTIONS = (
    Action("send", (Field("recipient"), _ON), lambda one: one.allows(Step.SEND), _send),
    Action(
        "confirm",
        (Field("person"), _ON, Field("scan", FieldKind.FILE)),
        lambda one: one.allows(Step.CONFIRM),
        _confirm,
    ),
    Action("invoice", (Field("invoice"), _ON), lambda one: one.allows(Step.INVOICE), _invoice),
    Action(
        "pay",
        (
            Field("amount", FieldKind.AMOUNT),
            Field("method", FieldKind.METHOD),
            Field("reference"),
            _ON,
        ),
        _owes,
        _pay,
    ),
    Action(
        "dispute",
        (_REASON,),
        lambda one: _is_statement(one) and one.allows(Step.DISPUTE),
        _dispute,
    ),
    Action("settle", (_REASON,), lambda one: one.allows(Step.RESOLVE), _settle),
    Action(
        "credit",
        (_REASON,),
        lambda one: _is_statement(one) and one.standing.life.state is not State.CANCELLED,
        _credit,
        of_lines=True,
    ),
    Action(
        "cancel", (_REASON,), lambda one: _is_statement(one) and one.allows(Step.CANCEL), _cancel
    ),
    Action("attach", (Field("file", FieldKind.FILE),), lambda _one: True, _attach),
)
