"""A statement as an e-mail on the command line: where it is written, and that nothing is sent."""

from __future__ import annotations

import email
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

pytestmark = pytest.mark.slow

TO = ("--to-address", "cw@anping.example")


@pytest.fixture
def number(factory: Cli, usage_file: Path) -> str:
    """A statement that was issued."""
    assert factory("import-usage", usage_file).status == 0
    bill = ("--tenant", "anping-mesh", "--period", "2026-10", "--now", "--json")
    return str(factory("statement", "issue", *bill).json["number"])


def test_the_mail_is_written_where_it_says(factory: Cli, number: str, tmp_path: Path) -> None:
    made = factory(
        "statement", "mail", number, *TO, "--formats", "pdf,bundle", "--out", tmp_path / "mail"
    )

    file = Path(made.out.strip())
    assert (made.status, file) == (0, tmp_path / "mail" / f"{number}.eml")
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert message["To"] == TO[1]
    names = [part.get_filename() for part in message.walk() if part.get_filename()]
    assert names[0] == f"{number}.pdf"
    assert [Path(name or "").suffix for name in names] == [".pdf", ".zip"]
    listed = factory("statement", "list", "--json").json["statements"]
    assert [one["state"] for one in listed] == ["issued"]


def test_without_a_folder_it_lies_with_the_data(factory: Cli, number: str, data: Path) -> None:
    made = factory("statement", "mail", number, *TO)

    assert Path(made.out.strip()) == data / "outgoing" / number / f"{number}.eml"


def test_what_is_no_address_is_one_line(factory: Cli, number: str) -> None:
    made = factory("statement", "mail", number, "--to-address", "anping")

    assert made.status == 2
    assert made.complaint.count("anping") == 1
    assert len(made.complaint.splitlines()) == 1
