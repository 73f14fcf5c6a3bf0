"""Bundles: collects the evidence of an issued statement, and checks a bundle from anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration_json import calibration_json
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.usage_write import write_usage
from shared_factory_desktop.exports import verifier, verifier_proof, verifier_source
from shared_factory_desktop.exports.evidence import Evidence
from shared_factory_desktop.services.recomputing import frozen_uses, session_ids
from shared_factory_desktop.storage import calibration, statements
from shared_factory_desktop.storage import evidence as rows
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.statements import IssuedStatement


@dataclass(frozen=True, slots=True)
class CheckedBundle:
    """What the verifier says of a bundle: a sentence for every check and line, what to compare
    with the paper, every problem, and how much was checked.
    """

    told: tuple[str, ...]
    paper: tuple[str, ...]
    problems: tuple[str, ...]
    checked: tuple[tuple[str, int], ...]

    @property
    def ok(self) -> bool:
        """Tell whether everything agrees."""
        return not self.problems


def evidence(database: Database, number: str) -> Evidence | None:
    """Collect what proves a statement; None where it has none: a credit note, whose lines are
    copied, and a statement of an earlier version of the program, which froze no inputs.
    """
    with database.read() as tx:
        stored = statements.get(tx, number)
        entry = rows.issue_entry(tx, number)
        if stored is None or entry is None or "inputs" not in stored.context:
            return None
        context: dict[str, Any] = dict(stored.context)
        uses = frozen_uses(tx, stored, session_ids(context["inputs"]))
        now = dt.datetime.fromisoformat(context["terms"]["now"])
        zone = ZoneInfo(context["timezone"])
        return Evidence(
            statement=_statement(stored, zone),
            context=context,
            usage=write_usage(uses, now, zone),
            readings=_readings(tx, context["terms"]["floor"], uses, now),
            calibrations=_calibrations(tx, context["inputs"]),
            chain={**entry, "numbers": rows.numbers(tx, number)},
        )


def check(path: Path) -> CheckedBundle:
    """Check a bundle with the program's own verifier, and that the bundle's is the same; raises
    Refused where there is no such file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise refused(Kind.INPUT, "bundle-unreadable", path=path, why=error.strerror) from None
    found = verifier.verified(data)
    checks = list(found.checks)
    if found.holds:
        files, _ = verifier_proof.opened(data)
        own = verifier_source.source().encode()
        seen = verifier_proof.sha256(files[verifier_source.NAME])
        checks.append(verifier_proof.same("核验程序 verify.py", seen, verifier_proof.sha256(own)))
    complete = found._replace(checks=checks)
    return CheckedBundle(
        told=(*map(verifier.told, checks), *(line.told() for line in found.lines)),
        paper=tuple(found.paper),
        problems=tuple(complete.problems()),
        checked=(("checks", len(checks)), ("lines", len(found.lines))),
    )


def _calibrations(tx: Transaction, inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the gains that sessions were corrected by, each with its certificate."""
    found = []
    for one in inputs.get("calibrations", ()):
        stored = calibration.get(tx, one["number"], one["version"])
        certificate = calibration_json(stored.calibration) if stored else None
        found.append({**one, "certificate": certificate})
    return found


def _statement(stored: IssuedStatement, zone: ZoneInfo) -> dict[str, Any]:
    issued_at = stored.issued_at.astimezone(zone).isoformat()
    named = {"number": stored.number, "issued_at": issued_at, "sha256": stored.sha256}
    return {**stored.document, **named}


def _readings(
    tx: Transaction, floor: dict[str, Any], uses: Iterable[SessionUse], now: dt.datetime
) -> list[dict[str, object]]:
    """Give the readings that sessions were measured by, each once, by workstation and number."""
    measures = {one["id"]: one.get("measure", []) for one in floor.get("machine", [])}
    found = {
        (row["workstation"], row["seq"]): row
        for use in uses
        for measure in measures.get(use.machine, [])
        for row in rows.readings(
            tx, measure["meter"], measure["quantity"], use.start, use.end or now
        )
    }
    return [found[key] for key in sorted(found, key=lambda key: (str(key[0]), int(str(key[1]))))]
