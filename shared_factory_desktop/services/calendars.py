"""Time-of-use calendars that come with the program, each from its document, to add to a floor."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared_factory_desktop import paths
from shared_factory_desktop.domain.floor_read import FORMAT
from shared_factory_desktop.domain.problems import Kind, refused


@dataclass(frozen=True, slots=True)
class ShippedCalendar:
    """A calendar and where it applies; without `valid_from` its document must be asked for it.

    `bands` is its table of a floor file.
    """

    id: str
    area: str
    source: str
    valid_from: dt.date | None
    bands: Mapping[str, Any]


def shipped_calendars() -> tuple[ShippedCalendar, ...]:
    """Give every calendar that comes with the program, by id."""
    return tuple(
        _calendar(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted((paths.resources() / "calendars").glob("*.toml"))
    )


def calendar_file(calendar_id: str, valid_from: dt.date | None = None) -> dict[str, Any]:
    """Give a calendar as a parsed floor file of its own, from its own day or from `valid_from`.

    Raises Refused for an unknown one, and where the day is neither given nor known.
    """
    known = {calendar.id: calendar for calendar in shipped_calendars()}
    if calendar_id not in known:
        raise refused(Kind.INPUT, "unknown-calendar", calendar=calendar_id, known=", ".join(known))
    calendar = known[calendar_id]
    start = valid_from or calendar.valid_from
    if start is None:
        raise refused(Kind.INPUT, "calendar-start", calendar=calendar_id, source=calendar.source)
    head = {"id": calendar.id, "valid_from": start}
    return {"format": FORMAT, "bands": [head | {**calendar.bands, "valid_from": start}]}


def _calendar(data: Mapping[str, Any]) -> ShippedCalendar:
    [bands] = data["bands"]
    return ShippedCalendar(
        bands["id"], data["area"], bands["source"], bands.get("valid_from"), bands
    )
