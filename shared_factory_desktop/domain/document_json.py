"""A statement document as JSON and back: what is frozen at issue and exported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import (
    Detail,
    DocumentLine,
    Line,
    Party,
    Statement,
    StatementDocument,
)

_PARTY_FIELDS = ("name", "uscc", "address", "phone", "bank", "bank_account")


def context_json(document: StatementDocument) -> dict[str, Any]:
    """Give what is printed beside the priced statement: parties, names, times."""
    return {
        "seller": _party_json(document.seller),
        "buyer": _party_json(document.buyer),
        "timezone": document.timezone,
        "lines": [
            {
                "charge_name": row.charge_name,
                "tax_class": row.tax_class,
                "machine_name": row.machine_name,
                "job": row.job,
                "start": row.start.isoformat() if row.start else None,
                "end": row.end.isoformat() if row.end else None,
                "suspect": row.suspect,
            }
            for row in document.lines
        ],
    }


def read_document(
    priced: Mapping[str, Any],
    context: Mapping[str, Any],
    period: tuple[dt.date, dt.date],
    number: str,
    issued_at: dt.datetime,
    sha256: str,
) -> StatementDocument:
    """Rebuild an issued document from its frozen JSON; `priced` is one statement of the pricing
    contract.
    """
    lines = tuple(_line(item) for item in priced["lines"])
    return StatementDocument(
        statement=Statement(
            priced["tenant"], period[0], period[1], lines, currency=priced["currency"]
        ),
        seller=Party(**context["seller"]),
        buyer=Party(**context["buyer"]),
        lines=tuple(
            _document_line(line, names) for line, names in zip(lines, context["lines"], strict=True)
        ),
        gross_uppercase=priced["gross_uppercase"],
        timezone=context["timezone"],
        number=number,
        issued_at=issued_at,
        sha256=sha256,
    )


def _party_json(party: Party) -> dict[str, str | None]:
    return {name: getattr(party, name) for name in _PARTY_FIELDS}


def _line(item: Mapping[str, Any]) -> Line:
    return Line(
        session=item["session"],
        contract=item["contract"],
        charge=item["charge"],
        quantity=Fraction(item["quantity"]),
        unit=item["unit"],
        list_fen=_fen(item["list"]),
        discount_fen=_fen(item["discount"]),
        net_fen=_fen(item["net"]),
        tax_fen=_fen(item["tax"]),
        gross_fen=_fen(item["gross"]),
        tax_rate=Decimal(item["tax_rate"]),
        details=tuple(
            Detail(
                d["band"],
                d["tier"],
                Fraction(d["quantity"]),
                Fraction(d["price"]),
                Fraction(d["amount"]),
            )
            for d in item["details"]
        ),
    )


def _document_line(line: Line, names: Mapping[str, Any]) -> DocumentLine:
    return DocumentLine(
        line=line,
        charge_name=names["charge_name"],
        tax_class=names["tax_class"],
        machine_name=names["machine_name"],
        job=names["job"],
        start=_instant(names["start"]),
        end=_instant(names["end"]),
        suspect=names["suspect"],
    )


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _fen(text: str) -> int:
    return fen(Decimal(text))
