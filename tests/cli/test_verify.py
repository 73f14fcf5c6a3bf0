"""`verify` names what was changed, and `restore` puts back only what holds."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from tests.cli.conftest import Cli


@pytest.fixture
def billed(factory: Cli, usage_file: Path) -> Cli:
    """The command line of a factory that has issued a statement."""
    assert factory("import-usage", usage_file).status == 0
    issued = factory("statement", "issue", "--tenant", "anping-mesh", "--period", "2026-10")
    assert issued.status == 0, issued.err
    return factory


def tamper(data: Path, *sqls: str) -> list[tuple[object, ...]]:
    """Run SQL as one who takes the triggers off; gives what the last statement selects."""
    with closing(sqlite.connect(str(data / "factory.db"))) as connection:
        named = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (name,) in named.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        found: list[tuple[object, ...]] = []
        for sql in sqls:
            found = connection.execute(sql).fetchall()
        connection.commit()
    return found


def test_a_sound_factory_answers_as_the_contract_says(billed: Cli) -> None:
    verified = billed("verify", "--json")

    assert verified.status == 0
    assert verified.json.keys() == {"ok", "checked", "problems"}
    assert verified.json["ok"] is True
    assert verified.json["problems"] == []
    assert verified.json["checked"]["statements"] == 1
    assert verified.json["checked"].keys() >= {"audit", "readings", "ledger", "sealed", "anchors"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en_US.UTF-8", "it was changed after it was stored"), ("zh_CN.UTF-8", "存入后被改动")],
)
def test_what_was_changed_is_a_sentence_for_people_and_a_code_for_scripts(
    billed: Cli, data: Path, monkeypatch: pytest.MonkeyPatch, language: str, sentence: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    tamper(data, "UPDATE session_use SET body = replace(body, '1000', '1001')")

    told, coded = billed("verify"), billed("verify", "--json")

    assert (told.status, coded.status) == (1, 1)
    assert sum("S-1" in line and sentence in line for line in told.err.splitlines()) == 1
    assert coded.json["ok"] is False
    assert "session_use S-1: changed" in coded.json["problems"]


def test_an_anchor_typed_from_paper_is_compared(billed: Cli, data: Path) -> None:
    [(anchor,)] = tamper(data, "SELECT seq || ':' || substr(hash, 1, 16) FROM audit WHERE seq = 2")

    assert billed("verify", "--anchor", anchor).status == 0

    other = billed("verify", "--anchor", f"2:{'0' * 16}", "--json")
    cut = billed("verify", "--anchor", f"999:{'0' * 16}", "--json")
    misread = billed("verify", "--anchor", "2:xyz")

    assert [problem.split(" (")[0] for problem in other.json["problems"]] == [
        "audit 2: anchor-differs"
    ]
    assert [problem.split(" (")[0] for problem in cut.json["problems"]] == [
        "audit 999: anchor-missing"
    ]
    assert misread.status == 2
    assert misread.complaint.startswith("--anchor 2:xyz: ")


@pytest.mark.slow
def test_a_backup_is_restored_and_what_came_after_it_is_told(
    billed: Cli, data: Path, tmp_path: Path, usage_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARED_FACTORY_NEW_PASSWORD", "long-enough-1")
    assert billed("backup", tmp_path / "first.db").status == 0
    assert billed("user", "add", "li").status == 0
    assert billed("backup", tmp_path / "second.db").status == 0

    restored = billed("restore", tmp_path / "first.db")

    assert restored.status == 0, restored.err
    assert str(tmp_path / "first.db") in restored.out
    assert [line for line in restored.err.splitlines() if line.startswith("audit trail ")]
    [aside] = data.glob("factory.db.replaced-*Z")
    assert aside.name in restored.out
    assert billed("verify", "--json").json["problems"] == []
    assert billed("import-usage", usage_file).status == 0
    assert billed("backup", tmp_path / "third.db").status == 0
    assert billed("verify", "--json").json["problems"] == []
    assert [*data.glob("*.restoring*")] == []


@pytest.mark.slow
def test_a_backup_that_does_not_hold_is_not_restored(
    billed: Cli, data: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    assert billed("backup", backup).status == 0
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(backup, folder / "factory.db")
    tamper(folder, "UPDATE audit SET actor = 'nobody' WHERE seq = 2")

    refused = billed("restore", folder / "factory.db")

    assert refused.status == 1
    assert any("2" in line and "changed" in line for line in refused.err.splitlines())
    assert [*data.glob("*.replaced*")] == []
    assert billed("verify").status == 0


@pytest.mark.slow
def test_what_is_no_backup_is_refused_in_one_line(billed: Cli, data: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database" * 1000, encoding="utf-8")

    for file in (tmp_path / "missing.db", text):
        refused = billed("restore", file)
        assert refused.status == 4
        assert len(refused.err.splitlines()) == 1

    assert billed("verify").status == 0
    assert [*data.glob("*.restoring*")] == []


@pytest.mark.slow
def test_a_damaged_database_is_replaced(billed: Cli, data: Path, tmp_path: Path) -> None:
    assert billed("backup", tmp_path / "backup.db").status == 0
    with (data / "factory.db").open("r+b") as file:
        file.write(b"\xff" * 8192)

    assert billed("verify").status == 4
    assert billed("restore", tmp_path / "backup.db").status == 0
    assert billed("verify").status == 0
