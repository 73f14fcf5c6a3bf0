"""What a platform has been told: each record once, with its receipt and the sums of each day."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from shared_factory_desktop.domain.decimals import parse_decimal, plain
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.records import RecordType
from shared_factory_desktop.sync.reference.documents import Checkpoint, Day, Event, Fault, Result


@dataclass(frozen=True, slots=True)
class _Entry:
    event: Mapping[str, Any]
    receipt: str
    day: dt.date
    energy_wh: Decimal
    gross_fen: int


class Ledger:
    """An append-only store of events, in memory and, if wanted, in a file of one event a line.

    `timezone` decides which date an event counts for. Calls from several threads take turns.
    """

    def __init__(self, timezone: str = "Asia/Shanghai", file: Path | None = None) -> None:
        """Open a ledger, reading `file` where it exists; raises OSError, ValueError."""
        self._zone = ZoneInfo(timezone)
        self._entries: dict[str, dict[str, _Entry]] = defaultdict(dict)
        self._taken = 0
        self._turn = threading.Lock()
        self._file: Path | None = None  # what is read back is not written again
        if file is not None and file.exists():
            self.receive([json.loads(line) for line in file.read_text("utf-8").splitlines()])
        self._file = file

    def receive(self, events: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Take each event (with `source` and `id` as text) once; answer all of them, in order."""
        with self._turn:
            results = [self._take(event) for event in events]
            taken = [e for e, r in zip(events, results, strict=True) if r.status == "accepted"]
            if self._file is not None and taken:
                with self._file.open("a", encoding="utf-8") as stream:
                    stream.writelines(json.dumps(e, ensure_ascii=False) + "\n" for e in taken)
                    stream.flush()
                    os.fsync(stream.fileno())  # a receipt is a promise to have it tomorrow
            return results

    def events(self, source: str) -> list[Mapping[str, Any]]:
        """Give all events of a source in the order they came."""
        with self._turn:
            return [entry.event for entry in self._entries.get(source, {}).values()]

    def checkpoint(self, source: str) -> Checkpoint:
        """Sum up a source; one that was never heard of has nothing."""
        with self._turn:
            entries = dict(self._entries.get(source, {}))
        days: dict[dt.date, list[_Entry]] = defaultdict(list)
        for entry in entries.values():
            days[entry.day].append(entry)
        return Checkpoint(
            count=len(entries),
            last_id=max(entries, default=None),
            days=[_sums(day, days[day]) for day in sorted(days)],
        )

    def _take(self, event: Mapping[str, Any]) -> Result:
        source, identity = event["source"], event["id"]
        known = self._entries.get(source, {}).get(identity)
        if known is not None and known.event == event:
            return Result(source=source, id=identity, status="duplicate", receipt=known.receipt)
        if known is not None:
            return _rejected(event, "conflict", "this id came before with other contents")
        try:
            entry = self._entry(event)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            return _rejected(event, "invalid", f"{place}: {first['msg']}")
        except (LookupError, TypeError, ValueError):
            return _rejected(event, "data", "data: a decimal is missing or not one")
        self._taken += 1
        self._entries[source][identity] = entry
        return Result(source=source, id=identity, status="accepted", receipt=entry.receipt)

    def _entry(self, event: Mapping[str, Any]) -> _Entry:
        checked = Event.model_validate(event)
        energy_wh, gross_fen = _figures(checked)
        day = checked.time.astimezone(self._zone).date()
        return _Entry(event, f"R{self._taken + 1:010d}", day, energy_wh, gross_fen)


def _figures(event: Event) -> tuple[Decimal, int]:
    """Give what an event adds to its day: energy in Wh, gross in fen; a credit note takes away."""
    what = event.type.removeprefix("cn.sharedfactory.").removesuffix(".v1")
    if what == RecordType.SESSION:
        return parse_decimal(event.data.get("measures", {}).get("energy_wh", "0")), 0
    if what not in (RecordType.STATEMENT, RecordType.CREDIT_NOTE):
        return Decimal(0), 0
    gross_fen = fen(parse_decimal(event.data["totals"]["gross"]))
    return Decimal(0), gross_fen if what == RecordType.STATEMENT else -gross_fen


def _sums(day: dt.date, entries: Sequence[_Entry]) -> Day:
    return Day(
        date=day.isoformat(),
        events=len(entries),
        energy_wh=plain(sum((entry.energy_wh for entry in entries), Decimal(0))),
        gross_fen=sum(entry.gross_fen for entry in entries),
    )


def _rejected(event: Mapping[str, Any], code: str, message: str) -> Result:
    error = Fault(code=code, message=message)
    return Result(source=event["source"], id=event["id"], status="rejected", error=error)
