"""The evidence of an issued statement, made from plain values: metered, late and running use."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.chain import GENESIS, canonical_json, link
from shared_factory_desktop.domain.document_json import context_json
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.holidays import SHIPPED
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.rating import price, price_late
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import (
    Anchor,
    DocumentLine,
    Party,
    Statement,
    StatementDocument,
)
from shared_factory_desktop.domain.statement_json import sha256_of, statement_document
from shared_factory_desktop.domain.terms import terms_json
from shared_factory_desktop.domain.usage_write import write_usage
from shared_factory_desktop.exports.evidence import Evidence
from shared_factory_desktop.exports.statement_bundle import sealed
from shared_factory_desktop.exports.verifier_proof import SUMS, sha256
from tests.domain.pricing.scene import (
    DECEMBER,
    ENERGY,
    HOURLY,
    NOVEMBER,
    OCTOBER,
    PIECES,
    ZONE,
    Table,
    at,
    charge,
    floor_of,
    session,
)

NUMBER = "DZ-2026-000002"
NOW = at("12-01 09:00")
ANCHOR = Anchor(41, "ab" * 32)


def floor() -> Floor:
    """Time by band, energy, pieces in tiers over the period, rent and a minimum."""
    tiers = [{"up_to": "10", "price": "3.00", "flat": "1.00"}, {"price": "2.50"}]
    return floor_of(
        charge("time", **HOURLY, price="60.00", band_prices={"valley": "35.00"}, step="0.25"),
        charge("energy", **ENERGY, price="0.65", adder="0.02", band_factors={"peak": "1.7"}),
        charge("pieces", **PIECES, model="graduated", tiers=tiers, scope="period"),
        charge("rent", basis="period", model="flat", price="200.00"),
        contract={"discount": "0.05", "minimum_per_period": "2000.00"},
    )


def uses() -> list[SessionUse]:
    """A night, a session that still runs, one that came late for October."""
    night = session(
        "11-08 23:01:42", "11-09 08:44:05", "S-2", pieces={"good": 12, "scrap": 1},
        readings={"energy_wh": [
            ("11-08 23:01:42", "1000"), ("11-09 01:00", "4500.5"), ("11-09 08:44:05", "9000"),
        ]},
    )  # fmt: skip
    runs = session(
        "11-30 22:00", None, "S-3", working=[("11-30 22:00", "12-01 08:00")],
        readings={"energy_wh": [("11-30 22:00", "9000"), ("12-01 09:00", "20000")]},
    )  # fmt: skip
    late = session(
        "10-08 08:00", "10-08 10:00", "S-1", pieces={"good": 5},
        readings={"energy_wh": [("10-08 08:00", "0"), ("10-08 10:00", "900")]},
    )  # fmt: skip
    return [late, night, runs]


def evidence(corrected: list[SessionUse] | None = None) -> tuple[StatementDocument, Evidence]:
    """Issue November's statement, with what came late for October, and collect its proof;
    `corrected` are bills' uses where they are not what the readings say.
    """
    chosen, (late, *own) = floor(), corrected or uses()
    before = price(chosen, [], OCTOBER, NOVEMBER, "t-1", NOW).statements[0]
    lines = [
        *price(chosen, own, NOVEMBER, DECEMBER, "t-1", NOW).statements[0].lines,
        *price_late(chosen, [late], before.lines, Period(OCTOBER, NOVEMBER), "t-1", NOW),
    ]
    statement = Statement("t-1", NOVEMBER, DECEMBER, tuple(lines))
    named_lines = tuple(DocumentLine(one, one.charge, None) for one in lines)
    draft = StatementDocument(
        statement, Party("F"), Party("T1"), named_lines,
        capitals(statement.gross_fen), "Asia/Shanghai", anchor=ANCHOR,
    )  # fmt: skip
    priced = {"format": 1, "period": ["2026-11-01", "2026-12-01"], **statement_document(statement)}
    inputs = {
        "sessions": [use.id for use in own],
        "uses": [{"id": "S-3", "end": None}],
        "late": [{
            "period": ["2026-10-01", "2026-11-01"], "number": "DZ-2026-000001",
            "sessions": ["S-1"], "billed": statement_document(before)["lines"],
        }],
    }  # fmt: skip
    terms = terms_json(chosen, [one for one in SHIPPED if one.year == 2026], NOW)
    context = context_json(draft) | {"terms": terms, "inputs": inputs}
    digest = sha256_of(priced)
    document = replace(draft, number=NUMBER, issued_at=NOW, sha256=digest)
    named = {"number": NUMBER, "issued_at": NOW.isoformat(), "sha256": digest}
    proof = Evidence(
        statement={**priced, **named},
        context=context,
        usage=write_usage([late, *own], NOW, ZONE),
        readings=list(readings()),
        calibrations=(),
        chain=_chain(digest, sha256_of(context)),
    )
    return document, proof


def readings() -> Iterator[Table]:
    """The readings of the uses, numbered and chained as a workstation does."""
    previous, seq = GENESIS, 0
    for use in uses():
        for moment, value in use.readings["energy_wh"]:
            seq += 1
            body = _reading(seq, moment, value)
            digest = link(previous, body)
            yield body | {"previous": previous, "hash": digest}
            previous = digest


def _reading(seq: int, moment: dt.datetime, value: Decimal) -> Table:
    return {
        "workstation": "ws-1", "seq": seq, "meter": "M-1", "quantity": "energy_wh",
        "at": moment.astimezone(dt.UTC).isoformat(), "value": f"{value:f}", "raw": "4640E400",
        "quality": "good", "reason": "state", "fault": None, "clock": "steady",
        "monotonic_ns": seq * 1000, "profile": "p", "calibration": 0, "bus": "b", "epoch": 1,
    }  # fmt: skip


def _chain(digest: str, context_sha256: str) -> Table:
    entry = {
        "seq": ANCHOR.seq + 1, "at": NOW.astimezone(dt.UTC).isoformat(), "actor": "boss",
        "workstation": "ws-1", "action": "statement.issue", "object": NUMBER, "before": None,
        "after": {"sha256": digest, "context_sha256": context_sha256}, "result": "done",
    }  # fmt: skip
    numbers = [
        {"seq": 1, "number": "DZ-2026-000001", "sha256": "cd" * 32},
        {"seq": 2, "number": NUMBER, "sha256": digest},
    ]
    linked = {"entry": entry, "previous": ANCHOR.hash, "hash": link(ANCHOR.hash, entry)}
    return {**linked, "numbers": numbers}


def unpacked(bundle: bytes) -> dict[str, bytes]:
    """Give the files of a bundle."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(files: Mapping[str, bytes]) -> bytes:
    """Pack files as a forger does who knows the format: checksums and seal are made anew."""
    rest = {name: content for name, content in files.items() if name != SUMS}
    sums = "".join(f"{sha256(content)}  {name}\n" for name, content in sorted(rest.items()))
    return sealed({**rest, SUMS: sums.encode()})


def rehashed(statement: Table) -> Table:
    """Give a changed statement the hash it would have."""
    later = ("number", "issued_at", "sha256")
    body: Any = {key: value for key, value in statement.items() if key not in later}
    return {**statement, "sha256": sha256(canonical_json(body).encode())}


def alone(script: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script with nothing of ours around it; the last argument is the folder it runs in."""
    *typed, folder = map(str, arguments)
    return subprocess.run(
        [sys.executable, "-I", "-S", str(script), *typed],
        cwd=folder,
        env={},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
