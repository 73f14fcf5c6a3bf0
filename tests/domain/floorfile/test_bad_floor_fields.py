"""Each wrong field of a floor file is refused at its place, with the value seen, and nothing else
is blamed.
"""

from __future__ import annotations

import datetime as dt

import pytest

from shared_factory_desktop.domain.tables import WrittenFloat
from tests.domain.floorfile.scene import REMOVED, Found, floor_data, found, refusal, spoil

METER_AGAIN = {"id": "M-1", "bus": "line-1", "profile": "eastron-sdm120", "unit": 8}

ONE_FIELD: list[tuple[str, object, str, str, str]] = [
    # path in the file, value put there, place, code, value seen
    ("format", 2, "format", "format", "2"),
    ("format", True, "format", "format", "true"),
    ("format", REMOVED, "format", "missing", ""),
    ("machines", [], "machines", "unknown-key", "machines"),
    ("factory", REMOVED, "factory", "missing", ""),
    ("factory", "renze", "factory", "table", '"renze"'),
    ("factory.id", REMOVED, "factory.id", "missing", ""),
    ("factory.name", "  ", "factory.name", "text", "'  '"),
    ("factory.name", "a\nb", "factory.name", "text", r"'a\nb'"),
    ("factory.uscc", "91130600MA07T1KX5M", "factory.uscc", "uscc-check", "91130600MA07T1KX5M"),
    ("factory.uscc", "91130600MA07T1KX5", "factory.uscc", "uscc-format", "91130600MA07T1KX5"),
    ("factory.timezone", "Asia/Xingtai", "factory.timezone", "timezone", "Asia/Xingtai"),
    ("factory.timezone", "../etc", "factory.timezone", "timezone", "../etc"),
    ("factory.identifier_prefix", "88.x.1", "factory.identifier_prefix", "identifier-prefix", "*"),
    ("factory.colour", "red", "factory.colour", "unknown-key", "colour"),
    ("platform", {"id": "b"}, "platform", "tables", '{id = "b"}'),
    ("bus.3.id", "a b", "bus[3].id", "identifier", "a b"),
    ("bus.3.id", REMOVED, "bus[3].id", "missing", ""),
    ("bus.3.id", "x" * 65, "bus[3].id", "identifier", "x" * 65),
    ("bus.3.id", 7, "bus[3].id", "identifier", "7"),
    ("bus.3.id", "lan\n", "bus[3].id", "identifier", r"'lan\n'"),
    ("bus.0.transport", "usb", "bus.line-1.transport", "choice", "usb"),
    ("bus.0.transport", REMOVED, "bus.line-1.transport", "missing", ""),
    ("bus.0.port", REMOVED, "bus.line-1.port", "missing", ""),
    ("bus.1.port", "/dev/ttyUSB1", "bus.line-2.usb", "not-both", "usb"),
    ("bus.1.usb.vid", "1A8", "bus.line-2.usb.vid", "usb-id", "1A8"),
    ("bus.1.usb.pid", REMOVED, "bus.line-2.usb.pid", "missing", ""),
    ("bus.1.usb.name", "x", "bus.line-2.usb.name", "unknown-key", "name"),
    ("bus.0.baudrate", "9600", "bus.line-1.baudrate", "integer", '"9600"'),
    ("bus.0.parity", "even", "bus.line-1.parity", "choice", "even"),
    ("bus.0.stopbits", 3, "bus.line-1.stopbits", "range", "3"),
    ("bus.0.bytesize", 7, "bus.line-1.bytesize", "range", "7"),
    ("bus.0.retries", -1, "bus.line-1.retries", "range", "-1"),
    ("bus.0.timeout_ms", 0, "bus.line-1.timeout_ms", "range", "0"),
    ("bus.0.timeout_ms", True, "bus.line-1.timeout_ms", "integer", "true"),
    ("bus.0.host", "127.0.0.1", "bus.line-1.host", "unknown-key", "host"),
    ("bus.2.host", REMOVED, "bus.gateway.host", "missing", ""),
    ("bus.2.tcp_port", 70000, "bus.gateway.tcp_port", "range", "70000"),
    ("bus.3.baudrate", 9600, "bus.lan.baudrate", "unknown-key", "baudrate"),
    ("meter.0.bus", "line-9", "meter.M-1.bus", "dangling", "line-9"),
    ("meter.0.bus", REMOVED, "meter.M-1.bus", "missing", ""),
    ("meter.0.profile", REMOVED, "meter.M-1.profile", "missing", ""),
    ("meter.0.unit", 0, "meter.M-1.unit", "range", "0"),
    ("meter.0.unit", 248, "meter.M-1.unit", "range", "248"),
    ("meter.0.unit", WrittenFloat("7.0"), "meter.M-1.unit", "integer", "7.0"),
    ("meter.0.address", "000000012345", "meter.M-1.address", "not-both", "address"),
    ("meter.2.unit", REMOVED, "meter.M-3.unit", "missing", ""),
    ("meter.1.address", REMOVED, "meter.M-2.address", "missing", ""),
    ("meter.1.address", "12345", "meter.M-2.address", "dlt645-address", "12345"),
    ("meter.1.address", "١٢٣٤٥٦٧٨٩٠١٢", "meter.M-2.address", "dlt645-address", "*"),
    ("meter.0.ratio_ct", "0", "meter.M-1.ratio_ct", "range", "0"),
    ("meter.0.ratio_ct", "1e3", "meter.M-1.ratio_ct", "decimal", "1e3"),
    ("meter.0.ratio_pt", WrittenFloat("1.50"), "meter.M-1.ratio_pt", "float", "1.50"),
    ("meter.0.legal_use", "both", "meter.M-1.legal_use", "choice", "both"),
    ("meter.0.max_rate.power_w", "1", "meter.M-1.max_rate.power_w", "quantity", "power_w"),
    ("meter.0.max_rate.energy_wh", 0.5, "meter.M-1.max_rate.energy_wh", "float", "0.5"),
    ("meter.3", METER_AGAIN, "meter.M-1.id", "duplicate", "M-1"),
    ("machine.0.kind", "lathe", "machine.printer-1.kind", "choice", "lathe"),
    ("machine.0.name", REMOVED, "machine.printer-1.name", "missing", ""),
    ("machine.0.state.meter", "M-9", "machine.printer-1.state.meter", "dangling", "M-9"),
    ("machine.0.state.quantity", "power", "machine.printer-1.state.quantity", "quantity", "power"),
    (
        "machine.0.state.working_from",
        "10",
        "machine.printer-1.state.working_from",
        "range",
        "10",
    ),
    ("machine.0.state.idle_from", REMOVED, "machine.printer-1.state.idle_from", "missing", ""),
    ("machine.0.state.hold_s", "5", "machine.printer-1.state.hold_s", "integer", '"5"'),
    (
        "machine.1.measure.0.meter",
        "M-9",
        "machine.plating-1.measure.charge_ah.meter",
        "dangling",
        "M-9",
    ),
    (
        "machine.1.measure.1.name",
        "charge_ah",
        "machine.plating-1.measure.charge_ah.name",
        "duplicate",
        "charge_ah",
    ),
    ("machine.1.measure.0.name", "", "machine.plating-1.measure[0].name", "identifier", "''"),
    ("tenant.0.uscc", "91130100MA0EXAMP11", "tenant.mesh.uscc", "uscc-check", "*"),
    ("tenant.0.kind", "firm", "tenant.mesh.kind", "choice", "firm"),
    ("tenant.0.credit_limit", "-1", "tenant.mesh.credit_limit", "range", "-1"),
    ("tenant.0.credit_limit", "5,000", "tenant.mesh.credit_limit", "decimal", "5,000"),
    ("bands.0.valid_from", "2025-11-01", "bands.hebei-south.valid_from", "date", '"2025-11-01"'),
    ("bands.0.season.0.months.0", 13, "bands.hebei-south.season[0].months[0]", "range", "13"),
    ("bands.0.season.0.months", "all", "bands.hebei-south.season[0].months", "months", '"all"'),
    ("bands.0.season.0.days", "sunday", "bands.hebei-south.season[0].days", "choice", "sunday"),
    (
        "bands.0.season.0.peak.0",
        "16-24",
        "bands.hebei-south.season[0].peak[0]",
        "times",
        "16-24",
    ),
    (
        "bands.0.season.0.peak.0",
        "24:00-24:00",
        "bands.hebei-south.season[0].peak[0]",
        "times",
        "24:00-24:00",
    ),
    (
        "bands.0.season.0.peak.0",
        "22:00-06:00",
        "bands.hebei-south.season[0].peak[0]",
        "times-reversed",
        "22:00-06:00",
    ),
    ("bands.0.season.0.sharp", [], "bands.hebei-south.season[0].sharp", "unknown-key", "sharp"),
    (
        "bands.0.season.1.valley.1",
        REMOVED,
        "bands.hebei-south.season[1]",
        "band-gap",
        "12:00-14:00",
    ),
    (
        "bands.0.season.1.valley.1",
        "11:30-14:00",
        "bands.hebei-south.season[1].valley",
        "band-overlap",
        "11:30-12:00",
    ),
    ("tariff.0.valid_from", REMOVED, "tariff.printing.valid_from", "missing", ""),
    (
        "tariff.0.valid_from",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "tariff.printing.valid_from",
        "date",
        "2026-01-01T00:00:00+00:00",
    ),
    (
        "tariff.1.valid_from",
        dt.date(2026, 1, 1),
        "tariff.printing.valid_from",
        "overlapping",
        "2026-01-01",
    ),
    ("tariff.0.tax_mode", REMOVED, "tariff.printing.tax_mode", "missing", ""),
    ("tariff.0.bands", "hebei-north", "tariff.printing.bands", "dangling", "hebei-north"),
    ("tariff.0.bands", REMOVED, "tariff.printing.bands", "bands-needed", "energy"),
    ("tariff.1.charge", REMOVED, "tariff.printing.charge", "missing", ""),
    (
        "tariff.0.charge.1.id",
        "machine-time",
        "tariff.printing.charge.machine-time.id",
        "duplicate",
        "machine-time",
    ),
    (
        "tariff.0.charge.0.price",
        WrittenFloat("60.00"),
        "tariff.printing.charge.machine-time.price",
        "float",
        "60.00",
    ),
    (
        "tariff.0.charge.1.quantity",
        "energy_export_wh",
        "tariff.printing.charge.energy.quantity",
        "unknown-measure",
        "energy_export_wh",
    ),
    (
        "machine.0.measure.0.quantity",
        "gas_l",
        "tariff.printing.charge.energy.unit",
        "unit-of-measure",
        "kWh",
    ),
    ("contract.0.tenant", "nobody", "contract.c-mesh.tenant", "dangling", "nobody"),
    ("contract.0.tariff", "welding", "contract.c-mesh.tariff", "dangling", "welding"),
    ("contract.0.machines.0", "saw-1", "contract.c-mesh.machines[0]", "dangling", "saw-1"),
    ("contract.0.machines", [], "contract.c-mesh.machines", "machines-or-kinds", ""),
    ("contract.0.machines", "all", "contract.c-mesh.machines", "texts", '"all"'),
    ("contract.0.machines.1", "printer-1", "contract.c-mesh.machines[1]", "duplicate", "printer-1"),
    ("contract.1.kinds.0", "saw", "contract.c-li.kinds[0]", "choice", "saw"),
    ("contract.0.valid_to", dt.date(2026, 1, 1), "contract.c-mesh.valid_to", "range", "2026-01-01"),
    ("contract.0.mode", "rent", "contract.c-mesh.mode", "choice", "rent"),
    ("contract.0.discount", "1.01", "contract.c-mesh.discount", "range", "1.01"),
    ("contract.0.deposit", "-0.01", "contract.c-mesh.deposit", "range", "-0.01"),
    ("platform.0.kind", "ftp", "platform.province.kind", "choice", "ftp"),
    ("platform.0.url", REMOVED, "platform.province.url", "missing", ""),
    ("platform.0.url", "127.0.0.1:8080", "platform.province.url", "url", "127.0.0.1:8080"),
    ("platform.0.url", "http://u:p@h", "platform.province.url", "url", "http://u:p@h"),
    ("platform.0.url", "http://h:99999", "platform.province.url", "url", "http://h:99999"),
    ("platform.0.topic", "t", "platform.province.topic", "unknown-key", "topic"),
    ("platform.1.timeout_s", 0, "platform.broker.timeout_s", "range", "0"),
]


