"""The sheets of a statement's workbook: account, machines, bands, late lines, gaps, long digits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shared_factory_desktop.domain.statement import (
    AccountSummary,
    Anchor,
    DocumentLine,
    Gap,
    StatementDocument,
)
from shared_factory_desktop.exports import statement_csv, statement_xlsx
from shared_factory_desktop.exports.table import by_band, groups
from shared_factory_desktop.exports.xlsx_sheet import figure, sheet_name
from tests.exports.documents import GOLDEN, at, document_of, draft_of, long, part, priced, sample
from tests.exports.test_sheets import records

Write = Callable[..., Path]
LATE = (dt.date(2026, 9, 1), dt.date(2026, 10, 1))


def sheets(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(file)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def on(machine: str, list_fen: int = 6000, **changes: object) -> DocumentLine:
    line = priced("S-1", "time", "h", list_fen, [part("1", "60")])
    entry = DocumentLine(line, "机时费", None, machine, "GD-1", at(10, 3, 8), at(10, 3, 9))
    return replace(entry, **changes)  # type: ignore[arg-type] # fields by name, as replace takes


def late(entry: DocumentLine) -> DocumentLine:
    return replace(entry, line=replace(entry.line, late=LATE))


def credit() -> StatementDocument:
    line = priced("S-1", "time", "h", -6000, [part("-1", "60")])
    document = document_of([DocumentLine(line, "机时费", None, "激光机", "GD-1", at(10, 3, 8))])
    return replace(document, refers_to="DZ-2026-09-0003", reason="读数更正")


def test_the_account_is_on_the_summary(write: Write) -> None:
    account = AccountSummary(100_00, 531_88, 200_00, -5_00, 426_88, 1_000_00, 50_00)
    document = replace(sample(), account=account, anchor=Anchor(42, "ab" * 32))

    summary = {row[0]: row[1] for row in sheets(write(statement_xlsx, document))["汇总"]}

    assert [summary[name] for name in ("期初余额", "本期应收", "本期已收", "本期调整")] == [
        100, 531.88, 200, -5,
    ]  # fmt: skip
    assert [summary[name] for name in ("期末余额", "押金余额", "预存余额")] == [426.88, 1000, 50]
    assert summary["审计链位置与哈希"] == f"42 {'ab' * 32}"
    assert "期初余额" not in dict(sheets(write(statement_xlsx, draft_of(sample())))["汇总"])


def test_each_machine_has_its_lines_and_totals(write: Write) -> None:
    document = long(60)

    book = sheets(write(statement_xlsx, document))

    lines, machines = book["明细"], [f"数控折弯机 {n}#" for n in range(1, 6)]
    assert list(book)[4:] == machines
    head, gross = lines[0], lines[0].index("价税合计")
    shown = []
    for group in groups(document):
        rows = book[str(group.machine_name)]
        assert rows[0] == head
        shown += rows[1 : 1 + len(group.rows)]
        total = rows[1 + len(group.rows)]
        assert (total[1], total[gross]) == ("合计", group.totals.gross_fen / 100)
        assert total[gross] == pytest.approx(
            sum(row[gross] for row in rows[1 : len(group.rows) + 1])
        )
    assert shown == lines[1:61]
    assert lines[61][gross] == document.statement.gross_fen / 100


def test_the_bands_of_a_machine_add_up_to_it(write: Write) -> None:
    document = sample()

    rows = sheets(write(statement_xlsx, document))["6 kW 光纤激光切割机 2#"]

    start = next(i for i, row in enumerate(rows) if row[:3] == ("序号", "项目", "时段 / 阶梯"))
    bands = [row[1:6] for row in rows[start + 1 :]]
    assert bands[0] == ("机时费", None, "小时", 1.5, 90)
    assert bands[1:3] == [("电费", "高峰", "kWh", 10, 9.3), ("电费", "尖峰", "kWh", 30, 31.98)]
    assert bands[-1][0] == "合计"
    assert bands[-1][4] == 131.38
    [laser, _printer, _period] = groups(document)
    assert sum(sums.list_fen for sums in by_band(laser.rows)) == laser.totals.list_fen == 13138


def test_late_lines_carry_their_own_dates(write: Write) -> None:
    usual, other = on("激光机"), on("折弯机")
    missed = late(on("激光机", start=at(9, 5, 8), end=at(9, 5, 9)))
    running_over = late(on("激光机", start=at(9, 30, 23), end=at(10, 1, 1)))
    document = document_of([usual, missed, running_over, other])

    book = sheets(write(statement_xlsx, document))
    rows = records(write(statement_csv, document))

    head = book["明细"][0]
    notes, days = head.index("备注"), head.index("补计账期")
    said = [(row[notes], row[days]) for row in book["明细"][1:5]]
    september = "2026年09月01日至2026年09月30日"
    assert said == [(None, None)] * 2 + [("补计", september), ("补计 跨期", september)]
    assert [(row["备注"] or None, row["补计账期"] or None) for row in rows[:4]] == said
    assert [row[0] for row in book["激光机"][1:4]] == [1, 3, 4]
    assert [row[0] for row in book["折弯机"][1:2]] == [2]


def test_a_late_minimum_may_be_negative_and_is_marked(write: Write) -> None:
    minimum = DocumentLine(
        replace(priced(None, "minimum", "period", -5000, [], quantity="1"), late=LATE),
        "最低消费",
        None,
    )

    row = records(write(statement_csv, document_of([on("激光机"), minimum])))[1]

    assert (row["备注"], row["补计账期"]) == ("补计", "2026年09月01日至2026年09月30日")
    assert row["价税合计"] == "-50.00"


def test_gaps_are_listed_and_none_is_said(write: Write) -> None:
    gaps = (
        Gap("S-1", "M-1", "energy_wh", "missing", at(10, 3, 8), at(10, 3, 8, 20)),
        Gap("S-1", "M-1", "energy_wh", "substitute", at(10, 3, 8, 20), at(10, 3, 9)),
    )

    listed = sheets(write(statement_xlsx, replace(sample(), gaps=gaps)))["缺数与替代值"]

    naive = [gap.start.replace(tzinfo=None) for gap in gaps]
    assert [(row[0], row[2], row[3], row[4]) for row in listed[1:]] == [
        ("S-1", "电量", "缺测", naive[0]),
        ("S-1", "电量", "替代值", naive[1]),
    ]
    assert sheets(write(statement_xlsx, sample()))["缺数与替代值"][1][0] == "无"


def test_a_credit_note_says_what_it_credits(write: Write) -> None:
    summary = sheets(write(statement_xlsx, credit()))["汇总"]

    assert summary[0][0] == "红字对账单（冲销 DZ-2026-09-0003）"
    assert ("冲销对账单", "DZ-2026-09-0003") in summary
    assert ("原因", "读数更正") in summary
    assert ("价税合计", -60) in summary
    assert records(write(statement_csv, credit()))[0]["冲销的对账单"] == "DZ-2026-09-0003"


def test_names_of_machines_become_names_of_sheets(write: Write) -> None:
    names = [
        "汇总",
        "a/b:c",
        "A B C",
        "[]*?",
        "'quoted'",
        "机" * 40,
        "机" * 41,
        "🏭" * 20,
        "History",
    ]
    book = sheets(write(statement_xlsx, document_of([on(name) for name in names])))

    assert list(book)[4:] == [
        "汇总 (2)", "a b c", "A B C (2)", "设备 4", "quoted", "机" * 31, "机" * 27 + " (2)",
        "🏭" * 15, "设备 9",
    ]  # fmt: skip


def test_a_name_is_unique_however_often_it_comes() -> None:
    taken: set[str] = set()
    made = [sheet_name("x" * 31, taken, "none") for _ in range(12)]
    assert len({name.casefold() for name in made}) == 12
    assert {len(name) for name in made} == {31}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction("1.5"), 1.5),
        (Fraction("-0.000000000001"), -1e-12),
        (Fraction("999999999999999"), 999999999999999),
        (Fraction("1234567890123456"), "1234567890123456"),
        (Fraction("12345678901234.567"), "12345678901234.567"),
        (Fraction("1200000000000000000"), 1.2e18),
        (Fraction(1, 3), 1 / 3),
        (Fraction(10**9 * 3 + 1, 3), (10**9 * 3 + 1) / 3),
    ],
)
def test_a_number_no_cell_holds_exactly_stays_text(value: Fraction, shown: object) -> None:
    made = figure(value)
    assert made == shown
    assert isinstance(made, str) == isinstance(shown, str)


def test_quantities_and_amounts_beyond_fifteen_digits_are_exact(write: Write) -> None:
    huge = priced("S-1", "time", "h", 10**15 + 1, [part("1234567890123456.5", "60", "1")])
    book = openpyxl.load_workbook(
        write(statement_xlsx, document_of([DocumentLine(huge, "机时费", None, "激光机")]))
    )
    head = [cell.value for cell in book["明细"][1]]
    row = dict(zip(head, book["明细"][2], strict=True))
    assert (row["数量"].value, row["数量"].data_type) == ("1234567890123456.5", "s")
    assert row["金额"].value == "10000000000000.01"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_cell_is_as_it_was(language: str, write: Write) -> None:
    shown = [
        "\t".join("" if value is None else str(value) for value in row).rstrip("\t")
        for title, rows in sheets(write(statement_xlsx, sample(), language)).items()
        for row in [(f"[{title}]",), *rows]
    ]
    golden = GOLDEN / f"statement.{language}.xlsx.txt"
    assert shown == golden.read_text(encoding="utf-8").splitlines()


def test_the_same_document_gives_the_same_workbook(write: Write) -> None:
    first = write(statement_xlsx, long(200)).read_bytes()
    assert write(statement_xlsx, long(200)).read_bytes() == first
