"""What a statement of 2,000 lines costs as PDF and as workbook, next to ReportLab and XlsxWriter
writing the same table by themselves.

The bare PDF draws the same columns, rows, band rows and page numbers in the same font, each cell by
one `drawString`; the bare workbook writes the cells of ours again, each by one `write_...`. Each
measurement is a process of its own, whose peak memory is that of the whole process; of several runs
the quickest counts, in processor time, for other programs share the machine. An argument gives
another number of lines. Ends with 0 whatever the goals say: a busy machine misses them.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import xlsxwriter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from shared_factory_desktop.domain.statement import DocumentLine, Line, StatementDocument
from shared_factory_desktop.exports import fonts, statement_pdf, statement_xlsx
from shared_factory_desktop.exports.contract import Export, ExportOptions
from shared_factory_desktop.words import Words
from tests.exports.documents import long

LINES, RUNS, GOAL = 2_000, 3, 1.5
PAGE = (841.89, 595.28)
LEFT, TOP, BOTTOM, LEADING, SIZE = 47.0, 540.0, 45.0, 9.5, 7.2
# x of each column and how its cells stand, as on our page.
COLUMNS = (
    (13, "c"), (28, "l"), (104, "l"), (166, "l"), (230, "l"), (297, "l"), (352, "c"), (418, "r"),
    (461, "r"), (514, "r"), (558, "r"), (611, "r"), (637, "r"), (684, "r"), (740, "r"), (757, "c"),
)  # fmt: skip
HEAD = (
    "序号", "日期时间（起–止）", "工单 / 凭证号", "设备", "项目 / 计费方式", "时段 / 阶梯", "单位",
    "数量", "单价", "金额", "折扣", "不含税金额", "税率", "税额", "价税合计", "备注",
)  # fmt: skip
BANDS = {"peak": "高峰", "valley": "低谷"}

Figures = dict[str, float]
Cells = tuple[tuple[str, ...], ...]  # of one row, the lines of each cell


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 (a benchmark's answer is what it prints)


# --- the same table, bare -------------------------------------------------------------------------


def bare_rows(document: StatementDocument) -> Iterator[Cells]:
    """Give the rows of our table as text: each line, its bands, a subtotal a machine, the total."""
    by_machine: dict[str | None, list[DocumentLine]] = {}
    for entry in document.lines:
        by_machine.setdefault(entry.machine_name, []).append(entry)
    numbers = itertools.count(1)
    for machine, entries in by_machine.items():
        for entry in entries:
            yield bare_line(next(numbers), entry)
            yield from bare_bands(entry.line)
        lines = [entry.line for entry in entries]
        yield bare_sum(f"小计 · {machine}（{len(entries)} 行）", lines)
        for band in (*BANDS, None):
            amount = sum(
                share
                for line in lines
                for detail, share in zip(line.details, line.details_fen, strict=True)
                if detail.band == band
            )
            yield bare_part(f"其中 {BANDS.get(band or '', '不分时段')}", amount)
    yield bare_sum(f"合计（{len(document.lines)} 行）", list(document.statement.lines))


def bare_line(number: int, entry: DocumentLine) -> Cells:
    """Give one line's cells."""
    line, start, end = entry.line, entry.start, entry.end
    days = (f"{start:%Y-%m-%d}", f"{start:%H:%M:%S}–{end:%H:%M:%S}")
    prices = {detail.price for detail in line.details}
    texts = (
        entry.job or "", entry.machine_name or "", f"{entry.charge_name} / 按时", "", "小时",
        f"{float(line.quantity):g}", f"{float(prices.pop()):g}", money(line.list_fen),
        money(line.discount_fen), money(line.net_fen), f"{line.tax_rate:.0%}", money(line.tax_fen),
        money(line.gross_fen), "",
    )  # fmt: skip
    return ((str(number),), days, *((text,) for text in texts))


def bare_bands(line: Line) -> Iterator[Cells]:
    """Give a row for each band of a line that has several."""
    if len(line.details) < 2:
        return
    for detail, amount in zip(line.details, line.details_fen, strict=True):
        texts = (
            BANDS[detail.band or ""], "小时", f"{float(detail.quantity):g}",
            f"{float(detail.price):g}", money(amount),
        )  # fmt: skip
        yield (*[()] * 5, *((text,) for text in texts), *[()] * 6)


