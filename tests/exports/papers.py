"""Statements with all that may stand on paper: account, anchor, gaps, late usage, a credit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.statement import (
    AccountSummary,
    Anchor,
    DocumentLine,
    Gap,
    Line,
    StatementDocument,
)
from tests.exports.documents import at, document_of, part, priced, sample

SEPTEMBER = (dt.date(2026, 9, 1), dt.date(2026, 10, 1))
ANCHOR = Anchor(4711, "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2)
ACCOUNT = AccountSummary(
    120_000, 56_485, 100_000, -1_250, 75_235, deposit_fen=500_000, prepaid_fen=88_800
)
REASON = "表计 M-2 的互感器变比录错，按校准证书 JZ-2026-118 冲回"


def full() -> StatementDocument:
    """The sample with an account, an anchor, two gaps and late lines of two periods."""
    laser, printer = "6 kW 光纤激光切割机 2#", "3D 打印机 A1"
    bands = [part("2", "0.93", band="peak"), part("3", "0.37", band="valley")]
    august = (dt.date(2026, 8, 1), dt.date(2026, 9, 1))
    late = [
        _late(priced("S-09", "energy", "kWh", 297, bands), "电费", laser, SEPTEMBER, 12),
        _late(
            priced("S-10", "time", "h", 6000, [part("1", "60")]), "机时费", printer, SEPTEMBER, 9
        ),
        _late(priced(None, "minimum", "period", -3000, [], quantity="1"), "最低消费", None, august),
    ]
    entries = [*sample().lines, *late]
    gaps = (
        Gap("S-1", "M-2", "energy_wh", "suspect", at(10, 3, 8, 12), at(10, 3, 8, 27)),
        Gap("S-09", "M-2", "energy_wh", "substitute", at(9, 12, 8), at(9, 12, 8, 30)),
    )
    return replace(document_of(entries), account=ACCOUNT, anchor=ANCHOR, gaps=gaps)


def credit() -> StatementDocument:
    """A credit note over the first two lines of the sample."""
    entries = [
        replace(entry, line=_negative(entry.line), suspect=False) for entry in sample().lines[:2]
    ]
    document = document_of(entries)
    return replace(
        document, number="HC-2026-10-0001", refers_to=document.number, reason=REASON,
        gross_uppercase=capitals(document.statement.gross_fen), anchor=ANCHOR,
        account=replace(ACCOUNT, due_fen=-12_678, closing_fen=6_072),
    )  # fmt: skip


def _late(
    line: Line,
    name: str,
    machine: str | None,
    days: tuple[dt.date, dt.date],
    day: int | None = None,
) -> DocumentLine:
    start = None if day is None else at(9, day, 8)
    end = None if day is None else at(9, day, 9)
    return DocumentLine(replace(line, late=days), name, None, machine, None, start, end)


def _negative(line: Line) -> Line:
    return replace(
        line, quantity=-line.quantity, list_fen=-line.list_fen, discount_fen=-line.discount_fen,
        net_fen=-line.net_fen, tax_fen=-line.tax_fen, gross_fen=-line.gross_fen,
        details=tuple(replace(d, quantity=-d.quantity, amount=-d.amount) for d in line.details),
    )  # fmt: skip
