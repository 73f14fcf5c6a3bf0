"""Reports on the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

OCTOBER = ("--period", "2026-10")


@pytest.fixture
def billed(factory: Cli, usage_file: Path) -> Cli:
    """A command line of a factory that issued one statement of 90.00."""
    assert factory("import-usage", usage_file).status == 0
    issued = factory("statement", "issue", "--tenant", "anping-mesh", *OCTOBER)
    assert issued.status == 0
    return factory


def test_a_report_is_shown_as_a_table(billed: Cli) -> None:
    shown = billed("report", "income", *OCTOBER)

    assert shown.status == 0
    assert [line.split() for line in shown.out.splitlines()] == [
        ["Tenant", "Net", "(CNY)", "Tax", "(CNY)", "Gross", "(CNY)"],
        ["安平丝网有限公司", "79.65", "10.35", "90.00"],
        ["Total", "79.65", "10.35", "90.00"],
    ]


def test_scripts_read_a_report_as_json(billed: Cli) -> None:
    report = billed("report", "utilisation", *OCTOBER, "--json").json

    assert (report["report"], report["period"]) == ("utilisation", ["2026-10-01", "2026-11-01"])
    used, unused = report["rows"]
    assert (used["machine"], used["occupied_h"], used["working_h"]) == ("3D打印机 1号", "2", "1.5")
    assert (unused["machine"], unused["occupied_h"]) == ("3D打印机 2号", "0")
    assert report["totals"]["working_h"] == "1.5"


def test_reports_are_written_as_files(billed: Cli, tmp_path: Path) -> None:
    made = billed("report", "energy", *OCTOBER, "--to", "xlsx,pdf,csv", "--out", tmp_path / "r")

    files = [Path(line) for line in made.out.splitlines()]
    assert made.status == 0
    assert [file.name for file in files] == [
        f"energy-2026-10.{suffix}" for suffix in ("xlsx", "pdf", "csv")
    ]
    rows = list(csv.reader(files[2].read_text("utf-8-sig").splitlines()))
    assert rows[1][-1] == rows[-1][-1] == "3"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("gossip", *OCTOBER), "gossip"),
        (("income", "--period", "October"), "October"),
        (("income", *OCTOBER, "--to", "docx", "--out", "."), "docx"),
        (("income", *OCTOBER, "--out", "."), "--to"),
    ],
)
def test_what_is_not_understood_is_told_in_one_line(
    billed: Cli, arguments: tuple[str, ...], told: str
) -> None:
    refused = billed("report", *arguments)

    assert refused.status == 2
    assert told in refused.complaint
