"""Lives of statements under random steps of two people, beside a small model of what may happen."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared_factory_desktop.domain.document_json import context_json
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.ledger import Method, Slip
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.statement_json import statement_document
from shared_factory_desktop.domain.statement_life import Payment, State
from shared_factory_desktop.domain.statement_numbers import read_pattern
from shared_factory_desktop.services.credit import CreditCheck
from shared_factory_desktop.services.credit_notes import CreditNoteService, CreditParts, Wanted
from shared_factory_desktop.services.ledger import LedgerService, post_statement
from shared_factory_desktop.services.ledger_books import Books
from shared_factory_desktop.services.statement_life import StatementLifeService
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.storage import ledger, statements
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.statements import IssuedStatement
from tests.domain.statement_scene import document, line
from tests.storage.conftest import Clock

PEOPLE = (Actor("li", Role.MANAGER), Actor("wang", Role.MANAGER))
NUMBERS = read_pattern("DZ-{year}-{seq:6}")
WAY = (State.ISSUED, State.SENT, State.CONFIRMED, State.INVOICED)
DAY = dt.timedelta(days=1)


@dataclass
class Told:
    """What the model knows of one statement."""

    gross_fen: list[int]
    reached: int = 0
    disputed: bool = False
    paid_fen: int = 0
    credited: set[int] = field(default_factory=set)
    pending: set[int] = field(default_factory=set)
    credits: list[str] = field(default_factory=list)

    @property
    def left(self) -> set[int]:
        return set(range(1, len(self.gross_fen) + 1)) - self.credited

    @property
    def billed_fen(self) -> int:
        return sum(self.gross_fen[number - 1] for number in self.left)

    @property
    def state(self) -> State:
        if not self.left:
            return State.CANCELLED
        if self.disputed:
            return State.DISPUTED
        full = 0 < self.paid_fen == self.billed_fen
        return State.PAID if full and self.reached == 3 else WAY[self.reached]

    def creditable(self, lines: set[int]) -> bool:
        return lines <= self.left and not (lines == self.left and self.paid_fen > 0)


@dataclass
class Proposal:
    id: int
    number: str
    lines: set[int]
    by: Actor
    open: bool = True


class Lives(RuleBasedStateMachine):
    """Two people at one factory; `database` lives through all examples."""

    def __init__(self, database: Database, clock: Clock, days: itertools.count[int]) -> None:
        super().__init__()
        trail = Trail("WS-1")
        self.database, self.days = database, days
        self.life = StatementLifeService(database, trail, clock)
        self.credits = CreditNoteService(
            CreditParts(database, trail, clock, NUMBERS, pseudonyms=False, two_people=True)
        )
        books = Books(database, trail, clock)
        self.ledger = LedgerService(books, CreditCheck(_never))
        self.told: dict[str, Told] = {}
        self.proposals: list[Proposal] = []

    @rule(gross_fen=st.lists(st.integers(1, 5000), min_size=1, max_size=4))
    def issue(self, gross_fen: list[int]) -> None:
        start = dt.date(2000, 1, 1) + next(self.days) * DAY
        made = document(*(line(f"S-{start}", "time", amount) for amount in gross_fen))
        with self.database.write() as tx:
            issued = statements.issue(
                tx,
                NUMBERS.series(dt.date(2026, 3, 1)),
                "anping",
                (start, start + DAY),
                statement_document(made.statement),
                context_json(made),
            )
            post_statement(tx, issued.number, "anping", made.statement.lines, start)
        self.told[issued.number] = Told(gross_fen)

    @precondition(lambda self: self.told)
    @rule(data=st.data(), step=st.sampled_from(["send", "confirm", "invoice", "dispute", "settle"]))
    def step(self, data: st.DataObject, step: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.told)))
        told, who = self.told[number], PEOPLE[0]
        alive = bool(told.left)
        full = 0 < told.paid_fen == told.billed_fen
        legal = {
            "send": alive and not told.disputed and told.reached == 0,
            "confirm": alive and not told.disputed and told.reached == 1,
            "invoice": alive and not told.disputed and told.reached == 2,
            "dispute": alive and not told.disputed and not full,
            "settle": alive and told.disputed,
        }
        done = _succeeds(lambda: getattr(self.life, step)(who, number, "said"))
        assert done == legal[step]
        if done and step in ("dispute", "settle"):
            told.disputed = step == "dispute"
        elif done:
            told.reached += 1

    @precondition(lambda self: self.told)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def propose(self, data: st.DataObject, who: Actor) -> None:
        number = data.draw(st.sampled_from(sorted(self.told)))
        told = self.told[number]
        some = st.sets(st.integers(1, len(told.gross_fen)), min_size=1)
        lines = data.draw(some)
        legal = told.creditable(lines) and told.pending.isdisjoint(lines)
        made: list[int] = []

        def propose() -> None:
            wanted = Wanted(tuple(lines))
            made.append(self.credits.propose(who, number, wanted, "wrong").proposal.id)

        assert _succeeds(propose) == legal
        if made:
            told.pending |= lines
            self.proposals.append(Proposal(made[0], number, lines, who))

    @precondition(lambda self: self.proposals)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE), agrees=st.booleans())
    def decide(self, data: st.DataObject, who: Actor, agrees: bool) -> None:
        made = data.draw(st.sampled_from(self.proposals))
        told = self.told[made.number]
        legal = made.open and (not agrees or (who != made.by and told.creditable(made.lines)))
        issued: list[str] = []

        def decide() -> None:
            if agrees:
                issued.append(self.credits.approve(who, made.id).number or "")
            else:
                self.credits.refuse(who, made.id, "right as it is")

        assert _succeeds(decide) == legal
        if legal:
            made.open = False
            told.pending -= made.lines
        if legal and agrees:
            told.credited |= made.lines
            told.credits += issued
            told.paid_fen = min(told.paid_fen, told.billed_fen)
            told.disputed = told.disputed and bool(told.left)

    @precondition(lambda self: any(told.billed_fen > told.paid_fen for told in self.told.values()))
    @rule(data=st.data(), part=st.booleans())
    def pay(self, data: st.DataObject, part: bool) -> None:
        owing = [n for n, told in sorted(self.told.items()) if told.billed_fen > told.paid_fen]
        number = data.draw(st.sampled_from(owing))
        told = self.told[number]
        open_fen = told.billed_fen - told.paid_fen
        amount_fen = max(1, open_fen // 2) if part else open_fen
        slip = Slip(Method.CASH, f"R-{next(self.days)}")
        self.ledger.pay(PEOPLE[0], "anping", amount_fen, slip, number)
        told.paid_fen += amount_fen

    @invariant()
    def every_statement_stands_where_the_model_says(self) -> None:
        for number, told in self.told.items():
            one = self.life.history(PEOPLE[0], number).standing
            with self.database.read() as tx:
                notes = statements.credit_notes_of(tx, number)
            assert [note.number for note in notes if note.whole] == (
                [] if told.left else told.credits[-1:]
            )
            assert one.life.state is told.state
            assert [*one.credits] == told.credits
            assert (one.life.paid_fen, one.life.open_fen) == (
                told.paid_fen,
                told.billed_fen - told.paid_fen,
            )
            full = 0 < told.paid_fen == told.billed_fen
            assert (one.life.payment is Payment.FULL) == full
            for name, sum_fen in (("gross", one.gross_fen), ("net", one.net_fen)):
                sum_fen += sum(fen(Decimal(str(note.document[name]))) for note in notes)
                assert sum_fen >= 0
                assert sum_fen == 0 or told.left
            assert one.gross_fen + sum(_gross_fen(note) for note in notes) == told.billed_fen

    def teardown(self) -> None:
        with self.database.read() as tx:
            assert list(statements.verify(tx)) == []
            assert list(ledger.verify(tx)) == []


def _gross_fen(stored: IssuedStatement) -> int:
    """Add up the lines of a statement."""
    lines = stored.document["lines"]
    assert isinstance(lines, list)
    return sum(fen(Decimal(item["gross"])) for item in lines)


def _never(_floor: Floor, _meter: str, _quantity: str) -> Decimal | None:
    """Say that no register rolls over."""
    return None


def _succeeds(act: Callable[[], object]) -> bool:
    try:
        act()
    except Refused:
        return False
    return True


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_order_of_steps_leads_where_it_should_not(database: Database, clock: Clock) -> None:
    days = itertools.count()

    class Here(Lives):
        def __init__(self) -> None:
            super().__init__(database, clock, days)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
