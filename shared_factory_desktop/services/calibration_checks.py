"""What is wrong with a calibration, an instrument or a standard that somebody wants to record, all
of it at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import (
    REASONS,
    Calibration,
    Instrument,
    Standard,
    Verdict,
)
from shared_factory_desktop.domain.calibration_decision import ACCEPTED
from shared_factory_desktop.domain.calibration_due import next_due
from shared_factory_desktop.domain.floor import Meter
from shared_factory_desktop.domain.problems import Cause, cause
from shared_factory_desktop.domain.tables import ID

MOST_MONTHS = 120


def instrument_faults(
    instrument: Instrument, meter: Meter, measured: tuple[str, ...]
) -> Iterator[Cause]:
    """Say what keeps a quantity of a meter from being an instrument; `measured`: what it gives."""
    place = {"meter": instrument.meter, "quantity": instrument.quantity}
    if instrument.quantity not in measured:
        yield cause("instrument-quantity", **place, known=", ".join(measured))
    if instrument.legal_use != meter.legal_use:
        yield cause(
            "instrument-legal-use", **place, seen=instrument.legal_use, expected=meter.legal_use
        )
    if not 1 <= instrument.interval_months <= MOST_MONTHS:
        yield cause(
            "instrument-interval", **place, seen=instrument.interval_months, most=MOST_MONTHS
        )
    if not 0 < instrument.limit < 1:
        yield cause("instrument-limit", **place, seen=instrument.limit)
    if instrument.resolution <= 0:
        yield cause("instrument-resolution", **place, seen=instrument.resolution)


def standard_faults(standard: Standard) -> Iterator[Cause]:
    """Say what is wrong with a reference standard."""
    if not ID.match(standard.id):
        yield cause("standard-id", seen=standard.id)
    if not standard.traceability.strip():
        yield cause("standard-traceability", standard=standard.id)
    if not 0 <= standard.uncertainty < 1:
        yield cause("standard-uncertainty", standard=standard.id, seen=standard.uncertainty)
    if standard.coverage <= 0:
        yield cause("standard-coverage", standard=standard.id, seen=standard.coverage)


def calibration_faults(
    calibration: Calibration,
    instrument: Instrument,
    standard: Standard,
    now: dt.datetime,
    zone: ZoneInfo,
) -> Iterator[Cause]:
    """Say what keeps a calibration from being recorded at `now`."""
    place = {"meter": calibration.meter, "quantity": calibration.quantity}
    yield from _time_faults(calibration, instrument, standard, now, zone)
    if calibration.coefficients.gain <= 0:
        yield cause("calibration-gain", **place, seen=calibration.coefficients.gain)
    for field in ("method", "place", "operator"):
        if not getattr(calibration, field).strip():
            yield cause("calibration-empty", **place, field=field)
    if calibration.reason not in REASONS:
        known = ", ".join(REASONS)
        yield cause("calibration-reason", **place, seen=calibration.reason, known=known)
    yield from _point_faults(calibration)


def _time_faults(
    calibration: Calibration,
    instrument: Instrument,
    standard: Standard,
    now: dt.datetime,
    zone: ZoneInfo,
) -> Iterator[Cause]:
    place = {"meter": calibration.meter, "quantity": calibration.quantity}
    day = calibration.performed_at.astimezone(zone).date()
    latest = max(calibration.performed_at, calibration.effective_at)
    if latest > now:
        yield cause("calibration-future", **place, seen=_shown(latest, zone), now=_shown(now, zone))
    if calibration.effective_at.astimezone(zone).date() < day:
        yield cause(
            "calibration-effective",
            **place,
            seen=_shown(calibration.effective_at, zone),
            performed=_shown(calibration.performed_at, zone),
        )
    if day > standard.due:
        yield cause("standard-expired", standard=standard.id, due=standard.due, day=day)
    longest = next_due(day, instrument.interval_months)
    if not day <= calibration.valid_until <= longest:
        yield cause(
            "calibration-valid-until",
            **place,
            seen=calibration.valid_until,
            day=day,
            longest=longest,
        )


def _point_faults(calibration: Calibration) -> Iterator[Cause]:
    """Refuse a verdict that the points it rests on, as left where there are any, do not bear."""
    place = {"meter": calibration.meter, "quantity": calibration.quantity}
    if not calibration.as_found:
        yield cause("calibration-no-points", **place)
    if calibration.adjusted and not calibration.as_left:
        yield cause("calibration-no-as-left", **place)
    if calibration.verdict is Verdict.REJECT:
        return
    for point in calibration.as_left if calibration.adjusted else calibration.as_found:
        if point.decision not in ACCEPTED:
            yield cause(
                "calibration-verdict",
                **place,
                verdict=calibration.verdict,
                point=point.nominal,
                decision=point.decision,
            )


def _shown(at: dt.datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")
