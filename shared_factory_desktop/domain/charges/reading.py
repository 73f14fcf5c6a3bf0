"""Reads a `[[tariff.charge]]` completely, and writes one back; which keys a charge takes hangs on
its basis and its model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import Any

from shared_factory_desktop.domain import units
from shared_factory_desktop.domain.bands import BANDS
from shared_factory_desktop.domain.charges import MODELS, flat, model, unit
from shared_factory_desktop.domain.tables import ID, Table
from shared_factory_desktop.domain.tariff import Charge

BASES = ("time", "pieces", "value", "quantity", "session", "period")
ONCE = ("session", "period")  # counted, not measured: always 1
CLOCKS = ("working", "powered", "idle", "occupied", "reserved", "longer")
COUNTS = ("good", "all")
SCOPES = ("session", "period")
STEP_MODES = ("up", "nearest", "down")

_IN_BANDS = ("time", "quantity")  # what is used at known times
_BAND_KEYS = ("band_prices", "band_factors", "adder")
_ZERO = Decimal(0)
_ONE = Decimal(1)


def read_charge(table: Table) -> Charge | None:
    """Read a charge whose `id` the caller has checked; None where anything is wrong with it.

    Every problem is recorded in the table's list (pricing contract, fine print 14 and 15).
    """
    known_problems = len(table.problems)
    charge_id = table.raw("id")
    basis = table.choice("basis", BASES, required=True)
    model_key = table.choice("model", tuple(one.KEY for one in MODELS), required=True)
    if basis is None or model_key is None:
        table.accept_rest()
        return None
    if basis in ONCE and model_key != flat.KEY:
        table.problem("model", "flat-only", model_key, basis)
    charge = Charge(
        id=str(charge_id),
        name=table.text("name", "", required=True),
        basis=basis,
        model=model_key,
        params=model(model_key).read_params(table),
        **_measured(table, basis, model_key),
        **_bands(table, basis, model_key),
        **_limits(table, basis),
        tax_rate=table.decimal("tax_rate", _ZERO, _ZERO, _ONE, required=True),
        tax_class=table.text("tax_class"),
    )
    has_id = isinstance(charge_id, str) and ID.match(charge_id) is not None
    return charge if has_id and len(table.problems) == known_problems else None


def write_charge(charge: Charge) -> dict[str, Any]:
    """Write a charge as `read_charge` reads it: defaults left out, decimals as they were given."""
    written = _table(charge, always="tax_rate")
    del written["params"]
    return {**written, **_table(charge.params)}


def _measured(table: Table, basis: str, model_key: str) -> dict[str, Any]:
    """Read what is counted, in which unit and steps, how much of it is free."""
    found: dict[str, Any] = {"scope": table.choice("scope", SCOPES, "session")}
    if basis in ONCE:
        return found
    if basis == "time":
        found["clock"] = table.choice("clock", CLOCKS, required=True)
    elif basis == "pieces":
        found["counts"] = table.choice("counts", COUNTS, "good")
    elif basis == "quantity":
        found["quantity"] = table.identifier("quantity")
    known_units = units.choices(basis, found.get("quantity"))
    found["unit"] = table.choice("unit", known_units, required=True)
    found["step"] = table.decimal("step", above=_ZERO)
    found["step_mode"] = table.choice("step_mode", STEP_MODES, "up")
    if model_key != flat.KEY:
        found["free"] = table.decimal("free", _ZERO, low=_ZERO)
    return found


def _bands(table: Table, basis: str, model_key: str) -> dict[str, Any]:
    """Read prices by band; other models, and what has no time, are refused them."""
    given = [key for key in _BAND_KEYS if table.has(key)]
    found = {
        "band_prices": _by_band(table, "band_prices"),
        "band_factors": _by_band(table, "band_factors"),
        "adder": table.decimal("adder", _ZERO),
    }
    for key in given:
        if model_key != unit.KEY:
            table.problem(key, "bands-model", model_key, unit.KEY)
        elif basis not in _IN_BANDS and key != "adder":
            table.problem(key, "bands-basis", basis, ", ".join(_IN_BANDS))
    if len(given) > 1 and "band_prices" in given:
        table.problem("band_prices", "not-both", "band_prices", given[1])
    return found


def _by_band(charge: Table, key: str) -> Mapping[str, Decimal]:
    table = charge.table(key)
    if table is None:
        return {}
    found = {band: table.decimal(band, low=_ZERO) for band in BANDS if table.has(band)}
    for name in table.data:
        if name not in BANDS:
            table.problem(name, "choice", name, ", ".join(BANDS))
    return {band: price for band, price in found.items() if price is not None}


def _limits(table: Table, basis: str) -> dict[str, Any]:
    """Read the least and the most of one session's line."""
    if basis == "period":
        return {}
    minimum = table.decimal("minimum", low=_ZERO)
    maximum = table.decimal("maximum", low=_ZERO)
    if minimum is not None and maximum is not None and maximum < minimum:
        table.problem("maximum", "range", maximum, f">= {minimum}")
    return {"minimum": minimum, "maximum": maximum}


def _table(item: Any, always: str = "") -> dict[str, Any]:
    """Write the fields of a dataclass that differ from their defaults, and `always`."""
    table = {}
    for field in fields(item):
        value = getattr(item, field.name)
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if value is not None and (value != default or field.name == always):
            table[field.name] = _written(value)
    return table


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return [_table(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _written(part) for key, part in value.items()}
    return value
