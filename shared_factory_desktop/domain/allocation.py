"""Shares of a rounded sum that add up to it, for amounts that are printed rounded."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def allocate(amounts: Sequence[Fraction], total: int) -> tuple[int, ...]:
    """Round exact amounts (in the unit of `total`) to whole ones that add up to `total`.

    By the largest remainder, ties by order. Where the amounts add up to something else altogether,
    as under a minimum or maximum, each gets its share of the total. No amounts give no shares.
    """
    if not amounts:
        return ()
    if abs(sum(amounts, Fraction(-total))) >= 1:
        amounts = _scaled(amounts, total)
    floors = [amount.numerator // amount.denominator for amount in amounts]
    missing = total - sum(floors)
    by_remainder = sorted(range(len(amounts)), key=lambda i: floors[i] - amounts[i])
    for index in by_remainder[:missing]:
        floors[index] += 1
    return tuple(floors)


def _scaled(amounts: Sequence[Fraction], total: int) -> Sequence[Fraction]:
    weights = [abs(amount) for amount in amounts]
    whole = sum(weights, Fraction(0))
    if not whole:
        return [Fraction(total, len(amounts))] * len(amounts)
    return [total * weight / whole for weight in weights]
