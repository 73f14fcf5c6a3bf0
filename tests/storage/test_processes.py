"""Several processes write at once, or are killed in the middle: what was acknowledged stays."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from shared_factory_desktop.storage import audit, outbox, readings
from shared_factory_desktop.storage.database import Database
from tests.storage.writer import PER_UNIT

ROOT = Path(__file__).parents[2]
PATIENCE_S = 100


def start(where: str, workstation: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.writer", where, workstation, str(count)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def numbers(database: Database, workstation: str) -> tuple[list[int], list[int]]:
    with database.read() as tx:
        kept = readings.after(tx, workstation, 0, 100_000)
        records = outbox.records(tx, workstation, 0, 100_000)
        assert list(readings.verify(tx)) == []
        assert list(audit.verify(tx)) == []
    return [reading.seq for reading in kept], [record.seq for record in records]


@pytest.mark.slow
def test_processes_that_write_at_once_wait_for_each_other(where: str, database: Database) -> None:
    units, workstations = 150, ("WS-1", "WS-2", "WS-1")
    writers = [start(where, workstation, units) for workstation in workstations]
    for writer in writers:
        _, said = writer.communicate(timeout=PATIENCE_S)
        assert (writer.returncode, said) == (0, "")
    for workstation, count in (("WS-1", 2 * units), ("WS-2", units)):
        kept, records = numbers(database, workstation)
        assert kept == list(range(1, PER_UNIT * count + 1))
        assert records == list(range(1, count + 1))


@pytest.mark.slow
def test_a_killed_process_loses_nothing_it_acknowledged(where: str, database: Database) -> None:
    kills = 20 if database.path else 8
    chance = random.Random(5)
    newest = 0
    for _ in range(kills):
        writer = start(where, "WS-1", 100_000)
        assert writer.stdout is not None
        for _ in range(chance.randint(1, 25)):
            newest = int(writer.stdout.readline())
        writer.kill()
        rest, _ = writer.communicate(timeout=PATIENCE_S)
        complete = rest.rpartition("\n")[0].split()
        newest = int(complete[-1]) if complete else newest
        kept, records = numbers(database, "WS-1")
        assert kept == list(range(1, len(kept) + 1))
        assert len(kept) in (newest, newest + PER_UNIT)  # stored, but killed before it could say
        assert records == list(range(1, len(kept) // PER_UNIT + 1))
    assert database.check() == ()
