"""Says the values of a statement in the words of a language: periods, units, bands, remarks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.statement import Detail, Line, StatementDocument
from shared_factory_desktop.exports.contract import ExportFault
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.words import Words

PARTY_FIELDS = ("name", "uscc", "address", "phone", "bank", "bank_account")


def date(words: Words, day: dt.date) -> str:
    """Say a day."""
    return words("exports.date", year=day.year, month=f"{day:%m}", day=f"{day:%d}")


def period(words: Words, document: StatementDocument) -> str:
    """Say the period with its last day, as people do, though it is stored with an exclusive end."""
    return days(words, (document.statement.start, document.statement.end))


def days(words: Words, bounds: tuple[dt.date, dt.date]) -> str:
    """Say the days of [start, end)."""
    last = bounds[1] - dt.timedelta(days=1)
    return words("exports.period", start=date(words, bounds[0]), end=date(words, last))


def span(bounds: tuple[dt.date, dt.date]) -> tuple[str, str]:
    """Print the days of [start, end) in two lines of figures."""
    return f"{bounds[0]:%Y-%m-%d}", f"– {bounds[1] - dt.timedelta(days=1):%Y-%m-%d}"


def instant(moment: dt.datetime | None) -> str:
    """Print a local instant to the second."""
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def issued(document: StatementDocument) -> str:
    """Print when the statement was issued, in its own time zone; empty on a draft."""
    if document.issued_at is None:
        return ""
    return instant(document.issued_at.astimezone(ZoneInfo(document.timezone)))


def known(words: Words, area: str, code: str) -> str:
    """Say a code of an open list; a name nobody translated stays as it is."""
    full = f"exports.{area}.{code}"
    return words(full) if words.knows(full) else cleaned(code)


def band(words: Words, detail: Detail) -> str:
    """Say which band or tier a detail is of."""
    parts = [known(words, "band", detail.band)] if detail.band else []
    if detail.tier is not None:
        parts.append(words("exports.tier", tier=detail.tier))
    return " ".join(parts)


def details(words: Words, line: Line) -> str:
    """Say the bands or tiers of a line, or what of it was charged; empty where it is whole."""
    return words("exports.detail-join").join(
        words(
            "exports.detail",
            band=band(words, detail) or words("exports.charged"),
            quantity=plain(detail.quantity),
            price=plain(detail.price),
            amount=plain(detail.amount),
        )
        for detail in line.details
        if detail.band or detail.tier is not None or detail.quantity != line.quantity
    )


def remarks(words: Words, codes: Sequence[str], certificate: str | None = None) -> str:
    """Say a line's remarks; `certificate` is that of a calibration it makes an error good by."""
    return " ".join(words(f"exports.note.{code}", certificate=certificate) for code in codes)


def percent(rate: Decimal) -> str:
    """Print a share as a percentage."""
    return f"{plain(Fraction(rate) * 100)}%"


def fault_text(words: Words, fault: ExportFault) -> str:
    """Say why an export could not be made."""
    return words(f"exports.fault.{fault.code}", **fault.values)
