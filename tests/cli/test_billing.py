"""Statements and the outbox on the command line."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.test_files import SAMPLE

BILL = ("--tenant", "anping-mesh", "--period", "2026-10")


@pytest.fixture
def used(factory: Cli, usage_file: Path) -> Cli:
    """A command line of a factory with one session to bill."""
    assert factory("import-usage", usage_file).status == 0
    return factory


def test_a_draft_is_what_price_says_and_stores_nothing(used: Cli) -> None:
    draft = used("statement", "draft", *BILL, "--json")

    assert draft.status == 0
    assert json.dumps(draft.json, ensure_ascii=False) == SAMPLE
    assert used("statement", "list", "--json").json == {"statements": []}


def test_an_issued_statement_carries_number_instant_and_proof(used: Cli) -> None:
    issued = used("statement", "issue", *BILL, "--json")

    assert issued.status == 0
    statement = issued.json
    number = statement.pop("number")
    at, sha256 = statement.pop("issued_at"), statement.pop("sha256")
    canonical = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == sha256
    assert dt.datetime.fromisoformat(at).utcoffset() == dt.timedelta(hours=8)
    sample = json.loads(SAMPLE)
    [priced] = sample.pop("statements")
    assert statement == {**sample, **priced}
    [row] = used("statement", "list", "--json").json["statements"]
    assert (row["number"], row["gross"], row["sha256"]) == (number, "90.00", sha256)


def test_a_period_is_issued_once(used: Cli) -> None:
    first = used("statement", "issue", *BILL, "--json").json["number"]

    again = used("statement", "issue", *BILL)

    assert again.status == 2
    assert first in again.complaint


def test_what_cannot_be_billed_is_told(used: Cli) -> None:
    period = ("--period", "2026-10")
    nothing = used("statement", "issue", "--tenant", "stranger", *period)
    nobody = used("statement", "draft", "--tenant", "nobody", *period)
    early = used("statement", "issue", "--tenant", "anping-mesh", "--period", "2099-01")

    assert [one.status for one in (nothing, nobody, early)] == [2, 2, 2]
    assert "stranger" in nothing.complaint
    assert "nobody" in nobody.complaint
    assert "2099-02-01" in early.complaint


def test_exports_are_named_and_made_twice_alike(used: Cli, tmp_path: Path) -> None:
    number = used("statement", "issue", *BILL, "--json").json["number"]

    first = used("statement", "export", number, "--to", "pdf,xlsx,csv", "--out", tmp_path / "a")
    again = used("statement", "export", number, "--to", "pdf", "--out", tmp_path / "b")

    assert (first.status, again.status) == (0, 0)
    made = [Path(line) for line in first.out.splitlines()]
    assert [file.suffix for file in made] == [".pdf", ".xlsx", ".csv"]
    assert all(file.stat().st_size > 0 for file in made)
    assert Path(again.out.strip()).read_bytes() == made[0].read_bytes()


def test_an_export_nobody_knows_or_can_write_is_refused(used: Cli, tmp_path: Path) -> None:
    number = used("statement", "issue", *BILL, "--json").json["number"]
    (tmp_path / "file").write_text("in the way")

    unknown = used("statement", "export", number, "--to", "pdf,odt", "--out", tmp_path / "x")
    nowhere = used("statement", "export", number, "--out", tmp_path / "file" / "x")
    no_number = used("statement", "export", "DZ-1", "--out", tmp_path / "x")

    assert [one.status for one in (unknown, nowhere, no_number)] == [2, 4, 2]
    assert "odt" in unknown.complaint
    assert "file" in nowhere.complaint
    assert "DZ-1" in no_number.complaint
    assert not (tmp_path / "x").exists()


def test_verify_finds_a_statement_that_was_changed(used: Cli, data: Path) -> None:
    used("statement", "issue", *BILL)
    assert used("verify").status == 0
    with sqlite3.connect(data / "factory.db") as database:
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE statement SET document = replace(document, '90.00', '91.00')")
    database.close()

    verified = used("verify", "--json")

    assert verified.status == 1
    assert verified.json["ok"] is False
    assert any(problem.startswith("statement") for problem in verified.json["problems"])


def test_every_record_waits_for_each_platform(used: Cli, floor_file: Path) -> None:
    platform = '[[platform]]\nid = "province"\nkind = "http"\nurl = "http://127.0.0.1:1"\n'
    floor_file.write_text(floor_file.read_text(encoding="utf-8") + platform, encoding="utf-8")
    used("import", floor_file)

    [status] = used("sync", "status", "--json").json["platforms"]

    assert status.pop("oldest_pending") is not None
    assert status == {
        "id": "province",
        "pending": 3,  # two machines and a session
        "sent": 0,
        "quarantined": 0,
        "last_receipt": None,
        "quarantine": [],
    }
    assert used("sync", "key").status == 0


def test_without_a_platform_nothing_is_to_be_sent(used: Cli) -> None:
    assert used("sync", "now", "--json").json == {"platforms": []}
