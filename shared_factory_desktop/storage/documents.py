"""What a session used as JSON and back, exactly: instants in UTC, decimals as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import AppliedGain, Pieces, SessionUse, Span


def write_use(use: SessionUse) -> dict[str, Any]:
    """Give a session's use as JSON values; gains only where calibrations corrected it."""
    return {
        "id": use.id,
        "machine": use.machine,
        "tenant": use.tenant,
        "start": _at(use.start),
        "end": _at(use.end) if use.end else None,
        "job": use.job,
        "working": [_span(span) for span in use.working],
        "powered": [_span(span) for span in use.powered],
        "reserved": _span(use.reserved) if use.reserved else None,
        "pieces": [use.pieces.good, use.pieces.scrap] if use.pieces else None,
        "value": None if use.value is None else f"{use.value:f}",
        "readings": {
            name: [[_at(at), f"{value:f}"] for at, value in series]
            for name, series in use.readings.items()
        },
        "quality": str(use.quality),
        **({"gains": [write_gain(gain) for gain in use.gains]} if use.gains else {}),
    }


def read_use(body: Mapping[str, Any]) -> SessionUse:
    """Give the use that `write_use` wrote."""
    return SessionUse(
        id=body["id"],
        machine=body["machine"],
        tenant=body["tenant"],
        start=_instant(body["start"]),
        end=_instant(body["end"]) if body["end"] else None,
        job=body["job"],
        working=tuple(_read_span(span) for span in body["working"]),
        powered=tuple(_read_span(span) for span in body["powered"]),
        reserved=_read_span(body["reserved"]) if body["reserved"] else None,
        pieces=Pieces(*body["pieces"]) if body["pieces"] else None,
        value=None if body["value"] is None else Decimal(body["value"]),
        readings={
            name: tuple((_instant(at), Decimal(value)) for at, value in series)
            for name, series in body["readings"].items()
        },
        quality=Quality(body["quality"]),
        gains=tuple(_gain(gain) for gain in body.get("gains", ())),
    )


def write_gain(gain: AppliedGain) -> dict[str, Any]:
    """Give a gain as JSON values."""
    return {
        "number": gain.number,
        "version": gain.version,
        "meter": gain.meter,
        "quantity": gain.quantity,
        "gain": f"{gain.gain:f}",
        "effective_at": _at(gain.effective_at),
    }


def _gain(body: Mapping[str, Any]) -> AppliedGain:
    changed = {"gain": Decimal(body["gain"]), "effective_at": _instant(body["effective_at"])}
    return AppliedGain(**{**body, **changed})


def _at(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat()


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _span(span: Span) -> list[str]:
    return [_at(span[0]), _at(span[1])]


def _read_span(body: list[str]) -> Span:
    return _instant(body[0]), _instant(body[1])
