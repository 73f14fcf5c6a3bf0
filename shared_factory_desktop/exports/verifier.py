"""Checks a statement's bundle anywhere: nothing was changed, and every line comes out the same.

Run it with Python 3.9 or newer, without installing anything: `python3 verify.py BUNDLE.zip`.
Exit status: 0 everything agrees, 1 something does not, 2 there is no bundle to check.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from shared_factory_desktop.exports.verifier_calibration import (
    adjusted_lines,
    as_read,
    calibration_checks,
)
from shared_factory_desktop.exports.verifier_lines import (
    Bill,
    billed_lines,
    capitals,
    fen_of,
    late_lines,
    money,
)
from shared_factory_desktop.exports.verifier_proof import (
    Check,
    Files,
    link_checks,
    opened,
    readings_of,
    register_checks,
    same,
    statement_checks,
)
from shared_factory_desktop.exports.verifier_use import Calendar, Table, Use, read_use

DOCUMENTS = (
    "statement",
    "chain",
    "context",
    "floor",
    "holidays",
    "late",
    "usage",
    "calibration",
)
WORDS = {True: "一致 agrees", False: "不一致 DIFFERS", None: "未核 not checked"}


class LineCheck(NamedTuple):
    """One line of the statement: `expected` is the line as it was worked out again."""

    number: int
    seen: Table
    expected: Table

    @property
    def holds(self) -> bool:
        """Tell whether the line came out the same in every part."""
        return self.seen == self.expected

    def told(self) -> str:
        """Say in a line how it compares."""
        line = self.seen or self.expected
        told = f"第 {self.number} 行 line {line['session'] or '-'} {line['charge']} {line['gross']}"
        if self.holds:
            return f"{told} {WORDS[True]}"
        keys = sorted({*self.seen, *self.expected})
        different = [key for key in keys if self.seen.get(key) != self.expected.get(key)]
        due = ", ".join(f"{key} {self.expected.get(key)}" for key in different)
        return f"{told} {WORDS[False]}: 应为 expected {due}"


class Verified(NamedTuple):
    """What was checked of a bundle, and the two numbers to compare with the paper."""

    checks: list[Check]
    lines: list[LineCheck]
    paper: list[str]

    @property
    def holds(self) -> bool:
        """Tell whether nothing differs."""
        differs = [check for check in self.checks if check.holds is False]
        return not differs and all(line.holds for line in self.lines)

    def problems(self) -> list[str]:
        """Give a sentence for all that differs."""
        differs = [told(check) for check in self.checks if check.holds is False]
        return differs + [line.told() for line in self.lines if not line.holds]


def told(check: Check) -> str:
    """Say a check in a line."""
    if check.holds:
        return f"{check.what} {WORDS[True]}"
    found = f" {check.seen} ≠" if check.holds is False else ""
    return f"{check.what} {WORDS[check.holds]}:{found} {check.expected}"


def verified(data: bytes) -> Verified:
    """Check a bundle's bytes; nothing is worked out again where the archive itself was changed."""
    files, checks = opened(data)
    if any(not check.holds for check in checks):
        return Verified(checks, [], [])
    try:
        return _content_verified(files, checks)
    except Exception as error:  # noqa: BLE001 - whatever a forged file breaks is a finding
        why = f"{type(error).__name__}: {error}"
        return Verified([*checks, Check("内容 content", False, why, "bundle")], [], [])


def main(arguments: list[str]) -> int:
    """Check the bundle named and print a line for everything; gives the exit status."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a real stream
    try:
        data = Path(arguments[0]).read_bytes()
    except (IndexError, OSError) as error:
        why = "python3 verify.py BUNDLE.zip" if isinstance(error, IndexError) else error
        sys.stderr.write(f"无文件 no bundle: {why}\n")
        return 2
    found = verified(data)
    for text in [*map(told, found.checks), *(line.told() for line in found.lines), *found.paper]:
        sys.stdout.write(f"{text}\n")
    unchecked = sum(check.holds is None for check in found.checks)
    sys.stdout.write(
        f"{WORDS[found.holds]}: {len(found.lines)} 行 lines, "
        f"{len(found.problems())} 处不符 differences, {unchecked} 项未核 not checked\n"
    )
    return 0 if found.holds else 1


def _content_verified(files: Files, checks: list[Check]) -> Verified:
    statement, chain, context, floor, holidays, late, usage, calibrations = (
        json.loads(files[f"{name}.json"]) for name in DOCUMENTS
    )
    inputs = context["inputs"]
    checks = [*checks, *statement_checks(statement, chain, context)]
    checks.append(same("价格依据 floor.json", floor, context["terms"]["floor"]))
    checks.append(same("节假日 holidays.json", holidays, context["terms"]["holidays"]))
    checks.append(same("补计 late.json", late, inputs["late"]))
    running = [one["id"] for one in inputs["uses"] if one["end"] is None]
    uses = [read_use(body, body["id"] in running) for body in usage["sessions"]]
    rows = readings_of(files["readings.csv"])
    read, corrections = as_read(floor, uses, inputs, rows)
    checks += [*calibration_checks(calibrations, inputs), *corrections]
    checks += [*link_checks(rows), *register_checks(floor, read, rows)]
    calendar = Calendar(floor, holidays)
    start, end = map(dt.date.fromisoformat, statement["period"])
    bill = Bill(floor, calendar, statement["tenant"], start, end)
    expected = _expected(bill, uses, inputs)
    lines = [
        LineCheck(number, seen or {}, due or {})
        for number, (seen, due) in enumerate(zip_longest(statement["lines"], expected), 1)
    ]
    checks += _totals(statement)
    anchor = chain["anchor"] or {"seq": "-", "hash": "-"}
    paper = [
        "请与纸面核对 compare with the paper:",
        f"  {statement['number']} sha256 {statement['sha256'][:16]}",
        f"  锚 anchor {anchor['seq']} {anchor['hash'][:16]}",
    ]
    return Verified(checks, lines, paper)


def _expected(bill: Bill, uses: list[Use], inputs: Table) -> list[Table]:
    """Work the lines out again: the period's own, then those that came late, period by period, then
    those that make good a metering error.
    """
    by_id = {use.id: use for use in uses}
    lines = billed_lines(bill, [by_id[one] for one in inputs["sessions"]])
    for part in inputs["late"]:
        start, end = map(dt.date.fromisoformat, part["period"])
        closed = bill._replace(start=start, end=end)
        lines += late_lines(closed, [by_id[one] for one in part["sessions"]], part["billed"])
    return [*lines, *adjusted_lines(inputs)]


def _totals(statement: Table) -> list[Check]:
    """Add the lines up; totals are never worked out in another way."""
    sums = {
        name: sum(fen_of(line[name]) for line in statement["lines"])
        for name in ("net", "tax", "gross")
    }
    checks = [
        same(f"合计 total {name}", statement[name], money(sum_)) for name, sum_ in sums.items()
    ]
    words = capitals(sums["gross"])
    return [*checks, same("大写 capitals", statement["gross_uppercase"], words)]
