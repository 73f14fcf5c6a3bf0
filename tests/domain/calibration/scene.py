"""A meter, a standard and points as the calibration tests compare them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from shared_factory_desktop.domain.calibration import Instrument, Point, Rule, Standard
from shared_factory_desktop.domain.calibration_decision import point_of

# Reference/billing 5.2: what a power meter indicated and what was true, in kW.
INDICATED = ("0", "2.512", "5.021", "7.534", "10.043")
REFERENCE = ("0", "2.5", "5", "7.5", "10")


def instrument(
    quantity: str = "power_w", limit: str = "0.01", resolution: str = "0.001"
) -> Instrument:
    return Instrument(
        meter="meter-1",
        quantity=quantity,
        serial="A-1047",
        maker="Eastron",
        model="SDM630",
        measuring_range="3 × 230 V, 5 (100) A",
        resolution=Decimal(resolution),
        accuracy_class="1",
        limit=Decimal(limit),
        location="Bay 3",
        interval_months=24,
        legal_use="internal",
    )


def standard(uncertainty: str = "0.0005") -> Standard:
    return Standard(
        id="ref-1",
        name="Reference meter 0.05",
        serial="R-9",
        traceability="DL2026-0815, provincial institute",
        uncertainty=Decimal(uncertainty),
        coverage=Decimal(2),
        due=dt.date(2027, 3, 1),
    )


def point(
    reference: str,
    *readings: str,
    limit: str = "0.01",
    uncertainty: str = "0.0005",
    rule: Rule = Rule.ZONES,
) -> Point:
    return point_of(
        f"{reference} kW",
        Decimal(reference),
        [Decimal(one) for one in readings],
        instrument(limit=limit),
        standard(uncertainty),
        rule,
    )
