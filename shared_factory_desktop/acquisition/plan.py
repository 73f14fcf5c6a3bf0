"""What to do with each meter: how it counts, which machines it tells of, what to record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from drivers.profile import Block, Derived, Point, Profile
from shared_factory_desktop.domain.counters import CounterRule
from shared_factory_desktop.domain.derived import DerivedRule
from shared_factory_desktop.domain.floor import Floor, Machine, Meter


@dataclass(frozen=True, slots=True)
class Derivation:
    """A counter that is made from another quantity of the same meter, its `source`."""

    source: str
    rule: DerivedRule


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """One meter with its profile.

    `factors`: what each quantity is multiplied by (transformer ratios). `rules`: how its registers
    count. `recorded`: quantities that become readings. `billed`: those a bill or a machine's state
    rests on. `derived`: counters made here, by quantity. `machines`: those whose state it tells.
    `edges`: minutes after local midnight at which a band of these machines' tariffs may begin.
    `identity`: the number of its own that the meter must show, None where none is known.
    """

    meter: Meter
    profile: Profile
    factors: Mapping[str, Decimal]
    rules: Mapping[str, CounterRule]
    recorded: frozenset[str]
    billed: frozenset[str]
    derived: Mapping[str, Derivation]
    machines: tuple[Machine, ...]
    edges: frozenset[int]
    identity: str | None = None

    @property
    def address(self) -> int | str:
        """What the meter is called on its line."""
        return self.meter.unit if self.meter.unit is not None else self.meter.address or ""

    def bills(self, block: Block) -> bool:
        """Tell whether a bill or a machine's state rests on anything in a block."""
        return any(point.quantity in self.billed for point in block.points)


def plan_meter(
    floor: Floor, meter: Meter, profile: Profile, identity: str | None = None
) -> MeterPlan:
    """Plan one meter of a floor.

    `identity`: the number it showed last, which its `serial_number` goes before.
    """
    counters = [point for point in profile.points if point.role == "counter"]
    used = {
        measure.quantity
        for machine in floor.machines
        for measure in machine.measures
        if measure.meter == meter.id
    }
    telling = tuple(m for m in floor.machines if m.state and m.state.meter == meter.id)
    states = {m.state.quantity for m in telling if m.state}
    derived = {d.quantity: derivation(d) for d in profile.derived}
    sources = {made.source for made in derived.values()}
    billed = frozenset(used | states | sources | {p.quantity for p in counters} | derived.keys())
    expected = (meter.serial_number or identity) if profile.identity is not None else None
    return MeterPlan(
        meter=meter,
        profile=profile,
        factors={p.quantity: _factor(meter, p) for p in profile.points},
        rules={p.quantity: counter_rule(meter, p) for p in counters},
        recorded=billed | {"power_w"},
        billed=billed,
        derived=derived,
        machines=telling,
        edges=band_edges(floor),
        identity=expected,
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


def derivation(made: Derived) -> Derivation:
    """Say how a counter of a profile is made, in the domain's terms."""
    rule = DerivedRule(
        made.rule, made.gap_polls, made.on_from, made.off_below, made.min_on_s, made.min_off_s
    )
    return Derivation(made.source, rule)


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