@pytest.mark.parametrize(("path", "value", "place", "code", "seen"), ONE_FIELD)
def test_a_wrong_field_is_named(path: str, value: object, place: str, code: str, seen: str) -> None:
    data = floor_data()
    spoil(data, path, value)
    assert found(refusal(data)) == [(place, code, value if seen == "*" else seen)]


def test_a_charge_that_is_wrong_in_itself_still_has_its_measure_looked_up() -> None:
    data = floor_data()
    spoil(data, "tariff.0.charge.1.quantity", "mass_g")
    assert found(refusal(data)) == [
        ("tariff.printing.charge.energy.unit", "choice", "kWh"),
        ("tariff.printing.charge.energy.quantity", "unknown-measure", "mass_g"),
    ]


def test_all_problems_of_a_file_come_together_and_name_it() -> None:
    data = floor_data()
    expected: list[Found] = []
    for path, value, place, code, seen in (
        ("factory.uscc", "91130600MA07T1KX5M", "factory.uscc", "uscc-check", "91130600MA07T1KX5M"),
        ("bus.0.baudrate", 0, "bus.line-1.baudrate", "range", "0"),
        ("meter.2.id", "", "meter[2].id", "identifier", "''"),
        ("contract.1.valid_from", REMOVED, "contract.c-li.valid_from", "missing", ""),
        ("platforms", 1, "platforms", "unknown-key", "platforms"),
        ("tariff.0.bands", "x", "tariff.printing.bands", "dangling", "x"),
    ):
        spoil(data, path, value)
        expected.append((place, code, seen))
    expected.append(("machine.plating-1.measure.charge_ah.meter", "dangling", "M-3"))
    problems = refusal(data)
    assert sorted(found(problems)) == sorted(expected)
    assert {problem.file for problem in problems} == {"floor.toml"}
