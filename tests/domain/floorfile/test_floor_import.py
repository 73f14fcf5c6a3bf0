"""A good floor file gives the floor it describes; a second file changes only what it names."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from shared_factory_desktop.domain.floor import Bus, Platform, StateRule, UsbPort
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.problems import InputRefused
from tests.domain.floorfile.scene import (
    REMOVED,
    Found,
    floor_data,
    found,
    refusal,
    spoil,
    toml,
    workshop,
)

JANUARY = dt.date(2026, 1, 1)
JULY = dt.date(2026, 7, 1)


def test_a_file_gives_the_floor_with_defaults_filled_in() -> None:
    floor = workshop()
    assert floor.factory.timezone == "Asia/Shanghai"
    assert floor.buses[1] == Bus(
        "line-2", "serial", usb=UsbPort("1A86", "7523", "A1"), baudrate=9600, timeout_ms=500
    )
    assert (floor.buses[0].parity, floor.buses[0].retries, floor.buses[3].tcp_port) == ("E", 0, 80)
    assert [meter.poll_ms for meter in floor.meters] == [500, 1000, 1000]
    assert floor.meters[0].max_rate == {"energy_wh": Decimal(60000)}
    assert floor.machines[0].state == StateRule("M-1", "power_w", Decimal(20), Decimal(150), 10)
    assert floor.machines[1].meters == ("M-3", "M-2")
    assert floor.tenants[1].kind == "individual"
    assert floor.tenants[0].class_ == "member"
    assert floor.bands[0].seasons[1].bands[0] == ("super_peak", ((1140, 1320),))
    assert floor.bands[0].seasons[3].bands == (("flat", ((0, 1440),)),)
    assert [(t.id, t.valid_from) for t in floor.tariffs] == [
        ("printing", JANUARY),
        ("printing", JULY),
    ]
    assert floor.tariffs[0].charges[0].tax_rate == Decimal("0.13")
    assert floor.contracts[1].mode == "on-demand"
    assert floor.platforms[1] == Platform(
        "broker", "mqtt", "mqtts://127.0.0.1:8883", "workshops/anping", 30
    )


def test_the_smallest_file_is_a_factory() -> None:
    floor = read_floor(toml('format = 1\n[factory]\nid = "f"\nname = "F"'), "floor.toml")
    assert (floor.factory.id, floor.machines, floor.contracts) == ("f", (), ())


def test_integers_are_decimals_too() -> None:
    data = floor_data()
    spoil(data, "contract.0.minimum_per_period", 100)
    assert read_floor(data, "floor.toml").contracts[0].minimum_per_period == 100


def test_an_import_updates_in_place_adds_at_the_end_and_may_point_to_what_is_stored() -> None:
    second = toml("""
        format = 1
        [[machine]]
        id = "printer-1"
        name = "新名"
        kind = "3d-printer"
        [[machine.measure]]
        name = "energy_wh"
        meter = "M-1"
        quantity = "energy_wh"
        [[tenant]]
        id = "wang"
        name = "王师傅"
        [[contract]]
        id = "c-wang"
        tenant = "wang"
        tariff = "printing"
        machines = ["printer-1"]
        valid_from = 2026-01-01
    """)
    before = workshop()
    after = read_floor(second, "second.toml", before)
    assert [machine.name for machine in after.machines] == ["新名", "电镀线"]
    assert [tenant.id for tenant in after.tenants] == ["mesh", "li", "wang"]
    assert [contract.id for contract in after.contracts] == ["c-mesh", "c-li", "c-wang"]
    assert (after.factory, after.tariffs) == (before.factory, before.tariffs)


def test_importing_a_file_twice_changes_nothing() -> None:
    assert read_floor(floor_data(), "floor.toml", workshop()) == workshop()


def test_an_import_that_breaks_what_is_stored_is_refused() -> None:
    second = toml("""
        format = 1
        [[machine]]
        id = "plating-1"
        name = "电镀线"
        kind = "plating-line"
        [[machine]]
        id = "printer-1"
        name = "3D打印机"
        kind = "3d-printer"
    """)
    assert found(refusal(second, workshop())) == [
        ("tariff.printing.charge.energy.quantity", "unknown-measure", "energy_wh")
    ]


def refusal_with_statements_issued(data: dict[str, Any], *versions: dt.date) -> list[Found]:
    frozen = frozenset(("printing", version) for version in versions)
    try:
        read_floor(data, "floor.toml", workshop(), frozen)
    except InputRefused as refused:
        return found(refused.problems)
    return []


def test_a_tariff_version_that_priced_a_statement_cannot_change() -> None:
    data = floor_data()
    spoil(data, "tariff.0.charge.0.price", "61")
    assert refusal_with_statements_issued(data, JANUARY) == [
        ("tariff.printing", "frozen-version", "2026-01-01")
    ]
    assert refusal_with_statements_issued(data, JULY) == []


def test_a_frozen_version_may_be_imported_unchanged_with_a_new_one_beside_it() -> None:
    data = floor_data()
    later = dict(data["tariff"][0], valid_from=dt.date(2027, 1, 1))
    spoil(data, "tariff.2", later)
    spoil(data, "tariff.0.charge.0.price", "60")  # the same price in other digits
    assert refusal_with_statements_issued(data, JANUARY, JULY) == []


def contracts(*changes: tuple[str, object]) -> list[Found]:
    """Give what is wrong once c-li, the second contract, is mesh's too and changed further."""
    data = floor_data()
    spoil(data, "contract.1.tenant", "mesh")
    for field, value in changes:
        spoil(data, f"contract.1.{field}", value)
    return found(refusal(data))


