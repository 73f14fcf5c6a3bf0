"""A line that answers from a transcript, to play again what a meter once said."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Self

from drivers.faults import DeviceFault
from drivers.transports.line import Exchange, LineSettings, Match, Timing
from drivers.transports.receive import Receiver


class ReplayLine:
    """Answers each request as the transcript did, in any order; other requests get silence.

    Transcript: pairs of request and everything that came back, as bytes; the same request
    recorded more than once is answered in the order of recording.
    """

    def __init__(self, transcript: Iterable[tuple[bytes, bytes]]) -> None:
        self.settings = LineSettings("serial", port="replay")
        self.notes: tuple[str, ...] = ()
        self.exchanges = 0
        self.kept: dict[tuple[str, str], Decimal] = {}
        self._pending = list(transcript)

    def __enter__(self) -> Self:
        """Use as a context, like a live line."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def unasked(self) -> tuple[bytes, ...]:
        """Recorded requests that nobody has made."""
        return tuple(request for request, _ in self._pending)

    def transact(self, request: bytes, match: Match, timing: Timing) -> Exchange:  # noqa: ARG002 (a Line's signature)
        """Judge the recorded bytes as a live line would. Raises DeviceFault."""
        self.exchanges += 1
        receiver = Receiver(request, match.judge)
        recorded = next((pair for pair in self._pending if pair[0] == request), (request, b""))
        if recorded in self._pending:
            self._pending.remove(recorded)
        answer = receiver.feed(recorded[1])
        if answer is None:
            raise DeviceFault(*receiver.fault(match.length))
        return Exchange(answer, 0.0, self.exchanges)

    def distrust(self, match: Match, timing: Timing) -> None:
        """Nothing comes late from a transcript."""

    def close(self) -> None:
        """Nothing to give back."""
