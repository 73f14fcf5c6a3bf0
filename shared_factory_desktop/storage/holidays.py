"""Years of public holidays that were imported: every import is kept, a year's last one counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import select

from shared_factory_desktop.domain.holidays import HolidayYear
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows_tariffs import HolidayYearRow

_SERIES = "holiday-year"


def add(tx: Transaction, published: HolidayYear, by: str) -> None:
    """Store a year over what was stored of it before."""
    row = {
        "seq": counters.take(tx, _SERIES),
        "year": published.year,
        "source": published.source,
        "rest_days": _texts(published.rest_days),
        "moved_workdays": _texts(published.moved_workdays),
        "imported_by": by,
        "imported_at": tx.shared_now(),
    }
    tx.add(HolidayYearRow, row)


def imported(tx: Transaction) -> tuple[HolidayYear, ...]:
    """Give each imported year as it was stored last, in order of year."""
    years = {row.year: row for row in tx.all(select(HolidayYearRow).order_by(HolidayYearRow.seq))}
    return tuple(
        HolidayYear(year, _days(row.rest_days), _days(row.moved_workdays), row.source)
        for year, row in sorted(years.items())
    )


def _texts(days: Iterable[dt.date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _days(texts: Iterable[str]) -> frozenset[dt.date]:
    return frozenset(dt.date.fromisoformat(text) for text in texts)
