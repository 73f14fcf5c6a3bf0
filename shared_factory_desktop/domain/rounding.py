"""Rounding of measured values after GB/T 8170-2008: a five that nothing follows goes to the even
digit, and every value is rounded once, from the exact one.

Money is rounded otherwise (domain.decimals.half_up); no module uses both, and a test sees to it.
"""

from __future__ import annotations

from decimal import ROUND_05UP, Context, Decimal
from fractions import Fraction

Exact = Decimal | Fraction

_KEPT_DIGITS = 20
_KEEPING = Context(prec=_KEPT_DIGITS, rounding=ROUND_05UP)


def rounded(value: Exact, places: int) -> Decimal:
    """Round to `places` decimals, to tens and hundreds where negative: 12.1498 to one is 12.1,
    1.050 is 1.0, −0.0365 to three is −0.036 (GB/T 8170 3.2).
    """
    return _multiple(value, 1, -places)


def rounded_to_interval(value: Exact, interval: Decimal) -> Decimal:
    """Round to a multiple of `interval`, above 0: 60.28 by 0.5 is 60.5, 832 by 20 is 840 (the 0.5
    and 0.2 units of GB/T 8170 3.4, and every other 化整间距).  ValueError unless it is above 0.
    """
    sign, digits, exponent = interval.as_tuple()
    if sign or not interval or not isinstance(exponent, int):
        raise ValueError(f"interval {interval}: expected a number above 0")
    return _multiple(value, int("".join(map(str, digits))), exponent)


def rounded_to_digits(value: Exact, digits: int) -> Decimal:
    """Round to so many significant digits: 8.53459 to three is 8.53, 9.96 to two is 10."""
    leading = kept(value).adjusted()
    once = rounded(value, digits - 1 - leading)
    # 9.96 grows a digit; it is rounded anew from the value, not from what it became
    return once if once.adjusted() == leading else rounded(value, digits - 2 - leading)


def rounded_with_uncertainty(value: Exact, expanded: Exact) -> tuple[Decimal, Decimal]:
    """Round a result and its expanded uncertainty as they are reported: the uncertainty to two
    significant digits, the value to the same place (JJF 1059.1-2012); both in one unit.
    """
    uncertainty = rounded_to_digits(expanded, 2)
    return rounded(value, 1 - uncertainty.adjusted()), uncertainty


def kept(value: Exact) -> Decimal:
    """Give a decimal of 20 digits to keep or pass on, that rounds to fewer as the exact value does.

    ROUND_05UP never leaves a false tie behind, so that rounding it later still counts as once.
    """
    exact = Fraction(value)
    return _KEEPING.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def _multiple(value: Exact, step: int, exponent: int) -> Decimal:
    """Give the multiple of `step` · 10^`exponent` next to a value, the even one of two."""
    exact = Fraction(value) / (step * Fraction(10) ** exponent)
    whole, rest = divmod(exact.numerator, exact.denominator)
    twice = 2 * rest
    odd = whole % 2 == 1
    if twice > exact.denominator or (twice == exact.denominator and odd):
        whole += 1
    scaled = whole * step
    return Decimal(scaled * 10**exponent) if exponent > 0 else Decimal(f"{scaled}E{exponent}")
