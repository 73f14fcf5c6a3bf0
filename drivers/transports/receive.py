"""Finds the one answer to a request in the bytes that arrive, past noise and the request's echo."""

from __future__ import annotations

from collections.abc import Callable

from drivers.transports.line import Judgement, Verdict

_SHOWN = 16


class Receiver:
    """Collects what arrives after one request; never takes part of a frame for the whole."""

    def __init__(self, request: bytes, judge: Callable[[bytes], Judgement]) -> None:
        self._request = request
        self._judge = judge
        self._buffer = b""
        self._dropped = b""
        self._reason = ""
        self.echoed = False
        self.signs_of_life = 0
        self.to_come = 0

    def feed(self, data: bytes) -> bytes | None:
        """Add `data`; return the answer once it is whole, else None.

        `to_come` then says how many bytes of it are missing at least.
        """
        self._buffer += data
        self.to_come = 0
        while self._buffer:
            if not self.echoed and self._request.startswith(self._buffer[: len(self._request)]):
                if len(self._buffer) < len(self._request):
                    return None
                self.echoed = True
                self._buffer = self._buffer[len(self._request) :]
                continue
            judgement = self._judge(self._buffer)
            if judgement.verdict is Verdict.MORE:
                self.to_come = max(judgement.length - len(self._buffer), 0)
            if judgement.verdict is Verdict.WAIT:
                self.signs_of_life = judgement.length
            if judgement.verdict in (Verdict.MORE, Verdict.WAIT):
                return None
            head = self._buffer[: judgement.length]
            self._buffer = self._buffer[judgement.length :]
            if judgement.verdict is Verdict.ANSWER:
                return head
            self._drop(head, judgement.reason)
        return None

    def _drop(self, stray: bytes, reason: str) -> None:
        self._dropped += stray
        # A failed checksum says more than the misfits found while searching on behind it.
        if not self._reason or reason == "crc":
            self._reason = reason

    @property
    def leftover(self) -> bool:
        """Whether bytes came that were not the answer or the echo."""
        return bool(self._buffer or self._dropped)

    def fault(self, length: int) -> tuple[str, str]:
        """Say why there is no answer of `length` bytes: a DeviceFault's code and detail."""
        if self.signs_of_life:
            return "busy", f"said so {self.signs_of_life} times"
        if self._reason:
            return self._reason, self._dropped[:_SHOWN].hex(" ").upper()
        if self._buffer:
            return "short", f"{len(self._buffer)}/{length}"
        return "timeout", "echo" if self.echoed else ""
