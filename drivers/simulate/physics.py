"""What workshop machines draw and make over time, exactly, as a function of their job schedule."""

from __future__ import annotations

import datetime as dt
import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

_MAINS_V = Decimal(230)
_MILLI = Decimal("0.001")
_HOUR_S = Decimal(3600)
_SECOND = dt.timedelta(seconds=1)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Job:
    """The machine works from `start` until `end` (both with a time zone)."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Phase:
    """`seconds` at a level of power and voltage; `pieces` are finished at its end.

    `arc`: a welder's arc burns meanwhile.
    """

    seconds: int
    power_w: Decimal
    voltage_v: Decimal = _MAINS_V
    pieces: int = 0
    arc: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """How a machine behaves: the level while idle, a warm-up, then a cycle until the job ends.

    It is switched on `idle_s` before a job and off as long after it. A job's load differs from
    the nominal one by up to `spread_pct` per cent.
    """

    idle: Phase
    warm_up: tuple[Phase, ...]
    cycle: tuple[Phase, ...]
    idle_s: int = 600
    spread_pct: int = 4


def _phase(
    seconds: int, power_w: int, voltage_v: str = "230", pieces: int = 0, *, arc: bool = False
) -> Phase:
    return Phase(seconds, Decimal(power_w), Decimal(voltage_v), pieces, arc)


KINDS: Mapping[str, Kind] = {
    # Bed and nozzle heat up, then the bed's heater switches on and off under the motors' load.
    "3d-printer": Kind(_phase(1, 45), (_phase(180, 900),), (_phase(30, 420), _phase(30, 190))),
    # Bath heaters and pumps, and the rectifier's mains side while goods hang in the bath.
    "plating-line": Kind(
        _phase(1, 1800), (_phase(900, 18000),), (_phase(1500, 27000), _phase(300, 4500))
    ),
    # The same rectifier seen on its direct-current side.
    "plating-rectifier": Kind(
        _phase(1, 0, "0.5"), (_phase(900, 1500, "3"),), (_phase(1500, 18000, "9"), _phase(300, 0))
    ),
    # Arcs of seconds between pauses of moving on.
    "welder": Kind(
        _phase(1, 90),
        (),
        (
            _phase(8, 8600, arc=True),
            _phase(14, 160),
            _phase(21, 9100, arc=True),
            _phase(17, 160),
        ),
    ),
    # Fan and lamps all the time, a dryer now and then.
    "spray-booth": Kind(_phase(1, 250), (_phase(60, 4000),), (_phase(540, 5500), _phase(60, 9500))),
    # A press that lets a piece fall every 12 seconds.
    "piece-counter": Kind(_phase(1, 0), (), (_phase(12, 0, pieces=1),), spread_pct=0),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What has been counted: Ws and As, which stay exact, pieces, seconds of working, of arc."""

    energy_ws: Decimal = Decimal(0)
    charge_as: Decimal = Decimal(0)
    pieces: Decimal = Decimal(0)
    run_time_s: Decimal = Decimal(0)
    arc_time_s: Decimal = Decimal(0)

    @property
    def energy_wh(self) -> Decimal:
        """The energy in the unit of meters."""
        return self.energy_ws / _HOUR_S

    @property
    def charge_ah(self) -> Decimal:
        """The charge in the unit of meters."""
        return self.charge_as / _HOUR_S

    def __add__(self, other: Totals) -> Totals:
        """Add up, quantity by quantity."""
        return Totals(
            self.energy_ws + other.energy_ws,
            self.charge_as + other.charge_as,
            self.pieces + other.pieces,
            self.run_time_s + other.run_time_s,
            self.arc_time_s + other.arc_time_s,
        )

    def times(self, count: Decimal) -> Totals:
        """Count the same so many times."""
        return Totals(
            self.energy_ws * count,
            self.charge_as * count,
            self.pieces * count,
            self.run_time_s * count,
            self.arc_time_s * count,
        )


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of time in one behaviour; `load` multiplies the nominal power."""

    start: dt.datetime
    seconds: Decimal
    warm_up: tuple[Phase, ...]
    cycle: tuple[Phase, ...]
    load: Decimal
    working: bool

    def level(self, phase: Phase) -> tuple[Decimal, Decimal]:
        """Power in W and current in A during a phase."""
        power_w = phase.power_w * self.load
        return power_w, (power_w / phase.voltage_v).quantize(_MILLI)

    def count(self, phase: Phase, seconds: Decimal) -> Totals:
        """Count `seconds` of a phase from its beginning."""
        power_w, current_a = self.level(phase)
        return Totals(
            power_w * seconds,
            current_a * seconds,
            Decimal(phase.pieces if seconds >= phase.seconds else 0),
            seconds if self.working else Decimal(0),
            seconds if phase.arc else Decimal(0),
        )

    def at(self, seconds: Decimal) -> tuple[Phase, Totals]:
        """Tell the phase after `seconds` of this span, and what was counted until then."""
        totals = Totals()
        for phase in self.warm_up:
            if seconds < phase.seconds:
                return phase, totals + self.count(phase, seconds)
            totals += self.count(phase, Decimal(phase.seconds))
            seconds -= phase.seconds
        cycles, seconds = divmod(seconds, sum(phase.seconds for phase in self.cycle))
        for phase in self.cycle:
            totals += self.count(phase, Decimal(phase.seconds)).times(cycles)
        current = self.cycle[0]
        for phase in self.cycle:
            current = phase
            totals += self.count(phase, min(seconds, Decimal(phase.seconds)))
            if seconds < phase.seconds:
                break
            seconds -= phase.seconds
        return current, totals


@dataclass(frozen=True, slots=True)
class Moment:
    """A machine at an instant: what it draws now, and its totals since the schedule's start."""

    power_w: Decimal
    voltage_v: Decimal
    current_a: Decimal
    totals: Totals
    working: bool = False
    arc: bool = False


