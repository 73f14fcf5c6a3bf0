"""An outbox in memory and a clock that only moves when waited on, for tests of sending alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.records import Answer, Receipt, Record, RecordType
from shared_factory_desktop.sync.outbox import DaySums, PlatformState, Standing
from shared_factory_desktop.sync.worker import Clock

SOURCE = "urn:shared-factory:f1:w1"
PLATFORM = "province"
START = dt.datetime(2026, 3, 1, 15, 30, tzinfo=dt.UTC)  # 23:30 in Shanghai
_ZONE = ZoneInfo("Asia/Shanghai")


def make_records(count: int, first: int = 1, data: str = "") -> list[Record]:
    """Give `count` records, one every 20 minutes: sessions of 100 Wh, each tenth a statement."""
    return [_record(seq, data) for seq in range(first, first + count)]


def _record(seq: int, data: str) -> Record:
    at = START + dt.timedelta(minutes=20 * seq)
    if seq % 10 == 0:
        document: dict[str, object] = {"totals": {"net": "1.00", "tax": "0.06", "gross": "1.06"}}
        return Record(SOURCE, seq, RecordType.STATEMENT, at, f"ST-{seq}", document, at)
    document = {"measures": {"energy_wh": "100.5"}, "note": data}
    return Record(SOURCE, seq, RecordType.SESSION, at, f"S-{seq}", document, at)


class MemoryOutbox:
    """Implements `sync.outbox.Outbox`; survives "crashes" of the worker, as a database would."""

    def __init__(self, records: Sequence[Record] = ()) -> None:
        self.records = {record.seq: record for record in records}
        self.answers: dict[int, Receipt] = {}
        self.receipts: list[Receipt] = []
        self.noted: PlatformState | None = None

    def add(self, records: Sequence[Record]) -> None:
        self.records |= {record.seq: record for record in records}

    def pending(self, platform: str, limit: int) -> Sequence[Record]:
        assert platform == PLATFORM
        waiting = [seq for seq in sorted(self.records) if seq not in self.answers]
        return [self.records[seq] for seq in waiting[:limit]]

    def settle(self, platform: str, receipts: Sequence[Receipt]) -> None:
        assert platform == PLATFORM
        self.receipts += receipts
        self.answers |= {receipt.seq: receipt for receipt in receipts}

    def resend(self, platform: str, seqs: Sequence[int]) -> None:
        assert platform == PLATFORM
        for seq in seqs:
            del self.answers[seq]

    def sent_after(self, platform: str, seq: int) -> Sequence[int]:
        assert platform == PLATFORM
        return [sent for sent in self.sent() if sent > seq]

    def sent_on(self, platform: str, day: dt.date) -> Sequence[int]:
        assert platform == PLATFORM
        return [seq for seq in self.sent() if self._day(seq) == day]

    def standing(self, platform: str) -> Standing:
        assert platform == PLATFORM
        sent = self.sent()
        days = {self._day(seq) for seq in sent}
        return Standing(
            len(sent), max(sent, default=0), {day: self._sums(platform, day) for day in days}
        )

    def state(self, platform: str) -> PlatformState | None:
        assert platform == PLATFORM
        return self.noted

    def note(self, platform: str, state: PlatformState) -> None:
        assert platform == PLATFORM
        self.noted = state

    def sent(self) -> list[int]:
        return sorted(s for s, r in self.answers.items() if r.answer is not Answer.REJECTED)

    def quarantined(self) -> list[int]:
        return sorted(s for s, r in self.answers.items() if r.answer is Answer.REJECTED)

    def _day(self, seq: int) -> dt.date:
        return self.records[seq].at.astimezone(_ZONE).date()

    def _sums(self, platform: str, day: dt.date) -> DaySums:
        records = [self.records[seq] for seq in self.sent_on(platform, day)]
        sessions = [r for r in records if r.type is RecordType.SESSION]
        return DaySums(
            len(records), len(sessions) * Decimal("100.5"), 106 * (len(records) - len(sessions))
        )


class ManualClock:
    """Stands still until somebody waits; notes how long each wait was."""

    def __init__(self, draw: float = 0.5) -> None:
        self.elapsed_s = 0.0
        self.waits_s: list[float] = []
        self._draw = draw

    def now(self) -> dt.datetime:
        return START + dt.timedelta(days=30, seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s

    def wait(self, seconds: float) -> bool:
        self.waits_s.append(seconds)
        self.elapsed_s += seconds
        return False

    def clock(self) -> Clock:
        return Clock(self.now, self.monotonic, self.wait, lambda: self._draw)
