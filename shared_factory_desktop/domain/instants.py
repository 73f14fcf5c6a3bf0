"""Instants as whole microseconds, so that durations are exact integers."""

from __future__ import annotations

import datetime as dt

SECOND_US = 1_000_000

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def microseconds(at: dt.datetime) -> int:
    """Give an aware instant as microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def instant(us: int) -> dt.datetime:
    """Give microseconds since 1970 as an instant in UTC."""
    return _EPOCH + dt.timedelta(microseconds=us)
