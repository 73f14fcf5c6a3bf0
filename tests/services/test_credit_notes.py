"""Credit notes: two people, each line once, original tax, sessions free to be put right."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from shared_factory_desktop.domain.corrections import Change
from shared_factory_desktop.domain.ledger import Method, Slip
from shared_factory_desktop.domain.problems import Kind, Refused
from shared_factory_desktop.domain.statement_life import Payment, State
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.credit_notes import Wanted
from shared_factory_desktop.services.users import Actor, Role
from tests.services.conftest import BOSS

pytestmark = pytest.mark.slow

LI = Actor("li", Role.MANAGER)
QUARTER = "2026-08-01..2026-11-01"  # three sessions of anping, a line each


@pytest.fixture
def number(services: Services) -> str:
    """The number of a statement of three lines."""
    issued = services.billing.issue(BOSS, "anping", QUARTER)
    assert issued.number is not None
    assert [row.line.session for row in issued.lines] == [
        f"P-anping-{month:02d}" for month in (8, 9, 10)
    ]
    return issued.number


def code(error: Refused) -> str:
    [cause] = error.causes
    return cause.code


def propose(services: Services, number: str, *lines: int) -> int:
    return services.credits.propose(BOSS, number, Wanted(lines), "wrong").proposal.id


def numbers(document: dict[str, Any]) -> list[str]:
    """Give every figure of the lines of a statement as scripts read it."""
    names = ("quantity", "list", "discount", "net", "tax", "gross")
    found = [line[name] for line in document["lines"] for name in names]
    for line in document["lines"]:
        for detail in line["details"]:
            found += [detail["quantity"], detail["amount"]]
    return found


def test_a_credit_note_is_issued_by_another_person(services: Services, number: str) -> None:
    made = services.credits.propose(BOSS, number, Wanted((2,)), "machine stood still")
    with pytest.raises(Refused) as own:
        services.credits.approve(BOSS, made.proposal.id)
    note = services.credits.approve(LI, made.proposal.id)

    assert made.document is None
    assert (own.value.kind, code(own.value)) == (Kind.NOT_ALLOWED, "own-credit")
    assert (note.number, note.refers_to, note.reason) == (
        "DZ-2026-000002",
        number,
        "machine stood still",
    )
    assert note.anchor is not None
    assert services.billing.document(BOSS, "DZ-2026-000002") == note
    [listed] = services.credits.list(BOSS)
    assert listed.decision is not None
    assert (listed.decision.credit, listed.decision.by) == ("DZ-2026-000002", "li")
    standing = services.statements.history(BOSS, number).standing
    assert (standing.life.state, standing.credits) == (State.ISSUED, ("DZ-2026-000002",))


def test_a_whole_credit_note_is_the_statement_with_every_sign_turned(
    services: Services, number: str, tmp_path: Path
) -> None:
    billing = services.billing
    original = dict(billing.as_json(billing.document(BOSS, number)))
    note = services.credits.approve(LI, propose(services, number))
    turned = dict(billing.as_json(note))

    assert turned.keys() == original.keys()
    assert turned["period"] == original["period"]
    for was, is_ in zip(numbers(original), numbers(turned), strict=True):
        assert is_ == (was if set(was) <= {"0", "."} else f"-{was}")
    rates = [[line["tax_rate"] for line in one["lines"]] for one in (original, turned)]
    prices = [
        [detail["price"] for line in one["lines"] for detail in line["details"]]
        for one in (original, turned)
    ]
    assert rates[0] == rates[1]
    assert prices[0] == prices[1]
    assert turned["gross"] == f"-{original['gross']}"
    assert note.number is not None
    files = services.exporting.export(
        BOSS, note.number, ("pdf", "xlsx", "csv"), tmp_path, lambda _done, _all: None
    )
    assert f"-{original['gross']}" in files[2].read_text(encoding="utf-8-sig")
    assert turned["gross_uppercase"] == original["gross_uppercase"].replace("人民币", "人民币负")
    assert services.verification.verify(BOSS).ok


def test_a_cancelled_statement_frees_its_days(services: Services, number: str) -> None:
    services.credits.approve(LI, propose(services, number, 1))
    services.credits.approve(LI, propose(services, number))

    standing = services.statements.history(BOSS, number).standing
    assert (standing.life.state, standing.credits) == (
        State.CANCELLED,
        ("DZ-2026-000002", "DZ-2026-000003"),
    )
    assert services.billing.issue(BOSS, "anping", QUARTER).number == "DZ-2026-000004"
    assert services.verification.verify(BOSS).ok


def test_a_partial_credit_note_frees_no_days(services: Services, number: str) -> None:
    services.credits.approve(LI, propose(services, number, 1, 3))

    with pytest.raises(Refused) as refused:
        services.billing.issue(BOSS, "anping", "2026-10")
    assert code(refused.value) == "already-issued"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted((0,)), "credit-line"),
        (Wanted((4,)), "credit-line"),
        (Wanted((2,)), "credit-twice"),
        (Wanted(sessions=("P-anping-09",)), "credit-twice"),
        (Wanted(sessions=("P-renze-10",)), "credit-session"),
        (Wanted((3,)), "credit-pending"),
    ],
)
def test_what_cannot_be_credited_is_refused(
    services: Services, number: str, wanted: Wanted, expected: str
) -> None:
    services.credits.approve(LI, propose(services, number, 2))
    propose(services, number, 3)

    with pytest.raises(Refused) as refused:
        services.credits.propose(BOSS, number, wanted, "wrong")
    assert code(refused.value) == expected


def test_neither_a_credit_note_nor_a_cancelled_statement_is_credited(
    services: Services, number: str
) -> None:
    note = services.credits.approve(LI, propose(services, number)).number
    assert note is not None
    codes = []
    for one in (note, number):
        with pytest.raises(Refused) as refused:
            propose(services, one)
        codes.append(code(refused.value))
    with pytest.raises(Refused) as disputed:
        services.statements.dispute(BOSS, note, "not ours")

    assert codes == ["credit-of-credit", "step-state"]
    assert code(disputed.value) == "step-credit-note"


def test_a_proposal_is_decided_once(services: Services, number: str) -> None:
    proposal = propose(services, number, 1)
    services.credits.refuse(LI, proposal, "the log book is right")
    with pytest.raises(Refused) as again:
        services.credits.approve(LI, proposal)

    assert code(again.value) == "credit-decided"
    assert [one.number for one in services.statements.list(BOSS)] == [number]
    again_proposed = services.credits.approve(LI, propose(services, number, 1))
    assert again_proposed.number == "DZ-2026-000002"


def test_a_credited_session_can_be_corrected(services: Services, number: str) -> None:
    change = Change(job="J-9")
    with pytest.raises(Refused) as billed:
        services.corrections.correct(BOSS, "P-anping-09", change, "forgotten")
    wanted = Wanted(sessions=("P-anping-09",))
    proposed = services.credits.propose(BOSS, number, wanted, "forgotten")
    services.credits.approve(LI, proposed.proposal.id)

    corrected = services.corrections.correct(BOSS, "P-anping-09", change, "forgotten")

    assert code(billed.value) == "session-billed"
    assert proposed.proposal.lines == (2,)
    assert corrected.job == "J-9"
    with pytest.raises(Refused):
        services.corrections.correct(BOSS, "P-anping-10", change, "forgotten")
    again = services.billing.issue(BOSS, "anping", "2026-11-01..2026-11-21")
    [late] = again.lines
    [credited] = services.billing.document(BOSS, "DZ-2026-000002").lines
    assert (late.line.session, late.job) == (corrected.id, "J-9")
    assert late.line.late == (dt.date(2026, 8, 1), dt.date(2026, 11, 1))
    assert late.line.gross_fen == -credited.line.gross_fen


def test_a_session_credited_and_left_as_it_is_does_not_come_back(
    services: Services, number: str
) -> None:
    services.credits.approve(LI, propose(services, number, 2))

    with pytest.raises(Refused) as refused:
        services.billing.issue(BOSS, "anping", "2026-11-01..2026-11-21")
    assert code(refused.value) == "nothing-to-bill"


def test_a_paid_statement_is_credited_in_part_only(services: Services, number: str) -> None:
    first = services.billing.document(BOSS, number).lines[0].line.gross_fen
    services.ledger.pay(BOSS, "anping", 100, Slip(Method.BANK, "B-1"), number)

    with pytest.raises(Refused) as refused:
        propose(services, number)
    services.credits.approve(LI, propose(services, number, 1))

    [cause] = refused.value.causes
    assert cause.code == "step-paid"
    standing = services.statements.history(BOSS, number).standing
    assert (standing.life.paid_fen, standing.life.payment) == (100, Payment.PART)
    assert standing.life.open_fen == standing.gross_fen - first - 100


def test_platforms_are_told_of_what_is_taken_off(services: Services, number: str) -> None:
    before = services.sync.status(BOSS)[0].pending
    services.credits.approve(LI, propose(services, number, 1))

    assert services.sync.status(BOSS)[0].pending == before + 2  # credit note and checkpoint
