"""What to do with each meter: how it counts, which machines it tells of, what to record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from drivers.profile import Point, Profile
from shared_factory_desktop.domain.counters import CounterRule
from shared_factory_desktop.domain.floor import Floor, Machine, Meter


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """One meter with its profile.

    `factors`: what each quantity is multiplied by (transformer ratios). `rules`: how its registers
    count. `recorded`: quantities that become readings. `machines`: those whose state it tells.
    `edges`: minutes after local midnight at which a band of these machines' tariffs may begin.
    """

    meter: Meter
    profile: Profile
    factors: Mapping[str, Decimal]
    rules: Mapping[str, CounterRule]
    recorded: frozenset[str]
    machines: tuple[Machine, ...]
    edges: frozenset[int]

    @property
    def address(self) -> int | str:
        """What the meter is called on its line."""
        return self.meter.unit if self.meter.unit is not None else self.meter.address or ""


def plan_meter(floor: Floor, meter: Meter, profile: Profile) -> MeterPlan:
    """Plan one meter of a floor."""
    counters = [point for point in profile.points if point.role == "counter"]
    used = {
        measure.quantity
        for machine in floor.machines
        for measure in machine.measures
        if measure.meter == meter.id
    }
    telling = tuple(m for m in floor.machines if m.state and m.state.meter == meter.id)
    states = {m.state.quantity for m in telling if m.state}
    return MeterPlan(
        meter=meter,
        profile=profile,
        factors={p.quantity: _factor(meter, p) for p in profile.points},
        rules={p.quantity: counter_rule(meter, p) for p in counters},
        recorded=frozenset(used | states | {p.quantity for p in counters} | {"power_w"}),
        machines=telling,
        edges=band_edges(floor),
    )


def counter_rule(meter: Meter, point: Point) -> CounterRule:
    """Say how a register counts; the site's `max_rate` goes before the profile's."""
    factor = _factor(meter, point)
    shipped = None if point.max_rate is None else point.max_rate * factor
    return CounterRule(
        step=point.step_value * factor,
        wrap=None if point.wrap_value is None else point.wrap_value * factor,
        max_rate=meter.max_rate.get(point.quantity, shipped),
        resets=point.on_power_loss == "zero",
    )


def band_edges(floor: Floor) -> frozenset[int]:
    """Give every minute of the day at which any calendar of the floor begins a band."""
    return frozenset(
        start
        for calendar in floor.bands
        for season in calendar.seasons
        for _, times in season.bands
        for start, _ in times
    )


def _factor(meter: Meter, point: Point) -> Decimal:
    return point.ratio_factor(meter.ratio_ct, meter.ratio_pt)
