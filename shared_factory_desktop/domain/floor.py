"""A factory as the floor file describes it: buses, meters, machines, tenants, tariffs, contracts,
platforms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared_factory_desktop.domain.tariff import BandCalendar, Tariff

TRANSPORTS = ("serial", "tcp", "rtu-over-tcp", "http")
TCP_PORTS = {"tcp": 502, "rtu-over-tcp": 502, "http": 80}  # where the file gives none
PARITIES = ("N", "E", "O")
LEGAL_USES = ("internal", "trade")
MACHINE_KINDS = ("3d-printer", "plating-line", "welder", "spray-booth", "laboratory", "other")
TENANT_KINDS = ("enterprise", "individual")
CONTRACT_MODES = ("on-demand", "lease", "processing", "collaborative")
PLATFORM_KINDS = ("http", "mqtt", "file")

CUMULATIVE_QUANTITIES = (  # registers: use is the difference of two readings
    "energy_wh",
    "energy_export_wh",
    "charge_ah",
    "pieces",
    "run_time_s",
    "arc_time_s",
    "filament_mm",
    "mass_g",
    "gas_l",
)
MOMENTARY_QUANTITIES = (
    "power_w",
    "current_a",
    "voltage_v",
    "temperature_c",
    "progress_pct",
    *(f"voltage_l{phase}_v" for phase in (1, 2, 3)),
    *(f"current_l{phase}_a" for phase in (1, 2, 3)),
    *(f"power_l{phase}_w" for phase in (1, 2, 3)),
)
QUANTITIES = CUMULATIVE_QUANTITIES + MOMENTARY_QUANTITIES

_ONE = Decimal(1)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Factory:
    """The workshop that bills; `uscc` is its unified social credit code (GB 32100-2015)."""

    id: str
    name: str
    uscc: str | None = None
    timezone: str = "Asia/Shanghai"
    address: str | None = None
    phone: str | None = None
    bank: str | None = None
    bank_account: str | None = None
    identifier_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class UsbPort:
    """A serial adapter known by what does not change when it is plugged elsewhere; ids are hex
    text.
    """

    vid: str
    pid: str
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Bus:
    """A line that meters hang on; `retries` counts further tries after the first."""

    id: str
    transport: str  # one of TRANSPORTS
    port: str | None = None
    usb: UsbPort | None = None
    baudrate: int = 9600
    parity: str = "N"  # one of PARITIES
    stopbits: int = 1
    timeout_ms: int = 500
    retries: int = 1
    host: str | None = None
    tcp_port: int = 502


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter on a bus; `max_rate` is the most each quantity can count in an hour."""

    id: str
    bus: str
    profile: str
    unit: int | None = None  # Modbus unit id
    address: str | None = None  # DL/T 645 address
    serial_number: str | None = None
    poll_ms: int = 1000
    ratio_ct: Decimal = _ONE
    ratio_pt: Decimal = _ONE
    legal_use: str = "internal"  # internal | trade
    max_rate: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StateRule:
    """How off, idle and working are told apart: thresholds on one quantity of one meter, held
    `hold_s`.
    """

    meter: str
    quantity: str
    idle_from: Decimal
    working_from: Decimal
    hold_s: int = 5


@dataclass(frozen=True, slots=True)
class Measure:
    """Something a session on a machine is measured by; charges refer to it by `name`."""

    name: str
    meter: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that tenants use."""

    id: str
    name: str
    kind: str
    state: StateRule | None = None
    measures: tuple[Measure, ...] = ()

    @property
    def meters(self) -> tuple[str, ...]:
        """The ids of all meters this machine is watched by, each once, in file order."""
        ids = [self.state.meter] if self.state else []
        ids += [measure.meter for measure in self.measures]
        return tuple(dict.fromkeys(ids))


@dataclass(frozen=True, slots=True)
class Tenant:
    """A firm or person that uses machines; `credit_limit` in CNY."""

    id: str
    name: str
    uscc: str | None = None
    kind: str = "enterprise"  # enterprise | individual
    class_: str | None = None
    credit_limit: Decimal | None = None
    address: str | None = None
    phone: str | None = None
    bank: str | None = None
    bank_account: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """Which tariff prices a tenant's use of which machines, from when; `valid_to` is exclusive."""

    id: str
    tenant: str
    tariff: str
    valid_from: dt.date
    machines: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    mode: str = "on-demand"  # on-demand | lease | processing | collaborative
    valid_to: dt.date | None = None
    discount: Decimal = _ZERO
    minimum_per_period: Decimal = _ZERO
    deposit: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Platform:
    """Where records are synced; `topic` and `timeout_s` (of an answer) are for MQTT."""

    id: str
    kind: str  # one of PLATFORM_KINDS
    url: str | None = None
    topic: str | None = None
    timeout_s: int = 60


@dataclass(frozen=True, slots=True)
class Floor:
    """A whole factory; tuples keep the order of the file, which is the order of statements."""

    factory: Factory
    buses: tuple[Bus, ...] = ()
    meters: tuple[Meter, ...] = ()
    machines: tuple[Machine, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    bands: tuple[BandCalendar, ...] = ()
    tariffs: tuple[Tariff, ...] = ()
    contracts: tuple[Contract, ...] = ()
    platforms: tuple[Platform, ...] = ()

    def machine(self, machine_id: str) -> Machine | None:
        """Find a machine by id."""
        return next((m for m in self.machines if m.id == machine_id), None)

    def meter(self, meter_id: str) -> Meter | None:
        """Find a meter by id."""
        return next((m for m in self.meters if m.id == meter_id), None)

    def bus(self, bus_id: str) -> Bus | None:
        """Find a bus by id."""
        return next((b for b in self.buses if b.id == bus_id), None)

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Find a tenant by id."""
        return next((t for t in self.tenants if t.id == tenant_id), None)