def bare_sum(label: str, lines: list[Line]) -> Cells:
    """Give a row of sums."""
    sums = [
        money(sum(line.list_fen for line in lines)),
        money(sum(line.discount_fen for line in lines)),
        money(sum(line.net_fen for line in lines)),
        "",
        money(sum(line.tax_fen for line in lines)),
        money(sum(line.gross_fen for line in lines)),
    ]
    return ((label,), *[()] * 8, *((text,) for text in sums), ())


def bare_part(label: str, amount_fen: int) -> Cells:
    """Give a row of one amount."""
    return ((label,), *[()] * 8, (money(amount_fen),), *[()] * 6)


def money(amount_fen: int) -> str:
    """Print fen with two places."""
    return f"{amount_fen / 100:,.2f}"


def bare_pdf(file: Path, font: Path, document: StatementDocument) -> None:
    """Draw the table with ReportLab alone, the pages counted before."""
    pdfmetrics.registerFont(TTFont("bare", str(font), subfontIndex=0))
    pages: list[list[tuple[float, Cells]]] = [[]]
    y = TOP - 200  # as much as our heading takes
    for row in bare_rows(document):
        height = max(map(len, row)) * LEADING + 5
        if y - height < BOTTOM:
            pages.append([])
            y = TOP
        pages[-1].append((y, row))
        y -= height
    canvas = Canvas(str(file), PAGE, invariant=1, pageCompression=1)
    for number, page in enumerate(pages, 1):
        canvas.setFont("bare", SIZE)
        for (x, align), title in zip(COLUMNS, HEAD, strict=True):
            draw(canvas, x, TOP + 20, align, title)
        for y, row in page:
            canvas.line(LEFT, y + 8, LEFT + 776, y + 8)
            for (x, align), texts in zip(COLUMNS, row, strict=True):
                for index, text in enumerate(texts):
                    draw(canvas, x, y - index * LEADING, align, text)
        canvas.drawString(700, 20, f"第 {number} 页 / 共 {len(pages)} 页")
        canvas.showPage()
    canvas.save()


def draw(canvas: Canvas, x: float, y: float, align: str, text: str) -> None:
    """Draw one cell."""
    if align == "r":
        canvas.drawRightString(LEFT + x, y, text)
    elif align == "c":
        canvas.drawCentredString(LEFT + x, y, text)
    else:
        canvas.drawString(LEFT + x, y, text)


def bare_xlsx(file: Path, cells: Path) -> None:
    """Write the cells of our workbook again with XlsxWriter alone."""
    book = xlsxwriter.Workbook(str(file))
    formats: dict[str, xlsxwriter.workbook.Format] = {}
    with cells.open("rb") as stream:
        for name, count in pickle.load(stream):
            sheet = book.add_worksheet(name)
            for row in range(count):
                for column, (value, shape) in enumerate(pickle.load(stream)):
                    known = formats.get(shape)
                    if known is None:
                        known = formats[shape] = book.add_format({"num_format": shape})
                    if isinstance(value, str):
                        sheet.write_string(row, column, value, known)
                    elif isinstance(value, dt.datetime):
                        sheet.write_datetime(row, column, value, known)
                    elif value is not None:
                        sheet.write_number(row, column, value, known)
    book.close()


def font_found(folder: Path, _lines: int) -> Figures:
    """Put the name of the font in a file; whoever searches for it reads it too."""
    (folder / "font").write_text(str(fonts.find(None, None).file), encoding="utf-8")
    return {}


def cells_kept(folder: Path, _lines: int) -> Figures:
    """Put the cells of our workbook in a file to be read row by row."""
    import openpyxl  # it brings numpy, which no process that is measured shall carry

    book = openpyxl.load_workbook(folder / "ours.xlsx")
    with (folder / "cells").open("wb") as stream:
        pickle.dump([(sheet.title, sheet.max_row) for sheet in book], stream)
        for sheet in book:
            for row in sheet.iter_rows():
                pickle.dump([(cell.value, cell.number_format) for cell in row], stream)
    return {}


def pages_counted(folder: Path, _lines: int) -> Figures:
    """Count the pages of both PDFs."""
    import pypdf  # the same goes for this

    readers = {one: pypdf.PdfReader(folder / f"{one}.pdf") for one in ("ours", "bare")}
    return {one: len(reader.pages) for one, reader in readers.items()}


