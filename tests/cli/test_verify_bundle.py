"""`statement export --to bundle` and `verify BUNDLE`: from the database to anybody's computer."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shared_factory_desktop.exports import statement_bundle
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.words import Words
from tests.cli.conftest import Cli
from tests.exports.bundle_scene import evidence, forged, unpacked

SESSIONS = {"anping-mesh": "2026-10-08", "stranger": "2026-10-09"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle, wherever it came from."""
    document, proof = evidence()
    target, options = tmp_path / "statement.zip", ExportOptions(evidence=proof)
    statement_bundle.write(document, target, Words("zh_CN"), lambda _done, _all: None, options)
    return target


def test_statements_from_the_database_hold_and_tell_nothing_of_other_tenants(
    factory: Cli, shell: Cli, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    _two_tenants(factory, tmp_path)

    _, theirs = _issued(factory, tmp_path / "out")
    told = shell("verify", theirs, "--data", nowhere)
    again = _exported(factory, theirs.stem, tmp_path / "again")

    assert told.status == 0, told.err
    assert "第 1 行 line paper-stranger machine-time 120.00 一致 agrees" in told.out.splitlines()
    assert told.err == ""
    assert not nowhere.exists()
    assert again.read_bytes() == theirs.read_bytes()
    files = unpacked(theirs.read_bytes())
    numbers = json.loads(files["chain.json"])["numbers"]
    assert [one["seq"] for one in numbers] == [1, 2]
    assert set(numbers[0]) == {"seq", "number", "sha256"}
    assert not [name for name, content in files.items() if "安平丝网".encode() in content]
    assert not [name for name, content in files.items() if b"anping-mesh" in content]


def test_a_statement_that_froze_no_inputs_says_that_it_has_no_bundle(
    factory: Cli, data: Path, usage_file: Path, tmp_path: Path
) -> None:
    assert factory("import-usage", usage_file).status == 0
    period = ("--tenant", "anping-mesh", "--period", "2026-10")
    number = factory("statement", "issue", *period, "--json").json["number"]
    with closing(sqlite3.connect(data / "factory.db")) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE statement SET context = json_remove(context, '$.inputs')")
        database.commit()

    told = factory("statement", "export", number, "--to", "bundle", "--out", tmp_path / "out")

    assert told.status == 4
    assert number in told.complaint
    assert "没有可打包的证据" in told.complaint
    assert not list((tmp_path / "out").iterdir())


def test_the_answer_for_scripts_has_the_shape_of_verify(shell: Cli, bundle: Path) -> None:
    told = shell("verify", bundle, "--json")

    assert told.status == 0
    assert (told.json["ok"], told.json["problems"]) == (True, [])
    assert told.json["checked"]["lines"] == len(evidence()[1].statement["lines"])


def test_a_changed_byte_is_exit_status_1(shell: Cli, bundle: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(content)

    told = shell("verify", bundle, "--json")

    assert told.status == 1
    assert told.json["ok"] is False
    assert "封印 seal" in told.json["problems"][0]


def test_a_verifier_changed_with_the_files_is_found_by_the_program(
    shell: Cli, bundle: Path
) -> None:
    files = unpacked(bundle.read_bytes())
    lying = files["verify.py"].replace(b"return 0 if found.holds else 1", b"return 0")
    bundle.write_bytes(forged({**files, "verify.py": lying}))

    told = shell("verify", bundle)

    assert told.status == 1
    [problem] = told.err.splitlines()
    assert problem.startswith("核验程序 verify.py 不一致 DIFFERS")


def test_what_is_not_there_is_wrong_input(shell: Cli, tmp_path: Path) -> None:
    told = shell("verify", tmp_path / "missing.zip")

    assert told.status == 2
    assert "missing.zip" in told.complaint


def _two_tenants(factory: Cli, folder: Path) -> None:
    """Give the stranger a contract too, and each of the two a session from a paper log."""
    floor = (folder / "floor.toml").read_text(encoding="utf-8")
    contract = floor.split("[[contract]]")[1].replace("c-anping", "c-stranger")
    both, usage = folder / "two.toml", folder / "two.json"
    theirs = contract.replace("anping-mesh", "stranger")
    both.write_text(f"{floor}\n[[contract]]{theirs}", encoding="utf-8")
    assert factory("import", both).status == 0
    sessions = [_session(tenant, day) for tenant, day in SESSIONS.items()]
    usage.write_text(json.dumps({"format": 1, "sessions": sessions}), encoding="utf-8")
    assert factory("import-usage", usage).status == 0


def _session(tenant: str, day: str) -> dict[str, Any]:
    return {
        "id": f"paper-{tenant}",
        "machine": "printer-1",
        "tenant": tenant,
        "start": f"{day}T08:00:00+08:00",
        "end": f"{day}T10:00:00+08:00",
    }


def _issued(factory: Cli, folder: Path) -> Iterator[Path]:
    for tenant in SESSIONS:
        issued = factory("statement", "issue", "--tenant", tenant, "--period", "2026-10", "--json")
        assert issued.status == 0, issued.err
        yield _exported(factory, issued.json["number"], folder)


def _exported(factory: Cli, number: str, folder: Path) -> Path:
    made = factory("statement", "export", number, "--to", "bundle", "--out", folder)
    assert made.status == 0, made.err
    return Path(made.out.strip())
