"""Registers as if their meters had read right: what calibrations make of a session's use.

A register goes on from its first value; from there on each difference counts times the gain that
was in force at that time (pricing contract, operation 1). What was read never changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.domain.decimals import half_up, plain
from shared_factory_desktop.domain.instants import microseconds
from shared_factory_desktop.domain.sessions import AppliedGain, Pieces, SessionUse
from shared_factory_desktop.domain.usage import Series, used

Factor = Callable[[dt.datetime, dt.datetime], Fraction]  # over a stretch that is not split further

_PIECES = "pieces"
_ONE = Fraction(1)


def gains_over(
    calibrations: Iterable[Calibration], start: dt.datetime, end: dt.datetime
) -> tuple[AppliedGain, ...]:
    """Give the gains that count in [start, end), of one register's calibrations in order: the last
    one from before and all that begin within.
    """
    begun = [one for one in calibrations if one.effective_at < end or one.effective_at <= start]
    before = [one for one in begun if one.effective_at <= start][-1:]
    within = [one for one in begun if one.effective_at > start]
    return tuple(
        AppliedGain(
            one.number,
            one.version,
            one.meter,
            one.quantity,
            one.coefficients.gain,
            one.effective_at,
        )
        for one in (*before, *within)
    )


def corrected_use(use: SessionUse, gains: Mapping[str, Sequence[AppliedGain]]) -> SessionUse:
    """Correct a use by the gains of its measures' registers, by measure; it tells which.

    Pieces that a register counted are whole ones, half up.
    """
    applied = {name: gains[name] for name in use.readings if gains.get(name)}
    changed = _with_readings(
        use, {name: corrected(use.readings[name], applied[name]) for name in applied}
    )
    told = dict.fromkeys(gain for some in applied.values() for gain in some)
    return replace(changed, gains=tuple(told))


def corrected(series: Series, gains: Sequence[AppliedGain]) -> Series:
    """Correct a register's series by gains in order of `effective_at`; before the first it is 1.

    Where the gain changes between two values, the register stood on the straight line between
    them; what does not terminate has 12 decimals, half up.
    """
    if all(one.gain == 1 for one in gains):
        return series
    edges = [one.effective_at for one in gains]
    return stretched(series, edges, lambda start, _end: gain_at(gains, start))


def gain_at(gains: Iterable[AppliedGain], at: dt.datetime) -> Fraction:
    """Give the gain in force at an instant, 1 before the first."""
    begun = [one.gain for one in gains if one.effective_at <= at]
    return Fraction(begun[-1]) if begun else _ONE


def stretched(series: Series, edges: Iterable[dt.datetime], factor: Factor) -> Series:
    """Multiply each difference of a series by `factor` of its stretch; the series is split at
    `edges` first. The first value stays; what does not terminate has 12 decimals, half up.
    """
    parts = _split(series, edges)
    level = Fraction(parts[0][1]) if parts else Fraction(0)
    result = list(parts[:1])
    for (start, low), (end, high) in pairwise(parts):
        level += (Fraction(high) - Fraction(low)) * factor(start, end)
        result.append((end, _decimal(level)))
    return tuple(result)


def with_series(use: SessionUse, name: str, series: Series) -> SessionUse:
    """Give a use with another series of one measure, and the pieces it counts."""
    return _with_readings(use, {name: series})


def _with_readings(use: SessionUse, changed: Mapping[str, Series]) -> SessionUse:
    pieces = use.pieces
    if pieces is not None and changed.get(_PIECES):
        pieces = Pieces(half_up(Fraction(used(changed[_PIECES]))), pieces.scrap)
    return replace(use, readings={**use.readings, **changed}, pieces=pieces)


def _split(series: Series, edges: Iterable[dt.datetime]) -> Series:
    """Add the values at instants inside a series between its own."""
    if not series:
        return ()
    known = {at for at, _ in series}
    first, last = series[0][0], series[-1][0]
    inside = {edge for edge in edges if first < edge < last} - known
    added = ((edge, _level(series, edge)) for edge in inside)
    return tuple(sorted((*series, *added), key=lambda one: one[0]))


def _level(series: Series, at: dt.datetime) -> Decimal:
    """Give a register between two of its values, on the straight line."""
    low_at, low = next(one for one in reversed(series) if one[0] < at)
    high_at, high = next(one for one in series if one[0] > at)
    past_us = microseconds(at) - microseconds(low_at)
    whole_us = microseconds(high_at) - microseconds(low_at)
    return _decimal(Fraction(low) + (Fraction(high) - Fraction(low)) * Fraction(past_us, whole_us))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(plain(value))
