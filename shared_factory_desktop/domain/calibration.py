"""What a calibration says of a meter: the instrument, the standard it was compared with, the points
found and left, and what follows from them.

Vocabulary: indicated x is what the meter showed, reference y the true value, error e = (x − y)/y
as a share (0.008 is 0.8 %), corrected value y = a + b·x.  Content after ISO/IEC 17025:2017 7.8.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

REASONS = ("initial", "periodic", "repair", "dispute")


class Decision(StrEnum):
    """Whether a point conforms to its limit (ILAC-G8:09/2019); two zones or four."""

    PASS = "pass"
    CONDITIONAL_PASS = "conditional-pass"
    CONDITIONAL_FAIL = "conditional-fail"
    FAIL = "fail"


class Rule(StrEnum):
    """How the uncertainty counts in a decision (ILAC-G8:09/2019); agreed before calibrating."""

    SIMPLE = "simple"  # the error against the limit alone
    GUARD_BAND = "guard-band"  # the limit less the uncertainty
    ZONES = "zones"  # pass, conditional pass, conditional fail, fail


class Verdict(StrEnum):
    """What is done with the meter after its points were found."""

    PASS = "pass"
    ADJUST = "adjust"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One quantity of one meter as a thing to be calibrated.

    `resolution` is the smallest step it shows, in the unit of `quantity`; `limit` the largest
    error allowed, a share of the reading; `legal_use` one of floor.LEGAL_USES.
    """

    meter: str
    quantity: str
    serial: str
    maker: str
    model: str
    measuring_range: str
    resolution: Decimal
    accuracy_class: str
    limit: Decimal
    location: str
    interval_months: int
    legal_use: str


@dataclass(frozen=True, slots=True)
class Standard:
    """A reference standard: `traceability` names its certificate and the institute, `uncertainty`
    is the expanded one as a share with its coverage factor `coverage`; of no use after `due`.
    """

    id: str
    name: str
    serial: str
    traceability: str
    uncertainty: Decimal
    coverage: Decimal
    due: dt.date


@dataclass(frozen=True, slots=True)
class Point:
    """One load at which the meter was compared.

    `nominal` names it (`20 % In`), `indicated` are the meter's readings there and `reference` the
    true value, in one unit; `error` of their mean, `limit` and `expanded` uncertainty (k = 2) are
    shares.
    """

    nominal: str
    reference: Decimal
    indicated: tuple[Decimal, ...]
    error: Decimal
    limit: Decimal
    expanded: Decimal
    decision: Decision


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Corrected value y = offset + gain · x, with the standard uncertainties of both.

    The offset is for momentary quantities only: a register's difference is multiplied by the gain.
    """

    gain: Decimal
    offset: Decimal
    gain_u: Decimal
    offset_u: Decimal


IDENTITY = Coefficients(gain=Decimal(1), offset=Decimal(0), gain_u=Decimal(0), offset_u=Decimal(0))


@dataclass(frozen=True, slots=True)
class Calibration:
    """One calibration of one quantity of a meter; a mistake is a new `version` of its `number`.

    `reason` is one of REASONS.  `coefficients` hold from `effective_at`, the instant at which the
    meter was left (IDENTITY where nothing is to be corrected); both instants are UTC.  It counts
    once somebody reviewed it.
    """

    number: str
    version: int
    meter: str
    quantity: str
    standard: str
    method: str
    reason: str
    temperature_c: Decimal | None
    humidity_percent: Decimal | None
    place: str
    operator: str
    reviewer: str | None
    performed_at: dt.datetime
    as_found: tuple[Point, ...]
    as_left: tuple[Point, ...]
    adjusted: bool
    coefficients: Coefficients
    effective_at: dt.datetime
    rule: Rule
    verdict: Verdict
    valid_until: dt.date
    remarks: str
