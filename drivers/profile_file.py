"""Loads profiles from TOML files and reports everything wrong with one at once."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.profile import (
    BIT_TABLES,
    COUNTERS,
    QUANTITIES,
    TABLES,
    Block,
    Limits,
    LineDefaults,
    Point,
    Profile,
)
from drivers.profile_table import ProfileProblem, Table
from drivers.protocols import PROTOCOLS
from drivers.registers import BIT, ORDERS, TYPES

PROFILES_FOLDER = Path(__file__).parent / "profiles"

_STATUS = "status_"
_IDENTITY = "serial_number"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FAULTS = ("sensor_error",)
_MAX_ADDRESS = 0xFFFF
_MAX_BITS = 2000
_VERSION_DIGITS = 12


class ProfileError(Exception):
    """A profile file that cannot be used; `problems` holds every place that is wrong."""

    def __init__(self, problems: Iterable[ProfileProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the checks of a point need to know of its surroundings."""

    table: str
    count: int
    quantities: tuple[str, ...]


def shipped_profiles(folder: Path = PROFILES_FOLDER) -> tuple[Profile, ...]:
    """Load every profile of a folder, by id. Raises ProfileError with the problems of all files."""
    profiles: list[Profile] = []
    problems: list[ProfileProblem] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            profiles.append(read_profile(path))
        except ProfileError as error:
            problems += error.problems
    if problems:
        raise ProfileError(problems)
    return tuple(profiles)


def load_profile(profile_id: str, folders: Sequence[Path] = (PROFILES_FOLDER,)) -> Profile:
    """Load a profile from the first of `folders` that has it. Raises ProfileError."""
    if _ID.fullmatch(profile_id):
        for folder in folders:
            path = folder / f"{profile_id}.toml"
            if path.is_file():
                return read_profile(path)
    known = sorted({path.stem for folder in folders for path in folder.glob("*.toml")})
    raise ProfileError([ProfileProblem("profile", repr(profile_id), f"one of {', '.join(known)}")])


def read_profile(path: Path) -> Profile:
    """Load one profile file; its id is the file's name. Raises ProfileError."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError([ProfileProblem(path.name, str(error), "a TOML file")]) from error
    problems: list[ProfileProblem] = []
    root = Table(path.name, content, problems)
    profile = _profile(path.stem, root, _version(content))
    if problems:
        raise ProfileError(problems)
    return profile


def _version(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:_VERSION_DIGITS]


def _profile(profile_id: str, root: Table, version: str) -> Profile:
    if not _ID.fullmatch(profile_id):
        root.problem("name of the file", profile_id, _ID.pattern)
    limits = _limits(root.table("limits"))
    blocks = tuple(_block(table, limits) for table in root.tables("block", required=True))
    identity = _identity(root.table("identity"), limits) if root.has("identity") else None
    line = root.table("line")
    profile = Profile(
        id=profile_id,
        name=root.text("name"),
        protocol=root.choice("protocol", tuple(known.KEY for known in PROTOCOLS)),
        manual=root.text("manual"),
        verified=root.choice("verified", ("none", "bench", "site"), "none"),
        line=LineDefaults(
            line.integer("baudrate", 300, 1_000_000, 9600),
            line.choice("parity", ("N", "E", "O"), "N"),
            line.integer("stopbits", 1, 2, 1),
        ),
        limits=limits,
        blocks=blocks,
        version=version,
        identity=identity,
    )
    line.finish()
    _check_once(root, profile)
    root.finish()
    return profile


def _check_once(root: Table, profile: Profile) -> None:
    quantities = [point.quantity for point in profile.points]
    for quantity in sorted({q for q in quantities if q and quantities.count(q) > 1}):
        root.problem("block.point.quantity", f"{quantity} twice", "each quantity once")


def _limits(table: Table) -> Limits:
    limits = Limits(
        table.integer("max_registers", 1, 125, 125),
        table.integer("worst_latency_ms", 1, 60_000, 1000),
        table.integer("gap_ms", 0, 1000, 0),
    )
    table.finish()
    return limits


def _block(table: Table, limits: Limits) -> Block:
    kind = table.choice("table", TABLES)
    most = _MAX_BITS if kind in BIT_TABLES else limits.max_registers
    address = table.integer("address", 0, _MAX_ADDRESS)
    count = table.integer("count", 1, most)
    if address + count > _MAX_ADDRESS + 1:
        table.problem("count", str(count), f"an end at or before {_MAX_ADDRESS:#06x}")
    scope = _Scope(kind, count, QUANTITIES)
    points = tuple(_point(point, scope) for point in table.tables("point", required=True))
    table.finish()
    return Block(kind, address, count, points)


def _identity(table: Table, limits: Limits) -> Block:
    kind = table.choice("table", ("holding", "input"))
    address = table.integer("address", 0, _MAX_ADDRESS)
    count = table.integer("count", 1, limits.max_registers)
    point = Point(
        _IDENTITY,
        0,
        table.choice("type", ("uint16", "uint32", "uint64")),
        table.choice("order", ORDERS, "ABCD"),
    )
    if point.type and point.width != count:
        table.problem("count", str(count), f"{point.width} registers of {point.type}")
    table.finish()
    return Block(kind, address, count, (point,))


def _point(table: Table, scope: _Scope) -> Point:
    quantity = table.text("quantity")
    kinds = (BIT,) if scope.table in BIT_TABLES else (*TYPES, BIT)
    counts = quantity in COUNTERS
    kind = table.choice("type", kinds)
    floating = kind in TYPES and TYPES[kind].floating
    point = Point(
        quantity=quantity,
        offset=table.integer("offset", 0, _MAX_BITS),
        type=kind,
        order=table.choice("order", ORDERS, "ABCD"),
        scale=table.decimal("scale", "1"),
        ratio=table.choice("ratio", ("none", "ct", "pt", "ctpt"), "none"),
        bit=table.integer("bit", 0, 15, 0),
        role=table.choice("role", ("counter", "gauge"), "counter" if counts else "gauge"),
        sentinels=table.codes("sentinels", _FAULTS),
        wrap=table.decimal("wrap") if table.has("wrap") else None,
        step=table.decimal("step", None if counts and floating else "1"),
        on_power_loss=table.choice("on_power_loss", ("keep", "zero"), "keep"),
        max_rate=table.decimal("max_rate") if table.has("max_rate") else None,
    )
    if point.type:
        _check_point(table, point, scope)
    table.finish()
    return point


def _check_point(table: Table, point: Point, scope: _Scope) -> None:
    if point.type == BIT:
        if not point.quantity.startswith(_STATUS):
            table.problem("quantity", point.quantity, f"{_STATUS}… for a bit")
    elif point.quantity and point.quantity not in scope.quantities:
        table.problem("quantity", point.quantity, f"one of {', '.join(scope.quantities)}")
    if scope.count and point.offset + point.width > scope.count:
        table.problem(
            "offset", str(point.offset), f"{point.type} inside {scope.count} of the block"
        )
    if (point.role == "counter") != (point.quantity in COUNTERS):
        table.problem("role", point.role, "counter for what counts, gauge for what measures")
    width = 2 * point.width
    for raw in point.sentinels:
        if len(raw) != 2 * width:
            table.problem("sentinels", raw, f"{width} bytes in hex")
