"""Reads decimals and amounts of money as people type them on the command line."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import parse_decimal
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.problems import InputRefused, Kind, Problem, refused


def typed_decimal(option: str, text: str) -> Decimal:
    """Read a decimal. Raises InputRefused."""
    try:
        return parse_decimal(text)
    except ValueError:
        raise InputRefused([Problem(option, "decimal", text, "1200.50")]) from None


def typed_fen(option: str, text: str) -> int:
    """Read an amount in CNY; one finer than a fen is refused, not rounded."""
    amount = typed_decimal(option, text)
    if (100 * Fraction(amount)).denominator != 1:
        raise refused(Kind.INPUT, "finer-than-fen", option=option, seen=text)
    return fen(amount)
