"""Exports on the command line: the e-invoice batch, its map, and a name no font can print."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from shared_factory_desktop.exports import fonts
from shared_factory_desktop.exports.contract import ExportFault
from tests.cli.conftest import FLOOR, USAGE, Cli

RARE = "\U0001f3ed"  # a factory, which no font of text has


def issued(cli: Cli, folder: Path, name: str = "安平丝网有限公司", job: str = "J-17") -> str:
    """Bill a tenant of that name for a session with that job; gives the statement's number."""
    floor, usage = folder / "floor.toml", folder / "usage.json"
    text = FLOOR.replace("{port}", "1").replace("安平丝网有限公司", name)
    floor.write_text(text, encoding="utf-8")
    usage.write_text(json.dumps(USAGE).replace("J-17", job), encoding="utf-8")
    assert cli("import", floor).status == 0
    assert cli("import-usage", usage).status == 0
    bill = ("--tenant", "anping-mesh", "--period", "2026-10", "--json")
    return str(cli("statement", "issue", *bill).json["number"])


def export(cli: Cli, number: str, kind: str, folder: Path) -> tuple[int, str, str]:
    done = cli("statement", "export", number, "--to", kind, "--out", folder)
    return done.status, done.out.strip(), done.err.strip()


def test_a_batch_stands_beside_the_workbook(cli: Cli, tmp_path: Path) -> None:
    number = issued(cli, tmp_path)

    status, out, _ = export(cli, number, "xlsx,einvoice", tmp_path / "out")

    assert status == 0
    assert [Path(line).name for line in out.splitlines()] == [
        f"{number}.xlsx",
        f"{number}.einvoice.xlsx",
    ]
    sheet = openpyxl.load_workbook(out.splitlines()[1])["发票基本信息"]
    row = dict(zip(*sheet.values, strict=True))
    assert (row["发票流水号"], row["发票类型代码"], row["价税合计"]) == (number, "82", 90)


def test_the_map_in_the_data_folder_wins_and_its_mistakes_are_told(
    cli: Cli, data: Path, tmp_path: Path
) -> None:
    number = issued(cli, tmp_path)
    own = data / "einvoice.toml"
    own.write_text(
        'format = 1\n[[sheet]]\nname = "票"\nrows = "invoice"\n'
        'column = [{title = "号", field = "serial"}]\n',
        encoding="utf-8",
    )
    status, out, _ = export(cli, number, "einvoice", tmp_path / "out")
    assert status == 0
    assert list(openpyxl.load_workbook(out)["票"].values) == [("号",), (number,)]

    own.write_text(
        own.read_text(encoding="utf-8").replace('"serial"', '"seriol"'), encoding="utf-8"
    )
    status, out, complaint = export(cli, number, "einvoice", tmp_path / "again")
    assert (status, out) == (2, "")
    assert complaint.startswith("einvoice.toml: sheet.票.column.号.field: seriol is not one of ")
    assert "serial" in complaint
    assert not list((tmp_path / "again").glob("*"))


@pytest.mark.parametrize(
    ("name", "job", "place"),
    [(f"安平{RARE}公司", "J-17", "名称"), ("安平公司", f"J{RARE}", "工单")],
    ids=["tenant", "job"],
)
def test_a_character_no_font_has_is_named_with_its_place(
    cli: Cli, tmp_path: Path, name: str, job: str, place: str
) -> None:
    try:
        fonts.find(None, None)
    except ExportFault:
        pytest.skip("no Chinese TrueType font is installed")
    number = issued(cli, tmp_path, name, job)

    status, out, complaint = export(cli, number, "pdf", tmp_path / "out")

    assert (status, out) == (4, "")
    assert len(complaint.splitlines()) == 1
    assert RARE in complaint
    assert "U+1F3ED" in complaint
    assert place in complaint
    assert not list((tmp_path / "out").glob("*"))
    assert export(cli, number, "xlsx,csv,einvoice", tmp_path / "out")[0] == 0
