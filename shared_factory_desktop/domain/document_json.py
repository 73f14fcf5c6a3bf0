"""A statement document as JSON and back: what is frozen at issue and exported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import (
    AccountSummary,
    Anchor,
    Detail,
    DocumentLine,
    Gap,
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
        "gaps": [_gap_json(gap) for gap in document.gaps],
        "reason": document.reason,
        "account": asdict(document.account) if document.account else None,
        "anchor": asdict(document.anchor) if document.anchor else None,
    }


def read_document(
    priced: Mapping[str, Any],
    context: Mapping[str, Any],
    period: tuple[dt.date, dt.date],
    number: str,
    issued_at: dt.datetime,
    sha256: str,
    refers_to: str | None = None,
) -> StatementDocument:
    """Rebuild an issued document from its frozen JSON; `priced` is one statement of the pricing
    contract. Documents of earlier versions of the program lack account, gaps and anchor.
    """
    account, anchor = context.get("account"), context.get("anchor")
    lines = tuple(read_line(item) for item in priced["lines"])
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
        refers_to=refers_to,
        reason=context.get("reason"),
        account=AccountSummary(**account) if account else None,
        gaps=tuple(_gap(item) for item in context.get("gaps", ())),
        anchor=Anchor(**anchor) if anchor else None,
    )


def _party_json(party: Party) -> dict[str, str | None]:
    return {name: getattr(party, name) for name in _PARTY_FIELDS}


def read_line(item: Mapping[str, Any]) -> Line:
    """Read a line as the pricing contract writes it."""
    return Line(
        session=item["session"],
        contract=item["contract"],
        charge=item["charge"],
        quantity=_exact(item["quantity"]),
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
                _exact(d["quantity"]),
                _exact(d["price"]),
                _exact(d["amount"]),
            )
            for d in item["details"]
        ),
        late=_late(item.get("late")),
        correction=item.get("correction"),
    )


def _late(days: list[str] | None) -> tuple[dt.date, dt.date] | None:
    if days is None:
        return None
    start, end = map(dt.date.fromisoformat, days)
    return start, end


def _gap_json(gap: Gap) -> dict[str, str]:
    return asdict(gap) | {"start": gap.start.isoformat(), "end": gap.end.isoformat()}


def _gap(item: Mapping[str, str]) -> Gap:
    start, end = (dt.datetime.fromisoformat(item[name]) for name in ("start", "end"))
    return Gap(item["session"], item["meter"], item["quantity"], item["code"], start, end)


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


def _exact(text: str) -> Fraction:
    return Fraction(*Decimal(text).as_integer_ratio())  # a third of what Fraction(text) takes


def _fen(text: str) -> int:
    return fen(Decimal(text))
