"""Reads the counters that a profile derives from its points, and checks that they can be."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from drivers.profile import COUNTERS, INTEGRAL, ON_TIME, STATUS, Derived, Point
from drivers.profile_table import Table

_MOST_POLLS = 60
_SECONDS = "_time_s"


def derived_counters(root: Table, points: Sequence[Point]) -> tuple[Derived, ...]:
    """Read the `derived` tables of a profile that has these points."""
    sources = tuple(point.quantity for point in points if point.quantity not in COUNTERS)
    return tuple(_derived(table, sources) for table in root.tables("derived", required=False))


def _derived(table: Table, sources: tuple[str, ...]) -> Derived:
    quantity = table.choice("quantity", COUNTERS)
    source = table.choice("from", sources)
    rule = table.choice("rule", (ON_TIME, INTEGRAL))
    gap_polls = table.integer("gap_polls", 1, _MOST_POLLS, 3)
    derived = Derived(quantity, source, rule, gap_polls)
    if rule == ON_TIME:
        derived = _with_thresholds(table, derived)
    if rule:
        table.finish()
    if quantity and source and rule:
        _check_units(table, derived)
    return derived


def _with_thresholds(table: Table, derived: Derived) -> Derived:
    """Read when it is on; a yes or no needs no telling, a measured value does."""
    default = "1" if derived.source.startswith(STATUS) else None
    on_from = table.decimal("on_from", default)
    off_below = table.decimal("off_below", default)
    if off_below > on_from:
        table.problem("off_below", str(off_below), f"at most {on_from}, the value of on_from")
    return Derived(
        derived.quantity,
        derived.source,
        derived.rule,
        derived.gap_polls,
        on_from,
        off_below,
        table.decimal("min_on_s", "0", least=Decimal(0)),
        table.decimal("min_off_s", "0", least=Decimal(0)),
    )


def _check_units(table: Table, derived: Derived) -> None:
    if derived.rule == ON_TIME:
        if not derived.quantity.endswith(_SECONDS):
            table.problem("quantity", derived.quantity, f"…{_SECONDS} for {ON_TIME}")
        return
    unit = derived.source.rsplit("_", 1)[-1]
    if derived.source.startswith(STATUS) or not derived.quantity.endswith(f"_{unit}h"):
        expected = f"{INTEGRAL} of current in a as charge in ah, or of power in w as energy in wh"
        table.problem("quantity", f"{derived.quantity} from {derived.source}", expected)
