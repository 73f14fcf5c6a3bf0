"""A machine's web interface, asked and answered over HTTP."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from typing import Self

import httpx

from drivers.faults import DeviceFault, LineFault
from drivers.transports.line import Exchange, LineSettings, Match, Tap, Timing
from drivers.transports.receive import Receiver

ANSWER_MAX = 1_000_000  # bytes; no question asked here has an answer near that
_CONNECT_S = 3.0
_GOOD = 200


class HttpLine:
    """One web server; a request is b"GET /path", its answer the body, judged like any other's.

    Each question has a connection of its own: no answer can come late, and an embedded server
    that drops idle connections does not drop one just when it is asked over it. The
    settings' `credential` is sent as X-Api-Key; one of the form user:password answers a digest
    challenge instead (RFC 7616), so that the password is never on the wire.
    """

    def __init__(self, settings: LineSettings, tap: Tap | None = None) -> None:
        if settings.host is None:
            raise LineFault("settings", "a http line needs a host")
        self.settings = settings
        self.notes: tuple[str, ...] = ()
        self.exchanges = 0
        self.kept: dict[tuple[str, str], Decimal] = {}
        self._tap = tap
        self._owner = threading.get_ident()
        key = settings.credential or ""
        user, colon, password = key.partition(":")
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if key and not colon:
            headers["X-Api-Key"] = key
        try:
            self._client = httpx.Client(
                base_url=f"http://{_in_url(settings.host)}:{settings.tcp_port}",
                headers=headers,
                auth=httpx.DigestAuth(user, password) if colon else None,
                limits=httpx.Limits(max_keepalive_connections=0),
                trust_env=False,  # a machine next door is never behind the office's proxy
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise LineFault("settings", f"{settings.place}: {error}") from error

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Give the connection back; harmless when closed already."""
        self._client.close()

    def distrust(self, match: Match, timing: Timing) -> None:
        """Nothing comes late: a connection carries one answer."""

    def transact(self, request: bytes, match: Match, timing: Timing) -> Exchange:
        """Send b"GET /path", return the body. Raises DeviceFault, LineFault.

        A status other than 200 is an exception with the status as its detail: redirections are
        not followed, nobody knows where they lead.
        """
        if threading.get_ident() != self._owner:
            raise RuntimeError(f"{self.settings.place}: used by a thread that did not open it")
        if self._client.is_closed:
            raise LineFault("closed", self.settings.place)
        self.exchanges += 1
        sent_s = time.monotonic()
        self._tell("tx", request, sent_s)
        status, body = self._fetch(request, timing.timeout_s)
        arrived_s = time.monotonic()
        self._tell("rx", body, arrived_s)
        if status != _GOOD:
            raise DeviceFault("exception", str(status))
        if not body:
            raise DeviceFault("short", "no body")
        receiver = Receiver(request, match.judge)
        answer = receiver.feed(body)
        if answer is None:
            raise DeviceFault(*receiver.fault(match.length))
        return Exchange(answer, arrived_s - sent_s, int(arrived_s * 1e9))

    def _fetch(self, request: bytes, timeout_s: float) -> tuple[int, bytes]:
        method, _, path = request.decode("ascii").partition(" ")
        patience = httpx.Timeout(timeout_s, connect=max(timeout_s, _CONNECT_S))
        try:
            with self._client.stream(method, path, timeout=patience) as response:
                return response.status_code, self._body(response, timeout_s)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise LineFault("unreachable", f"{self.settings.place}: {error}") from error
        except httpx.TimeoutException as error:
            raise DeviceFault("timeout") from error
        except httpx.RemoteProtocolError as error:
            raise DeviceFault("short", str(error)) from error
        except httpx.HTTPError as error:
            raise LineFault("connection-lost", f"{self.settings.place}: {error}") from error

    def _body(self, response: httpx.Response, timeout_s: float) -> bytes:
        """Read the body as sent; a drip of bytes does not prolong the time-out without end."""
        body, deadline_s = b"", time.monotonic() + timeout_s
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > ANSWER_MAX:
                raise DeviceFault("mismatch", f"more than {ANSWER_MAX} bytes")
            if time.monotonic() > deadline_s:
                raise DeviceFault("timeout", f"after {len(body)} bytes")
        return body

    def _tell(self, direction: str, data: bytes, at_s: float) -> None:
        if self._tap:
            self._tap(direction, data, at_s)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
