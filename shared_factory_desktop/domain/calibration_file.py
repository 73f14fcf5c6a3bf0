"""Reads a calibration file (parsed TOML): a calibration made elsewhere or by hand, its points
judged here from the readings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import (
    IDENTITY,
    REASONS,
    Calibration,
    Coefficients,
    Instrument,
    Point,
    Rule,
    Standard,
    Verdict,
)
from shared_factory_desktop.domain.calibration_decision import decide, point_of, propose
from shared_factory_desktop.domain.calibration_due import next_due
from shared_factory_desktop.domain.calibration_fit import (
    CannotFit,
    Model,
    coefficients,
    fit,
    models_of,
    pairs_of,
)
from shared_factory_desktop.domain.floor import CUMULATIVE_QUANTITIES
from shared_factory_desktop.domain.floor_read import read_format
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.tables import Table, item_place, quoted

_ZERO = Decimal(0)
_INSTANT_EXAMPLE = "2026-10-08T08:00:00+08:00"
_UNREAD = dt.datetime.min.replace(tzinfo=dt.UTC)  # the file is then refused


@dataclass(frozen=True, slots=True)
class Known:
    """What a file may refer to: instruments by meter and quantity, standards by id; `operator` is
    who made the calibration where the file does not say.
    """

    instruments: Mapping[tuple[str, str], Instrument]
    standards: Mapping[str, Standard]
    zone: ZoneInfo
    operator: str


def read_calibration_file(data: Mapping[str, Any], file: str, known: Known) -> Calibration:
    """Read a calibration, without version; `file` is the name to report, `number` is empty unless
    the file says which calibration it puts right.

    Raises InputRefused with all problems of the file.
    """
    problems: list[Problem] = []
    root = Table(data, "", problems)
    read_format(root)
    instrument, standard = _made_with(root, known)
    rule = Rule(root.choice("rule", tuple(Rule), Rule.SIMPLE))
    found, left = _points(root, "as_found", True), _points(root, "as_left", False)
    performed_at = _instant(root, "performed_at", required=True) or _UNREAD
    written = _written(root, known, performed_at)
    quantity = instrument.quantity if instrument else ""
    fitted = root.choice("fit", models_of(quantity))
    given = _coefficients(root, quantity)
    root.close()
    if problems or instrument is None or standard is None:
        raise InputRefused(problem.in_file(file) for problem in problems)
    judged = [[_judged(one, instrument, standard, rule) for one in some] for some in (found, left)]
    as_found, as_left = map(tuple, judged)
    if fitted is not None:
        given = _fitted(root, Model(fitted), as_found, standard, file)
    due = next_due(performed_at.astimezone(known.zone).date(), instrument.interval_months)
    line = None if given == IDENTITY else given
    return replace(
        written,
        meter=instrument.meter,
        quantity=instrument.quantity,
        standard=standard.id,
        as_found=as_found,
        as_left=as_left,
        coefficients=given,
        rule=rule,
        verdict=Verdict(data.get("verdict") or propose(as_found, rule, line).verdict),
        valid_until=data.get("valid_until") or due,
    )


@dataclass(frozen=True, slots=True)
class _Load:
    """A point as the file has it; `expanded` where a laboratory has stated it."""

    nominal: str
    reference: Decimal
    indicated: tuple[Decimal, ...]
    expanded: Decimal | None


def _made_with(root: Table, known: Known) -> tuple[Instrument | None, Standard | None]:
    meter = root.identifier("meter", "")
    quantity = root.text("quantity", "", required=True)
    standard_id = root.identifier("standard", "")
    instrument, standard = None, known.standards.get(standard_id)
    if meter and quantity:
        instrument = known.instruments.get((meter, quantity))
        if instrument is None:
            root.problem("meter", "dangling", f"{meter} {quantity}", "instrument")
    if standard_id and standard is None:
        root.problem("standard", "dangling", standard_id, "standard")
    return instrument, standard


def _written(root: Table, known: Known, performed_at: dt.datetime) -> Calibration:
    """Read what the file says apart from register, standard, points and what follows from them."""
    root.choice("verdict", tuple(Verdict))
    root.date("valid_until")
    adjusted = root.raw("adjusted")
    if adjusted is not None and not isinstance(adjusted, bool):
        root.problem("adjusted", "choice", quoted(adjusted), "true, false")
    return Calibration(
        number=root.text("number", ""),
        version=0,
        meter="",
        quantity="",
        standard="",
        method=root.text("method", "", required=True),
        reason=root.choice("reason", REASONS, "periodic"),
        temperature_c=root.decimal("temperature_c", low=Decimal(-90), high=Decimal(100)),
        humidity_percent=root.decimal("humidity_percent", low=_ZERO, high=Decimal(100)),
        place=root.text("place", "", required=True),
        operator=root.text("operator", known.operator),
        reviewer=None,
        performed_at=performed_at,
        as_found=(),
        as_left=(),
        adjusted=bool(adjusted),
        coefficients=IDENTITY,
        effective_at=_instant(root, "effective_at") or performed_at,
        rule=Rule.SIMPLE,
        verdict=Verdict.PASS,
        valid_until=dt.date.min,
        remarks=root.text("remarks", ""),
    )


def _points(root: Table, key: str, required: bool) -> list[_Load]:
    loads = []
    for index, data in enumerate(root.tables(key, required)):
        table = Table(data, item_place(key, f"[{index}]"), root.problems)
        reference = table.decimal("reference", required=True)
        if reference == 0:
            table.problem("reference", "range", reference, "!= 0")
        nominal = table.text("nominal", "", required=True)
        expanded = table.decimal("uncertainty", above=_ZERO)
        loads.append(_Load(nominal, reference or _ZERO, _readings(table), expanded))
        table.close()
    if required and root.has(key) and not root.data[key]:
        root.problem(key, "missing")
    return loads


def _readings(table: Table) -> tuple[Decimal, ...]:
    written = table.raw("indicated")
    if not isinstance(written, list) or not written:
        code = "missing" if written is None else "decimals"
        table.problem("indicated", code, "" if written is None else quoted(written))
        return ()
    values = [table.as_decimal("indicated", value) for value in written]
    return tuple(value for value in values if value is not None)


def _judged(load: _Load, instrument: Instrument, standard: Standard, rule: Rule) -> Point:
    point = point_of(load.nominal, load.reference, load.indicated, instrument, standard, rule)
    if load.expanded is None:
        return point
    decision = decide(rule, point.error, point.limit, load.expanded)
    return replace(point, expanded=load.expanded, decision=decision)


def _coefficients(root: Table, quantity: str) -> Coefficients:
    table = root.table("coefficients")
    if table is None:
        return IDENTITY
    if root.has("fit"):
        root.problem("coefficients", "not-both", "coefficients", "fit")
    given = Coefficients(
        gain=table.decimal("gain", IDENTITY.gain, above=_ZERO, required=True),
        offset=table.decimal("offset", _ZERO),
        gain_u=table.decimal("gain_u", _ZERO, low=_ZERO),
        offset_u=table.decimal("offset_u", _ZERO, low=_ZERO),
    )
    if given.offset and quantity in CUMULATIVE_QUANTITIES:
        table.problem("offset", "range", given.offset, "0")
    table.close()
    return given


def _fitted(
    root: Table, model: Model, as_found: Sequence[Point], standard: Standard, file: str
) -> Coefficients:
    try:
        return coefficients(fit(model, pairs_of(as_found)), standard)
    except CannotFit as error:
        root.problem("fit", error.code, error.seen, str(error.needed))
        raise InputRefused(problem.in_file(file) for problem in root.problems) from None


def _instant(table: Table, key: str, required: bool = False) -> dt.datetime | None:
    """Read a TOML offset date-time, as UTC."""
    value = table.raw(key)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    if value is not None:
        table.problem(key, "instant", quoted(value), _INSTANT_EXAMPLE)
    elif required:
        table.problem(key, "missing")
    return None
