"""Peers of the tests are put where only they are, once, and a missing one stops only CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.conftest import ROOT, lock, wheel

Install = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def peers(tmp_path: Path) -> Path:
    """A checkout with one peer, the tiny wheel, and nothing installed."""
    folder = tmp_path / "checkout" / "tests" / "peers"
    (folder / "spanner").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "peers" / "install.py", folder)
    lock(folder / "spanner", wheel(tmp_path / "wheels"))
    return folder


@pytest.fixture
def install(peers: Path, tmp_path: Path) -> Install:
    """Give a function that runs the installer, without uv and without any package index."""

    def start(**more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(tmp_path / "wheels"),
            **more,
        }
        return subprocess.run(
            [sys.executable, str(peers / "install.py")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    return start


@pytest.mark.slow
def test_a_peer_is_installed_apart_and_only_once(peers: Path, install: Install) -> None:
    first = install(CI="true")
    again = install(CI="true")

    python = peers.parents[1] / ".venv-peers" / "spanner" / "bin" / "python"
    program = [str(python), "-c", "import spanner; print(spanner.SIZE_MM)"]
    assert first.returncode == 0, first.stderr
    assert "peers: installing spanner in .venv-peers" in first.stderr
    assert subprocess.run(program, capture_output=True, text=True, check=True).stdout == "13\n"
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.slow
def test_a_changed_lock_is_installed_anew(peers: Path, install: Install) -> None:
    install()
    locked = peers / "spanner" / "requirements.lock"
    locked.write_text("# nothing else changed\n" + locked.read_text("utf-8"), encoding="utf-8")

    again = install()

    assert again.returncode == 0
    assert "installing spanner" in again.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_peer_that_cannot_be_had_is_named_and_stops_only_ci(
    peers: Path, install: Install, ci: str, status: int
) -> None:
    wrong = f"spanner==1 --hash=sha256:{'0' * 64}\n"
    (peers / "spanner" / "requirements.lock").write_text(wrong, encoding="utf-8")

    refused = install(CI=ci)

    assert refused.returncode == status
    assert "DO NOT MATCH" in refused.stderr
    assert refused.stderr.splitlines()[-1] == (
        "peers: could not install spanner: see the lines above: its tests cannot run"
    )
    assert "installing spanner" in install().stderr  # nothing is taken for done
