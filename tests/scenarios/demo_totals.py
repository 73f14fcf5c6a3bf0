"""Reads the total of one statement back from everything it stands on, in fen."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook

from shared_factory_desktop.domain.ledger import Account, Event
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor

GROSS = "价税合计"


def written(folder: Path, number: str) -> dict[str, int]:
    """Give the total of a statement as each of its files has it; a sum of lines where it has
    lines.
    """
    sheet = folder / f"{number}.xlsx"
    return {
        "pdf": _fen(_pdf(folder / f"{number}.pdf")),
        "xlsx summary": _fen(_summary(sheet)),
        "xlsx lines": sum(map(_fen, _column(sheet, 1, GROSS, "序号"))),
        "xlsx machines": sum(map(_fen, _machines(sheet))),
        "csv": sum(map(_fen, _csv(folder / f"{number}.csv"))),
        "e-invoice": sum(map(_fen, _invoice(folder / f"{number}.einvoice.xlsx"))),
        "json": _fen(_json(folder / f"{number}.zip")),
    }


def booked(services: Services, actor: Actor, number: str) -> int:
    """Give what the ledger has booked as receivable when the statement was issued."""
    tenant = services.billing.document(actor, number).statement.tenant
    return sum(
        row.booked.posting.effect_fen(Account.RECEIVABLE, number)
        for row in services.ledger.account(actor, tenant).rows
        if row.booked.posting.event is Event.STATEMENT
    )


def _fen(amount: object) -> int:
    fen = Decimal(str(amount).replace(",", "")) * 100
    assert fen == int(fen), amount
    return int(fen)


def _pdf(file: Path) -> str:
    shown = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    )
    found = re.search(r"小写）\s*￥\s*(-?[0-9,]+\.[0-9]{2})", shown.stdout)
    assert found, shown.stdout[-800:]
    return found[1]


def _summary(file: Path) -> object:
    rows = load_workbook(file).worksheets[0].iter_rows(values_only=True)
    return next(value for label, value, *_ in rows if label == GROSS)


def _column(file: Path, sheet: int, name: str, numbered: str) -> Iterator[object]:
    """Give a column's values of the rows that have a number; totals have none."""
    head, *rows = load_workbook(file).worksheets[sheet].iter_rows(values_only=True)
    at, number = head.index(name), head.index(numbered)
    return (row[at] for row in rows if isinstance(row[number], int))


def _machines(file: Path) -> Iterator[object]:
    """Give the total of each machine's sheet, and the amounts of no machine from the lines."""
    book = load_workbook(file)
    head, *rows = book.worksheets[1].iter_rows(values_only=True)
    at, number, machine = (head.index(name) for name in (GROSS, "序号", "设备"))
    yield from (row[at] for row in rows if isinstance(row[number], int) and row[machine] is None)
    for sheet in book.worksheets[4:]:
        yield next(row[at] for row in sheet.iter_rows(values_only=True) if row[1] == "合计")


def _csv(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [row[GROSS] for row in rows if row["序号"].isdigit()]


def _invoice(file: Path) -> Iterator[object]:
    book = load_workbook(file)
    head, *rows = book.worksheets[1].iter_rows(values_only=True)
    return (row[head.index(name)] for row in rows for name in ("金额", "税额"))


def _json(bundle: Path) -> str:
    with zipfile.ZipFile(bundle) as opened:
        return str(json.loads(opened.read("statement.json"))["gross"])
