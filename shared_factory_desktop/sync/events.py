"""Writes records as CloudEvents 1.0, always the same bytes for the same record.

Source: CloudEvents 1.0 JSON format; platform contract, "Records".
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared_factory_desktop.domain.records import Record

MAX_EVENTS = 500
MAX_BYTES = 1024 * 1024
BATCH_TYPE = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one source in order of id, their JSON array, and the key that names both."""

    records: tuple[Record, ...]
    body: bytes
    key: str


def source_urn(factory_id: str, workstation_id: str) -> str:
    """Name a workstation as the `source` of its records."""
    return f"urn:shared-factory:{factory_id}:{workstation_id}"


def event(record: Record) -> dict[str, object]:
    """Give a record as a CloudEvent; `data` must hold JSON values, decimals as text."""
    return {
        "specversion": "1.0",
        "id": record.id,
        "source": record.source,
        "type": f"cn.sharedfactory.{record.type}.v1",
        "time": instant(record.at),
        "subject": record.subject,
        "datacontenttype": "application/json",
        "sequence": record.id,
        "recordedtime": instant(record.recorded_at),
        "data": record.data,
    }


def encode(record: Record) -> bytes:
    """Give the event as UTF-8 JSON, keys sorted, no spaces; raises ValueError for NaN."""
    return json.dumps(
        event(record),
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
        default=_mapping,
    ).encode()


def batch(records: Sequence[Record], limit: int = MAX_EVENTS) -> Batch:
    """Take the longest run from the front that fits `limit` events and 1 MiB, at least one.

    A single event above 1 MiB makes a batch whose body is too large; `records` must not be empty.
    """
    parts: list[bytes] = []
    size = 1  # with the comma or bracket after each event: the length of the array
    for record in records[:limit]:
        part = encode(record)
        if parts and size + len(part) + 1 > MAX_BYTES:
            break
        parts.append(part)
        size += len(part) + 1
    taken = tuple(records[: len(parts)])
    body = b"[" + b",".join(parts) + b"]"
    return Batch(taken, body, _key(taken, body))


def instant(at: dt.datetime) -> str:
    """Write an instant as RFC 3339 in UTC, with microseconds only where there are some."""
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _key(records: Sequence[Record], body: bytes) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(f"{record.source} {record.id}\n".encode())
    digest.update(body)
    return digest.hexdigest()


def _mapping(value: object) -> object:
    """Let read-only mappings through, which `json` does not know."""
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError(f"{type(value).__name__} in data, expected a JSON value")
