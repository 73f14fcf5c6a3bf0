"""A meter found 0.45 % fast by a standard, as the tests of storage and services record it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shared_factory_desktop.domain.calibration import (
    Calibration,
    Coefficients,
    Decision,
    Instrument,
    Point,
    Rule,
    Standard,
    Verdict,
)

PERFORMED = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)

INSTRUMENT = Instrument(
    meter="M-1",
    quantity="energy_wh",
    serial="SN-1",
    maker="Eastron",
    model="SDM120",
    measuring_range="0.25-5(45) A",
    resolution=Decimal("10"),
    accuracy_class="1",
    limit=Decimal("0.01"),
    location="一号车间",
    interval_months=12,
    legal_use="internal",
)
STANDARD = Standard(
    id="STD-1",
    name="标准电能表",
    serial="B-7",
    traceability="冀计 2026-0001, 河北省计量院",
    uncertainty=Decimal("0.0005"),
    coverage=Decimal(2),
    due=dt.date(2026, 12, 31),
)
FOUND = Point(
    nominal="20 % In",
    reference=Decimal("10000"),
    indicated=(Decimal("10045"), Decimal("10045.50")),
    error=Decimal("0.004525"),
    limit=Decimal("0.01"),
    expanded=Decimal("0.00096"),
    decision=Decision.PASS,
)
CALIBRATION = Calibration(
    number="",
    version=0,
    meter="M-1",
    quantity="energy_wh",
    standard="STD-1",
    method="JJG 596-2012",
    reason="periodic",
    temperature_c=Decimal("23.1"),
    humidity_percent=None,
    place="一号车间",
    operator="li",
    reviewer=None,
    performed_at=PERFORMED,
    as_found=(FOUND,),
    as_left=(),
    adjusted=False,
    coefficients=Coefficients(
        Decimal("0.9954951"), Decimal("0"), Decimal("0.000137"), Decimal("0.00")
    ),
    effective_at=PERFORMED + dt.timedelta(hours=1),
    rule=Rule.ZONES,
    verdict=Verdict.PASS,
    valid_until=dt.date(2027, 3, 1),
    remarks="",
)


def calibration(**changes: Any) -> Calibration:
    """Give the calibration with some of it otherwise."""
    return replace(CALIBRATION, **changes)