# --- measurements, each in a process of its own ---------------------------------------------------


def exported(export: Export) -> Callable[[Path, int], Figures]:
    """Measure one of our exports."""

    def call(folder: Path, lines: int) -> Figures:
        document, words = long(lines), Words("zh_CN")
        target = folder / f"ours{export.SUFFIX}"
        return timed(
            lambda: export.write(document, target, words, lambda *_: None, ExportOptions())
        )

    return call


def pdf_by_itself(folder: Path, lines: int) -> Figures:
    """Measure the bare PDF."""
    document = long(lines)
    font = Path((folder / "font").read_text(encoding="utf-8"))
    return timed(lambda: bare_pdf(folder / "bare.pdf", font, document))


def xlsx_by_itself(folder: Path, _lines: int) -> Figures:
    """Measure the bare workbook."""
    return timed(lambda: bare_xlsx(folder / "bare.xlsx", folder / "cells"))


def timed(call: Callable[[], None]) -> Figures:
    """Give the processor time of a call, the peak memory of the process and how much it grew."""
    before_mb = peak_memory_mb()
    began = time.process_time()
    call()
    time_s, peak_mb = time.process_time() - began, peak_memory_mb()
    return {"time_s": time_s, "peak_mb": peak_mb, "grown_mb": peak_mb - before_mb}


def peak_memory_mb() -> float:
    """Give the peak so far; Linux counts in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


MEASUREMENTS: dict[str, Callable[[Path, int], Figures]] = {
    "pdf": exported(statement_pdf),
    "pdf-bare": pdf_by_itself,
    "xlsx": exported(statement_xlsx),
    "xlsx-bare": xlsx_by_itself,
    "font": font_found,
    "cells": cells_kept,
    "pages": pages_counted,
}


def measured(name: str, folder: Path, lines: int) -> Figures:
    """Run one measurement in a process of its own.

    A new process counts what this one holds as its own, so this one holds nothing large.
    """
    command = [sys.executable, "-m", "tests.benchmarks.bench_exports", "--measure", name]
    answer = subprocess.run(
        [*command, str(folder), str(lines)], check=True, capture_output=True, text=True
    ).stdout
    figures: Figures = json.loads(answer)
    return figures


def compare(name: str, folder: Path, lines: int) -> None:
    """Measure ours and the bare one in turn and say how the goal stands."""
    runs = [
        (measured(name, folder, lines), measured(f"{name}-bare", folder, lines))
        for _ in range(RUNS)
    ]
    say(f"  {name:6}{'':10}{'time':>9}{'peak':>10}{'grown by':>10}{'file':>10}")
    best: list[Figures] = []
    for index, title in enumerate(("ours", "bare")):
        least = {key: min(pair[index][key] for pair in runs) for key in runs[0][index]}
        size_kb = (folder / f"{title}.{name}").stat().st_size / 1024
        best.append(least)
        say(f"  {'':6}{title:10}{least['time_s']:8.2f}s{least['peak_mb']:7.0f} MB"
            f"{least['grown_mb']:7.0f} MB{size_kb:7.0f} KB")  # fmt: skip
    for what, key in (("time", "time_s"), ("peak memory", "peak_mb")):
        ratio = best[0][key] / best[1][key]
        met = "met" if ratio <= GOAL else "NOT MET"
        say(f"  {met:8}{what} at most {GOAL} x bare: {ratio:.2f}")


def main(arguments: list[str]) -> int:
    """Compare both exports with their libraries."""
    if arguments[:1] == ["--measure"]:
        say(json.dumps(MEASUREMENTS[arguments[1]](Path(arguments[2]), int(arguments[3]))))
        return 0
    if arguments and not arguments[0].isdecimal():
        say(f"{arguments[0]}: expected a number of lines")
        return 2
    lines = int(arguments[0]) if arguments else LINES
    say(f"exports: a statement of {lines:,} lines; the quickest of {RUNS} runs, processor time")
    with tempfile.TemporaryDirectory(prefix="bench-exports-") as name:
        folder = Path(name)
        measured("font", folder, lines)
        compare("pdf", folder, lines)
        pages = measured("pages", folder, lines)
        say(f"  pages: ours {pages['ours']}, bare {pages['bare']}")
        measured("xlsx", folder, lines)
        measured("cells", folder, lines)
        compare("xlsx", folder, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
