"""Decimal text in and out, exactly: what the contracts call a decimal, and how an exact number is
printed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_PRINTED_PLACES = 12


def parse_decimal(text: str) -> Decimal:
    """Read `-?digits[.digits]` (pricing contract, fine print 15); raises ValueError for anything
    else.
    """
    if not _DECIMAL.match(text):
        raise ValueError(text)
    return Decimal(text)


@lru_cache(maxsize=4096)
def exact(value: Decimal) -> Fraction:
    """Give a decimal as a fraction; those of a tariff are asked for with every session."""
    return Fraction(value)


def half_up(value: Fraction, places: int = 0) -> int:
    """Round to `places` decimals, half away from zero; gives the integer count of 10^-places."""
    return divided(value.numerator * int(10**places), value.denominator)


def divided(dividend: int, divisor: int) -> int:
    """Divide by a positive number, rounding to a whole one, half away from zero."""
    rounded = (2 * abs(dividend) + divisor) // (2 * divisor)
    return -rounded if dividend < 0 else rounded


def plain(value: Fraction | Decimal | int) -> str:
    """Print exactly without trailing zeros; what does not terminate to 12 decimals, half up (fine
    print 1).
    """
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    places = _terminating_places(exact.denominator)
    if places is None:
        text = fixed(half_up(exact, _PRINTED_PLACES), _PRINTED_PLACES)
        return text.rstrip("0").rstrip(".") if "." in text else text
    return fixed(int(exact * 10**places), places)


def fixed(scaled: int, places: int) -> str:
    """Print an integer count of 10^-places with exactly `places` decimals: `fixed(8849, 2)` is
    `88.49`.
    """
    if places == 0:
        return str(scaled)
    sign = "-" if scaled < 0 else ""
    whole, part = divmod(abs(scaled), 10**places)
    return f"{sign}{whole}.{part:0{places}d}"


def _terminating_places(denominator: int) -> int | None:
    """Give how many decimals a fraction in lowest terms needs, or None where it never ends."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator //= 2
        twos += 1
    while denominator % 5 == 0:
        denominator //= 5
        fives += 1
    return max(twos, fives) if denominator == 1 else None
