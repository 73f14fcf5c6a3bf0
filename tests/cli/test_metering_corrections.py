"""Metering corrections on the command line: propose, list, approve, refuse, read the statement."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from shared_factory_desktop.bootstrap import Bootstrap
from tests.cli.conftest import PASSWORD, Cli
from tests.services.conftest import BOSS
from tests.services.metering_scene import counted, energy_floor, right, set_up, used, wrong

pytestmark = pytest.mark.slow

NUMBER = "JZ-2026-000002"
PROPOSE = ("calibration", "correct", NUMBER, "--policy", "half-time")


@pytest.fixture
def billed(cli: Cli, data: Path, tmp_path: Path) -> Cli:
    """The command line of a factory with a bill of 4,600 kWh by a meter found 2.4 % fast."""
    with closing(Bootstrap().open_services(data)) as services:
        set_up(services, tmp_path, energy_floor(1))
        counted(services, right())
        used(services, tmp_path, "P-8", "08-20", 4600)
        services.billing.issue(BOSS, "anping", "2026-08")
        counted(services, wrong())
    return cli


@pytest.fixture
def other(billed: Cli, shell: Cli, data: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Type a command as a second person."""
    monkeypatch.setenv("SHARED_FACTORY_NEW_PASSWORD", PASSWORD)
    assert billed("user", "add", "lin", "--role", "manager").status == 0
    return lambda *arguments: shell(*arguments, "--data", data, "--as", "lin")


def test_a_correction_goes_its_way(billed: Cli, other: Cli) -> None:
    made = billed(*PROPOSE, "--json").json
    own = billed("calibration", "correct-approve", 1)
    listed = billed("calibration", "corrections")
    approved = other("calibration", "correct-approve", 1)
    issue = ("statement", "issue", "--tenant", "anping", "--period", "2026-10", "--json")
    [line] = billed(*issue).json["lines"]
    [after] = billed("calibration", "corrections", "--all", "--json").json["corrections"]

    assert (made["certificate"], made["error"], made["affected_from"]) == (
        NUMBER,
        "0.024",
        "2026-08-09T16:00:00+00:00",
    )
    assert made["tenants"] == [
        {"tenant": "anping", "net": "-62.02", "tax": "-8.06", "gross": "-70.08"}
    ]
    assert (own.status, own.complaint) == (
        3,
        "proposal 1: boss made it: another person approves it",
    )
    assert listed.out.split() == ["1", NUMBER, "anping", "1", "lines", "￥-70.08", "open"]
    assert approved.out == "Proposal 1 approved: it stands on each tenant's next statement\n"
    assert (line["correction"], line["late"], line["quantity"], line["gross"]) == (
        NUMBER,
        ["2026-08-01", "2026-09-01"],
        "-107.8125",
        "-70.08",
    )
    assert after["approved"]
    assert [one["on"] for one in after["lines"]] == ["DZ-2026-000002"]


def test_a_proposal_is_told_and_turned_down(billed: Cli) -> None:
    told = billed(*PROPOSE, "--cap-months", 6)
    twice = billed(*PROPOSE)
    refused = billed("calibration", "correct-refuse", 1, "--reason", "paid back in cash")

    amounts, sentence = told.out.splitlines()
    assert "￥-70.08" in amounts
    assert "calibration correct-approve 1" in sentence
    assert twice.status == 2
    assert "proposal 1 waits already" in twice.complaint
    assert refused.out == "Proposal 1 refused\n"
    assert billed("calibration", "corrections").out == ""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("correct", NUMBER, "--policy", "since"), "give the day of its cause"),
        (("correct", NUMBER, "--policy", "none"), "nothing is to be corrected"),
        (("correct", "JZ-2026-000001", "--policy", "drift"), "within its limit"),
        (("correct-approve", 7), "no metering correction was proposed"),
        (("correct-refuse", 7, "--reason", " "), "say why it is refused"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    billed: Cli, arguments: tuple[object, ...], complaint: str
) -> None:
    refused = billed("calibration", *arguments)

    assert refused.status == 2
    assert complaint in refused.complaint
