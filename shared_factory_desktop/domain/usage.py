"""Readings and state changes into what a session used: the one way from the meter to the bill."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared_factory_desktop.domain.readings import Fault, Quality, Reading, State, StateChange
from shared_factory_desktop.domain.sessions import Pieces, Session, SessionUse, Span

_POWERED = (State.IDLE, State.WORKING)
_BOOKED = (Quality.GOOD, Quality.SUBSTITUTE)
Series = tuple[tuple[dt.datetime, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A register's use as a series that never falls; `good` if every value it rests on is."""

    series: Series
    good: bool


def usage_of(
    session: Session,
    changes: Sequence[StateChange],
    readings: Mapping[str, Sequence[Reading]],
    wraps: Mapping[str, Decimal | None],
    until: dt.datetime,
) -> SessionUse:
    """Build the use of `session` up to its end, or up to `until` while it runs.

    `changes`: the machine's, ordered, from the last one at or before the start on.
    `readings`: per measure, those
    of its register from the start reading on. `wraps`: per measure, where the register rolls over.
    """
    end = session.end or until
    measured = {
        name: measure(values, session.start, end, wraps.get(name))
        for name, values in readings.items()
    }
    good = all(m.good for m in measured.values()) and not _unknown_within(
        changes, session.start, end
    )
    series = {name: m.series for name, m in measured.items() if m.series}
    return SessionUse(
        id=session.id,
        machine=session.machine,
        tenant=session.tenant,
        start=session.start,
        end=session.end,
        job=session.job,
        working=spans(changes, (State.WORKING,), session.start, end),
        powered=spans(changes, _POWERED, session.start, end),
        pieces=_pieces(series),
        readings=series,
        quality=Quality.GOOD if good and session.quality is Quality.GOOD else Quality.SUSPECT,
    )


def spans(
    changes: Iterable[StateChange], states: Sequence[State], start: dt.datetime, end: dt.datetime
) -> tuple[Span, ...]:
    """Give the times within [start, end) at which the machine was in one of `states`, joined where
    they touch.
    """
    found: list[Span] = []
    for since, until, state in _stretches(changes, start, end):
        if state not in states:
            continue
        if found and found[-1][1] == since:
            found[-1] = (found[-1][0], until)
        else:
            found.append((since, until))
    return tuple(found)


def measure(
    readings: Sequence[Reading], start: dt.datetime, end: dt.datetime, wrap: Decimal | None
) -> Measured:
    """Turn register readings into a series that never falls, from `start` to `end`.

    Rejected readings in between change nothing. At a recorded reset the parts before and after
    are added, the later one from the rejected value next before it, which the register went on
    from, unless a missing one lies between; at a roll-over the part through the wrap is. A fall
    that nobody recorded as either adds nothing and is not good. The series carries on from the
    first value, so that it stays a register's: its last less its first is the use.
    """
    booked: list[tuple[dt.datetime, Decimal]] = []
    good = not any(_spans_hole(reading) for reading in readings if start < reading.at <= end)
    level = base = Decimal(0)
    held: Decimal | None = None  # the newest rejected value: where a reset register goes on from
    for reading in readings:
        if reading.at > end:
            continue
        if reading.value is None or not _counts(reading):
            held = reading.value  # None after a missing one: the next may be another meter's
            continue
        if reading.fault is Fault.RESET:
            base = reading.value if held is None else held
            level = booked[-1][1] if booked else base
        elif not booked:
            level = base = reading.value
        elif reading.fault is Fault.ROLLOVER and wrap is not None:
            base -= wrap
        if booked and level + reading.value - base < booked[-1][1]:
            level, base, good = booked[-1][1], reading.value, False
        good = good and reading.quality is Quality.GOOD
        held = None
        booked.append((max(reading.at, start), level + reading.value - base))
    return Measured(_pinned(booked, start, end), good and bool(booked))


def _counts(reading: Reading) -> bool:
    """Tell a value that was accepted, be it as the first one after a reset."""
    return reading.fault is Fault.RESET or reading.quality in _BOOKED


def _spans_hole(reading: Reading) -> bool:
    """Tell a counter made here that could not count all the time: the use is at least its own."""
    return reading.fault is Fault.DERIVED and reading.quality is Quality.SUSPECT


def clock_s(found: Iterable[Span]) -> Decimal:
    """Add up spans, exact seconds."""
    total = sum((until - since for since, until in found), dt.timedelta())
    return Decimal(total // dt.timedelta(microseconds=1)) / 1_000_000


def used(series: Series) -> Decimal:
    """Give the use of a series: last less first; 0 for an empty one."""
    return series[-1][1] - series[0][1] if series else Decimal(0)


def _pinned(
    booked: list[tuple[dt.datetime, Decimal]], start: dt.datetime, end: dt.datetime
) -> Series:
    """Date the first value at the start and the last at the end: meters are read one after the
    other.
    """
    if not booked:
        return ()
    pinned = [(start, booked[0][1])]
    pinned += [(at, value) for at, value in booked[1:] if start < at < end]
    return (*pinned, (end, booked[-1][1])) if end > start else tuple(pinned[:1])


def _stretches(
    changes: Iterable[StateChange], start: dt.datetime, end: dt.datetime
) -> Iterable[tuple[dt.datetime, dt.datetime, State]]:
    """Cut [start, end) into stretches of one state; before the first change it is unknown."""
    since, state = start, State.UNKNOWN
    for change in changes:
        at = min(max(change.at, start), end)
        if at > since:
            yield since, at, state
        since, state = max(at, since), change.state
    if end > since:
        yield since, end, state


def _unknown_within(changes: Sequence[StateChange], start: dt.datetime, end: dt.datetime) -> bool:
    return any(state is State.UNKNOWN for _, _, state in _stretches(changes, start, end))


def _pieces(series: Mapping[str, Series]) -> Pieces | None:
    """A piece counter counts what left the machine; scrap is entered by people later."""
    counted = series.get("pieces")
    return Pieces(int(used(counted))) if counted else None
