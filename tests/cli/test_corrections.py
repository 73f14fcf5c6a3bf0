"""Correcting, solving, disputing and taking over sessions on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers.simulate.bus import VirtualBus
from tests.cli.conftest import Cli

pytestmark = pytest.mark.slow

ON_PRINTER = ("--machine", "printer-1", "--tenant", "anping-mesh")
WHY = ("--reason", "wrong card held to the reader")
NINE = "2026-10-08T09:00:00+08:00"


@pytest.fixture
def logged(factory: Cli, usage_file: Path) -> Cli:
    """The command line of a factory with one past session, S-1, of two hours and 3 kWh."""
    assert factory("import-usage", usage_file).status == 0
    return factory


def listed(cli: Cli) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in cli("session", "list", "--json").json["sessions"]}


def test_a_correction_prints_what_stands_in(logged: Cli) -> None:
    change = ("--job", "J-18", "--pieces", 12, "--scrap", 1, "--value", "350.00")
    corrected = logged("session", "correct", "S-1", *change, *WHY, "--json")

    assert corrected.status == 0
    [made] = corrected.json["sessions"]
    assert (made["id"], made["job"], made["state"]) == ("S-000001", "J-18", "closed")
    assert made["measures"] == {"energy_wh": "3000"}
    assert listed(logged)["S-1"]["state"] == "corrected"


def test_a_session_is_ended_earlier_at_local_time(logged: Cli) -> None:
    corrected = logged("session", "correct", "S-1", "--end", "2026-10-08T09:00", *WHY, "--json")

    [made] = corrected.json["sessions"]
    assert made["end"] == NINE
    assert made["measures"] == {"energy_wh": "1500"}
    assert made["clocks"]["working_s"] == "3300"


def test_a_split_is_merged_again(logged: Cli) -> None:
    split = logged("session", "correct", "S-1", "--split", NINE, *WHY, "--json")
    first, second = split.json["sessions"]
    merged = logged("session", "correct", first["id"], "--merge", second["id"], *WHY, "--json")

    [whole] = merged.json["sessions"]
    assert [one["measures"]["energy_wh"] for one in (first, second)] == ["1500", "1500"]
    was = listed(logged)["S-1"]
    for key in ("machine", "tenant", "job", "start", "end", "clocks", "measures", "quality"):
        assert whole[key] == was[key]


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (("S-9", "--job", "J-1", *WHY), "S-9"),
        (("S-1", "--job", "J-1"), "--reason"),
        (("S-1", *WHY), "nothing is to change"),
        (("S-1", "--end", "yesterday", *WHY), "yesterday"),
        (("S-1", "--value", "1e3", *WHY), "1e3"),
        (("S-1", "--pieces", "-1", *WHY), "-1"),
        (("S-1", "--tenant", "stranger", *WHY), "stranger"),
        (("S-1", "--split", "2026-10-08T12:00", *WHY), "12:00"),
        (("S-1", "--split", NINE, "--job", "J-1", *WHY), "one at a time"),
        (("S-1", "--merge", "S-1", *WHY), "S-1"),
    ],
)
def test_what_cannot_be_corrected_is_told_in_a_line(
    logged: Cli, arguments: tuple[str, ...], seen: str
) -> None:
    refused = logged("session", "correct", *arguments)

    assert refused.status == 2
    assert seen in refused.complaint
    assert listed(logged)["S-1"]["state"] == "closed"


def test_a_billed_session_names_its_statement(logged: Cli) -> None:
    issue = ("--tenant", "anping-mesh", "--period", "2026-10-08..2026-10-09")
    number = logged("statement", "issue", *issue, "--json").json["number"]

    refused = logged("session", "correct", "S-1", "--job", "J-1", *WHY)

    assert refused.status == 2
    assert number in refused.complaint


def test_a_problem_is_listed_with_its_reason_and_solved(metered: Cli, line: VirtualBus) -> None:
    metered("session", "start", *ON_PRINTER)
    line.stop()
    stopped = metered("session", "stop", "--machine", "printer-1", "--json").json

    problems = metered("session", "list", "--problem", "--json").json
    shown = metered("session", "list", "--problem")
    solved = metered("session", "solve", stopped["id"], "--by", "accept-as-is", *WHY, "--json")

    assert problems["sessions"] == [stopped]
    [problem] = problems["problems"]
    assert (problem["session"], problem["reason"]) == (stopped["id"], "silent-meter")
    assert problem["solutions"] == ["accept-as-is", "assign-tenant", "bill-what-was-read"]
    assert "accept-as-is" in shown.out
    assert "session solve ID --by" in shown.out
    assert solved.json["sessions"][0]["state"] == "closed"
    assert metered("session", "list", "--problem", "--json").json["sessions"] == []


def test_a_disputed_session_is_not_billed(metered: Cli) -> None:
    metered("session", "start", *ON_PRINTER)
    session = metered("session", "stop", "--machine", "printer-1", "--json").json
    month = ("--period", session["start"][:7])
    draft = ("statement", "draft", "--tenant", "anping-mesh", *month, "--json")

    assert metered("session", "dispute", session["id"], *WHY).status == 0
    disputed = metered(*draft)
    assert metered("session", "resolve", session["id"], *WHY).status == 0
    resolved = metered(*draft)

    assert (disputed.status, resolved.status) == (2, 0)
    [statement] = resolved.json["statements"]
    assert [line["session"] for line in statement["lines"]] == [session["id"]]


def test_a_takeover_is_asked_for(metered: Cli, tmp_path: Path) -> None:
    text = (tmp_path / "floor.toml").read_text(encoding="utf-8")
    contract = text[text.index("[[contract]]") :]
    second = contract.replace("c-anping", "c-2").replace('"anping-mesh"', '"stranger"')
    (tmp_path / "floor.toml").write_text(f"{text}\n{second}", encoding="utf-8")
    assert metered("import", tmp_path / "floor.toml").status == 0
    first = metered("session", "start", *ON_PRINTER, "--json").json
    other = ("session", "start", "--machine", "printer-1", "--tenant", "stranger")

    refused = metered(*other)
    taken = metered(*other, "--takeover", "--json")

    assert (refused.status, taken.status) == (2, 0)
    ended = listed(metered)[first["id"]]
    assert (ended["state"], ended["end"]) == ("closed", taken.json["start"])


def test_idle_sessions_end_only_on_machines_that_tell(factory: Cli) -> None:
    idle_end = ("session", "idle-end", "--machine")

    off = factory(*idle_end, "printer-1", "--after", "off")
    stateless = factory(*idle_end, "printer-1", "--after", "2h")
    unreadable = factory(*idle_end, "printer-1", "--after", "soon")

    assert [one.status for one in (off, stateless, unreadable)] == [0, 2, 2]
    assert "printer-1" in stateless.complaint
    assert "soon" in unreadable.complaint
