"""What a spreadsheet makes of the exported files: types, totals, and text that stays text."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from shared_factory_desktop.domain.statement import DocumentLine, Party, StatementDocument
from shared_factory_desktop.exports import (
    EXPORTS,
    einvoice,
    statement_csv,
    statement_pdf,
    statement_xlsx,
)
from shared_factory_desktop.exports.contract import Export, ExportFault, ExportOptions
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.words import Words
from tests.exports.documents import document_of, long, part, priced, sample

Write = Callable[..., Path]
PAYLOADS = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.invalid","x")', "{=1+1}",
    "+1+1", "-1+1", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "\ttext", "\rtext", "\ntext",
    " =1+1", "\u00a0=1+1", "\u3000=1+1", "\u200b=1+1", "\ufeff=1+1", "  \u00a0 @x", "＝1+1",
    "＋1", "－1", "＠SUM(1)", "\x00=1+1", "\x0b=1+1", "\u202e=1+1", '"=1+1', "=1\n=2",
    "-2+3+cmd|' /C calc'!A0", "=\"a\"&\"b\"", "http://example.invalid/", "\ud800=1", "1e5", "007",
]  # fmt: skip
PRINTED: tuple[Export, ...] = (statement_pdf, statement_xlsx, statement_csv)
FILES: tuple[Export, ...] = (*PRINTED, einvoice)
HARMLESS = {"{=1+1}", '"=1+1', "http://example.invalid/", "1e5", "007"}


def hostile(payload: str) -> StatementDocument:
    line = priced("S-1", "time", "h", -500, [part("1", "-5")])
    entry = DocumentLine(line, payload, payload, payload, payload)
    return document_of([entry], Party(payload))


def records(file: Path) -> list[dict[str, str]]:
    text = file.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_is_text_in_csv(payload: str, write: Write) -> None:
    row = records(write(statement_csv, hostile(payload)))[0]
    for column in ("使用方", "设备", "工单", "项目", "税收分类"):
        shown = cleaned(payload)
        assert row[column] == (shown if payload in HARMLESS else f"'{shown}")
    assert row["金额"] == "-5.00"
    assert row["单价"] == "-5"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_is_text_in_xlsx(payload: str, write: Write) -> None:
    book = openpyxl.load_workbook(write(statement_xlsx, hostile(payload)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}  # no formula, no date
    assert not [cell for cell in cells if cell.hyperlink]
    found = [cell for cell in cells if cell.data_type == "s" and cell.value == cleaned(payload)]
    # The tenant; twice machine, job, charge and class; machine, charge in bands, charge in sums.
    assert len(found) == 12


@pytest.mark.parametrize("breaking", ["\n", "\r\n", "\r", "\u2028", "\x85", "\v"])
def test_a_formula_after_a_line_break_never_begins_a_cell(breaking: str, write: Write) -> None:
    file = write(statement_csv, hostile(f"好{breaking}=1+1"))
    assert records(file)[0]["工单"].split() == ["好", "=1+1"]
    lines = file.read_bytes().decode("utf-8-sig").split("\r\n")
    assert len(lines) == 4
    assert not [line for line in lines if line.lstrip('"').startswith("=")]


def test_csv_is_rfc_4180_with_bom_and_only_text_quoted(write: Write) -> None:
    raw = write(statement_csv, sample()).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = raw.decode("utf-8-sig").split("\r\n")
    assert lines[-1] == ""
    assert "\n" not in "".join(lines)
    assert lines[1].startswith('1,"DZ-2026-10-0007","安平县恒泰丝网制品厂","S-1",')
    assert ',1.5,60,90.00,4.50,75.66,0.13,9.84,85.50,"CNY",' in lines[1]


def test_totals_are_equal_in_all_outputs(write: Write, pdf_text: Callable[[Path], str]) -> None:
    document = long(50)
    pdf, xlsx, comma = (write(export, document) for export in PRINTED)
    gross = f"{document.statement.gross_fen / 100:,.2f}"
    total = next(row for row in pdf_text(pdf).splitlines() if "合计（50 行）" in row)
    assert total.split()[-1] == gross
    rows = records(comma)
    assert f"{float(rows[-1]['价税合计']):,.2f}" == gross
    assert f"{sum(float(row['价税合计']) for row in rows[:-1]):,.2f}" == gross
    sheet = openpyxl.load_workbook(xlsx)["明细"]
    column = [cell.value for cell in sheet[1]].index("价税合计")
    values = [row[column] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert f"{values[-1]:,.2f}" == gross
    assert f"{sum(float(str(value)) for value in values[:-1]):,.2f}" == gross


def test_xlsx_cells_have_types(write: Write) -> None:
    book = openpyxl.load_workbook(write(statement_xlsx, sample()))
    assert book.sheetnames == [
        "汇总",
        "明细",
        "时段阶梯",
        "缺数与替代值",
        "6 kW 光纤激光切割机 2#",
        "3D 打印机 A1",
    ]
    sheet = book["明细"]
    names = [cell.value for cell in sheet[1]]
    first = dict(zip(names, sheet[2], strict=True))
    assert first["开始"].value == dt.datetime(2026, 10, 3, 8)  # noqa: DTZ001 - sheets have no zones
    assert first["开始"].is_date
    assert (first["数量"].value, first["金额"].value, first["税率"].value) == (1.5, 90, 0.13)
    assert first["金额"].number_format.startswith("#,##0.00")
    assert first["税率"].number_format == "0%"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:T8"
    summary = {row[0]: row[1] for row in book["汇总"].iter_rows(values_only=True)}
    assert summary["甲方（服务方） 账号"] == "0402012345678901234"
    assert summary["价税合计"] == 531.88
    assert summary["价税合计（大写）"] == "人民币伍佰叁拾壹元捌角捌分"
    assert [
        row[4] for row in book["时段阶梯"].iter_rows(min_row=3, max_row=5, values_only=True)
    ] == [
        "高峰",
        "尖峰",
        "高峰",
    ]


def test_xlsx_takes_its_date_from_the_issue_and_repeats(write: Write) -> None:
    first = write(statement_xlsx, sample()).read_bytes()
    assert write(statement_xlsx, sample()).read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert b"2026-11-01T01:30:00Z" in archive.read("docProps/core.xml")


def test_a_text_no_cell_can_hold_is_refused(tmp_path: Path) -> None:
    document = hostile("长" * 32_768)
    with pytest.raises(ExportFault) as caught:
        statement_xlsx.write(
            document, tmp_path / "s.xlsx", Words("en"), lambda *_: None, ExportOptions()
        )
    assert caught.value.code == "does-not-fit"
    assert caught.value.values["sheet"] == "Summary"
    assert list(tmp_path.iterdir()) == []


class Cancelled(Exception):
    """What the window raises from progress."""


@pytest.mark.parametrize("export", FILES, ids=lambda export: str(export.KEY))
@pytest.mark.parametrize("after", [0, 1, 2])
def test_cancel_leaves_nothing_new_and_the_old_file(
    export: Export, after: int, tmp_path: Path
) -> None:
    target = tmp_path / f"statement{export.SUFFIX}"
    target.write_bytes(b"the one before")
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) > after:
            raise Cancelled

    with pytest.raises(Cancelled):
        export.write(long(220), target, Words("zh_CN"), progress, ExportOptions())
    assert target.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("export", FILES, ids=lambda export: str(export.KEY))
def test_a_folder_that_is_not_there_is_named(export: Export, tmp_path: Path) -> None:
    target = tmp_path / "absent" / f"statement{export.SUFFIX}"
    with pytest.raises(ExportFault) as caught:
        export.write(sample(), target, Words("en"), lambda *_: None, ExportOptions())
    assert caught.value.code == "not-writable"
    assert caught.value.values == {"file": str(target), "reason": "No such file or directory"}


@pytest.mark.parametrize("export", PRINTED, ids=lambda export: str(export.KEY))
def test_a_statement_without_lines_can_be_printed(export: Export, write: Write) -> None:
    empty = replace(document_of([]), number=None)
    assert write(export, empty).stat().st_size > 100


def test_keys_and_suffixes_are_distinct() -> None:
    assert len({export.KEY for export in EXPORTS}) == len(EXPORTS)
    assert len({export.SUFFIX for export in EXPORTS}) == len(EXPORTS)
