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
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.statement import Statement
from shared_factory_desktop.domain.statement_json import price_document
from shared_factory_desktop.domain.tables import WrittenFloat
from shared_factory_desktop.domain.usage_file import read_usage
from shared_factory_desktop.services.floor import read_text, read_toml


@dataclass(frozen=True, slots=True)
class PricedFiles:
    """Statements of a usage file, the contract's document, and warnings."""

    statements: tuple[Statement, ...]
    document: Mapping[str, Any]
    warnings: tuple[Cause, ...]


def price_files(floor_path: Path, usage_path: Path, period: str, tenant: str | None) -> PricedFiles:
    """Price a usage file under a floor file; raises InputRefused with all that is wrong."""
    floor = read_floor(read_toml(floor_path), floor_path.name)
    uses = read_usage(read_json(usage_path), usage_path.name, floor)
    if tenant is not None and floor.tenant(tenant) is None:
        raise refused(Kind.INPUT, "unknown-tenant", tenant=tenant)
    span = read_period(period)
    priced = price(floor, uses, span.start, span.end, tenant)
    return PricedFiles(
        priced.statements, price_document(priced.statements, span.start, span.end), priced.warnings
    )


def read_json(path: Path) -> Mapping[str, Any]:
    """Read a JSON object; raises InputRefused."""
    try:
        data = json.loads(read_text(path), parse_float=WrittenFloat)
    except json.JSONDecodeError as error:
        problem = Problem(f"{error.lineno}:{error.colno}", "json", error.msg, file=path.name)
        raise InputRefused([problem]) from None
    except (ValueError, RecursionError) as error:
        raise InputRefused([Problem("", "json", str(error), file=path.name)]) from None
    if not isinstance(data, dict):
        raise InputRefused([Problem("", "table", type(data).__name__, file=path.name)])
    return data
