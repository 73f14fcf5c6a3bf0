"""What one model of meter offers: requests on the wire and the quantities in their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from drivers.registers import BIT, EXACT, TYPES

QUANTITIES = (
    "energy_wh", "energy_export_wh", "power_w", "current_a", "voltage_v", "charge_ah", "pieces",
    "run_time_s", "arc_time_s", "filament_mm", "mass_g", "gas_l", "temperature_c", "progress_pct",
    "voltage_l1_v", "voltage_l2_v", "voltage_l3_v", "current_l1_a", "current_l2_a",
    "current_l3_a", "power_l1_w", "power_l2_w", "power_l3_w",
)  # fmt: skip
COUNTERS = (
    "energy_wh", "energy_export_wh", "charge_ah", "pieces", "run_time_s", "arc_time_s",
    "filament_mm", "mass_g", "gas_l",
)  # fmt: skip
STATUS = "status_"  # begins the name of what is yes or no, as 1 or 0
ON_TIME, INTEGRAL = "on-time", "integral"  # rules of Derived
TABLES = ("coil", "discrete", "holding", "input")
BIT_TABLES = ("coil", "discrete")
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an answer a value stands and how it is written there, in its protocol's terms.

    `offset`, `order`, `bit` as in Point; `path` and `codes` for answers of text. `size`: its bytes
    on the wire, 0 where that varies. `truth`: it says yes or no, as 1 or 0. `inexact`: its step
    cannot be told from the type.
    """

    type: str
    offset: int = 0
    order: str = "ABCD"
    bit: int = 0
    path: str = ""
    codes: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    size: int = 0
    truth: bool = False
    inexact: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One quantity inside a block's answer.

    `offset`: registers (bits in a coil or discrete table, bytes in other protocols) from the
    block's start; `bit` the bit of a register, 0 the lowest. `path`: where it stands in an answer
    of text; `codes`: the numbers that words there stand for. The value is the number stored times
    `scale`, times the transformer ratios that `ratio` names (none, ct, pt, ctpt), in the unit of
    the quantity's name. `sentinels`: data bytes as upper-case hex in wire order -> the fault they
    stand for.
    For a counter: `wrap`, the count at which it starts again from 0, and `step`, its smallest
    step, both as stored, before `scale`; `on_power_loss` keep or zero; `max_rate`, the most it
    can count in an hour, in the quantity's unit before ratios.
    """

    quantity: str
    offset: int
    type: str
    order: str = "ABCD"
    scale: Decimal = _ONE
    ratio: str = "none"
    bit: int = 0
    path: str = ""
    codes: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    role: str = "gauge"
    sentinels: Mapping[str, str] = field(default_factory=dict, hash=False)
    wrap: Decimal | None = None
    step: Decimal = _ONE
    on_power_loss: str = "keep"
    max_rate: Decimal | None = None

    @property
    def width(self) -> int:
        """Registers it fills; a bit fills the one it is in."""
        return 1 if self.type == BIT else TYPES[self.type].registers

    def ratio_factor(self, ratio_ct: Decimal, ratio_pt: Decimal) -> Decimal:
        """Tell what a sample's value is multiplied by on a meter behind these transformers."""
        factor = ratio_ct if "ct" in self.ratio else _ONE
        return EXACT.multiply(factor, ratio_pt) if "pt" in self.ratio else factor

    @property
    def wrap_value(self) -> Decimal | None:
        """The wrap in the quantity's unit, before transformer ratios."""
        return None if self.wrap is None else EXACT.multiply(self.wrap, self.scale)

    @property
    def step_value(self) -> Decimal:
        """The smallest step in the quantity's unit, before transformer ratios."""
        return EXACT.multiply(self.step, abs(self.scale))


@dataclass(frozen=True, slots=True)
class Block:
    """One request on the wire, in its protocol's terms.

    Modbus: `count` registers or bits of `table` from a 0-based `address`. DL/T 645: the data
    identifier `address`, `count` data bytes. Protocols of text: the `question`.
    """

    table: str
    address: int
    count: int
    points: tuple[Point, ...]
    question: str = ""

    @property
    def size(self) -> int:
        """Data bytes of a Modbus answer."""
        return (self.count + 7) // 8 if self.table in BIT_TABLES else 2 * self.count


@dataclass(frozen=True, slots=True)
class Derived:
    """A counter that is made from the samples of another quantity, as the meter has none for it.

    `rule` on-time: the seconds during which `source` is on, that is at or above `on_from` until
    below `off_below`; either state counts once it has lasted `min_on_s` or `min_off_s`.
    `rule` integral: `source` over time in hours. Over a hole longer than `gap_polls` polls
    nothing is counted. All values are with transformer ratios applied.
    """

    quantity: str
    source: str
    rule: str
    gap_polls: int = 3
    on_from: Decimal = _ONE
    off_below: Decimal = _ONE
    min_on_s: Decimal = Decimal(0)
    min_off_s: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineDefaults:
    """How the maker delivers the meter's line."""

    baudrate: int = 9600
    parity: str = "N"
    stopbits: int = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What the meter can bear; `worst_latency_ms` is the latest it ever answers."""

    max_registers: int = 125
    worst_latency_ms: int = 1000
    gap_ms: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """A model of meter; `version` is a fingerprint of the file's content.

    `verified`: none (from documents only), bench (against a real unit) or site (in service).
    `identity`: a block whose one point is the meter's own number, when it has one.
    """

    id: str
    name: str
    protocol: str
    manual: str
    verified: str
    line: LineDefaults
    limits: Limits
    blocks: tuple[Block, ...]
    version: str
    identity: Block | None = None
    derived: tuple[Derived, ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, in the order of the file."""
        return tuple(point for block in self.blocks for point in block.points)

    @property
    def quantities(self) -> tuple[str, ...]:
        """All that a meter of this model gives: its points, then what is derived from them."""
        return (
            *(point.quantity for point in self.points),
            *(derived.quantity for derived in self.derived),
        )

    def point(self, quantity: str) -> Point | None:
        """Find the point of a quantity."""
        return next((point for point in self.points if point.quantity == quantity), None)
