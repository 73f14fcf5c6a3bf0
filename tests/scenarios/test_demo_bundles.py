"""Every statement of the demo is proved on a computer that has only Python."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from shared_factory_desktop.bootstrap import Bootstrap, run
from shared_factory_desktop.services import bundles
from shared_factory_desktop.services.users import Actor, Role
from tests.exports.bundle_scene import unpacked

MANAGER = Actor("demo", Role.MANAGER)
CHANGED_BYTES = 50


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The bundles of all statements of a demo of two days."""
    folder = tmp_path_factory.mktemp("demo")
    assert run(["demo", "--headless", "--days", "2", "--data", str(folder / "data")]) == 0
    services = Bootstrap().open_services(folder / "data")
    try:
        return [
            file
            for row in services.billing.list(MANAGER)
            for file in services.exporting.export(
                MANAGER, row.number, ["bundle"], folder / "out", lambda _done, _all: None
            )
        ]
    finally:
        services.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_statement_agrees_where_there_is_only_python(
    made: list[Path], tmp_path: Path
) -> None:
    python = shutil.which("python3", path="/usr/bin") or shutil.which("python3")
    assert python is not None

    for bundle in made:
        script = tmp_path / "verify.py"
        script.write_bytes(unpacked(bundle.read_bytes())["verify.py"])
        told = subprocess.run(
            [python, "-I", "-S", str(script), str(bundle)],
            cwd=tmp_path, env={}, capture_output=True, encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip
        assert (told.returncode, told.stderr) == (0, ""), told.stdout
        lines = [line for line in told.stdout.splitlines() if line.startswith("第 ")]
        assert all(line.endswith("一致 agrees") for line in lines)
        assert lines
        assert told.stdout.splitlines()[-1].endswith(", 0 项未核 not checked")
    assert len(made) > 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifty_of_fifty_changed_bytes_are_found(made: list[Path], tmp_path: Path) -> None:
    chosen = random.Random(50)
    changed = tmp_path / "changed.zip"
    found = 0
    for number in range(CHANGED_BYTES):
        content = bytearray(made[number % len(made)].read_bytes())
        place = chosen.randrange(len(content))
        content[place] = (content[place] + chosen.randrange(1, 256)) % 256
        changed.write_bytes(content)
        found += not bundles.check(changed).ok

    assert found == CHANGED_BYTES
