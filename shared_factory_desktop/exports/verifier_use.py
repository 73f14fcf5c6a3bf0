"""Says what one session used of one charge up to an instant, band by band, from the written rules.

Part of the verifier in every bundle: an independent second calculation, which shares no line with
the program it checks. Standard library only, Python 3.9 or newer. Instants are microseconds since
1970, quantities exact fractions of the charge's unit.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

Table = dict[str, Any]  # a table of a floor, usage or statement file
Span = tuple[int, int]

UTC = dt.timezone.utc  # noqa: UP017 - the short name is younger than Python 3.9
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)
QUARTER_US = 15 * 60 * 10**6  # clocks are put on and back at whole quarters of an hour
SIZES = {"h": 3600, "min": 60, "kWh": 1000, "kg": 1000, "m3": 1000, "m": 1000}
BANDS = ("super_peak", "peak", "flat", "valley", "deep_valley")


class Run(NamedTuple):
    """An unbroken stretch of one band."""

    band: str
    start: int
    end: int


class Use(NamedTuple):
    """A session of a usage file; `running`: it had not ended when the statement was issued."""

    id: str
    tenant: str
    machine: str
    start: int
    end: int
    running: bool
    working: list[Span]
    powered: list[Span]
    reserved: Span | None
    pieces: Table | None
    value: Fraction | None
    readings: dict[str, list[tuple[int, Fraction]]]


class Part(NamedTuple):
    """A session up to an instant; `ended`: all of it."""

    use: Use
    until: int
    ended: bool


class Calendar:
    """The band calendars of a floor and the days that are worked, in local time."""

    def __init__(self, floor: Table, years: list[Table]) -> None:
        self.zone = zone_of(floor["factory"].get("timezone", "Asia/Shanghai"))
        self.versions = sorted(floor.get("bands", []), key=lambda one: str(one["valid_from"]))
        self.rest = {day for year in years for day in year["rest_days"]}
        self.worked = {day for year in years for day in year["moved_workdays"]}
        self.seasons: dict[tuple[str, dt.date], Table] = {}

    def local(self, at: int) -> dt.datetime:
        """Give an instant as local time."""
        return (EPOCH + at * MICROSECOND).astimezone(self.zone)

    def midnight(self, day: dt.date) -> int:
        """Give the instant at which a local day begins."""
        return microseconds(dt.datetime(day.year, day.month, day.day, tzinfo=self.zone))

    def runs(self, calendar: str, start: int, end: int) -> list[Run]:
        """Cut [start, end) wherever the local clock may enter another band."""
        edges = {start, end}
        day = self.local(start).date()
        while start < end and self.midnight(day) < end:
            edges.update(self._edges(calendar, day))
            day += DAY
        cuts = sorted(edge for edge in edges if start <= edge <= end)
        found: list[Run] = []
        for index in range(len(cuts) - 1):
            band = self._band(calendar, cuts[index])
            since = cuts[index]
            if found and found[-1].band == band:
                since = found.pop().start
            found.append(Run(band, since, cuts[index + 1]))
        return found

    def _edges(self, calendar: str, day: dt.date) -> Iterable[int]:
        yield self.midnight(day)
        for span in (span for band in BANDS for span in self._season(calendar, day).get(band, [])):
            minutes = minutes_of(span)[0]
            time = dt.time(minutes // 60, minutes % 60, tzinfo=self.zone)
            for fold in (0, 1):  # the hour that comes twice
                yield microseconds(dt.datetime.combine(day, time.replace(fold=fold)))
        first, last = self.midnight(day), self.midnight(day + DAY)
        if self.local(first).utcoffset() != self.local(last).utcoffset():
            yield from range(first, last, QUARTER_US)

    def _band(self, calendar: str, at: int) -> str:
        clock = self.local(at)
        minute = clock.hour * 60 + clock.minute
        season = self._season(calendar, clock.date())
        for band in BANDS:
            for low, high in map(minutes_of, season.get(band, [])):
                if low <= minute < high:
                    return band
        raise ValueError(f"bands {calendar}: {clock}")

    def _season(self, calendar: str, day: dt.date) -> Table:
        """Find the season of a day in the version of that day; raises ValueError without one."""
        known = self.seasons.get((calendar, day))
        if known is not None:
            return known
        in_force = [
            one
            for one in self.versions
            if one["id"] == calendar and str(one["valid_from"]) <= day.isoformat()
        ]
        for season in in_force[-1]["season"] if in_force else []:
            if day.month in season["months"] and season.get("days", "all") in (
                "all",
                self._type(day),
            ):
                return self.seasons.setdefault((calendar, day), season)
        raise ValueError(f"bands {calendar}: {day}")

    def _type(self, day: dt.date) -> str:
        text = day.isoformat()
        rests = text in self.rest or (day.weekday() > 4 and text not in self.worked)
        return "restday" if rests else "workday"


def zone_of(name: str) -> dt.tzinfo:
    """Find a time zone; China's needs no data of the system. Raises ValueError for another."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if name == "Asia/Shanghai":
            return dt.timezone(dt.timedelta(hours=8), name)
        raise ValueError(f"time zone {name}: no data on this computer: install tzdata") from None


