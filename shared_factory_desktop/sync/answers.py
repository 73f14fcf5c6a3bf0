"""Reads a platform's documents: results of a batch and the checkpoint; anything else is refused.

Source: platform contract, "HTTP". The same results document comes over MQTT and in receipt files.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from shared_factory_desktop.domain.decimals import parse_decimal
from shared_factory_desktop.domain.records import Answer, Receipt
from shared_factory_desktop.sync.events import Batch
from shared_factory_desktop.sync.outbox import DaySums, Standing
from shared_factory_desktop.sync.target import Outcome, Verdict

_ID = re.compile(r"[0-9]{12}\Z")
_SHOWN = 300


class NotAsDescribed(ValueError):
    """A platform's document is not what the contract describes; the text says where."""


def outcome(body: bytes, batch: Batch, at: dt.datetime) -> Outcome:
    """Turn the answer to a batch, heard at `at` (UTC), into receipts; never raises.

    A document that is not as described, or names none of the batch, leaves its fate unknown.
    """
    asked = [record.seq for record in batch.records]
    try:
        receipts = results(body, batch.records[0].source, asked, at)
    except NotAsDescribed as error:
        return Outcome(Verdict.REPEAT, code="body", detail=str(error))
    if not receipts:
        return Outcome(Verdict.REPEAT, code="body", detail="results: none of the batch")
    return Outcome(Verdict.ANSWERED, receipts)


def results(body: bytes, source: str, asked: Iterable[int], at: dt.datetime) -> tuple[Receipt, ...]:
    """Read `{"results": […]}` into receipts, heard at `at` (UTC), for those of `asked` it names.

    Results for records of others or that were not asked about are passed over. Raises
    NotAsDescribed, also where one record has two different answers.
    """
    entries = _object(body).get("results")
    if not isinstance(entries, list):
        raise NotAsDescribed("results: expected a list")
    wanted = set(asked)
    receipts: dict[int, Receipt] = {}
    for place, entry in enumerate(entries):
        receipt = _receipt(entry, f"results[{place}]", source, at)
        if receipt is None or receipt.seq not in wanted:
            continue
        if receipts.setdefault(receipt.seq, receipt) != receipt:
            raise NotAsDescribed(f"results[{place}]: a second answer for {entry['id']}")
    return tuple(receipts[seq] for seq in sorted(receipts))


def checkpoint(body: bytes) -> Standing:
    """Read a checkpoint; raises NotAsDescribed."""
    document = _object(body)
    days = document.get("days")
    if not isinstance(days, list):
        raise NotAsDescribed("days: expected a list")
    sums = dict(_day(entry, f"days[{place}]") for place, entry in enumerate(days))
    if len(sums) != len(days):
        raise NotAsDescribed("days: a date is there twice")
    return Standing(_count(document, "count", ""), _last_seq(document), sums)


def shown(text: str) -> str:
    """Make foreign text fit to store and show: one line, printable, cut where it is long."""
    clean = "".join(char if char.isprintable() else " " for char in text[: 2 * _SHOWN])
    return " ".join(clean.split())[:_SHOWN]


def _receipt(entry: object, place: str, source: str, at: dt.datetime) -> Receipt | None:
    if not isinstance(entry, dict):
        raise NotAsDescribed(f"{place}: expected an object")
    status, error = entry.get("status"), entry.get("error") or {}
    if status not in list(Answer) or not isinstance(error, dict):
        raise NotAsDescribed(f"{place}: status {shown(str(status))!r}")
    identity, origin = entry.get("id"), entry.get("source")
    if not isinstance(identity, str) or not isinstance(origin, str):
        raise NotAsDescribed(f"{place}: expected source and id as text")
    if origin != source or not _ID.match(identity):
        return None
    return Receipt(
        seq=int(identity),
        answer=Answer(status),
        at=at,
        receipt=_text(entry, "receipt"),
        code=_text(error, "code"),
        message=_text(error, "message"),
    )


def _day(entry: object, place: str) -> tuple[dt.date, DaySums]:
    if not isinstance(entry, dict):
        raise NotAsDescribed(f"{place}: expected an object")
    try:
        day = dt.date.fromisoformat(entry["date"])
        energy_wh = parse_decimal(entry["energy_wh"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotAsDescribed(f"{place}: date or energy_wh") from error
    events = _count(entry, "events", f"{place}.")
    return day, DaySums(events, Decimal(energy_wh), _whole(entry, "gross_fen", f"{place}."))


def _last_seq(document: Mapping[str, Any]) -> int:
    last_id = document.get("last_id")
    if last_id in (None, ""):
        return 0  # the platform has nothing of this source
    if not isinstance(last_id, str) or not _ID.match(last_id):
        raise NotAsDescribed(f"last_id: {shown(str(last_id))!r}, expected 12 digits")
    return int(last_id)


def _count(document: Mapping[str, Any], key: str, place: str) -> int:
    number = _whole(document, key, place)
    if number < 0:
        raise NotAsDescribed(f"{place}{key}: {number}, expected 0 or more")
    return number


def _whole(document: Mapping[str, Any], key: str, place: str) -> int:
    number = document.get(key)
    if not isinstance(number, int) or isinstance(number, bool):
        raise NotAsDescribed(f"{place}{key}: expected a whole number")
    return number


def _text(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return None if value is None else shown(str(value))


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAsDescribed("not JSON") from error
    if not isinstance(document, dict):
        raise NotAsDescribed("expected an object")
    return document
