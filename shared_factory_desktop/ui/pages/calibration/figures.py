"""How measured values are written on the page: errors as percentages, rounded once by GB/T 8170."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.calibration import Decision, Point
from shared_factory_desktop.domain.calibration_due import DueState
from shared_factory_desktop.domain.calibration_uncertainty import mean, scatter
from shared_factory_desktop.domain.decimals import parse_decimal, plain
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.rounding import (
    Exact,
    rounded,
    rounded_to_digits,
    rounded_with_uncertainty,
)
from shared_factory_desktop.ui.formats import NOTHING
from shared_factory_desktop.ui.theme import Palette

FAILED = "failed"
_LIMIT_PLACES = 3
_DIGITS = 6  # of a value whose uncertainty is not asked for
_SHAPES = {  # each state's own, so that it is told without colour
    FAILED: ("▲", "fault"),
    DueState.OVERDUE: ("▲", "fault"),
    DueState.NEVER: ("?", "unknown"),
    DueState.DUE_7: ("◆", "idle"),
    DueState.DUE_30: ("◇", "idle"),
    DueState.OK: ("●", "working"),
    Decision.PASS: ("●", "working"),
    Decision.CONDITIONAL_PASS: ("◐", "idle"),
    Decision.CONDITIONAL_FAIL: ("◇", "idle"),
    Decision.FAIL: ("▲", "fault"),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A number as somebody typed it; `text` raises Refused where it is none."""

    text: str

    def number(self) -> Decimal | None:
        """Give the number, None where nothing was typed."""
        text = self.text.strip().replace("，", ",").replace(",", "")
        if not text:
            return None
        try:
            return parse_decimal(text)
        except ValueError:
            raise refused(Kind.INPUT, "calibrating-number", seen=self.text) from None


def shaped(state: str, word: str) -> str:
    """Write a state's word after its shape."""
    return f"{_SHAPES[state][0]} {word}"


def colour(palette: Palette, state: str) -> str:
    """Give the colour of a state's word."""
    return palette.word(_SHAPES[state][1])


def error_percent(point: Point) -> str:
    """Write a point's error in percent, to the place of its uncertainty."""
    return f"{rounded_with_uncertainty(point.error * 100, point.expanded * 100)[0]:+f}"


def expanded_percent(point: Point) -> str:
    """Write a point's expanded uncertainty in percent, to two significant digits."""
    return f"{rounded_to_digits(point.expanded * 100, 2):f}"


def percent(share: Exact) -> str:
    """Write a share in percent, to at most three decimals."""
    return plain(rounded(Fraction(share) * 100, _LIMIT_PLACES))


def value(exact: Exact) -> str:
    """Write a measured value to six significant digits."""
    return plain(rounded_to_digits(exact, _DIGITS)) if exact else "0"


def small(exact: Exact) -> str:
    """Write an uncertainty or a residual to two significant digits."""
    return f"{rounded_to_digits(exact, 2):f}" if exact else "0"


def mean_of(readings: Iterable[Decimal]) -> str:
    """Write the mean of some readings."""
    return value(mean(tuple(readings)))


def scatter_of(readings: Iterable[Decimal]) -> str:
    """Write the standard deviation of single readings; nothing for fewer than two."""
    deviation = scatter(tuple(readings))
    return NOTHING if deviation is None else small(deviation)
