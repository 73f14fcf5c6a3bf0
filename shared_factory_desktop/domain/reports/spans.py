"""Hours out of spans of time, each instant counted once however many spans hold it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction

from shared_factory_desktop.domain.instants import SECOND_US, microseconds
from shared_factory_desktop.domain.sessions import SessionUse, Span

HOUR_US = 3600 * SECOND_US


def hours(spans: Iterable[Span], within: Span) -> Fraction:
    """Give the exact hours of `within` that some span covers."""
    first_us, last_us = map(microseconds, within)
    covered_us, reached_us = 0, first_us
    for start, end in sorted(spans):
        start_us, end_us = max(microseconds(start), reached_us), min(microseconds(end), last_us)
        if start_us < end_us:
            covered_us += end_us - start_us
            reached_us = end_us
    return Fraction(covered_us, HOUR_US)


def length(span: Span) -> Fraction:
    """Give the exact hours of one span."""
    return hours([span], span)


def occupied(use: SessionUse, now: dt.datetime) -> Span:
    """Give a session's time; one that runs has run until now."""
    return use.start, use.end or max(use.start, now)
