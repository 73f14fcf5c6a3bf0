"""Statements as JSON documents (pricing contract, "Output"), and the bytes that are hashed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.chain import canonical_json
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.money import yuan_text
from shared_factory_desktop.domain.statement import Detail, Line, Statement

FORMAT = 1


def price_document(statements: Sequence[Statement], start: dt.date, end: dt.date) -> dict[str, Any]:
    """Give the document of `price --json` for the local dates [start, end)."""
    return {
        "format": FORMAT,
        "period": [start.isoformat(), end.isoformat()],
        "statements": [statement_document(statement) for statement in statements],
    }


def statement_document(statement: Statement) -> dict[str, Any]:
    """Give one statement; amounts with two places, other decimals without trailing zeros.

    A line for usage of a closed period says so in `late`, one that makes good a metering error
    names the certificate in `correction`; other lines do not have the keys.
    """
    return {
        "tenant": statement.tenant,
        "currency": statement.currency,
        "lines": [line_document(line) for line in statement.lines],
        "net": yuan_text(statement.net_fen),
        "tax": yuan_text(statement.tax_fen),
        "gross": yuan_text(statement.gross_fen),
        "gross_uppercase": capitals(statement.gross_fen),
    }


def sha256_of(value: object) -> str:
    """Give the SHA-256 of a JSON value's canonical form, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def line_document(line: Line) -> dict[str, Any]:
    """Give one line of a statement."""
    return {
        "session": line.session,
        "contract": line.contract,
        "charge": line.charge,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "list": yuan_text(line.list_fen),
        "discount": yuan_text(line.discount_fen),
        "net": yuan_text(line.net_fen),
        "tax": yuan_text(line.tax_fen),
        "gross": yuan_text(line.gross_fen),
        "tax_rate": plain(line.tax_rate),
        "details": [_detail(detail) for detail in line.details],
        **({"late": [day.isoformat() for day in line.late]} if line.late else {}),
        **({"correction": line.correction} if line.correction else {}),
    }


def _detail(detail: Detail) -> dict[str, Any]:
    return {
        "band": detail.band,
        "tier": detail.tier,
        "quantity": plain(detail.quantity),
        "price": plain(detail.price),
        "amount": plain(detail.amount),
    }
