"""What can go wrong between this program and a meter, as codes that screens translate."""

from __future__ import annotations

COMM_ERROR = "comm_error"  # no trustworthy answer came
EXCEPTION = "exception"  # the meter answered that it will not tell
SENSOR_ERROR = "sensor_error"  # the meter answered that it does not know


class LineFault(Exception):
    """The line itself cannot be used; every meter on it is concerned.

    `code`: port-missing, port-busy, port-denied, port-ambiguous, port-lost, unreachable,
    connection-lost, noisy, closed or settings. `detail` names the port and what was seen.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        """Code and detail, for logs."""
        return f"{self.code}: {self.detail}" if self.detail else self.code


class DeviceFault(Exception):
    """One meter did not give a trustworthy answer; others on the line are not concerned.

    `code`: timeout (nothing came), short (too few bytes), crc, mismatch (bytes that are not the
    answer), exception (`detail` is then its two hex digits, an HTTP status or a word), busy (at
    work for longer than it is waited for) or resend (it did not understand what was sent).
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        """Code and detail, for logs."""
        return f"{self.code}: {self.detail}" if self.detail else self.code
