"""Writes what sessions used as a usage file (floor-file contract, "The usage file")."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from shared_factory_desktop.domain.floor_read import FORMAT
from shared_factory_desktop.domain.sessions import SessionUse, Span


def write_usage(uses: Iterable[SessionUse], now: dt.datetime, zone: dt.tzinfo) -> dict[str, Any]:
    """Give the file as JSON values, instants in `zone`; a running session ends at `now`.

    `read_usage` reads closed sessions back as they were, but for their quality, which the file
    does not tell.
    """
    return {"format": FORMAT, "sessions": [_session(use, now, zone) for use in uses]}


def _session(use: SessionUse, now: dt.datetime, zone: dt.tzinfo) -> dict[str, Any]:
    """Give one session; what it lacks is left out."""
    end = now if use.end is None else use.end
    optional = {
        "job": use.job,
        "reserved": use.reserved and _span(use.reserved, zone),
        "pieces": use.pieces and {"good": use.pieces.good, "scrap": use.pieces.scrap},
        "value": None if use.value is None else f"{use.value:f}",
    }
    return {
        "id": use.id,
        "machine": use.machine,
        "tenant": use.tenant,
        "start": _at(use.start, zone),
        "end": _at(end, zone),
        "working": [_span(span, zone) for span in use.working],
        "powered": [_span(span, zone) for span in use.powered],
        **{key: value for key, value in optional.items() if value is not None},
        "readings": {
            name: [[_at(at, zone), f"{value:f}"] for at, value in series]
            for name, series in use.readings.items()
        },
    }


def _span(span: Span, zone: dt.tzinfo) -> list[str]:
    return [_at(span[0], zone), _at(span[1], zone)]


def _at(moment: dt.datetime, zone: dt.tzinfo) -> str:
    return moment.astimezone(zone).isoformat()