def test_two_contracts_of_a_tenant_may_not_name_one_machine_on_one_day() -> None:
    by_machine = (("kinds", REMOVED), ("machines", ["plating-1", "printer-1"]))
    overlap = ("contract.c-li.machines[1]", "contract-overlap", "printer-1")
    assert contracts(*by_machine) == [overlap]
    assert contracts(*by_machine, ("valid_from", dt.date(2026, 12, 31))) == [overlap]
    assert contracts(*by_machine, ("valid_from", dt.date(2027, 1, 1))) == []
    ends_where_the_first_begins = (("valid_from", dt.date(2025, 1, 1)), ("valid_to", JANUARY))
    assert contracts(*by_machine, *ends_where_the_first_begins) == []


def test_two_contracts_of_a_tenant_may_not_name_one_kind_on_one_day() -> None:
    data = floor_data()
    spoil(data, "contract.2", dict(data["contract"][1], id="c-3", valid_from=JULY))
    assert found(refusal(data)) == [
        ("contract.c-3.kinds[0]", "contract-overlap", "3d-printer"),
        ("contract.c-3.kinds[1]", "contract-overlap", "plating-line"),
    ]


def test_a_machine_and_its_kind_may_be_in_two_contracts() -> None:
    assert contracts() == []


PROFILES = {
    "eastron-sdm630": frozenset({"energy_wh", "power_w"}),
    "dlt645-2007-single-phase": frozenset({"energy_wh"}),
    "dc-ampere-hour": frozenset({"charge_ah"}),
}
ADDRESSING = {"eastron-sdm630": "unit", "dlt645-2007-single-phase": "address"}


def with_profiles(*changes: tuple[str, object]) -> list[Found]:
    data = floor_data()
    for path, value in changes:
        spoil(data, path, value)
    try:
        read_floor(data, "floor.toml", profiles=PROFILES, addressing=ADDRESSING)
    except InputRefused as refused:
        return found(refused.problems)
    return []


def test_meters_must_have_a_known_profile_that_measures_what_is_asked() -> None:
    assert with_profiles() == []
    assert with_profiles(("meter.0.profile", "eastron-sdm63")) == [
        ("meter.M-1.profile", "profile", "eastron-sdm63")
    ]
    assert with_profiles(
        ("machine.0.state.quantity", "current_l1_a"), ("meter.0.max_rate.gas_l", "1")
    ) == [
        ("meter.M-1.max_rate.gas_l", "profile-quantity", "gas_l"),
        ("machine.printer-1.state.quantity", "profile-quantity", "current_l1_a"),
    ]


def test_a_meter_is_addressed_the_way_its_protocol_asks() -> None:
    assert with_profiles(("meter.0.unit", REMOVED)) == [("meter.M-1.unit", "missing", "")]
    assert with_profiles(("meter.1.address", REMOVED), ("meter.1.unit", 3)) == [
        ("meter.M-2.unit", "not-addressed", "unit")
    ]
