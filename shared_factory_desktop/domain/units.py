"""Units that charges are priced in, and how many canonical ones (Wh, s, g ...) each holds."""

from __future__ import annotations

from collections.abc import Iterator

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Problem
from shared_factory_desktop.domain.tables import item_place

CANONICAL = {
    "h": 3600,
    "min": 60,
    "kWh": 1000,
    "Wh": 1,
    "Ah": 1,
    "kg": 1000,
    "g": 1,
    "m3": 1000,
    "L": 1,
    "m": 1000,
    "mm": 1,
    "piece": 1,
    "CNY": 1,
}

OF_BASIS = {"time": ("h", "min"), "pieces": ("piece",), "value": ("CNY",)}

OF_QUANTITY = {
    "energy_wh": ("kWh", "Wh"),
    "energy_export_wh": ("kWh", "Wh"),
    "charge_ah": ("Ah",),
    "mass_g": ("kg", "g"),
    "gas_l": ("m3", "L"),
    "filament_mm": ("m", "mm"),
    "pieces": ("piece",),
    "run_time_s": ("h", "min"),
    "arc_time_s": ("h", "min"),
}


def choices(basis: str, quantity: str | None) -> tuple[str, ...]:
    """Give the units a charge may have; any, where a measure's name does not say what it counts.

    What a measure of such a name counts is for `measure_problems`, which knows the machines.
    """
    if basis in OF_BASIS:
        return OF_BASIS[basis]
    return OF_QUANTITY.get(quantity or "", tuple(CANONICAL))


def measure_problems(floor: Floor) -> Iterator[Problem]:
    """Find charges whose unit is not one of what a machine's measure of that name counts."""
    counted = {(m.name, m.quantity) for machine in floor.machines for m in machine.measures}
    for tariff in floor.tariffs:
        place = item_place("tariff", tariff.id)
        for charge in tariff.charges:
            for name, quantity in sorted(counted):
                units = OF_QUANTITY.get(quantity, ())
                if name == charge.quantity and charge.unit not in units:
                    field = item_place(f"{place}.charge", charge.id) + ".unit"
                    yield Problem(field, "unit-of-measure", charge.unit or "", ", ".join(units))
