"""What a meter that was found wrong registered too much or too little since it was last right.

True quantity = registered / (1 + e), hence correction = registered · (−e)/(1 + e), with the error e
that was found, not what exceeds the limit (Illinois 501.400).  Where the error began is not known:
half of the time since the last test is taken, 供电营业规则 on errors beyond the limit, or what
else the parties agreed upon.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from shared_factory_desktop.domain.calibration import Point
from shared_factory_desktop.domain.calibration_due import months_after
from shared_factory_desktop.domain.calibration_uncertainty import mean
from shared_factory_desktop.domain.instants import microseconds
from shared_factory_desktop.domain.rounding import Exact

UNCORRECTED = Decimal(1)  # the gain of a meter without coefficients

_WORKING = Context(prec=40)


class Policy(StrEnum):
    """From when on past use is corrected, and by how much of the error."""

    NONE = "none"
    HALF_TIME = "half-time"  # the whole error, over the later half since the last test
    SINCE = "since"  # the whole error, since the known day of its cause
    DRIFT = "drift"  # from nothing at the last test evenly to the whole error


def within_limits(as_found: Sequence[Point], gain: Decimal = UNCORRECTED) -> bool:
    """Tell whether no point was found beyond its limit: then no past use is corrected.

    `gain` is the one in force when the meter was found so: the bills were made from what it
    indicated times this, and are right where the product is.
    """
    return all(
        abs(_billed(Fraction(point.error), gain)) <= Fraction(point.limit) for point in as_found
    )


def found_error(as_found: Sequence[Point], gain: Decimal = UNCORRECTED) -> Fraction:
    """Give the one error that stands for all points found, of what was billed with the `gain` then
    in force.

    It is 1/b − 1 with the gain b of the least squares through the origin, so that past use is
    corrected as later use is; heavy loads, where the quantity is used, weigh more.  Raises
    ValueError where nothing was indicated.
    """
    pairs = [(mean(point.indicated), Fraction(point.reference)) for point in as_found]
    crossed = sum(x * y for x, y in pairs)
    if not crossed:
        raise ValueError(f"{len(pairs)} points: expected one with a load")
    return _billed(sum((x * x for x, _ in pairs), Fraction(0)) / crossed - 1, gain)


def correction(registered: Exact, error: Exact) -> Fraction:
    """Give what is to be added to a registered quantity, in its unit; negative is a refund."""
    return Fraction(registered) * (_true_share(Fraction(error)) - 1)


def affected_from(
    policy: Policy,
    last_test: dt.datetime,
    found_at: dt.datetime,
    cap_months: int | None = None,
    known: dt.datetime | None = None,
) -> dt.datetime | None:
    """Give the instant (UTC) from which past use is corrected, None where none is.

    `last_test`: when the meter was last right, or was installed.  `known`: when the error's cause
    began, for SINCE; before the last test it cannot have.  `cap_months` reaches back from
    `found_at`, in the time zone of that.  ValueError where the instants contradict each other.
    """
    if last_test > found_at:
        raise ValueError(f"last test {last_test}: expected none after {found_at}")
    if policy is Policy.NONE:
        return None
    start = last_test.astimezone(dt.UTC)
    if policy is Policy.HALF_TIME:
        start += (found_at.astimezone(dt.UTC) - start) / 2
    elif policy is Policy.SINCE:
        start = max(start, _cause(known, found_at))
    if cap_months is not None:
        start = max(start, months_after(found_at, -cap_months).astimezone(dt.UTC))
    return start


def factor_at(
    policy: Policy,
    error: Exact,
    last_test: dt.datetime,
    found_at: dt.datetime,
    at: dt.datetime,
) -> Fraction:
    """Give the true quantity per registered one at an instant of the affected time.

    The whole error counts at each instant; of a drift, its part at `at`.
    """
    if policy is Policy.NONE:
        return Fraction(1)
    whole = Fraction(error)
    if policy is Policy.DRIFT:
        whole *= _elapsed_share(last_test, found_at, at)
    return _true_share(whole)


def factor_over(
    policy: Policy,
    error: Exact,
    last_test: dt.datetime,
    found_at: dt.datetime,
    start: dt.datetime,
    end: dt.datetime,
) -> Fraction:
    """Give the true quantity per registered one over a time in which it was used evenly.

    Of a drift this is an integral: ln((1 + e₂)/(1 + e₁))/(e₂ − e₁) with the errors at both ends,
    to 40 digits, and what the stretches before the last test and after the finding add.
    """

    def factor(at: dt.datetime) -> Fraction:
        return factor_at(policy, error, last_test, found_at, at)

    bends = [at for at in (last_test, found_at) if start < at < end]
    marks = [start, *bends, end]
    whole = microseconds(end) - microseconds(start)
    if whole == 0:
        return factor(start)
    return (
        sum(
            (
                _mean_of_drift(factor(one), factor(two)) * (microseconds(two) - microseconds(one))
                for one, two in pairwise(marks)
            ),
            Fraction(0),
        )
        / whole
    )


def _mean_of_drift(first: Fraction, last: Fraction) -> Fraction:
    """Give the mean of 1/(1 + e) while e grows evenly from the one that gives `first` on."""
    if first == last:
        return first
    ratio = first / last
    divided = _WORKING.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))
    return Fraction(_WORKING.ln(divided)) / (1 / last - 1 / first)


def _billed(error: Fraction, gain: Decimal) -> Fraction:
    """Give the error of an indication that was multiplied by a gain."""
    return (1 + error) * Fraction(gain) - 1


def _cause(known: dt.datetime | None, found_at: dt.datetime) -> dt.datetime:
    if known is None or known > found_at:
        raise ValueError(f"cause known since {known}: expected an instant up to {found_at}")
    return known.astimezone(dt.UTC)


def _true_share(error: Fraction) -> Fraction:
    """Give 1/(1 + e); ValueError for a meter that registers nothing at all."""
    if error <= -1:
        raise ValueError(f"error {error}: expected more than -1, a meter that registers")
    return 1 / (1 + error)


def _elapsed_share(last_test: dt.datetime, found_at: dt.datetime, at: dt.datetime) -> Fraction:
    """Give how much of the time from the last test to the finding is over, within 0 and 1."""
    if at >= found_at:
        return Fraction(1)
    if at <= last_test:
        return Fraction(0)
    begin = microseconds(last_test)
    return Fraction(microseconds(at) - begin, microseconds(found_at) - begin)
