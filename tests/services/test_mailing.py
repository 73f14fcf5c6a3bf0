"""Statements as e-mails: what the written message holds, and what is refused."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.credit_notes import Wanted
from shared_factory_desktop.services.mailing import MailDraft
from shared_factory_desktop.services.users import Actor, Role

pytestmark = pytest.mark.slow

BOSS = Actor("boss", Role.ADMINISTRATOR)
LI = Actor("li", Role.MANAGER)
TO = "cai.wu@anping.example"


@pytest.fixture
def number(services: Services) -> str:
    """A statement of October, not sent yet."""
    issued = services.billing.issue(BOSS, "anping", "2026-10", at_once=True)
    assert issued.number is not None
    return issued.number


def quiet(_done: int, _of: int) -> None:
    """Nobody watches how far it is."""


def read(draft: MailDraft) -> EmailMessage:
    message = email.message_from_bytes(draft.file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_message_holds_the_files_and_says_what_they_are(
    services: Services, number: str
) -> None:
    draft = services.mailing.write(BOSS, number, TO, ["pdf", "csv"], quiet)
    message = read(draft)

    assert message["X-Unsent"] == "1"
    assert message["To"] == TO
    assert number in message["Subject"]
    assert "任泽共享制造车间" in message["Subject"]
    body = message.get_body()
    assert body is not None
    text = body.get_content()
    document = services.billing.document(BOSS, number)
    for part in ("安平丝网有限公司", "2026-10-01 – 2026-10-31", document.sha256):
        assert str(part) in text
    attached = {part.get_filename(): part for part in message.iter_attachments()}
    assert [part.get_content_type() for part in attached.values()] == [
        "application/pdf",
        "text/csv",
    ]
    for file in draft.attachments:
        assert attached[file.name].get_payload(decode=True) == file.read_bytes()


def test_lines_of_the_message_are_short_and_plain(services: Services, number: str) -> None:
    content = services.mailing.write(BOSS, number, TO, ["pdf"], quiet).file.read_bytes()

    assert content.isascii()
    lines = content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 998  # RFC 5322, 2.1.1


def test_a_credit_note_is_called_one(services: Services, number: str) -> None:
    proposed = services.credits.propose(BOSS, number, Wanted(), "counted twice")
    note = services.credits.approve(LI, proposed.proposal.id)
    assert note.number is not None

    message = read(services.mailing.write(BOSS, note.number, "", ["pdf"], quiet))

    assert message["To"] is None
    assert message["Subject"].startswith("红字更正单")
    body = message.get_body()
    assert body is not None
    assert f"更正对账单 {number}" in body.get_content()


def test_several_addresses_and_a_folder_of_ones_own(
    services: Services, number: str, tmp_path: Path
) -> None:
    both = f"{TO}， boss@anping.example"
    draft = services.mailing.write(BOSS, number, both, ["bundle"], quiet, tmp_path / "邮件")

    assert draft.file == tmp_path / "邮件" / f"{number}.eml"
    assert draft.recipients == (TO, "boss@anping.example")
    assert read(draft)["To"] == f"{TO}, boss@anping.example"
    (bundle,) = read(draft).iter_attachments()
    assert bundle.get_content_type() == "application/zip"


def test_what_is_no_address_is_refused(services: Services, number: str, tmp_path: Path) -> None:
    for wrong in ("anping", "@anping.example", "a@", "财务@anping.example", "a@b@c", "<a@b>"):
        with pytest.raises(Refused) as refusal:
            services.mailing.write(BOSS, number, wrong, ["pdf"], quiet, tmp_path / "out")

        (cause,) = refusal.value.causes
        assert (cause.code, dict(cause.values)) == ("mail-address", {"seen": wrong})
    assert not (tmp_path / "out").exists()


def test_writing_a_mail_marks_nothing_as_sent(services: Services, number: str) -> None:
    services.mailing.write(BOSS, number, TO, ["pdf"], quiet)

    assert services.statements.history(BOSS, number).events == ()


def test_an_operator_writes_no_mail(services: Services, number: str) -> None:
    with pytest.raises(Refused):
        services.mailing.write(Actor("wang", Role.OPERATOR), number, TO, ["pdf"], quiet)
