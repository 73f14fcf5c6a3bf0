"""Statement documents to export, built from plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.statement import (
    Detail,
    DocumentLine,
    Line,
    Party,
    Statement,
    StatementDocument,
)

ZONE = ZoneInfo("Asia/Shanghai")
GOLDEN = Path(__file__).parent.parent / "golden" / "exports"
SELLER = Party(
    "河北安平共享智造工场有限公司",
    "91130100MA0EXAMP1X",
    "河北省衡水市安平县丝网工业园纬三路 18 号",
    "0318-7000000",
    "中国工商银行安平支行",
    "0402012345678901234",
)
BUYER = Party("安平县恒泰丝网制品厂", "91130600MA07T1KX5L", "安平县东环路 6 号", "13800000000")
NUMBER = "DZ-2026-10-0007"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def at(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, second, tzinfo=ZONE)


def part(
    quantity: str, price: str, amount: str | None = None, band: str | None = None,
    tier: int | None = None,
) -> Detail:  # fmt: skip
    exact = Fraction(quantity) * Fraction(price) if amount is None else Fraction(amount)
    return Detail(band, tier, Fraction(quantity), Fraction(price), exact)


def priced(
    session: str | None, charge: str, unit: str, list_fen: int, details: Sequence[Detail],
    quantity: str | None = None, discount_fen: int = 0, tax_rate: str = "0.13",
) -> Line:  # fmt: skip
    """A line with tax inside its price."""
    total = sum((detail.quantity for detail in details), Fraction(0))
    gross = list_fen - discount_fen
    net = (Decimal(gross) / (1 + Decimal(tax_rate))).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    billed = total if quantity is None else Fraction(quantity)
    return Line(
        session, "c-anping", charge, billed, unit, list_fen, discount_fen, int(net),
        gross - int(net), gross, Decimal(tax_rate), tuple(details),
    )  # fmt: skip


def document_of(entries: Sequence[DocumentLine], buyer: Party = BUYER) -> StatementDocument:
    statement = Statement(
        "anping-mesh", dt.date(2026, 10, 1), dt.date(2026, 11, 1), tuple(e.line for e in entries)
    )
    return StatementDocument(
        statement, SELLER, buyer, tuple(entries), capitals(statement.gross_fen), "Asia/Shanghai",
        NUMBER, dt.datetime(2026, 11, 1, 1, 30, tzinfo=dt.UTC), SHA256,
    )  # fmt: skip


def draft_of(document: StatementDocument) -> StatementDocument:
    return replace(document, number=None, issued_at=None, sha256=None)


def sample() -> StatementDocument:
    """One of everything: bands, tiers, a minimum, a discount, late, suspect, running, period."""
    laser, printer = "6 kW 光纤激光切割机 2#", "3D 打印机 A1"
    bands = [
        part("5", "0.93", band="peak"), part("30", "1.066", band="super_peak"),
        part("5", "0.93", band="peak"),
    ]  # fmt: skip
    tiers = [part("10", "10", "102", tier=1), part("2", "5", "13", tier=2)]
    entries = [
        DocumentLine(
            priced("S-1", "time", "h", 9000, [part("1.5", "60")], discount_fen=450),
            "机时费", "有形动产经营租赁", laser, "GD-20261003-01", at(10, 3, 8), at(10, 3, 9, 30),
        ),
        DocumentLine(
            priced("S-1", "energy", "kWh", 4128, bands), "电费", None, laser, "GD-20261003-01",
            at(10, 3, 8), at(10, 3, 9, 30), suspect=True,
        ),
        DocumentLine(
            priced("S-2", "pieces", "piece", 11500, tiers), "打印件", "加工劳务", printer,
            "安平恒泰不锈钢丝网滤芯支架小批量试制第三批（含返工件）",
            at(9, 28, 23, 1, 42), at(9, 29, 8, 44, 5),
        ),
        DocumentLine(
            priced("S-3", "time", "h", 14000, [
                part("0.9716666", "35", band="flat"), part("8", "10", band="valley"),
                part("0.7347222", "35", band="flat")]), "机时费", None, printer, None,
            at(10, 30, 23, 1, 42), None,
        ),
        DocumentLine(
            priced("S-4", "trial", "h", 10, [
                part("1/3", "0.1", band="peak"), part("1/3", "0.1", band="flat"),
                part("1/3", "0.1", band="valley")]), "试用机时", None, laser, "试-9",
            at(10, 5, 8), at(10, 5, 9),
        ),
        DocumentLine(
            priced(None, "seat", "period", 20000, [part("1", "200")], tax_rate="0.06"),
            "工位费", "现代服务", None,
        ),
        DocumentLine(
            priced(None, "minimum", "period", -5000, [], quantity="1"), "冲回上期最低消费", None,
        ),
    ]  # fmt: skip
    return document_of(entries)


def long(count: int) -> StatementDocument:
    """`count` lines, every third with two bands, on five machines."""
    entries = []
    for index in range(count):
        start = at(10, 1 + index % 30, index % 20, index % 60)
        details = [part("1.25", "60")]
        if index % 3 == 0:
            details = [part("0.5", "60", band="peak"), part("0.75", "60", band="valley")]
        line = priced(f"S-{index:05d}", "time", "h", 7500, details)
        machine, job = f"数控折弯机 {index % 5 + 1}#", f"GD-{index:05d}"
        end = start + dt.timedelta(minutes=75)
        entries.append(DocumentLine(line, "机时费", None, machine, job, start, end))
    return document_of(entries)
