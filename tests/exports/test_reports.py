"""Reports as files, read back with other programs."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from shared_factory_desktop.domain.floor import Machine
from shared_factory_desktop.domain.reports import REPORTS, energy, income, utilisation
from shared_factory_desktop.domain.reports.report import Billed, Report
from shared_factory_desktop.exports import REPORT_EXPORTS
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.exports.report_contract import ReportExport
from shared_factory_desktop.words import LANGUAGES, Words
from tests.domain.reports.scene import FLOOR, at, line, sources, use

XLSX, PDF, CSV = REPORT_EXPORTS
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1", " =1", "\t=1")
Write = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Write:
    """Write a report by one export and give the file's path."""

    def call(export: ReportExport, report: Report, language: str = "zh_CN") -> Path:
        target = tmp_path / f"report{export.SUFFIX}"
        export.write(report, target, Words(language), ExportOptions())
        return target

    return call


def income_report() -> Report:
    lines = ((line(10_000, 1_300), "lathe"), (line(-4_005, -521), "press"))
    return income.BY_MACHINE.build(sources(billed=[Billed("anping", dt.date(2026, 10, 31), lines)]))


def energy_report() -> Report:
    spent = use(at(10, 8, 10), at(10, 8, 16), energy=[(at(10, 8, 10), 0), (at(10, 8, 16), 1000)])
    return energy.ENERGY.build(sources(uses={"lathe": [spent]}))


def many_machines(*names: str) -> Report:
    machines = tuple(Machine(f"m-{n}", name, "other") for n, name in enumerate(names))
    return utilisation.UTILISATION.build(sources(floor=replace(FLOOR, machines=machines)))


def test_a_workbook_holds_numbers_and_totals_as_values(put: Write) -> None:
    page = load_workbook(put(XLSX, income_report())).active
    assert page is not None

    table = list(page.iter_rows(min_row=5, max_col=4, values_only=True))
    assert table == [
        ("设备", "不含税 (元)", "税额 (元)", "价税合计 (元)"),
        ("车床", 100, 13, 113),
        ("=冲压机", -40.05, -5.21, -45.26),
        ("合计", 59.95, 7.79, 67.74),
    ]
    kinds = {
        cell.data_type for row in page.iter_rows(min_row=6, min_col=2, max_col=4) for cell in row
    }
    assert kinds == {"n"}
    assert [cell.data_type for cell in page["A"][5:]] == ["s", "s", "s"]
    assert (page.freeze_panes, page.auto_filter.ref) == ("B6", "A5:D7")
    assert page["A1"].value == "收入（按设备）"
    assert "2026年10月01日至2026年10月31日" in str(page["A3"].value)


def test_a_workbook_draws_the_rows_in_a_chart_of_its_own(put: Write) -> None:
    with zipfile.ZipFile(put(XLSX, income_report())) as parts:
        chart = parts.read("xl/charts/chart1.xml").decode()

    assert "<c:barChart>" in chart
    assert "$B$6:$B$7" in chart
    assert "$C$6:$C$7" in chart


def test_a_csv_file_is_exact_and_opens_in_a_spreadsheet(put: Write) -> None:
    content = put(CSV, energy_report()).read_bytes()

    assert content.startswith(b"\xef\xbb\xbf")
    head, lathe, press, total = csv.reader(content.decode("utf-8-sig").splitlines())
    assert head[0] == "设备"
    assert dict(zip(head, lathe, strict=True))["高峰 (kWh)"] == "0.333333333333"
    assert dict(zip(head, lathe, strict=True))["电量 (kWh)"] == "1"
    assert press[0] == "'=冲压机"
    assert (total[0], total[-1]) == ("合计", "1")


def test_names_that_look_like_formulas_stay_text(put: Write) -> None:
    report = many_machines(*FORMULAS)

    page = load_workbook(put(XLSX, report)).active
    rows = list(csv.reader(put(CSV, report).read_text("utf-8-sig").splitlines()))

    assert page is not None
    assert [cell.data_type for cell in page["A"][5:12]] == ["s"] * len(FORMULAS)
    assert [cell.value for cell in page["A"][5:12]] == [
        name.replace("\t", " ") for name in FORMULAS
    ]
    assert [row[0] for row in rows[1:-1]] == [f"'{name}".replace("\t", " ") for name in FORMULAS]


def test_a_pdf_says_every_figure_of_every_row(put: Write, pdf_text: Callable[[Path], str]) -> None:
    report = many_machines(*(f"机床 {n:03d} 号" for n in range(90)))

    pages = pdf_text(put(PDF, report)).split("\f")[:-1]

    table = "\n".join(pages)
    assert all(f"机床 {n:03d} 号" in table for n in range(90))
    assert len(pages) > 1
    feet = ["".join(page.split()) for page in pages]
    assert all(foot.endswith(f"第{n}页/共{len(pages)}页") for n, foot in enumerate(feet, 1))
    assert all("占用率" in page for page in pages)
    assert "任泽共享制造车间" in pages[0]


def test_a_pdf_gives_the_income_to_the_fen(put: Write, pdf_text: Callable[[Path], str]) -> None:
    lines = [one.split() for one in pdf_text(put(PDF, income_report())).splitlines()]

    assert ["车床", "100.00", "13.00", "113.00"] in lines
    assert ["=冲压机", "-40.05", "-5.21", "-45.26"] in lines
    assert ["合计", "59.95", "7.79", "67.74"] in lines


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("definition", REPORTS, ids=lambda one: one.name)
def test_every_report_is_written_the_same_twice_even_when_empty(
    put: Write, definition: object, language: str
) -> None:
    [report] = [one.build(sources()) for one in REPORTS if one is definition]

    for export in REPORT_EXPORTS:
        first = put(export, report, language).read_bytes()
        assert put(export, report, language).read_bytes() == first


def test_a_name_the_font_cannot_print_is_told(put: Write, tmp_path: Path) -> None:
    with pytest.raises(ExportFault) as told:
        put(PDF, many_machines("车床 \U0001f3ed"))

    assert told.value.values["codepoint"] == "U+1F3ED"
    assert "设备" in told.value.values["place"]
    assert list(tmp_path.iterdir()) == []
