"""How times, amounts and quantities are written for people: short, rounded, with the unit apart."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Protocol

from shared_factory_desktop.domain.decimals import fixed, half_up, plain
from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.words import Words

NOTHING = "—"
_THOUSAND = Decimal(1000)
# Suffix of a quantity's name, its unit, and the greater unit from a thousand on.
_UNITS = (
    ("_wh", "Wh", "kWh"),
    ("_w", "W", "kW"),
    ("_ah", "Ah", None),
    ("_mm", "mm", "m"),
    ("_g", "g", "kg"),
    ("_l", "L", "m³"),
    ("_v", "V", None),
    ("_a", "A", None),
    ("_c", "°C", None),
    ("_pct", "%", None),
)


def stopwatch(seconds: int) -> str:
    """Write a running time as `0:42`, `12:05` or `3:07:09`."""
    minutes, second = divmod(max(0, seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def duration(words: Words, seconds: int) -> str:
    """Write a clock as hours and minutes, or seconds below a minute."""
    if seconds < 60:
        return words("ui.duration.seconds", s=max(0, seconds))
    hours, minutes = divmod(seconds // 60, 60)
    code = "ui.duration.hours" if hours else "ui.duration.minutes"
    return words(code, h=hours, m=minutes)


def age(words: Words, seconds: int) -> str:
    """Write how long ago something was."""
    if seconds < 120:
        return words("ui.age.seconds", n=max(0, seconds))
    if seconds < 7200:
        return words("ui.age.minutes", n=seconds // 60)
    if seconds < 48 * 3600:
        return words("ui.age.hours", n=seconds // 3600)
    return words("ui.age.days", n=seconds // 86400)


def amount(fen: int | None) -> str:
    """Write fen as `¥ 1,234.50`."""
    return NOTHING if fen is None else f"¥ {grouped(fen)}"


def instant(when: dt.datetime | None) -> str:
    """Write a moment to the minute, in the zone it carries."""
    return when.strftime("%Y-%m-%d %H:%M") if when else NOTHING


class Dated(Protocol):
    """Anything for a period of local dates, the end exclusive."""

    @property
    def start(self) -> dt.date: ...  # noqa: D102 - the class says it
    @property
    def end(self) -> dt.date: ...  # noqa: D102 - the class says it


def period(of: Dated) -> str:
    """Write a period: a whole month as `2026-10`, else the first and the last day."""
    last = of.end - dt.timedelta(days=1)
    if of.start.day == 1 and of.end.day == 1 and (last.year, last.month) == _month(of.start):
        return f"{of.start:%Y-%m}"
    return f"{of.start:%Y-%m-%d} – {last:%Y-%m-%d}"


def quantity(words: Words, name: str, value: Decimal) -> tuple[str, str]:
    """Split a measured value into the number and the unit people read: 4210 Wh is 4.21 kWh."""
    if name.endswith("_s"):
        return duration(words, int(value)), ""
    for suffix, unit, greater in _UNITS:
        if name.endswith(suffix):
            if greater and abs(value) >= _THOUSAND:
                return _short(value / _THOUSAND), greater
            return _short(value), unit
    code = f"ui.unit.{name}"
    return plain(value), words(code) if words.knows(code) else ""


def measure_name(words: Words, name: str) -> str:
    """Give the word for a measure, or its own name where the floor file made one up."""
    code = f"ui.measure.{name}"
    return words(code) if words.knows(code) else name


def joined(parts: tuple[str, str]) -> str:
    """Write a number with its unit."""
    return " ".join(part for part in parts if part)


def exact_quantity(value: Fraction) -> str:
    """Write a priced quantity, at most four decimals, without trailing zeros."""
    text = fixed(half_up(value, 4), 4).rstrip("0").rstrip(".")
    return text or "0"


def band(words: Words, name: str | None) -> str:
    """Give the word for a time-of-use band, or its own name where the calendar made one up."""
    if name is None:
        return NOTHING
    code = f"ui.band.{name}"
    return words(code) if words.knows(code) else name


def unit(words: Words, name: str) -> str:
    """Give the word for a charge's unit, or the unit itself."""
    code = f"ui.unit.{name}"
    return words(code) if words.knows(code) else name


def _month(day: dt.date) -> tuple[int, int]:
    return day.year, day.month


def _short(value: Decimal) -> str:
    """Keep three or four significant figures, enough to read from two metres."""
    places = Decimal("0.01") if abs(value) < 100 else Decimal("0.1")
    if value == value.to_integral_value() or abs(value) >= _THOUSAND:
        places = Decimal(1)
    return f"{value.quantize(places, ROUND_HALF_UP):,}"
