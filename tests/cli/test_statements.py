"""The life of a statement on the command line, from issue to payment or credit note."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PASSWORD, USAGE, Cli

pytestmark = pytest.mark.slow

DAY = "2026-10-08..2026-10-09"
WHY = ("--reason", "counted twice")


@pytest.fixture
def issued(factory: Cli, usage_file: Path) -> Cli:
    """The command line of a factory with one statement, of one line."""
    assert factory("import-usage", usage_file).status == 0
    assert issue(factory) == number(factory, 1)
    return factory


@pytest.fixture
def other(issued: Cli, shell: Cli, data: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Type a command as a second person."""
    monkeypatch.setenv("SHARED_FACTORY_NEW_PASSWORD", PASSWORD)
    assert issued("user", "add", "li", "--role", "manager").status == 0
    return lambda *arguments: shell(*arguments, "--data", data, "--as", "li")


def issue(cli: Cli, *more: str) -> str:
    made = cli("statement", "issue", "--tenant", "anping-mesh", "--period", DAY, *more, "--json")
    return str(made.json["number"]) if made.status == 0 else made.complaint


def number(cli: Cli, seq: int) -> str:
    """Give a number of this year's series."""
    [year] = {one["number"][3:7] for one in listed(cli)}
    return f"DZ-{year}-{seq:06d}"


def listed(cli: Cli, *options: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = cli("statement", "list", *options, "--json").json["statements"]
    return rows


def test_a_statement_goes_its_way(issued: Cli, tmp_path: Path) -> None:
    no = number(issued, 1)
    scan = tmp_path / "slip.pdf"
    scan.write_bytes(b"%PDF sealed")

    sent = issued("statement", "send", no, "--to", "finance", "--json").json
    confirmed = issued("statement", "confirm", no, "--by", "Wang", "--scan", scan, "--json").json
    disputed = issued("statement", "dispute", no, *WHY, "--json").json
    settled = issued("statement", "settle", no, "--reason", "shown", "--json").json
    invoiced = issued("statement", "invoice", no, "--invoice", "26132001", "--json").json

    states = [one["state"] for one in (sent, confirmed, disputed, settled, invoiced)]
    assert states == ["sent", "confirmed", "disputed", "confirmed", "invoiced"]
    told = issued("statement", "history", no, "--json").json
    steps = [(event["step"], event["by"]) for event in told["events"]]
    assert steps == [
        (step, "boss") for step in ("sent", "confirmed", "disputed", "resolved", "invoiced")
    ]
    [kept] = told["attachments"]
    out = tmp_path / "out.pdf"
    assert issued("statement", "attachment", kept["id"], "--out", out).status == 0
    assert out.read_bytes() == scan.read_bytes()
    shown = issued("statement", "history", no)
    assert "26132001" in shown.out
    assert "slip.pdf" in shown.out


def test_the_list_is_filtered_and_says_what_is_open(issued: Cli) -> None:
    issued("statement", "send", number(issued, 1))

    [one] = listed(issued, "--state", "sent", "--tenant", "anping-mesh")
    assert (one["state"], one["payment"], one["gross"]) == ("sent", "none", "90.00")
    assert listed(issued, "--state", "paid") == listed(issued, "--tenant", "stranger") == []
    shown = issued("statement", "list")
    assert "sent, to be confirmed" in shown.out
    assert "90.00" in shown.out


def test_a_credit_note_takes_two_people(issued: Cli, other: Cli) -> None:
    no = number(issued, 1)
    proposed = issued("statement", "credit", no, *WHY, "--json").json
    own = issued("statement", "credit-approve", proposed["proposal"])
    listed_open = issued("statement", "credits", "--json").json["proposals"]
    credited = other("statement", "credit-approve", proposed["proposal"], "--json").json

    assert (proposed["statement"], proposed["lines"]) == (no, [1])
    assert own.status == 3
    assert "another person" in own.complaint
    assert [one["proposal"] for one in listed_open] == [1]
    assert (credited["refers_to"], credited["gross"]) == (no, "-90.00")
    assert len(credited["sha256"]) == 64
    assert [one["state"] for one in listed(issued)] == ["issued", "cancelled"]
    assert issue(issued) == number(issued, 3)
    assert issued("statement", "credits", "--json").json["proposals"] == []
    assert "counted twice" in issued("statement", "credits", "--all").out
    assert issued("verify").status == 0


def test_a_proposal_is_turned_down(issued: Cli, other: Cli) -> None:
    no = number(issued, 1)
    issued("statement", "cancel", no, *WHY)
    refused = other("statement", "credit-refuse", 1, "--reason", "it is right")

    assert refused.status == 0
    [one] = issued("statement", "credits", "--all", "--json").json["proposals"]
    assert (one["credit"], one["refusal"], one["decided_by"]) == (None, "it is right", "li")


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (("send", "DZ-9"), "DZ-9"),
        (("invoice", "{no}", "--invoice", "1"), "issued"),
        (("settle", "{no}", *WHY), "issued"),
        (("send", "{no}", "--on", "2020-01-01"), "2020-01-01"),
        (("credit", "{no}", "--lines", "2", *WHY), "line 2"),
        (("credit", "{no}", "--lines", "one", *WHY), "--lines"),
        (("credit", "{no}", "--sessions", "S-9", *WHY), "S-9"),
        (("credit", "{no}", "--all", "--lines", "1", *WHY), "--all"),
        (("credit", "{no}"), "--reason"),
        (("credit-approve", "9"), "9"),
        (("attach", "{no}", "no-such-file"), "no-such-file"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    issued: Cli, arguments: tuple[str, ...], seen: str
) -> None:
    no = number(issued, 1)

    refused = issued("statement", *(part.replace("{no}", no) for part in arguments))

    assert refused.status == 2
    assert seen in refused.complaint
    [one] = listed(issued)
    assert one["state"] == "issued"


def test_a_period_is_closed_and_opened_by_another(issued: Cli, other: Cli, tmp_path: Path) -> None:
    locked = issued("period", "lock", "2026-10", "--hard", "--reason", "closed", "--json").json
    late = tmp_path / "late.json"
    session = USAGE["sessions"][0] | {"id": "S-2"}  # type: ignore[index] # a list of tables
    late.write_text(json.dumps(USAGE | {"sessions": [session]}), encoding="utf-8")

    brought = issued("import-usage", late)  # billed as late usage, whatever is locked
    change = ("session", "correct", "S-2", "--job", "J-9", "--reason", "forgotten")
    refused = issued(*change)
    own = issued("period", "open", "2026-10", "--reason", "late log")
    opened = other("period", "open", "2026-10", "--reason", "late log")

    assert (locked["kind"], locked["period"]) == ("hard", ["2026-10-01", "2026-11-01"])
    assert (brought.status, refused.status, own.status, opened.status) == (0, 2, 3, 0)
    assert "boss has locked 2026-10" in refused.complaint
    assert issued(*change).status == 0
    locks = issued("period", "list", "--json").json["locks"]
    assert [(one["kind"], one["counts"]) for one in locks] == [("open", False), ("hard", False)]
    assert "hard lock" in issued("period", "list").out


def test_late_readings_are_waited_for(factory: Cli, usage_file: Path, data: Path) -> None:
    factory("import-usage", usage_file)
    with (data / "settings.toml").open("a", encoding="utf-8") as stream:
        stream.write("grace_days = 9999\n")

    assert "--now" in issue(factory)
    assert issue(factory, "--now").startswith("DZ-")
