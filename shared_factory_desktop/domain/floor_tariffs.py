"""Reads the prices of a floor file: time-of-use calendars and tariffs, each in versions."""

from __future__ import annotations

import re

from shared_factory_desktop.domain.bands import BANDS, calendar_problems
from shared_factory_desktop.domain.charges.reading import read_charge
from shared_factory_desktop.domain.floor_parties import UNREAD_DATE
from shared_factory_desktop.domain.tables import ID, Table, quoted
from shared_factory_desktop.domain.tariff import BandCalendar, Charge, Season, Tariff

DAYS = ("all", "workday", "restday")
TAX_MODES = ("inclusive", "exclusive")

_TIMES = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)\Z")
_DAY_MIN = 24 * 60

Minutes = tuple[int, int]


def read_bands(table: Table, calendar_id: str) -> BandCalendar:
    """Read one version of a `[[bands]]` calendar; what can be read must cover the whole year."""
    found = len(table.problems)
    calendar = BandCalendar(
        id=calendar_id,
        valid_from=table.date("valid_from", UNREAD_DATE, required=True),
        seasons=_seasons(table),
        source=table.text("source"),
    )
    if len(table.problems) == found:
        table.problems.extend(calendar_problems(calendar, table.place))
    return calendar


def read_tariff(table: Table, tariff_id: str) -> Tariff:
    """Read one version of a `[[tariff]]` with its charges."""
    if not table.data.get("charge"):
        table.problem("charge", "missing")
    return Tariff(
        id=tariff_id,
        name=table.text("name", "", required=True),
        valid_from=table.date("valid_from", UNREAD_DATE, required=True),
        tax_mode=table.choice("tax_mode", TAX_MODES, "", required=True),
        charges=tuple(
            read_charge(charge) or _unread(charge, charge_id)
            for charge, charge_id in table.entries("charge")
        ),
        bands=table.identifier("bands", required=False),
    )


def _unread(charge: Table, charge_id: str) -> Charge:
    """Stand in for a charge that was refused, so that the measure it names is looked up too."""
    named = charge.data.get("quantity")
    quantity = named if isinstance(named, str) and ID.match(named) else None
    return Charge(charge_id, name="", basis="", model="", params=None, quantity=quantity)


def _seasons(calendar: Table) -> tuple[Season, ...]:
    seasons = []
    for index, data in enumerate(calendar.tables("season", required=True)):
        table = Table(data, calendar.at(f"season[{index}]"), calendar.problems)
        seasons.append(
            Season(
                months=_months(table),
                days=table.choice("days", DAYS, "all"),
                bands=tuple((band, times) for band in BANDS if (times := _times(table, band))),
            )
        )
        table.close()
    return tuple(seasons)


def _months(season: Table) -> tuple[int, ...]:
    months = season.raw("months")
    if not isinstance(months, list) or not months:
        season.problem("months", "months", quoted(months), "[1, 2, 3]")
        return ()
    for index, month in enumerate(months):
        if type(month) is not int or not 1 <= month <= 12:
            season.problem(f"months[{index}]", "range", month, "1 to 12")
    return tuple(months)


def _times(season: Table, band: str) -> tuple[Minutes, ...]:
    return tuple(
        minutes
        for index, text in enumerate(season.texts(band))
        if (minutes := _minutes(season, f"{band}[{index}]", text)) is not None
    )


def _minutes(season: Table, key: str, text: str) -> Minutes | None:
    """Read `"07:00-11:00"` as minutes after midnight; `24:00` may end it."""
    written = _TIMES.match(text)
    if written is None:
        season.problem(key, "times", text, "07:00-11:00")
        return None
    hour, minute, end_hour, end_minute = written.groups()
    start = int(hour) * 60 + int(minute)
    end = int(end_hour) * 60 + int(end_minute) if end_hour else _DAY_MIN
    if end <= start:
        season.problem(key, "times-reversed", text, f"{hour}:{minute}-24:00")
        return None
    return start, end
