"""Setting up for real, from nothing, with pip and a folder of wheels instead of an index."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.run.conftest import Run

QUICK_S = 0.3


@pytest.mark.slow
def test_from_nothing_to_running_and_then_nothing_to_do(checkout: Path, run: Run) -> None:
    first = run("demo", "--headless", "--days", "3")

    assert first.stdout == "arguments demo --headless --days 3\n"
    assert first.returncode == 7, first.stderr
    assert [line for line in first.stderr.splitlines() if "installing requirements.lock" in line]
    assert _size_of_spanner(checkout) == "13"

    durations_s = []
    for _ in range(3):
        started = time.monotonic()
        again = run("setup")
        durations_s.append(time.monotonic() - started)
        assert again.stderr.splitlines() == [
            "run.py: everything is set up; next: python3 run.py demo"
        ]
    assert min(durations_s) < QUICK_S


@pytest.mark.slow
def test_a_changed_lock_is_installed_again(checkout: Path, run: Run) -> None:
    assert run("setup").returncode == 0
    lock = checkout / "requirements.lock"
    lock.write_text("# nothing else changed\n" + lock.read_text("utf-8"), encoding="utf-8")

    again = run("setup")

    assert again.returncode == 0
    assert "installing requirements.lock" in again.stderr
    assert "making .venv" not in again.stderr


@pytest.mark.slow
def test_a_wheel_that_is_not_the_locked_one_is_refused(checkout: Path, run: Run) -> None:
    (checkout / "requirements.lock").write_text(
        f"spanner==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8"
    )

    refused = run("setup")

    assert refused.returncode == 4
    assert "DO NOT MATCH" in refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("run.py: ")
    assert "Traceback" not in refused.stderr
    assert "installing requirements.lock" in run("setup").stderr  # nothing is taken for done


@pytest.mark.slow
def test_an_environment_whose_python_is_gone_is_made_again(checkout: Path, run: Run) -> None:
    assert run("setup").returncode == 0
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")

    mended = run("setup")

    assert mended.returncode == 0, mended.stderr
    assert "making .venv" in mended.stderr
    assert _size_of_spanner(checkout) == "13"


def _size_of_spanner(checkout: Path) -> str:
    program = "import spanner; print(spanner.SIZE_MM)"
    python = checkout / ".venv" / "bin" / "python"
    result = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return result.stdout.strip()
