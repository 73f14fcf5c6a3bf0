"""Loads profiles from TOML files and reports everything wrong with one at once."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.profile import (
    COUNTERS,
    QUANTITIES,
    STATUS,
    Block,
    Limits,
    LineDefaults,
    Place,
    Point,
    Profile,
)
from drivers.profile_derived import derived_counters
from drivers.profile_table import ProfileProblem, Table
from drivers.protocols import PROTOCOLS, MeterProtocol, protocol

PROFILES_FOLDER = Path(__file__).parent / "profiles"

_IDENTITY = "serial_number"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FAULTS = ("sensor_error",)
_VERSION_DIGITS = 12
_KEYS_OF_COUNTERS = ("wrap", "step", "on_power_loss", "max_rate")
_SMALL = 4  # bytes; a counter of more never comes round


class ProfileError(Exception):
    """A profile file that cannot be used; `problems` holds every place that is wrong."""

    def __init__(self, problems: Iterable[ProfileProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


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
    key = root.choice("protocol", tuple(known.KEY for known in PROTOCOLS))
    # With no known protocol there is nothing to judge the blocks by; the key alone is reported.
    speech = protocol(key or PROTOCOLS[0].KEY)
    rows = root.tables("block", required=True)
    blocks = tuple(_block(table, speech, limits) for table in rows) if key else ()
    given = root.table("identity")
    identity = _identity(given, speech, limits) if key and root.has("identity") else None
    line = root.table("line")
    profile = Profile(
        id=profile_id,
        name=root.text("name"),
        protocol=key,
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
        derived=derived_counters(root, [point for block in blocks for point in block.points]),
    )
    line.finish()
    _check_once(root, profile)
    root.finish()
    return profile


def _check_once(root: Table, profile: Profile) -> None:
    quantities = profile.quantities
    for quantity in sorted({q for q in quantities if q and quantities.count(q) > 1}):
        root.problem("quantity", f"{quantity} twice", "each quantity once")


def _limits(table: Table) -> Limits:
    limits = Limits(
        table.integer("max_registers", 1, 125, 125),
        table.integer("worst_latency_ms", 1, 60_000, 1000),
        table.integer("gap_ms", 0, 1000, 0),
    )
    table.finish()
    return limits


def _block(table: Table, speech: MeterProtocol, limits: Limits) -> Block:
    asked = speech.block(table, limits)
    rows = table.tables("point", required=True)
    points = tuple(_point(row, speech, asked) for row in rows)
    table.finish()
    return replace(asked, points=points)


def _identity(table: Table, speech: MeterProtocol, limits: Limits) -> Block:
    asked = speech.block(table, limits)
    place = speech.place(table, asked)
    table.finish()
    return replace(asked, points=(_placed(_IDENTITY, place),))


def _placed(quantity: str, place: Place) -> Point:
    return Point(
        quantity,
        place.offset,
        place.type,
        place.order,
        bit=place.bit,
        path=place.path,
        codes=place.codes,
    )


def _point(table: Table, speech: MeterProtocol, asked: Block) -> Point:
    quantity = table.text("quantity")
    counts = quantity in COUNTERS
    place = speech.place(table, asked)
    point = replace(
        _placed(quantity, place),
        scale=table.decimal("scale", "1"),
        ratio=table.choice("ratio", ("none", "ct", "pt", "ctpt"), "none"),
        role="counter" if counts else "gauge",
        sentinels=table.codes("sentinels", _FAULTS),
        wrap=table.decimal("wrap") if table.has("wrap") else None,
        step=table.decimal("step", None if counts and place.inexact else "1"),
        on_power_loss=table.choice("on_power_loss", ("keep", "zero"), "keep"),
        max_rate=table.decimal("max_rate") if table.has("max_rate") else None,
    )
    if point.type:
        _check_point(table, point, place)
    table.finish()
    return point


def _check_point(table: Table, point: Point, place: Place) -> None:
    if place.truth:
        fits, expected = point.quantity.startswith(STATUS), f"{STATUS}… for what is yes or no"
    else:
        fits, expected = point.quantity in QUANTITIES, f"one of {', '.join(QUANTITIES)}"
    if fits:
        _check_counting(table, point, place)
    elif point.quantity:
        table.problem("quantity", point.quantity, expected)
    for raw in point.sentinels:
        if place.size and len(raw) != 2 * place.size:
            table.problem("sentinels", raw, f"{place.size} bytes in hex")


def _check_counting(table: Table, point: Point, place: Place) -> None:
    """Without its wrap, a register's return to 0 could not be told from a reset."""
    if point.role != "counter":
        for key in filter(table.has, _KEYS_OF_COUNTERS):
            table.problem(key, "given", "none, as it measures and does not count")
        return
    if place.size and not place.inexact:
        most = 256**place.size
        expected = f"the count, at most {most}, at which it starts again from 0"
        if point.wrap is None and place.size <= _SMALL:
            table.problem("wrap", "missing", expected)
        if point.wrap is not None and point.wrap > most:
            table.problem("wrap", str(point.wrap), expected)
    if point.wrap is not None and point.step >= point.wrap:
        table.problem("step", str(point.step), f"less than the wrap, {point.wrap}")
