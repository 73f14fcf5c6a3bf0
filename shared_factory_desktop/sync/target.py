"""What a platform can say to a batch or to "what do you have?", whatever line it is reached by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared_factory_desktop.domain.records import Receipt
from shared_factory_desktop.sync.events import Batch
from shared_factory_desktop.sync.outbox import Standing


class Verdict(StrEnum):
    """The rows of the contract's table of answers, by what follows from them."""

    ANSWERED = "answered"  # 200: the named records have receipts
    REPEAT = "repeat"  # 202, 409, 429, 503, time-out, cut, body not as described: same again
    TOO_LARGE = "too-large"  # 413
    UNPROCESSABLE = "unprocessable"  # 422
    DENIED = "denied"  # 401, 403: stop until a person acts
    REFUSED = "refused"  # 3xx, wrong certificate, TLS below 1.2: not the platform we know


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one exchange; ANSWERED always brings receipts.

    `code` names a sentence in `translations/*/sync.toml`, `detail` is what was seen (a status, a
    name, the platform's words). `reached` is False where nobody answered at all.
    """

    verdict: Verdict
    receipts: tuple[Receipt, ...] = ()
    code: str | None = None
    detail: str = ""
    retry_after_s: float | None = None
    reached: bool = True


class Target(Protocol):
    """A way to one platform; every failure of line or peer is an Outcome, never an exception."""

    def send(self, batch: Batch, timeout_s: float) -> Outcome:
        """Hand over a batch and give the platform's answer within `timeout_s`."""
        ...

    def checkpoint(self, source: str, timeout_s: float) -> Standing | Outcome | None:
        """Ask what the platform has of a source; None where the line has no such question."""
        ...

    def close(self) -> None:
        """Let go of the line."""
        ...
