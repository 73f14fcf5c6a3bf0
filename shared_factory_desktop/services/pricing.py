"""Pricing files without storing anything: the same function as bills, for scripts and previews."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.periods import read_period
from shared_factory_desktop.domain.problems import Cause, InputRefused, Kind, Problem, refused
from shared_factory_desktop.domain.rating import price_each
from shared_factory_desktop.domain.statement import Statement
from shared_factory_desktop.domain.statement_json import price_document
from shared_factory_desktop.domain.tables import WrittenFloat
from shared_factory_desktop.domain.usage_file import read_usage
from shared_factory_desktop.services.floor import read_text, read_toml

MAX_USAGE_BYTES = 1_000_000_000  # a million sessions with their readings


@dataclass(frozen=True, slots=True)
class PricedFiles:
    """Statements of a usage file, the contract's document, warnings, and what kept tenants from
    having a statement.
    """

    statements: tuple[Statement, ...]
    document: Mapping[str, Any]
    warnings: tuple[Cause, ...]
    errors: tuple[Problem, ...]


def price_files(floor_path: Path, usage_path: Path, period: str, tenant: str | None) -> PricedFiles:
    """Price a usage file under a floor file.

    A session that cannot be priced does not stop the statements of other tenants; raises
    InputRefused with all that is wrong where none is left, or a file cannot be read.
    """
    floor = read_floor(read_toml(floor_path), floor_path.name)
    uses = read_usage(read_json(usage_path), usage_path.name, floor)
    if tenant is not None and floor.tenant(tenant) is None:
        raise refused(Kind.INPUT, "unknown-tenant", tenant=tenant)
    span = read_period(period)
    priced = price_each(floor, uses, span.start, span.end, tenant)
    errors = tuple(_in_its_file(problem, floor_path, usage_path) for problem in priced.errors)
    if errors and not priced.statements:
        raise InputRefused(errors)
    document = price_document(priced.statements, span.start, span.end)
    return PricedFiles(priced.statements, document, priced.warnings, errors)


def _in_its_file(problem: Problem, floor_path: Path, usage_path: Path) -> Problem:
    """Name the file of what cannot be priced: sessions stand in the usage file."""
    in_usage = problem.place.startswith("session.")
    return problem.in_file(usage_path.name if in_usage else floor_path.name)


def read_json(path: Path) -> Mapping[str, Any]:
    """Read a JSON object; raises InputRefused."""
    try:
        data = json.loads(read_text(path, MAX_USAGE_BYTES), parse_float=WrittenFloat)
    except json.JSONDecodeError as error:
        problem = Problem(f"{error.lineno}:{error.colno}", "json", error.msg, file=path.name)
        raise InputRefused([problem]) from None
    except (ValueError, RecursionError) as error:
        raise InputRefused([Problem("", "json", str(error), file=path.name)]) from None
    if not isinstance(data, dict):
        raise InputRefused([Problem("", "table", type(data).__name__, file=path.name)])
    return data
