"""Says the values of a certificate: measured values rounded once (GB/T 8170) with their units,
shares as percentages, instants in the factory's time.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import Decision, Point
from shared_factory_desktop.domain.calibration_uncertainty import mean
from shared_factory_desktop.domain.certificate import CertificateDocument, certificate_sha256
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.rounding import (
    Exact,
    rounded,
    rounded_to_digits,
    rounded_with_uncertainty,
)
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.words import Words

NOTHING = "—"
_SCANNED_DIGITS = 16
_PLACES = 6  # of a value whose uncertainty was given as 0
_SPELT_OUT = str.maketrans({"℃": "°C", "℉": "°F"})  # blank in WenQuanYi Micro Hei
_UNITS = (
    ("_wh", "Wh"),
    ("_w", "W"),
    ("_ah", "Ah"),
    ("_a", "A"),
    ("_v", "V"),
    ("_mm", "mm"),
    ("_g", "g"),
    ("_l", "L"),
    ("_s", "s"),
    ("_c", "°C"),
    ("_pct", "%"),
)


def scanned(document: CertificateDocument) -> str:
    """Give what the code on paper and label holds: the number and the start of the hash."""
    return f"{document.number}|{certificate_sha256(document)[:_SCANNED_DIGITS]}"


def printable(text: str | None) -> str:
    """Give text on one line, without characters that common fonts list but leave blank."""
    return cleaned(text).translate(_SPELT_OUT)


def unit(words: Words, quantity: str) -> str:
    """Say the unit a quantity is recorded in: `energy_wh` in Wh, pieces in 件."""
    for suffix, sign in _UNITS:
        if quantity.endswith(suffix):
            return sign
    return words("exports.unit.piece")


def percent(share: Exact) -> str:
    """Print a share as a percentage, exactly."""
    return plain(Fraction(share) * 100)


def reported(value: Exact, expanded: Exact) -> tuple[str, str]:
    """Print a result and its uncertainty: two significant digits, the result to the same place."""
    if expanded == 0:
        return plain(rounded(value, _PLACES)), "0"
    result, uncertainty = rounded_with_uncertainty(value, expanded)
    return f"{result:f}", f"{uncertainty:f}"


def error(point: Point) -> tuple[str, str]:
    """Print a point's error and its expanded uncertainty, both in per cent, the error signed."""
    result, uncertainty = reported(Fraction(point.error) * 100, Fraction(point.expanded) * 100)
    return f"{Decimal(result):+f}" if Decimal(result) > 0 else result, uncertainty


def indicated(point: Point) -> str:
    """Print the mean of a point's readings, as finely as the uncertainty there warrants."""
    return reported(
        mean(point.indicated), abs(Fraction(point.expanded) * Fraction(point.reference))
    )[0]


def uncertain(value: Decimal) -> str:
    """Print a standard uncertainty to two significant digits."""
    return f"{rounded_to_digits(value, 2):f}" if value else "0"


def standard_uncertainty(document: CertificateDocument) -> str:
    """Say the uncertainty of the reference standard."""
    standard = document.standard
    return f"U = {percent(standard.uncertainty)} % (k = {plain(standard.coverage)})"


def day(words: Words, date: dt.date | None) -> str:
    """Say a day, or that there is none."""
    return phrases.date(words, date) if date else NOTHING


def local_day(words: Words, document: CertificateDocument, moment: dt.datetime | None) -> str:
    """Say the local day of an instant, or that there is none."""
    return day(words, local(document, moment).date() if moment else None)


def local(document: CertificateDocument, moment: dt.datetime) -> dt.datetime:
    """Give an instant in the factory's time zone."""
    return moment.astimezone(ZoneInfo(document.timezone))


def instant(document: CertificateDocument, moment: dt.datetime) -> str:
    """Print an instant to the second in the factory's time zone, which it names."""
    return f"{phrases.instant(local(document, moment))} {document.timezone}"


def tally(words: Words, points: Sequence[Point]) -> str:
    """Say how many points conform and how many do not."""
    counts = Counter(point.decision for point in points)
    return words("certificate.tally-join").join(
        words("certificate.tally", decision=decision(words, one), count=counts[one])
        for one in Decision
        if counts[one]
    )


def decision(words: Words, code: Decision) -> str:
    """Say whether a point conforms."""
    return words(f"certificate.decision.{code}")