def microseconds(moment: dt.datetime) -> int:
    """Count the microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def instant(text: str) -> int:
    """Read an instant with its offset."""
    return microseconds(dt.datetime.fromisoformat(text.replace("Z", "+00:00")))


def minutes_of(span: str) -> tuple[int, int]:
    """Read `07:00-09:30` as minutes after midnight."""
    low, high = (int(text[:2]) * 60 + int(text[3:]) for text in span.split("-"))
    return low, high


def read_use(body: Table, running: bool = False) -> Use:
    """Read a session of a usage file."""
    whole = [[body["start"], body["end"]]]
    reserved = body.get("reserved")
    return Use(
        id=body["id"],
        tenant=body["tenant"],
        machine=body["machine"],
        start=instant(body["start"]),
        end=instant(body["end"]),
        running=running,
        working=[(instant(a), instant(b)) for a, b in body.get("working", whole)],
        powered=[(instant(a), instant(b)) for a, b in body.get("powered", whole)],
        reserved=(instant(reserved[0]), instant(reserved[1])) if reserved else None,
        pieces=body.get("pieces"),
        value=Fraction(body["value"]) if "value" in body else None,
        readings={
            name: [(instant(at), Fraction(value)) for at, value in series]
            for name, series in body.get("readings", {}).items()
        },
    )


def part_until(use: Use, at: int) -> Part | None:
    """Give the part of a session before an instant, None where it starts later."""
    if use.start >= at:
        return None
    return Part(use, min(use.end, at), not use.running and use.end <= at)


def counts_yet(charge: Table, part: Part | None) -> bool:
    """Tell whether a charge counts: pieces and value are known when the session ends."""
    return part is not None and (part.ended or charge["basis"] not in ("pieces", "value"))


def runs_of(charge: Table, tariff: Table, part: Part, calendar: Calendar) -> list[Run] | None:
    """Give the runs of bands a charge is split into, None where bands make no difference."""
    if not (charge.get("band_prices") or charge.get("band_factors")):
        return None
    spans = [(part.use.start, part.until), *_reserved(part)]
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    return calendar.runs(tariff["bands"], start, end)


def used(charge: Table, part: Part, runs: list[Run] | None) -> list[Fraction]:
    """Give the units used in each run, or the one total; raises ValueError for what is missing."""
    if charge["basis"] == "time":
        found = _times(_clock(charge["clock"], part), runs)
    elif charge["basis"] == "quantity":
        found = _register(charge, part, runs)
    else:
        found = [_counted(charge, part.use)]
    return [amount / SIZES.get(charge.get("unit", ""), 1) for amount in found]


def stepped(charge: Table, amounts: list[Fraction]) -> list[Fraction]:
    """Bring a session's total to the step: added to the last used run, taken from the end."""
    total = sum(amounts, Fraction(0))
    if "step" not in charge or not any(amounts):
        return amounts
    size = Fraction(charge["step"])
    steps = total / size
    whole = {
        "up": -(-steps.numerator // steps.denominator),
        "nearest": (steps + Fraction(1, 2)).__floor__(),
        "down": steps.__floor__(),
    }[charge.get("step_mode", "up")]
    if whole * size < total:
        return without(amounts[::-1], total - whole * size)[::-1]
    last = max(index for index, amount in enumerate(amounts) if amount)
    return [
        amount + (whole * size - total if index == last else 0)
        for index, amount in enumerate(amounts)
    ]


def without(amounts: list[Fraction], taken: Fraction) -> list[Fraction]:
    """Take units off from the front."""
    left = []
    for amount in amounts:
        part = min(max(amount, Fraction(0)), taken)
        taken -= part
        left.append(amount - part)
    return left


def _clock(clock: str, part: Part) -> list[Span]:
    """Give the times at which a clock runs."""
    use, whole = part.use, (part.use.start, part.until)
    if clock in ("working", "idle"):
        working = _clipped(use.working, whole)
        edges = [whole[0], *(edge for span in working for edge in span), whole[1]]
        gaps = [(edges[index], edges[index + 1]) for index in range(0, len(edges), 2)]
        return working if clock == "working" else gaps
    if clock == "powered":
        return _clipped(use.powered, whole)
    if clock == "occupied":
        return [whole]
    if use.reserved is None:
        raise ValueError(f"session {use.id}: reserved is missing")
    reserved = _reserved(part)
    longer = sum(end - start for start, end in reserved) > part.until - use.start
    return reserved if clock == "reserved" or longer else [whole]


def _reserved(part: Part) -> list[Span]:
    """Give the reserved time: whole once the session has ended, before up to the instant."""
    if part.use.reserved is None:
        return []
    start, end = part.use.reserved
    end = end if part.ended else min(end, part.until)
    return [(start, end)] if start < end else []


def _clipped(spans: list[Span], whole: Span) -> list[Span]:
    cut = [(max(start, whole[0]), min(end, whole[1])) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]


def _times(spans: list[Span], runs: list[Run] | None) -> list[Fraction]:
    """Add up seconds, in each run by itself."""
    if runs is None:
        return [Fraction(sum(end - start for start, end in spans), 10**6)]
    return [
        Fraction(sum(end - start for start, end in _clipped(spans, (run.start, run.end))), 10**6)
        for run in runs
    ]


def _register(charge: Table, part: Part, runs: list[Run] | None) -> list[Fraction]:
    """Give what a register counted, in each run by itself."""
    series = part.use.readings.get(charge["quantity"])
    if not series:
        raise ValueError(f"session {part.use.id}: readings.{charge['quantity']} is missing")
    edges = [part.use.start, *(run.start for run in (runs or [])[1:]), part.until]
    levels = [level(series, min(max(edge, part.use.start), part.until)) for edge in edges]
    return [levels[index + 1] - levels[index] for index in range(len(levels) - 1)]


def level(series: list[tuple[int, Fraction]], at: int) -> Fraction:
    """Give a register at an instant: on the straight line between the readings around it."""
    before = [pair for pair in series if pair[0] <= at]
    after = [pair for pair in series if pair[0] > at]
    if not before or not after:
        return before[-1][1] if before else after[0][1]
    (since, low), (until, high) = before[-1], after[0]
    return low + (high - low) * Fraction(at - since, until - since)


def _counted(charge: Table, use: Use) -> Fraction:
    if charge["basis"] == "session":
        return Fraction(1)
    found = use.pieces if charge["basis"] == "pieces" else use.value
    if found is None:
        raise ValueError(f"session {use.id}: {charge['basis']} is missing")
    if isinstance(found, Fraction):
        return found
    scrap = found.get("scrap", 0) if charge.get("counts", "good") == "all" else 0
    return Fraction(found["good"] + scrap)
