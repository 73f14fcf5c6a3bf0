"""The column map of e-invoice batches: the shipped one, a factory's own, and mistakes in one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from shared_factory_desktop.domain.problems import InputRefused
from shared_factory_desktop.exports import einvoice
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.exports.einvoice import FIELDS, column_map, shipped_map
from tests.exports.documents import sample

OWN = """
format = 1
[[tax_class]]
name = "有形动产经营租赁"
short = "租赁"
code = "3040502020100000000"
[[sheet]]
name = "主表"
rows = "invoice"
column = [{title = "单号", field = "serial"}, {title = "开票人", constant = "王芳"}]
[[sheet]]
name = "明细"
rows = "lines"
column = [
    {title = "名称", field = "item"}, {title = "编码", field = "tax_code"},
    {title = "备用", constant = "=1+1"},
]
"""


def wrong(folder: Path, text: str) -> list[tuple[str, str, str]]:
    """Give (place, code, seen) of each problem with a map; all name the file."""
    file = folder / "einvoice.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused) as caught:
        column_map(file)
    assert {problem.file for problem in caught.value.problems} == {"einvoice.toml"}
    return [(problem.place, problem.code, problem.seen) for problem in caught.value.problems]


def test_the_shipped_map_is_right() -> None:
    columns = column_map(None)
    assert [(sheet.name, sheet.rows) for sheet in columns.sheets] == [
        ("发票基本信息", "invoice"),
        ("发票明细信息", "lines"),
    ]
    fields = {column.field for column in columns.sheets[1].columns}
    assert {"serial", "item", "tax_code", "quantity", "price", "net", "tax_rate", "tax"} <= fields
    assert columns.tax_classes["有形动产经营租赁"].short == "经营租赁"


def test_the_guide_names_every_field() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "einvoice.md").read_text(encoding="utf-8")
    missing = {name for fields in FIELDS.values() for name in fields if f"`{name}`" not in guide}
    assert missing == set()


def test_a_factory_s_own_map_wins(tmp_path: Path, write: Callable[..., Path]) -> None:
    own = tmp_path / "einvoice.toml"
    own.write_text(OWN, encoding="utf-8")
    book = openpyxl.load_workbook(
        write(einvoice, sample(), options=ExportOptions(einvoice_map=own))
    )
    assert book.sheetnames == ["主表", "明细"]
    assert list(book["主表"].values) == [("单号", "开票人"), ("DZ-2026-10-0007", "王芳")]
    head, first, *_ = book["明细"].values
    assert head == ("名称", "编码", "备用")
    assert first == ("*租赁*机时费", "3040502020100000000", "=1+1")
    assert {cell.data_type for cell in book["明细"][2]} == {"s"}


def test_without_a_map_of_its_own_a_factory_has_the_shipped_one(tmp_path: Path) -> None:
    assert column_map(tmp_path / "absent.toml") == column_map(shipped_map())


def test_every_mistake_is_named_with_its_place(tmp_path: Path) -> None:
    text = """
format = 2
colour = "red"
[[tax_class]]
name = "租赁"
code = "304"
[[sheet]]
name = "基本/信息"
rows = "invoices"
column = [{title = "号", field = "serial"}]
[[sheet]]
name = "明细"
rows = "lines"
column = [
    {title = "价", field = "prise"}, {title = "量"}, {title = "额", field = "net", constant = "1"},
    {field = "tax"}, {title = "率", field = "tax_rate", width = 3},
]
[[sheet]]
name = "明细"
rows = "lines"
"""
    assert sorted(wrong(tmp_path, text)) == [
        ("colour", "unknown-key", "colour"),
        ("format", "format", "2"),
        ("sheet.基本/信息.name", "sheet-name", "基本/信息"),
        ("sheet.基本/信息.rows", "choice", "invoices"),
        ("sheet.明细.column", "missing", ""),
        ("sheet.明细.column.价.field", "choice", "prise"),
        ("sheet.明细.column.率.width", "unknown-key", "width"),
        ("sheet.明细.column.量.field", "missing", ""),
        ("sheet.明细.column.额.constant", "not-both", "constant"),
        ("sheet.明细.column[3].title", "missing", ""),
        ("sheet.明细.name", "duplicate", "明细"),
        ("tax_class.租赁.code", "tax-code", "304"),
        ("tax_class.租赁.short", "missing", ""),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"format = ", "toml"),
        (b"\xff\xfe", "encoding"),
        (b"", "missing"),
        (b"format = 1", "missing"),
        (b"format = 1\nsheet = 5", "tables"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "einvoice.toml").write_bytes(content)
    with pytest.raises(InputRefused) as caught:
        column_map(tmp_path / "einvoice.toml")
    assert code in {problem.code for problem in caught.value.problems}


def test_a_folder_in_place_of_the_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as caught:
        column_map(tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["unreadable"]
