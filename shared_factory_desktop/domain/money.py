"""Money as integer fen: made by one half-up rounding, printed with two places."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import fixed, half_up


def fen(yuan: Fraction | Decimal | int) -> int:
    """Round an exact amount in CNY half-up (away from zero) to whole fen."""
    return half_up(yuan if isinstance(yuan, Fraction) else Fraction(yuan), 2)


def yuan_text(amount_fen: int) -> str:
    """Print fen as CNY with two places: 884956 is `8849.56`."""
    return fixed(amount_fen, 2)


def grouped(amount_fen: int) -> str:
    """Print fen for people, thousands separated: 884956 is `8,849.56`."""
    sign = "-" if amount_fen < 0 else ""
    whole, part = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{part:02d}"
