"""The workshop the tests of this folder start from, and how they spoil one field of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.tables import WrittenFloat

FOLDER = Path(__file__).parent
REMOVED = object()  # as a value: the field is taken away

Found = tuple[str, str, str]


def floor_data() -> dict[str, Any]:
    return toml((FOLDER / "workshop.toml").read_text(encoding="utf-8"))


def usage_data() -> dict[str, Any]:
    text = (FOLDER / "usage.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text, parse_float=WrittenFloat)
    return data


def toml(text: str) -> dict[str, Any]:
    return tomllib.loads(text, parse_float=WrittenFloat)


def workshop() -> Floor:
    return read_floor(floor_data(), "workshop.toml")


def spoil(data: Any, path: str, value: object) -> None:
    """Put a value at `meter.0.unit`; a number one past the end of a list appends."""
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in way:
        data = data[step]
    if value is REMOVED:
        del data[last]
    elif isinstance(data, list) and last == len(data):
        data.append(value)
    else:
        data[last] = value


def refusal(data: dict[str, Any], base: Floor | None = None) -> tuple[Problem, ...]:
    try:
        read_floor(data, "floor.toml", base)
    except InputRefused as refused:
        return refused.problems
    return ()


def found(problems: tuple[Problem, ...]) -> list[Found]:
    return [(problem.place, problem.code, problem.seen) for problem in problems]
