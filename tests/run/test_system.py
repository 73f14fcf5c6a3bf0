"""What run.py says and does about a system that lacks something."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

import run as launcher
from shared_factory_desktop.exports.fonts import CANDIDATES
from tests.run.conftest import Run

LIBRARY = launcher.Need("libegl1", library="libEGL.so.1")
PROGRAM = launcher.Need("socat", program="socat")
FONT = launcher.Need("fonts-wqy-microhei", fonts=("wqy-microhei.ttc", "simhei.ttf"))

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="apt-get and ldconfig are Linux's")


def tool(folder: Path, name: str, script: str) -> None:
    """Put a program of the system into a folder for PATH."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("known", "met"),
    [("\tlibEGL.so.1 (libc6) => /lib\n", True), ("\tlibX.so\n", False), ("", True)],
)
def test_a_library_counts_when_the_loader_knows_it_or_nobody_can_tell(
    known: str, met: bool
) -> None:
    assert launcher.met(LIBRARY, known, set()) is met


def test_any_one_of_the_fonts_will_do() -> None:
    assert launcher.met(FONT, "", {"simhei.ttf", "arial.ttf"})
    assert not launcher.met(FONT, "", {"notosanscjk-regular.ttc"})


def test_a_library_to_compile_with_counts_when_its_header_is_there(tmp_path: Path) -> None:
    header = tmp_path / "modbus.h"
    need = launcher.Need("libmodbus-dev", file=str(header))

    before = launcher.met(need, "", set())
    header.touch()

    assert (before, launcher.met(need, "", set())) == (False, True)


def test_a_check_needs_no_programs_of_other_people() -> None:
    needs = {command.name: command.needs for command in launcher.COMMANDS}

    assert set(needs["test"]) - set(needs["check"]) == set(launcher.PEERS)


def test_every_font_that_is_taken_for_enough_is_one_that_statements_can_use() -> None:
    usable = {file for file, _ in CANDIDATES}

    assert {file for need in launcher.STATEMENTS for file in need.fonts} <= usable


def test_fonts_of_the_user_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".local/share/fonts/office"
    folder.mkdir(parents=True)
    (folder / "SimHei.TTF").touch()
    monkeypatch.setenv("HOME", str(tmp_path))

    assert "simhei.ttf" in launcher.known_fonts()


def test_the_line_to_run_is_for_the_tool_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    without = launcher.line_to_run(["libegl1", "socat"])
    tool(tmp_path, "sudo", "exit 1")
    with_sudo = launcher.line_to_run(["libegl1", "socat"])

    install = "apt-get install --yes --no-install-recommends libegl1 socat"
    assert without == f"su -c 'apt-get update && {install}'"
    assert with_sudo == f"sudo apt-get update && sudo {install}"


def test_what_a_system_without_apt_lacks_is_named(run: Run, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tool(tools, "ldconfig", "echo libc.so.6")

    refused = run("demo", path=str(tools))

    assert refused.returncode == 4
    [line] = refused.stderr.splitlines()
    assert "libegl1 libfontconfig1 libgl1" in line
    assert "package tool" in line
    assert refused.stdout == ""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="installing is root's; a user sees the next test")
def test_root_installs_what_is_missing_once_and_goes_on(run: Run, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tool(tools, "env", 'shift; exec "$@"')
    tool(tools, "ldconfig", f"[ -e {tmp_path}/done ] && exec /sbin/ldconfig -p; echo libc.so.6")
    tool(
        tools, "apt-get", f'echo "$@" >> {tmp_path}/asked; [ "$2" = update ] || : > {tmp_path}/done'
    )

    result = run("setup", path=f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin")

    update, install = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert update == "-qq update"
    assert install.endswith(
        " ".join(launcher.APT_INSTALL + tuple(need.package for need in launcher.WINDOW))
    )
    assert "installing with apt-get: libdbus-1-3" in result.stderr
    assert "making .venv" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root installs it; see the test before")
def test_a_user_is_given_the_one_line_to_run(run: Run, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tool(tools, "ldconfig", "echo libc.so.6")
    tool(tools, "sudo", "exit 1")
    tool(tools, "apt-get", "exit 1")

    refused = run("demo", path=f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin")

    assert refused.returncode == 4
    [line] = refused.stderr.splitlines()
    assert "run this once: sudo apt-get update && sudo apt-get install" in line


@pytest.mark.parametrize(("answer", "prefix"), [("exit 0", ["sudo", "-n"]), ("exit 1", None)])
def test_sudo_is_used_only_where_it_asks_for_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, prefix: list[str] | None
) -> None:
    tool(tmp_path, "sudo", answer)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert launcher.privilege(euid=1000) == prefix
    assert launcher.privilege(euid=0) == []


def test_an_unknown_command_names_the_known_ones(run: Run) -> None:
    refused = run("tset")

    assert refused.returncode == 2
    assert refused.stderr.startswith("run.py: tset: expected one of demo, test, check, setup,")


def test_help_goes_to_standard_output(run: Run) -> None:
    shown = run("--help")

    assert shown.returncode == 0
    assert [line.split()[0] for line in shown.stdout.splitlines()[2:]] == [
        command.name for command in launcher.COMMANDS
    ]


def test_an_old_python_is_told_what_is_needed() -> None:
    assert launcher.python_fault((3, 10)) == "Python 3.10: too old: start with 3.11 or later"
    assert launcher.python_fault((3, 11)) == ""


def test_a_verdict_names_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert launcher.verdict({"lint": 0, "types": 1, "tests": 2}) == 1
    assert launcher.verdict({"lint": 0}) == 0
    assert capsys.readouterr().err.splitlines() == [
        "run.py: failed: types, tests",
        "run.py: passed: lint",
    ]
