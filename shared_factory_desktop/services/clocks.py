"""The clocks of a running factory: UTC, instants of the recent past, and the waits of the sync."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable

from shared_factory_desktop.sync.worker import Clock

Now = Callable[[], dt.datetime]
Stamp = Callable[[int], dt.datetime]


def utc_now() -> dt.datetime:
    """Give the present instant."""
    return dt.datetime.now(dt.UTC)


def stamp_by(now: Now) -> Stamp:
    """Give what turns a monotonic instant of the recent past, in ns, into UTC."""

    def stamp(monotonic_ns: int) -> dt.datetime:
        ago_us = (time.monotonic_ns() - monotonic_ns) // 1000
        return now() - dt.timedelta(microseconds=max(ago_us, 0))

    return stamp


def sync_clock(now: Now) -> Clock:
    """Give the clock that the sync waits by."""
    waiting = threading.Event()
    return Clock(now, time.monotonic, waiting.wait, random.SystemRandom().random)
