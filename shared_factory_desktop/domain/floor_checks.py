"""Checks a floor as a whole: references, profiles, contracts that overlap, frozen tariffs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import combinations

from shared_factory_desktop.domain.floor import Contract, Floor, Machine, Meter
from shared_factory_desktop.domain.floor_parties import UNREAD_DATE
from shared_factory_desktop.domain.problems import Problem
from shared_factory_desktop.domain.tables import item_place

Profiles = Mapping[str, frozenset[str]]


def floor_problems(
    floor: Floor,
    profiles: Profiles | None,
    addressing: Mapping[str, str],
    transports: Mapping[str, tuple[str, ...]],
) -> Iterator[Problem]:
    """Find what is wrong between the items of a floor.

    `profiles` gives the quantities of each meter profile, None leaves them unchecked; `addressing`
    tells what meters of a profile are reached by: `unit`, `address` or `none`; `transports` over
    which kinds of bus.
    """
    yield from _dangling(floor)
    yield from _charge_problems(floor)
    yield from _contract_overlaps(floor)
    for meter in floor.meters:
        yield from _address_problems(floor, meter, addressing)
        yield from _transport_problems(floor, meter, transports)
    if profiles is not None:
        yield from _profile_problems(floor, profiles)


def frozen_problems(
    written: Floor, base: Floor, frozen: frozenset[tuple[str, dt.date]]
) -> Iterator[Problem]:
    """Find tariff versions that the file changes though they have priced an issued statement."""
    stored = {(tariff.id, tariff.valid_from): tariff for tariff in base.tariffs}
    for tariff in written.tariffs:
        version = (tariff.id, tariff.valid_from)
        if version in frozen and stored.get(version, tariff) != tariff:
            seen = tariff.valid_from.isoformat()
            yield Problem(item_place("tariff", tariff.id), "frozen-version", seen)


def _dangling(floor: Floor) -> Iterator[Problem]:
    known: dict[str, set[str]] = {
        "bus": {bus.id for bus in floor.buses},
        "meter": {meter.id for meter in floor.meters},
        "machine": {machine.id for machine in floor.machines},
        "tenant": {tenant.id for tenant in floor.tenants},
        "bands": {calendar.id for calendar in floor.bands},
        "tariff": {tariff.id for tariff in floor.tariffs},
    }
    for place, table, reference in _references(floor):
        if reference and reference not in known[table]:
            yield Problem(place, "dangling", reference, table)


def _references(floor: Floor) -> Iterator[tuple[str, str, str]]:
    """Give every reference between items: its place, the table it points into, the id."""
    for meter in floor.meters:
        yield item_place("meter", meter.id) + ".bus", "bus", meter.bus
    for machine in floor.machines:
        for place, meter_id, _ in _watched(machine):
            yield f"{place}.meter", "meter", meter_id
    for tariff in floor.tariffs:
        yield item_place("tariff", tariff.id) + ".bands", "bands", tariff.bands or ""
    for contract in floor.contracts:
        place = item_place("contract", contract.id)
        yield f"{place}.tenant", "tenant", contract.tenant
        yield f"{place}.tariff", "tariff", contract.tariff
        for index, machine_id in enumerate(contract.machines):
            yield f"{place}.machines[{index}]", "machine", machine_id


def _watched(machine: Machine) -> Iterator[tuple[str, str, str]]:
    """Give what a machine reads: the place that says so, the meter, the quantity."""
    place = item_place("machine", machine.id)
    if machine.state:
        yield f"{place}.state", machine.state.meter, machine.state.quantity
    for measure in machine.measures:
        yield item_place(f"{place}.measure", measure.name), measure.meter, measure.quantity


def _charge_problems(floor: Floor) -> Iterator[Problem]:
    measures = {measure.name for machine in floor.machines for measure in machine.measures}
    for tariff in floor.tariffs:
        place = item_place("tariff", tariff.id)
        for charge in tariff.charges:
            if charge.quantity and charge.quantity not in measures:
                field_place = item_place(f"{place}.charge", charge.id) + ".quantity"
                expected = ", ".join(sorted(measures)) or "[[machine.measure]]"
                yield Problem(field_place, "unknown-measure", charge.quantity, expected)
            if (charge.band_prices or charge.band_factors) and tariff.bands is None:
                yield Problem(f"{place}.bands", "bands-needed", charge.id)


def _contract_overlaps(floor: Floor) -> Iterator[Problem]:
    """Find two contracts of a tenant for one machine (or kind) on one day (pricing contract, fine
    print 8).
    """
    by_tenant: dict[str, list[Contract]] = {}
    for contract in floor.contracts:
        by_tenant.setdefault(contract.tenant, []).append(contract)
    for contracts in by_tenant.values():
        for first, second in combinations(contracts, 2):
            day = _first_common_day(first, second)
            if day is not None:
                yield from _shared(first, second, "machines", first.machines, second.machines, day)
                yield from _shared(first, second, "kinds", first.kinds, second.kinds, day)


def _first_common_day(first: Contract, second: Contract) -> dt.date | None:
    if UNREAD_DATE in (first.valid_from, second.valid_from):
        return None
    day = max(first.valid_from, second.valid_from)
    end = min(first.valid_to or dt.date.max, second.valid_to or dt.date.max)
    return day if day < end else None


def _shared(
    first: Contract,
    second: Contract,
    key: str,
    of_first: tuple[str, ...],
    of_second: tuple[str, ...],
    day: dt.date,
) -> Iterator[Problem]:
    for index, word in enumerate(of_second):
        if word in of_first:
            place = f"{item_place('contract', second.id)}.{key}[{index}]"
            yield Problem(place, "contract-overlap", word, f"{first.id} ({day.isoformat()})")


def _address_problems(
    floor: Floor, meter: Meter, addressing: Mapping[str, str]
) -> Iterator[Problem]:
    """Find meters that cannot be reached: no Modbus unit id, or no DL/T 645 address."""
    bus = floor.bus(meter.bus)
    if meter.profile in addressing:
        needed = addressing[meter.profile]
    elif meter.profile.startswith("dlt645-"):
        needed = "address"
    else:
        needed = "unit" if bus and bus.transport in ("tcp", "rtu-over-tcp") else "any"
    given = "unit" if meter.unit is not None else "address" if meter.address else "none"
    place = item_place("meter", meter.id)
    if needed in ("unit", "address") and given == "none":
        yield Problem(f"{place}.{needed}", "missing")
    elif given != "none" and needed not in ("any", given):
        yield Problem(f"{place}.{given}", "not-addressed", given, needed)


def _transport_problems(
    floor: Floor, meter: Meter, transports: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Find meters on a bus that their protocol is not spoken over."""
    bus = floor.bus(meter.bus)
    spoken = transports.get(meter.profile, ())
    if bus and bus.transport and spoken and bus.transport not in spoken:
        seen = f"{bus.id} ({bus.transport})"
        yield Problem(
            item_place("meter", meter.id) + ".bus", "profile-transport", seen, ", ".join(spoken)
        )


def _profile_problems(floor: Floor, profiles: Profiles) -> Iterator[Problem]:
    quantities = {meter.id: profiles.get(meter.profile) for meter in floor.meters}
    for meter in floor.meters:
        place = item_place("meter", meter.id)
        if meter.profile and meter.profile not in profiles:
            expected = ", ".join(sorted(profiles))
            yield Problem(f"{place}.profile", "profile", meter.profile, expected)
        for quantity in meter.max_rate:
            yield from _not_measured(f"{place}.max_rate.{quantity}", quantity, quantities[meter.id])
    for machine in floor.machines:
        for place, meter_id, quantity in _watched(machine):
            yield from _not_measured(f"{place}.quantity", quantity, quantities.get(meter_id))


def _not_measured(place: str, quantity: str, measured: frozenset[str] | None) -> Iterator[Problem]:
    if quantity and measured is not None and quantity not in measured:
        yield Problem(place, "profile-quantity", quantity, ", ".join(sorted(measured)))
