"""A calibration under way as JSON and back, exactly: decimals as text, instants in UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from shared_factory_desktop.domain.calibration import Rule, Verdict
from shared_factory_desktop.domain.calibration_fit import Model
from shared_factory_desktop.services.workflows.calibrating import (
    Comparison,
    Counting,
    Draft,
    Phase,
    Run,
    Step,
)

_PLAIN = (
    "meter",
    "quantity",
    "begun_by",
    "revision",
    "step",
    "standard",
    "reference_meter",
    "method",
    "reason",
    "place",
    "rule",
    "model",
    "verdict",
    "remarks",
)


def draft_json(draft: Draft) -> dict[str, Any]:
    """Give a draft as JSON values."""
    return {
        **{name: getattr(draft, name) for name in _PLAIN},
        "begun_at": draft.begun_at.isoformat(),
        "temperature_c": _text(draft.temperature_c),
        "humidity_percent": _text(draft.humidity_percent),
        "as_found": _points_json(draft.as_found),
        "as_left": _points_json(draft.as_left),
        "counting": _counting_json(draft.counting),
    }


def read_draft(body: Mapping[str, Any]) -> Draft:
    """Give the draft that `draft_json` wrote; raises KeyError, TypeError or ValueError for what it
    cannot have written.
    """
    counting = body["counting"]
    changed = {
        "begun_at": dt.datetime.fromisoformat(body["begun_at"]),
        "step": Step(body["step"]),
        "temperature_c": _decimal(body["temperature_c"]),
        "humidity_percent": _decimal(body["humidity_percent"]),
        "rule": Rule(body["rule"]),
        "model": Model(body["model"]),
        "verdict": None if body["verdict"] is None else Verdict(body["verdict"]),
        "as_found": _points(body["as_found"]),
        "as_left": _points(body["as_left"]),
        "counting": None if counting is None else _counting(counting),
    }
    return Draft(**{field.name: body[field.name] for field in fields(Draft)} | changed)


def _points_json(points: Sequence[Comparison]) -> list[dict[str, Any]]:
    return [
        {
            "nominal": one.nominal,
            "runs": [
                {
                    "indicated": f"{run.indicated:f}",
                    "reference": f"{run.reference:f}",
                    "at": run.at.isoformat(),
                }
                for run in one.runs
            ],
        }
        for one in points
    ]


def _points(bodies: Sequence[Mapping[str, Any]]) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            body["nominal"],
            tuple(
                Run(
                    Decimal(run["indicated"]),
                    Decimal(run["reference"]),
                    dt.datetime.fromisoformat(run["at"]),
                )
                for run in body["runs"]
            ),
        )
        for body in bodies
    )


def _counting_json(counting: Counting | None) -> dict[str, Any] | None:
    if counting is None:
        return None
    return {
        "phase": counting.phase,
        "nominal": counting.nominal,
        "register": f"{counting.register:f}",
        "reference_register": _text(counting.reference_register),
        "at": counting.at.isoformat(),
    }


def _counting(body: Mapping[str, Any]) -> Counting:
    return Counting(
        Phase(body["phase"]),
        body["nominal"],
        Decimal(body["register"]),
        _decimal(body["reference_register"]),
        dt.datetime.fromisoformat(body["at"]),
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
