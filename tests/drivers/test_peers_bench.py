"""The benchmark of the bus shows, next to other clients, that ours takes no late answer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^  (.+?) +(\d+) wrong +(\d+) errors +(\d+) right$", re.MULTILINE)
READS = 300


def bench(*sections: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_bus", *sections]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110
    )


@pytest.mark.slow
def test_300_reads_under_random_latency_are_wrong_for_others_only() -> None:
    ended = bench("late")

    rows = {name: tuple(map(int, counts)) for name, *counts in ROW.findall(ended.stdout)}
    assert ended.returncode == 0, ended.stderr
    assert set(rows) == {"ours", "pymodbus", "pymodbus, 3 retries", "minimalmodbus"}
    assert all(sum(counts) == READS for counts in rows.values())
    wrong = {name: counts[0] for name, counts in rows.items()}
    assert wrong.pop("ours") == 0
    assert min(wrong.values()) > 0  # the slave does what it is there for
    assert rows["ours"][2] > READS / 5
    assert "met     late: no wrong value: 0 wrong" in ended.stdout


def test_an_unknown_section_names_the_known_ones() -> None:
    ended = bench("lat")

    assert ended.returncode == 2
    assert ended.stdout == "lat: expected one of late, wire, processor, workshop, dead\n"
