"""What cannot be done is told in one clear line, with the exit status of the contract."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from shared_factory_desktop.domain.users import Role
from tests.cli.conftest import Cli

pytestmark = pytest.mark.slow

LOOK = ("session", "list")


def test_global_options_stand_before_or_after_the_command(
    factory: Cli, shell: Cli, data: Path
) -> None:
    before = shell("--data", data, "--as", "boss", *LOOK, "--json")
    after = shell(*LOOK, "--json", "--data", data, "--as", "boss")

    assert factory(*LOOK).status == 0
    assert before == after
    assert before.json == {"sessions": []}


def test_a_wrong_password_or_name_is_not_allowed(
    factory: Cli, shell: Cli, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = shell(*LOOK, "--data", data, "--as", "nobody")
    monkeypatch.setenv("SHARED_FACTORY_PASSWORD", "not-the-word")
    wrong = factory(*LOOK)

    assert (wrong.status, stranger.status) == (3, 3)
    assert wrong.complaint.replace("boss", "nobody") == stranger.complaint


def test_after_five_wrong_passwords_the_right_one_has_to_wait(
    factory: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as wrong:
        wrong.setenv("SHARED_FACTORY_PASSWORD", "not-the-word")
        for _ in range(5):
            factory(*LOOK)

    refused = factory(*LOOK)

    assert refused.status == 3
    assert "wait" in refused.complaint


def test_a_command_needs_somebody_who_acts(shell: Cli, data: Path) -> None:
    refused = shell(*LOOK, "--data", data)

    assert refused.status == 2
    assert "--as" in refused.complaint


def test_without_a_terminal_the_password_has_to_be_given(
    factory: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHARED_FACTORY_PASSWORD")
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115 - lives as long as the test

    refused = factory(*LOOK)

    assert refused.status == 2
    assert "SHARED_FACTORY_PASSWORD" in refused.complaint
    sys.stdin.close()


@pytest.mark.parametrize(
    ("role", "command", "permission"),
    [
        (Role.OPERATOR, ("import", "{floor}"), "set-up"),
        (Role.TECHNICIAN, ("statement", "draft", "--tenant", "a", "--period", "2026-10"), "bill"),
        (Role.MANAGER, ("user", "list"), "manage-users"),
        (Role.OPERATOR, ("sync", "now"), "sync"),
    ],
)
def test_a_role_that_may_not_is_refused(
    factory: Cli,
    shell: Cli,
    data: Path,
    floor_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    command: tuple[str, ...],
    permission: str,
) -> None:
    monkeypatch.setenv("SHARED_FACTORY_NEW_PASSWORD", "li-ming-123")
    assert factory("user", "add", "li", "--role", role).status == 0
    monkeypatch.setenv("SHARED_FACTORY_PASSWORD", "li-ming-123")

    typed = [word.replace("{floor}", str(floor_file)) for word in command]
    refused = shell(*typed, "--data", data, "--as", "li")

    assert refused.status == 3
    assert permission in refused.complaint
    assert "li" in refused.complaint


def test_a_command_line_that_is_wrong_is_told_in_one_line(shell: Cli) -> None:
    unknown = shell("sing")
    option = shell("verify", "--loud")
    missing = shell("price", "--period", "2026-10")

    assert [o.status for o in (unknown, option, missing)] == [2, 2, 2]
    assert "sing" in unknown.complaint
    assert "--loud" in option.complaint
    assert "--floor" in missing.complaint
    assert shell("--help").status == 0
    assert "verify" in shell("--help").out


def test_a_folder_without_a_factory_is_told_from_a_broken_one(shell: Cli, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    file = tmp_path / "file"
    file.write_text("no folder")

    for folder in (empty, tmp_path / "missing", file):
        refused = shell(*LOOK, "--data", folder, "--as", "boss")
        assert refused.status == 4
        assert str(folder) in refused.complaint
        assert "init" in refused.complaint
    assert not (tmp_path / "missing").exists()
    created = shell("init", "--admin", "boss", "--data", file)
    assert created.status == 4
    assert str(file) in created.complaint


def test_a_second_factory_is_not_made_in_the_same_folder(shell: Cli, data: Path) -> None:
    refused = shell("init", "--admin", "other", "--data", data)

    assert refused.status == 2
    assert "--data" in refused.complaint


@pytest.mark.parametrize(
    ("settings", "status", "said"),
    [
        (b"= nonsense", 2, "settings.toml"),
        (b"\xff\xfe", 2, "settings.toml"),
        (b'colour = "red"', 2, "colour"),
        (b"language = 7", 2, "language"),
        (b'workstation = "w"\ndatabase = "mysql://u@h/n"', 4, "mysql"),
        (b'workstation = "w"\ndatabase = "://"', 4, "://"),
        (b'workstation = "w"\ndatabase = "postgresql+psycopg://u@127.0.0.1:1/n"', 4, "127.0.0.1"),
    ],
)
def test_settings_that_are_wrong_are_told(
    factory: Cli, data: Path, settings: bytes, status: int, said: str
) -> None:
    (data / "settings.toml").write_bytes(settings)

    refused = factory(*LOOK)

    assert refused.status == status
    assert said in refused.complaint


@pytest.mark.parametrize("name", ["factory.db", "trend.db"])
def test_a_damaged_database_is_told(factory: Cli, data: Path, name: str) -> None:
    for file in data.glob(f"{name}*"):
        file.unlink()
    (data / name).write_bytes(b"this is not a database file" * 500)

    refused = factory(*LOOK)

    assert refused.status == 4
    assert "database" in refused.complaint


def test_a_damage_met_in_the_middle_of_a_command_is_told(
    factory: Cli, data: Path, usage_file: Path
) -> None:
    factory("import-usage", usage_file)
    with (data / "factory.db").open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(4096)
        file.write(os.urandom(size - 4096))

    for command in (LOOK, ("verify",), ("check",), ("sync", "status")):
        refused = factory(*command)
        assert refused.status in (1, 4), command
        assert refused.err, command


def test_a_backup_never_overwrites(factory: Cli, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"

    made, again = factory("backup", copy), factory("backup", copy)

    assert (made.status, made.out) == (0, f"{copy}\n")
    assert again.status == 2
    assert str(copy) in again.complaint


def test_debug_adds_the_traceback(data: Path) -> None:
    program = (sys.executable, "-m", "shared_factory_desktop")
    command = (*program, *LOOK, "--data", str(data / "none"), "--as", "boss")

    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    debug = subprocess.run((*command, "--debug"), capture_output=True, text=True, check=False)

    assert (plain.returncode, debug.returncode) == (4, 4)
    assert len(plain.stderr.splitlines()) == 1
    assert "Traceback" in debug.stderr


def test_a_fault_of_the_program_is_one_line_too(factory: Cli, data: Path, usage_file: Path) -> None:
    factory("import-usage", usage_file)
    with sqlite3.connect(data / "factory.db") as database:
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE session_use SET body = '[]'")
    database.close()

    failed = factory(*LOOK)

    assert failed.status == 4
    assert "--debug" in failed.complaint


@pytest.mark.parametrize(
    ("locale", "said"),
    [("zh_CN.UTF-8", "没有工厂"), ("en_GB.UTF-8", "no factory"), ("fr_FR.UTF-8", "no factory")],
)
def test_lines_are_in_the_language_of_the_locale(
    shell: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)

    assert said in shell(*LOOK, "--data", tmp_path, "--as", "boss").complaint


def test_without_a_command_the_window_opens_or_says_why_not(shell: Cli, tmp_path: Path) -> None:
    refused = shell("--data", tmp_path)

    assert refused.status == 4
    assert "init" in refused.complaint
