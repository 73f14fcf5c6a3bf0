"""Calibration records as JSON and back, exactly (decimals as text, instants in UTC), and what
platforms are told of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
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
from shared_factory_desktop.domain.records import Happening, RecordType


def instrument_json(instrument: Instrument) -> dict[str, Any]:
    """Give an instrument as JSON values."""
    return {
        "meter": instrument.meter,
        "quantity": instrument.quantity,
        "serial": instrument.serial,
        "maker": instrument.maker,
        "model": instrument.model,
        "measuring_range": instrument.measuring_range,
        "resolution": f"{instrument.resolution:f}",
        "accuracy_class": instrument.accuracy_class,
        "limit": f"{instrument.limit:f}",
        "location": instrument.location,
        "interval_months": instrument.interval_months,
        "legal_use": instrument.legal_use,
    }


def read_instrument(body: Mapping[str, Any]) -> Instrument:
    """Give the instrument that `instrument_json` wrote."""
    numbers = {name: Decimal(body[name]) for name in ("resolution", "limit")}
    return Instrument(**{**body, **numbers})


def standard_json(standard: Standard) -> dict[str, Any]:
    """Give a reference standard as JSON values."""
    return {
        "id": standard.id,
        "name": standard.name,
        "serial": standard.serial,
        "traceability": standard.traceability,
        "uncertainty": f"{standard.uncertainty:f}",
        "coverage": f"{standard.coverage:f}",
        "due": standard.due.isoformat(),
    }


def read_standard(body: Mapping[str, Any]) -> Standard:
    """Give the standard that `standard_json` wrote."""
    numbers = {name: Decimal(body[name]) for name in ("uncertainty", "coverage")}
    return Standard(**{**body, **numbers, "due": dt.date.fromisoformat(body["due"])})


def calibration_json(calibration: Calibration) -> dict[str, Any]:
    """Give a calibration as JSON values."""
    return {
        "number": calibration.number,
        "version": calibration.version,
        "meter": calibration.meter,
        "quantity": calibration.quantity,
        "standard": calibration.standard,
        "method": calibration.method,
        "reason": calibration.reason,
        "temperature_c": _text(calibration.temperature_c),
        "humidity_percent": _text(calibration.humidity_percent),
        "place": calibration.place,
        "operator": calibration.operator,
        "reviewer": calibration.reviewer,
        "performed_at": _at(calibration.performed_at),
        "as_found": [_point_json(point) for point in calibration.as_found],
        "as_left": [_point_json(point) for point in calibration.as_left],
        "adjusted": calibration.adjusted,
        "coefficients": _coefficients_json(calibration.coefficients),
        "effective_at": _at(calibration.effective_at),
        "rule": str(calibration.rule),
        "verdict": str(calibration.verdict),
        "valid_until": calibration.valid_until.isoformat(),
        "remarks": calibration.remarks,
    }


def read_calibration(body: Mapping[str, Any]) -> Calibration:
    """Give the calibration that `calibration_json` wrote."""
    changed = {
        "temperature_c": _decimal(body["temperature_c"]),
        "humidity_percent": _decimal(body["humidity_percent"]),
        "performed_at": dt.datetime.fromisoformat(body["performed_at"]),
        "as_found": tuple(_point(point) for point in body["as_found"]),
        "as_left": tuple(_point(point) for point in body["as_left"]),
        "coefficients": _coefficients(body["coefficients"]),
        "effective_at": dt.datetime.fromisoformat(body["effective_at"]),
        "rule": Rule(body["rule"]),
        "verdict": Verdict(body["verdict"]),
        "valid_until": dt.date.fromisoformat(body["valid_until"]),
    }
    return Calibration(**{**body, **changed})


def calibration_recorded(calibration: Calibration) -> Happening:
    """Tell of a calibration that was reviewed; `uncertainty` is the largest of its points', a
    share (k = 2).
    """
    points = (*calibration.as_found, *calibration.as_left)
    body = calibration_json(calibration)
    return Happening(
        RecordType.CALIBRATION,
        calibration.performed_at,
        calibration.meter,
        {
            "meter": calibration.meter,
            "quantity": calibration.quantity,
            "method": calibration.method,
            "as_found": _shares(calibration.as_found),
            "as_left": _shares(calibration.as_left),
            "coefficients": body["coefficients"],
            "effective_at": body["effective_at"],
            "uncertainty": _text(max((point.expanded for point in points), default=None)),
            "verdict": body["verdict"],
            "valid_until": body["valid_until"],
            "certificate": calibration.number,
            "version": calibration.version,
        },
    )


def _shares(points: Sequence[Point]) -> list[dict[str, str]]:
    return [
        {
            "nominal": point.nominal,
            "error": f"{point.error:f}",
            "limit": f"{point.limit:f}",
            "uncertainty": f"{point.expanded:f}",
            "decision": str(point.decision),
        }
        for point in points
    ]


def _point_json(point: Point) -> dict[str, Any]:
    return {
        "nominal": point.nominal,
        "reference": f"{point.reference:f}",
        "indicated": [f"{value:f}" for value in point.indicated],
        "error": f"{point.error:f}",
        "limit": f"{point.limit:f}",
        "expanded": f"{point.expanded:f}",
        "decision": str(point.decision),
    }


def _point(body: Mapping[str, Any]) -> Point:
    numbers = {name: Decimal(body[name]) for name in ("reference", "error", "limit", "expanded")}
    indicated = tuple(Decimal(value) for value in body["indicated"])
    changed = {**numbers, "indicated": indicated, "decision": Decision(body["decision"])}
    return Point(**{**body, **changed})


def _coefficients_json(coefficients: Coefficients) -> dict[str, str]:
    return {
        "gain": f"{coefficients.gain:f}",
        "offset": f"{coefficients.offset:f}",
        "gain_u": f"{coefficients.gain_u:f}",
        "offset_u": f"{coefficients.offset_u:f}",
    }


def _coefficients(body: Mapping[str, str]) -> Coefficients:
    return Coefficients(**{name: Decimal(value) for name, value in body.items()})


def _at(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
