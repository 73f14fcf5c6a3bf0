"""Statements of all tenants on the command line, one bad session among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import FLOOR, USAGE, Cli

PERIOD = ("--period", "2026-10")
PIECES = """
[[tariff]]
id = "pieces-2026"
name = "计件 2026"
valid_from = 2026-01-01
tax_mode = "inclusive"
[[tariff.charge]]
id = "made"
name = "计件费"
basis = "pieces"
unit = "piece"
model = "unit"
price = "2.00"
tax_rate = "0.13"

[[contract]]
id = "c-stranger"
tenant = "stranger"
tariff = "pieces-2026"
kinds = ["3d-printer"]
valid_from = 2026-01-01
"""


def usage(**of_the_second: Any) -> dict[str, Any]:
    """Give a session of anping-mesh, and one of stranger with or without its pieces."""
    recorded: Any = USAGE["sessions"]
    second = {
        "id": "S-2",
        "machine": "printer-2",
        "tenant": "stranger",
        "start": "2026-10-09T08:00:00+08:00",
        "end": "2026-10-09T09:00:00+08:00",
        **of_the_second,
    }
    return {"format": 1, "sessions": [*recorded, second]}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A floor file with a tenant who pays by the piece, and a paper log without the pieces."""
    floor, log = tmp_path / "two.toml", tmp_path / "two.json"
    floor.write_text(FLOOR.replace("{port}", "1") + PIECES, encoding="utf-8")
    log.write_text(json.dumps(usage()), encoding="utf-8")
    return floor, log


@pytest.fixture
def month(cli: Cli, files: tuple[Path, Path]) -> Cli:
    """A command line of a factory with both tenants' sessions."""
    assert cli("import", files[0]).status == 0
    assert cli("import-usage", files[1]).status == 0
    return cli


def test_all_drafts_are_one_document_and_the_bad_session_is_named(month: Cli) -> None:
    alone = month("statement", "draft", "--tenant", "anping-mesh", *PERIOD, "--json")

    everybody = month("statement", "draft", *PERIOD, "--json")

    assert everybody.status == 1
    assert everybody.json == alone.json
    assert "session.S-2.pieces" in everybody.complaint
    assert "made" in everybody.complaint


def test_all_drafts_are_listed_with_their_totals(month: Cli) -> None:
    listed = month("statement", "draft", *PERIOD)

    assert listed.out.splitlines() == ["anping-mesh  ￥90.00"]
    assert "S-2" in listed.complaint


def test_all_statements_are_issued_but_the_one_that_cannot_be(month: Cli) -> None:
    issued = month("statement", "issue", *PERIOD, "--json")
    again = month("statement", "issue", *PERIOD)

    assert issued.status == 1
    [statement] = issued.json["statements"]
    [row] = month("statement", "list", "--json").json["statements"]
    assert (row["number"], row["sha256"]) == (statement["number"], statement["sha256"])
    assert (again.status, again.out) == (1, "")
    assert "S-2" in again.complaint


def test_a_priced_file_gives_the_good_statements_and_names_the_bad_session(
    shell: Cli, files: tuple[Path, Path]
) -> None:
    floor, log = files
    command = ("price", "--floor", floor, "--usage", log, *PERIOD, "--json")

    some = shell(*command)
    none = shell(*command, "--tenant", "stranger")
    log.write_text(json.dumps(usage(pieces={"good": 5})), encoding="utf-8")
    whole = shell(*command)

    assert [one.status for one in (some, none, whole)] == [1, 2, 0]
    assert [one["tenant"] for one in some.json["statements"]] == ["anping-mesh"]
    assert "session.S-2.pieces" in some.complaint
    assert "made" in some.complaint
    assert none.out == ""
    assert [one["gross"] for one in whole.json["statements"]] == ["90.00", "10.00"]
    assert whole.json["statements"][0] == some.json["statements"][0]


def test_a_usage_file_may_be_large_but_not_without_bound(
    shell: Cli, files: tuple[Path, Path]
) -> None:
    floor, log = files
    command = ("price", "--floor", floor, "--usage", log, *PERIOD, "--tenant", "anping-mesh")

    log.write_bytes(log.read_bytes() + b" " * 12_000_000)
    large = shell(*command)
    with log.open("r+b") as stream:
        stream.truncate(1_000_000_001)
    endless = shell(*command)

    assert large.status == 0
    assert "90.00" in large.out
    assert endless.status == 2
    assert "1000000001" in endless.complaint
    assert "1000000000" in endless.complaint