class Timeline:
    """A machine's whole schedule; the same arguments always give the same values."""

    def __init__(self, kind: str, schedule: Iterable[Job], seed: int = 0) -> None:
        jobs = sorted(schedule, key=lambda job: job.start)
        for earlier, later in pairwise(jobs):
            if later.start < earlier.end:
                raise ValueError(f"job at {later.start}: expected after {earlier.end}")
        self._kind = KINDS[kind]
        self._spans = tuple(_spans(self._kind, jobs, random.Random(f"{kind}/{seed}")))
        self._starts = [span.start for span in self._spans]
        self._before = [Totals()]
        for span in self._spans:
            self._before.append(self._before[-1] + span.at(span.seconds)[1])

    def at(self, instant: dt.datetime) -> Moment:
        """Tell what the machine does at an instant."""
        index = bisect_right(self._starts, instant) - 1
        if index >= 0:
            span = self._spans[index]
            elapsed_s = _seconds(span.start, instant)
            if elapsed_s < span.seconds:
                phase, totals = span.at(elapsed_s)
                power_w, current_a = span.level(phase)
                totals = self._before[index] + totals
                return Moment(power_w, phase.voltage_v, current_a, totals, span.working, phase.arc)
        off_v = _MAINS_V if self._kind.idle.voltage_v == _MAINS_V else Decimal(0)
        return Moment(Decimal(0), off_v, Decimal(0), self._before[index + 1])


def _seconds(start: dt.datetime, end: dt.datetime) -> Decimal:
    return Decimal((end - start) // _MICROSECOND) / 1_000_000


def _spans(kind: Kind, jobs: Sequence[Job], chance: random.Random) -> Iterable[_Span]:
    around = kind.idle_s * _SECOND
    one = Decimal(1)
    for number, job in enumerate(jobs):
        earlier_end = jobs[number - 1].end if number else None
        on_from = job.start - around
        if earlier_end is not None:
            on_from = max(on_from, min(earlier_end + around, job.start))
        if on_from < job.start:
            yield _Span(on_from, _seconds(on_from, job.start), (), (kind.idle,), one, False)
        load = 1 + Decimal(chance.randint(-kind.spread_pct, kind.spread_pct)) / 100
        seconds = _seconds(job.start, job.end)
        yield _Span(job.start, seconds, kind.warm_up, kind.cycle, load, True)
        later_start = jobs[number + 1].start if number + 1 < len(jobs) else None
        off_from = job.end + around
        if later_start is not None:
            off_from = min(off_from, later_start)
        if job.end < off_from:
            yield _Span(job.end, _seconds(job.end, off_from), (), (kind.idle,), one, False)
