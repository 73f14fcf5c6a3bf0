"""Reads the equipment of a floor file: buses, the meters on them, the machines they watch."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from shared_factory_desktop.domain.floor import (
    CUMULATIVE_QUANTITIES,
    LEGAL_USES,
    MACHINE_KINDS,
    PARITIES,
    QUANTITIES,
    TCP_PORTS,
    TRANSPORTS,
    Bus,
    Machine,
    Measure,
    Meter,
    StateRule,
    UsbPort,
)
from shared_factory_desktop.domain.tables import Table

_ZERO = Decimal(0)
_ONE = Decimal(1)
_DAY_S = 86_400
_DAY_MS = _DAY_S * 1000
_MODBUS_UNITS = (1, 247)
_HEX = frozenset("0123456789abcdefABCDEF")
_DIGITS = frozenset("0123456789")


def read_bus(table: Table, bus_id: str) -> Bus:
    """Read one `[[bus]]`; keys that its transport does not use are unknown."""
    transport = table.choice("transport", TRANSPORTS, required=True)
    timeout_ms = table.integer("timeout_ms", 500, 1, _DAY_MS)
    retries = table.integer("retries", 1, 0, 100)
    if transport is None:
        table.accept_rest()
        return Bus(bus_id, "")
    serial = transport == "serial"
    has_line = transport in ("serial", "rtu-over-tcp")  # a gateway has a line behind it
    if has_line:
        table.integer("bytesize", 8, 8, 8)
    return Bus(
        id=bus_id,
        transport=transport,
        port=_port(table) if serial else None,
        usb=_usb(table) if serial else None,
        baudrate=table.integer("baudrate", 9600, 50, 4_000_000) if has_line else 9600,
        parity=table.choice("parity", PARITIES, "N") if has_line else "N",
        stopbits=table.integer("stopbits", 1, 1, 2) if has_line else 1,
        timeout_ms=timeout_ms,
        retries=retries,
        host=None if serial else table.text("host", required=True),
        tcp_port=502 if serial else table.integer("tcp_port", TCP_PORTS[transport], 1, 65535),
    )


def read_meter(table: Table, meter_id: str) -> Meter:
    """Read one `[[meter]]`."""
    return Meter(
        id=meter_id,
        bus=table.identifier("bus", ""),
        profile=table.identifier("profile", ""),
        unit=table.integer("unit", None, *_MODBUS_UNITS),
        address=_dlt645_address(table),
        serial_number=table.text("serial_number"),
        poll_ms=table.integer("poll_ms", 1000, 1, _DAY_MS),
        ratio_ct=table.decimal("ratio_ct", _ONE, above=_ZERO),
        ratio_pt=table.decimal("ratio_pt", _ONE, above=_ZERO),
        legal_use=table.choice("legal_use", LEGAL_USES, "internal"),
        max_rate=_max_rate(table),
    )


def read_machine(table: Table, machine_id: str) -> Machine:
    """Read one `[[machine]]` with its state rule and measures."""
    return Machine(
        id=machine_id,
        name=table.text("name", "", required=True),
        kind=table.choice("kind", MACHINE_KINDS, "", required=True),
        state=_state(table),
        measures=tuple(
            Measure(name, measure.identifier("meter", ""), _quantity(measure))
            for measure, name in table.entries("measure", "name")
        ),
    )


def _port(table: Table) -> str | None:
    if table.has("port") and table.has("usb"):
        table.problem("usb", "not-both", "usb", "port")
    return table.text("port", required=not table.has("usb"))


def _usb(table: Table) -> UsbPort | None:
    usb = table.table("usb")
    if usb is None:
        return None
    port = UsbPort(vid=_usb_id(usb, "vid"), pid=_usb_id(usb, "pid"), serial=usb.text("serial"))
    usb.close()
    return port


def _usb_id(usb: Table, key: str) -> str:
    text = usb.text(key, "", required=True)
    if text and (len(text) != 4 or not set(text) <= _HEX):
        usb.problem(key, "usb-id", text, "1A86")
    return text


def _dlt645_address(table: Table) -> str | None:
    if table.has("unit") and table.has("address"):
        table.problem("address", "not-both", "address", "unit")
    address = table.text("address")
    if address is not None and (len(address) != 12 or not set(address) <= _DIGITS):
        table.problem("address", "dlt645-address", address, "000000012345")
    return address


def _max_rate(table: Table) -> Mapping[str, Decimal]:
    rates = table.table("max_rate")
    if rates is None:
        return {}
    for quantity in rates.data:
        if quantity not in CUMULATIVE_QUANTITIES:
            rates.problem(quantity, "quantity", quantity, ", ".join(CUMULATIVE_QUANTITIES))
    return {
        quantity: rates.decimal(quantity, _ONE, above=_ZERO)
        for quantity in CUMULATIVE_QUANTITIES
        if rates.has(quantity)
    }


def _state(machine: Table) -> StateRule | None:
    table = machine.table("state")
    if table is None:
        return None
    idle_from = table.decimal("idle_from", required=True)
    working_from = table.decimal("working_from", required=True)
    if idle_from is not None and working_from is not None and working_from < idle_from:
        table.problem("working_from", "range", working_from, f">= {idle_from}")
    rule = StateRule(
        meter=table.identifier("meter", ""),
        quantity=_quantity(table),
        idle_from=idle_from or _ZERO,
        working_from=working_from or _ZERO,
        hold_s=table.integer("hold_s", 5, 0, _DAY_S),
    )
    table.close()
    return rule


def _quantity(table: Table) -> str:
    quantity = table.text("quantity", "", required=True)
    if quantity and quantity not in QUANTITIES:
        table.problem("quantity", "quantity", quantity, ", ".join(QUANTITIES))
        return ""
    return quantity
