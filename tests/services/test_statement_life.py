"""Lives of statements: steps in their order, dates, disputes, attached files, who may."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.domain.statement_life import Payment, State
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.kept_files import MAX_ATTACHMENT_BYTES
from tests.services.conftest import BOSS

pytestmark = pytest.mark.slow

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def number(services: Services) -> str:
    """The number of a statement just issued."""
    issued = services.billing.issue(BOSS, "anping", "2026-10").number
    assert issued is not None
    return issued


def state(services: Services, number: str) -> State:
    return services.statements.history(BOSS, number).standing.life.state


def code(error: Refused) -> str:
    [cause] = error.causes
    return cause.code


def test_a_statement_is_sent_confirmed_and_invoiced(
    services: Services, number: str, tmp_path: Path
) -> None:
    scan = tmp_path / "回执.PDF"
    scan.write_bytes(b"%PDF-1.4 sealed")
    life = services.statements

    states = [
        life.send(BOSS, number, "finance@anping").life.state,
        life.confirm(BOSS, number, "王会计", scan=scan).life.state,
        life.invoice(BOSS, number, "26132000000001234567", on=TODAY).life.state,
    ]

    assert states == [State.SENT, State.CONFIRMED, State.INVOICED]
    told = life.history(BOSS, number)
    assert [dict(event.values) for event in told.events] == [
        {"recipient": "finance@anping", "on": "2026-11-23"},
        {"person": "王会计", "on": "2026-11-23"},
        {"invoice": "26132000000001234567", "on": "2026-11-23"},
    ]
    [kept] = told.attachments
    assert (kept.name, kept.media_type, kept.by) == ("回执.PDF", "application/pdf", "boss")
    life.save_attachment(BOSS, kept.id, tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes() == scan.read_bytes()
    assert services.verification.verify(BOSS).ok


def test_a_step_out_of_order_names_state_and_step(services: Services, number: str) -> None:
    with pytest.raises(Refused) as refused:
        services.statements.invoice(BOSS, number, "1")

    [cause] = refused.value.causes
    assert cause.code == "step-state"
    assert dict(cause.values) == {"number": number, "state": "issued", "step": "invoiced"}
    assert services.statements.history(BOSS, number).events == ()


@pytest.mark.parametrize("on", [TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)])
def test_a_step_happened_between_issue_and_today(
    services: Services, number: str, on: dt.date
) -> None:
    with pytest.raises(Refused) as refused:
        services.statements.send(BOSS, number, on=on)

    assert code(refused.value) == "step-date"
    assert state(services, number) is State.ISSUED


def test_a_confirmation_names_somebody_and_a_dispute_says_why(
    services: Services, number: str
) -> None:
    services.statements.send(BOSS, number)
    with pytest.raises(Refused) as nobody:
        services.statements.confirm(BOSS, number, "  ")
    with pytest.raises(Refused) as nothing:
        services.statements.dispute(BOSS, number, " ")

    assert (code(nobody.value), code(nothing.value)) == ("step-empty", "step-reason")
    assert state(services, number) is State.SENT


def test_a_dispute_holds_a_statement_until_it_is_settled(services: Services, number: str) -> None:
    services.statements.send(BOSS, number)
    disputed = services.statements.dispute(BOSS, number, "hours differ")
    with pytest.raises(Refused) as held:
        services.statements.confirm(BOSS, number, "王会计")
    settled = services.statements.settle(BOSS, number, "log book shown")

    assert (disputed.life.state, settled.life.state) == (State.DISPUTED, State.SENT)
    assert code(held.value) == "step-state"
    reasons = [event.reason for event in services.statements.history(BOSS, number).events]
    assert reasons == [None, "hours differ", "log book shown"]


def test_a_file_that_cannot_be_kept_leaves_the_statement_unconfirmed(
    services: Services, number: str, tmp_path: Path
) -> None:
    services.statements.send(BOSS, number)
    large, empty = tmp_path / "large.pdf", tmp_path / "empty.pdf"
    empty.touch()
    with large.open("wb") as stream:
        stream.truncate(MAX_ATTACHMENT_BYTES + 1)

    codes = []
    for file in (large, empty, tmp_path / "none.pdf"):
        with pytest.raises(InputRefused) as refused:
            services.statements.confirm(BOSS, number, "王会计", scan=file)
        codes += [problem.code for problem in refused.value.problems]

    assert codes == ["attachment-size", "attachment-size", "unreadable"]
    assert state(services, number) is State.SENT


def test_what_is_not_there_is_said(services: Services, tmp_path: Path) -> None:
    with pytest.raises(Refused) as statement:
        services.statements.send(BOSS, "DZ-9")
    with pytest.raises(Refused) as attachment:
        services.statements.save_attachment(BOSS, 9, tmp_path / "x")

    assert (code(statement.value), code(attachment.value)) == (
        "unknown-statement",
        "unknown-attachment",
    )
    assert statement.value.kind is Kind.INPUT


def test_the_list_shows_where_each_stands(services: Services, number: str) -> None:
    other = services.billing.issue(BOSS, "renze", "2026-10")
    services.statements.send(BOSS, number)
    life = services.statements

    assert [one.number for one in life.list(BOSS)] == [other.number, number]
    assert [one.number for one in life.list(BOSS, tenant="anping")] == [number]
    [sent] = life.list(BOSS, state=State.SENT)
    assert (sent.number, sent.tenant_name) == (number, "安平丝网有限公司")
    assert (sent.life.payment, sent.net_fen + sent.tax_fen) == (Payment.NONE, sent.gross_fen)
    assert life.list(BOSS, state=State.PAID) == ()
