"""Writing a floor and reading it again changes nothing, through the real TOML text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared_factory_desktop.domain import floor, uscc
from shared_factory_desktop.domain.floor import (
    Bus,
    Contract,
    Factory,
    Floor,
    Machine,
    Measure,
    Meter,
    Platform,
    StateRule,
    Tenant,
    UsbPort,
)
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.floor_write import write_floor
from tests.domain.floorfile.scene import floor_data, spoil, toml, workshop

WORKSHOP = workshop()

ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
maybe_texts = st.none() | texts
dates = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
codes = st.text(uscc.ALPHABET, min_size=17, max_size=17).map(lambda c: c + uscc.check_digit(c))


def decimals(low: int, high: int) -> SearchStrategy[Decimal]:
    return st.decimals(low, high, allow_nan=False, places=8) | st.integers(low, high).map(Decimal)


def factories() -> SearchStrategy[Factory]:
    return st.builds(
        Factory,
        id=ids,
        name=texts,
        uscc=st.none() | codes,
        timezone=st.sampled_from(("Asia/Shanghai", "Asia/Urumqi", "UTC")),
        address=maybe_texts,
        phone=maybe_texts,
        bank=maybe_texts,
        bank_account=maybe_texts,
        identifier_prefix=st.none() | st.just("88.608.8889"),
    )


@st.composite
def buses(draw: st.DrawFn, bus_id: str) -> Bus:
    transport = draw(st.sampled_from(floor.TRANSPORTS))
    common: dict[str, Any] = {
        "timeout_ms": draw(st.integers(1, 10_000)),
        "retries": draw(st.integers(0, 5)),
    }
    if transport in ("serial", "rtu-over-tcp"):
        common["baudrate"] = draw(st.sampled_from((1200, 9600, 115200)))
        common["parity"] = draw(st.sampled_from(floor.PARITIES))
        common["stopbits"] = draw(st.integers(1, 2))
    if transport != "serial":
        host, tcp_port = draw(texts), draw(st.sampled_from((80, 502, 4196)))
        return Bus(bus_id, transport, host=host, tcp_port=tcp_port, **common)
    if draw(st.booleans()):
        return Bus(bus_id, transport, port=draw(texts), **common)
    return Bus(bus_id, transport, usb=UsbPort("1a86", "7523", draw(maybe_texts)), **common)


def meters(meter_id: str, on: list[Bus]) -> SearchStrategy[Meter]:
    return st.builds(
        Meter,
        id=st.just(meter_id),
        bus=st.sampled_from([bus.id for bus in on]),
        profile=st.just("eastron-sdm630"),
        unit=st.integers(1, 247),
        serial_number=maybe_texts,
        poll_ms=st.integers(1, 60_000),
        ratio_ct=decimals(1, 5000),
        ratio_pt=decimals(1, 5000),
        legal_use=st.sampled_from(floor.LEGAL_USES),
        max_rate=st.dictionaries(st.sampled_from(floor.CUMULATIVE_QUANTITIES), decimals(1, 10**9)),
    )


@st.composite
def machines(draw: st.DrawFn, machine_id: str, by: list[Meter]) -> Machine:
    meter = st.sampled_from([meter.id for meter in by])
    quantity = st.sampled_from(floor.QUANTITIES)
    names = draw(st.lists(ids, max_size=3, unique=True))
    rule = StateRule(draw(meter), draw(quantity), draw(decimals(-5, 50)), draw(decimals(50, 99)))
    return Machine(
        id=machine_id,
        name=draw(texts),
        kind=draw(st.sampled_from(floor.MACHINE_KINDS)),
        state=draw(st.none() | st.just(rule)),
        measures=tuple(Measure(name, draw(meter), draw(quantity)) for name in names),
    )


def tenants(tenant_id: str) -> SearchStrategy[Tenant]:
    return st.builds(
        Tenant,
        id=st.just(tenant_id),
        name=texts,
        uscc=st.none() | codes,
        kind=st.sampled_from(floor.TENANT_KINDS),
        class_=maybe_texts,
        credit_limit=st.none() | decimals(0, 10**9),
        phone=maybe_texts,
    )


@st.composite
def contracts(draw: st.DrawFn, contract_id: str, tenant: Tenant, on: list[Machine]) -> Contract:
    valid_from = draw(dates)
    return Contract(
        id=contract_id,
        tenant=tenant.id,
        tariff="printing",
        valid_from=valid_from,
        machines=tuple(dict.fromkeys(m.id for m in draw(st.lists(st.sampled_from(on))))),
        kinds=("other",),
        mode=draw(st.sampled_from(floor.CONTRACT_MODES)),
        valid_to=draw(st.none() | st.just(valid_from + dt.timedelta(days=30))),
        discount=draw(decimals(0, 1)),
        minimum_per_period=draw(decimals(0, 10**6)),
        deposit=draw(decimals(0, 10**6)),
    )


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    names = st.lists(ids, min_size=1, max_size=3, unique=True)
    on = [draw(buses(name)) for name in draw(names)]
    by = [draw(meters(name, on)) for name in draw(names)]
    used = [draw(machines(name, by)) for name in draw(names)]
    energy = Machine("energy", "E", "other", None, (Measure("energy_wh", by[0].id, "energy_wh"),))
    used = [energy, *(machine for machine in used if machine.id != "energy")]
    parties = [draw(tenants(name)) for name in draw(names)]
    platforms = [
        Platform("p", "http", "https://platform.example:8443/x"),
        Platform("q", "mqtt", "mqtt://broker.example", draw(maybe_texts), draw(st.integers(1, 99))),
        Platform("r", "file"),
    ]
    return Floor(
        factory=draw(factories()),
        buses=tuple(on),
        meters=tuple(by),
        machines=tuple(used),
        tenants=tuple(parties),
        bands=WORKSHOP.bands,
        tariffs=draw(st.permutations(WORKSHOP.tariffs).map(tuple)),
        contracts=tuple(draw(contracts(f"c-{tenant.id}"[:64], tenant, used)) for tenant in parties),
        platforms=tuple(draw(st.permutations(platforms))),
    )


@given(floors())
@settings(max_examples=50, deadline=None)
def test_reading_what_was_written_gives_the_same_floor(written: Floor) -> None:
    text = tomli_w.dumps(write_floor(written))
    assert read_floor(toml(text), "floor.toml") == written


def test_the_workshop_is_written_as_it_was_typed_but_for_defaults() -> None:
    typed = floor_data()
    spoil(typed, "bus.3.tcp_port", 80)  # written, since the default of http is not that of tcp
    del typed["bus"][0]["stopbits"], typed["bus"][0]["bytesize"]
    assert write_floor(WORKSHOP) == typed


def test_decimals_keep_the_digits_they_were_typed_with() -> None:
    data = floor_data()
    spoil(data, "contract.0.minimum_per_period", "0.00000010")
    spoil(data, "contract.0.deposit", 10**30)
    written = write_floor(read_floor(data, "floor.toml"))["contract"][0]
    assert (written["minimum_per_period"], written["deposit"]) == ("0.00000010", str(10**30))
