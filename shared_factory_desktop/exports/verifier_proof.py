"""Checks that what a bundle says was not changed: archive, checksums, hashes, numbers, chains.

Part of the verifier in every bundle. A check that does not hold names the place, the value seen
and the one expected.
"""

from __future__ import annotations

import bisect
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from shared_factory_desktop.exports.verifier_use import Table, Use, instant

FILES = (
    "README.txt",
    "SHA256SUMS",
    "calibration.json",
    "chain.json",
    "context.json",
    "floor.json",
    "holidays.json",
    "late.json",
    "readings.csv",
    "statement.json",
    "statement.pdf",
    "usage.json",
    "verify.py",
)
SUMS = "SHA256SUMS"
SEAL_LENGTH = 64
MINUTE_US = 60 * 10**6
LATER = ("number", "issued_at", "sha256")  # not part of what a statement's hash covers
NUMBERS = ("seq", "monotonic_ns", "calibration", "epoch")
NULLABLE = ("value", "raw", "fault", "bus")
LINKS = ("previous", "hash")
BOOKED = ("good", "substitute")

Files = dict[str, bytes]


class Reading(NamedTuple):
    """A value of a register that counts; `again`: the register had begun anew before it."""

    at: int
    value: Fraction
    again: bool


class Check(NamedTuple):
    """One thing that was looked at; `holds` None: it could not be, and `expected` says why."""

    what: str
    holds: bool | None
    seen: str = ""
    expected: str = ""


def sha256(content: bytes) -> str:
    """Give the SHA-256 of bytes in hex."""
    return hashlib.sha256(content).hexdigest()


def canonical(value: Any) -> bytes:
    """Write JSON the one way that is hashed: sorted keys, no blanks, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def same(what: str, seen: object, expected: object) -> Check:
    """Compare two values."""
    if seen == expected:
        return Check(what, True)
    return Check(what, False, str(seen), str(expected))


def opened(data: bytes) -> tuple[Files, list[Check]]:
    """Open a bundle and check it as an archive: nothing else is looked at where that fails.

    The archive's comment is the SHA-256 of all bytes before it: any changed byte shows.
    """
    body, seal = data[:-SEAL_LENGTH], data[-SEAL_LENGTH:]
    checks = [same("封印 seal", seal.decode("ascii", "replace"), sha256(body))]
    files: Files = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            checks.append(same("文件清单 list of files", sorted(names), sorted(FILES)))
            for name in names:
                files[name] = _content(archive, name)
    except Exception as error:  # noqa: BLE001 - a damaged archive raises errors of many kinds
        return {}, [*checks, Check("压缩包 archive", False, type(error).__name__, "zip")]
    return files, [*checks, *_sums(files)]


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    """Give a file's bytes; what cannot be unpacked is empty, and so has another checksum."""
    try:
        return archive.read(name)
    except Exception:  # noqa: BLE001 - so does a damaged file in it
        return b""


def _sums(files: Files) -> Iterator[Check]:
    written = dict(
        (line[66:], line[:64])
        for line in files.get(SUMS, b"").decode("utf-8", "replace").split("\n")
    )
    for name in FILES:
        if name != SUMS:
            seen = sha256(files.get(name, b""))
            yield same(f"校验和 checksum {name}", seen, written.get(name, ""))


def statement_checks(statement: Table, chain: Table, context: Table) -> Iterator[Check]:
    """Check a statement's hash, its number in the series, and its entry in the audit trail."""
    hashed = sha256(canonical({k: v for k, v in statement.items() if k not in LATER}))
    yield same("对账单哈希 hash of the statement", statement["sha256"], hashed)
    numbers = chain["numbers"]
    seen = [one["seq"] for one in numbers]
    yield same("编号连续 numbers without a gap", seen, list(range(1, len(numbers) + 1)))
    odd = [one["number"] for one in numbers if str(one["seq"]) not in one["number"]]
    unique = len({one["number"] for one in numbers})
    yield same("编号唯一 numbers unique", [unique, odd], [len(numbers), []])
    own = [statement["number"], statement["sha256"]]
    yield same(
        "本单编号 number of this statement", [numbers[-1]["number"], numbers[-1]["sha256"]], own
    )
    entry, after = chain["entry"], chain["entry"]["after"]
    linked = sha256(bytes.fromhex(chain["previous"]) + canonical(entry))
    yield same("审计链 link of the audit entry", chain["hash"], linked)
    issue = ["statement.issue", statement["number"], statement["sha256"]]
    found = [entry["action"], entry["object"], after["sha256"]]
    yield same("审计条目 audit entry of the issue", found, issue)
    apart = abs(instant(statement["issued_at"]) - instant(entry["at"]))
    if apart > MINUTE_US:  # the hash of a statement does not cover its instant
        yield same("开具时刻 instant of issue", statement["issued_at"], entry["at"])
    frozen = sha256(canonical(context))
    yield same("冻结依据 frozen inputs", after.get("context_sha256"), frozen)
    yield from _anchor(chain, context)


