"""Statements to credit: lines whose tax no rounding of today would give, so that it shows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.statement import (
    Detail,
    DocumentLine,
    Line,
    Party,
    Statement,
    StatementDocument,
)

AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def line(session: str | None, charge: str, gross_fen: int) -> Line:
    tax_fen = gross_fen // 7 + 1
    detail = Detail("peak", 1, Fraction(3, 2), Fraction(1, 3), Fraction(1, 2))
    return Line(
        session,
        "c-1",
        charge,
        Fraction(3, 2),
        "h",
        gross_fen + 10,
        10,
        gross_fen - tax_fen,
        tax_fen,
        gross_fen,
        Decimal("0.13"),
        (detail,),
    )


def document(*lines: Line) -> StatementDocument:
    return StatementDocument(
        Statement("anping", dt.date(2026, 3, 1), dt.date(2026, 4, 1), lines),
        Party("甲"),
        Party("乙"),
        tuple(DocumentLine(one, one.charge, None) for one in lines),
        capitals(sum(one.gross_fen for one in lines)),
        "Asia/Shanghai",
        number="DZ-2026-000001",
        issued_at=AT,
        sha256="0" * 64,
    )
