"""Says what a report is about and what its rows are called, in the words of a language."""

from __future__ import annotations

import datetime as dt

from shared_factory_desktop.domain.reports.report import Report, Say
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.words import Words


def speaker(words: Words) -> Say:
    """Give what says the codes of reports."""
    return lambda code: words(f"reports.{code}")


def heading(words: Words, report: Report) -> str:
    """Say which report it is."""
    return words(f"reports.title.{report.name}")


def period(words: Words, report: Report) -> str:
    """Say the period with its last day, as people do, though it is stored with an exclusive end."""
    last = report.period.end - dt.timedelta(days=1)
    start, end = phrases.date(words, report.period.start), phrases.date(words, last)
    return words("exports.period", start=start, end=end)


def made(words: Words, report: Report) -> str:
    """Say when the report was made."""
    return words("reports.made", at=f"{report.at:%Y-%m-%d %H:%M}")
