"""What sending needs of the store of records: pending ones in order, a place for receipts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from shared_factory_desktop.domain.records import Receipt, Record


@dataclass(frozen=True, slots=True)
class DaySums:
    """What both sides count of one local date; `gross_fen` is statements less credit notes."""

    events: int = 0
    energy_wh: Decimal = Decimal(0)
    gross_fen: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """One side's account of what a platform has: quarantined records do not count.

    `last_seq` is 0 where nothing was sent; `days` go by the date of `time` in the factory's zone.
    """

    count: int
    last_seq: int
    days: Mapping[dt.date, DaySums]


@dataclass(frozen=True, slots=True)
class PlatformState:
    """How the last exchange with a platform went, kept so that every process can show it.

    `failures` counts tries in a row without success, `error` is a code of
    `translations/*/sync.toml` and `detail` what was seen. `stopped`: nothing is sent until a
    person acts. `size_limit` is what a 413 forced at `limited_at`. Instants are UTC.
    """

    tried_at: dt.datetime
    next_try_at: dt.datetime | None = None
    failures: int = 0
    error: str | None = None
    detail: str = ""
    stopped: bool = False
    size_limit: int | None = None
    limited_at: dt.datetime | None = None


class Outbox(Protocol):
    """The records of one workstation with their delivery to each platform; may raise what its
    storage raises.
    """

    def pending(self, platform: str, limit: int) -> Sequence[Record]:
        """Give the first `limit` records without an answer, by `seq`."""
        ...

    def settle(self, platform: str, receipts: Sequence[Receipt]) -> None:
        """Store receipts for ever; exactly the records they name are sent or quarantined."""
        ...

    def resend(self, platform: str, seqs: Sequence[int]) -> None:
        """Make sent records pending again."""
        ...

    def sent_after(self, platform: str, seq: int) -> Sequence[int]:
        """Give the `seq` of every sent record above `seq`."""
        ...

    def sent_on(self, platform: str, day: dt.date) -> Sequence[int]:
        """Give the `seq` of every sent record whose `at` is on a local date."""
        ...

    def standing(self, platform: str) -> Standing:
        """Sum up what was sent and is not quarantined."""
        ...

    def state(self, platform: str) -> PlatformState | None:
        """Give what was noted last, or None."""
        ...

    def note(self, platform: str, state: PlatformState) -> None:
        """Keep how the last exchange went."""
        ...