def _anchor(chain: Table, context: Table) -> Iterator[Check]:
    """Check that the audit entry follows the anchor that is printed on the statement."""
    anchor = context.get("anchor")
    yield same("审计锚 anchor", chain["anchor"], anchor)
    if anchor and anchor["seq"] + 1 == chain["entry"]["seq"]:
        yield same("锚后首条 entry after the anchor", chain["previous"], anchor["hash"])


def readings_of(content: bytes) -> list[Table]:
    """Read readings.csv; an empty cell of some columns means that there is no such value."""
    rows = []
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        reading: Table = dict(row)
        for name in NUMBERS:
            reading[name] = int(reading[name])
        for name in NULLABLE:
            reading[name] = reading[name] or None
        rows.append(reading)
    return rows


def link_checks(rows: list[Table]) -> Iterator[Check]:
    """Check each reading's hash, and that readings with consecutive numbers are linked."""
    broken = 0
    for index, row in enumerate(rows):
        place = f"读数 reading {row['workstation']} {row['seq']}"
        body = {name: value for name, value in row.items() if name not in LINKS}
        linked = sha256(bytes.fromhex(row["previous"]) + canonical(body))
        checks = [same(place, row["hash"], linked)]
        earlier = rows[index - 1] if index else None
        if earlier and (earlier["workstation"], earlier["seq"] + 1) == (
            row["workstation"],
            row["seq"],
        ):
            checks.append(same(f"{place} 链 link", row["previous"], earlier["hash"]))
        for check in checks:
            broken += not check.holds
            if not check.holds:
                yield check
    if not broken:
        yield Check(f"读数链 chain of {len(rows)} readings", True)


def register_checks(floor: Table, uses: Iterable[Use], rows: list[Table]) -> Iterator[Check]:
    """Check that the registers a session is billed by are those that were read."""
    measures, booked = registers_of(floor), booked_of(rows)
    for use in uses:
        for name in use.readings:
            register = measures.get((use.machine, name), ("", ""))
            yield _register_check(f"{use.id} {name}", use, name, booked.get(register, []))


def booked_of(rows: list[Table]) -> dict[tuple[str, str], list[Reading]]:
    """Give the readings that count, by meter and quantity, in order."""
    booked: dict[tuple[str, str], list[Reading]] = {}
    for row in sorted(rows, key=lambda row: (instant(row["at"]), row["workstation"], row["seq"])):
        again = row["fault"] in ("reset", "rollover")
        if row["value"] and (again or row["quality"] in BOOKED):
            reading = Reading(instant(row["at"]), Fraction(row["value"]), again)
            booked.setdefault((row["meter"], row["quantity"]), []).append(reading)
    return booked


def registers_of(floor: Table) -> dict[tuple[str, str], tuple[str, str]]:
    """Give meter and quantity of each machine's measures, by machine and name."""
    return {
        (machine["id"], measure["name"]): (measure["meter"], measure["quantity"])
        for machine in floor.get("machine", [])
        for measure in machine.get("measure", [])
    }


def _register_check(place: str, use: Use, name: str, booked: list[Reading]) -> Check:
    """Look for each value of a session among the readings: at its instant, or, where it begins and
    ends, next to it: meters are read one after the other.

    Where people cut or joined sessions, values lie between readings, and a register goes on from
    where the first session left it: then nowhere more may have been counted than was read.
    """
    place = f"表计读数 register {place}"
    first = bisect.bisect_left(booked, (use.start,))
    after = bisect.bisect_right(booked, (use.end + 1,))
    if first == after:
        return Check(place, None, expected="本系统无读数 recorded elsewhere")
    if any(reading.again for reading in booked[first:after]):
        return Check(place, None, expected="表计曾归零 the register was reset")
    series = use.readings[name]
    ends, fits = (0, len(series) - 1), True
    for index, (at, value) in enumerate(series):
        low, high = bounds(booked, at)
        if value > high or (index == 0 and value < low):
            return Check(place, False, str(value), f"{low} – {high}")
        fits = fits and value in (low, high) and (low == high or index in ends)
    if fits:
        return Check(place, True)
    return Check(place, None, expected="经人更正，不多于读数 corrected, not more than was read")


def bounds(booked: list[Reading], at: int) -> tuple[Fraction, Fraction]:
    """Give the reading at an instant, twice, or those before and after it."""
    low, high = bisect.bisect_left(booked, (at,)), bisect.bisect_right(booked, (at + 1,))
    near = booked[low:high] or booked[max(low - 1, 0) : high + 1]
    return near[0].value, near[-1].value
