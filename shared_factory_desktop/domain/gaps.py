"""Stretches of a session in which a register was not read as it should be: shown, not hidden."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby

from shared_factory_desktop.domain.readings import Quality, Reading
from shared_factory_desktop.domain.statement import Gap


def gaps(session: str, readings: Sequence[Reading], end: dt.datetime) -> Iterator[Gap]:
    """Give the stretches of one register's readings, in order of time, that are not good.

    A stretch lasts until the next reading of another quality, since a change of quality is
    recorded at once, the last one until the session's `end`.
    """
    runs = [list(run) for _, run in groupby(readings, key=lambda reading: reading.quality)]
    ends = [run[0].at for run in runs[1:]] + [end]
    for run, until in zip(runs, ends, strict=True):
        first = run[0]
        if first.quality is not Quality.GOOD:
            code = str(first.quality)
            yield Gap(session, first.meter, first.quantity, code, first.at, until)
