"""Speaks the platform contract over HTTP: one request, one outcome, whatever happens to it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import httpx

from shared_factory_desktop.domain.floor import Platform
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.sync import answers
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.events import BATCH_TYPE, Batch
from shared_factory_desktop.sync.outbox import Standing
from shared_factory_desktop.sync.signature import content_digest, signature_fields
from shared_factory_desktop.sync.target import Outcome, Verdict

KEY = "http"

# Trusts nobody: reading the system's authorities takes longer than a batch on this computer.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_MAX_ANSWER_BYTES = 8 * 1024 * 1024
_BY_STATUS = {
    401: (Verdict.DENIED, "denied"),
    403: (Verdict.DENIED, "denied"),
    409: (Verdict.REPEAT, "busy"),
    413: (Verdict.TOO_LARGE, "too-large"),
    422: (Verdict.UNPROCESSABLE, "unprocessable"),
    429: (Verdict.REPEAT, "later"),
    503: (Verdict.REPEAT, "later"),
}
_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "WRONG_VERSION", "HANDSHAKE_FAILURE")
_CERTIFICATE = ("CERTIFICATE_VERIFY_FAILED", "CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA")


class HttpTarget:
    """One platform over one kept-open connection; not for two threads at once."""

    def __init__(self, platform: Platform, access: Access, now: Callable[[], dt.datetime]) -> None:
        """Check the address; raises Refused (INPUT) for one that is not `https://host[:port][/path]`.

        Plain `http://` is allowed to this computer only: a token must not cross a network bare.
        """
        self._url = _checked_url(platform)
        self._access = access
        self._now = now
        self._client = httpx.Client(
            verify=_tls(access) if self._url.lower().startswith("https:") else _NO_TLS,
            follow_redirects=False,
            trust_env=False,  # no proxy, netrc or certificate of the surroundings
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    def send(self, batch: Batch, timeout_s: float) -> Outcome:
        """Post a batch to `/v1/events`, signed where there is a key."""
        uri = f"{self._url}/v1/events"
        digest = content_digest(batch.body)
        headers = {
            "Content-Type": BATCH_TYPE,
            "Content-Digest": digest,
            "Idempotency-Key": batch.key,
        }
        if self._access.key is not None:
            headers |= signature_fields(
                self._access.key, "POST", uri, digest, batch.key, self._now()
            )
        request = self._client.build_request(
            "POST", uri, content=batch.body, headers=headers | self._authorization()
        )
        answer = self._exchange(request, timeout_s)
        if isinstance(answer, Outcome):
            return answer
        return answers.outcome(answer, batch, self._now())

    def checkpoint(self, source: str, timeout_s: float) -> Standing | Outcome:
        """Get `/v1/sources/{source}/checkpoint`."""
        uri = f"{self._url}/v1/sources/{quote(source, safe='')}/checkpoint"
        request = self._client.build_request("GET", uri, headers=self._authorization())
        answer = self._exchange(request, timeout_s)
        if isinstance(answer, Outcome):
            return answer
        try:
            return answers.checkpoint(answer)
        except answers.NotAsDescribed as error:
            return Outcome(Verdict.REPEAT, code="body", detail=str(error))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _authorization(self) -> dict[str, str]:
        token = self._access.token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _exchange(self, request: httpx.Request, timeout_s: float) -> bytes | Outcome:
        """Give the body of a 200, or what any other answer or none amounts to."""
        deadline = time.monotonic() + timeout_s
        request.extensions["timeout"] = httpx.Timeout(timeout_s).as_dict()
        try:
            response = self._client.send(request, stream=True)
            try:
                body = _read(response, deadline)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            reached = not isinstance(error, httpx.ConnectTimeout)
            return Outcome(Verdict.REPEAT, code="timeout", reached=reached)
        except httpx.HTTPError as error:
            return _broken(error)
        except _TooLong:
            return Outcome(Verdict.REPEAT, code="body", detail=f"> {_MAX_ANSWER_BYTES} B")
        return body if response.status_code == 200 else self._other(response, body)

    def _other(self, response: httpx.Response, body: bytes) -> Outcome:
        status = response.status_code
        if 300 <= status < 400:
            location = answers.shown(response.headers.get("Location", ""))
            return Outcome(Verdict.REFUSED, code="redirect", detail=f"{status} {location}".strip())
        verdict, code = _BY_STATUS.get(status, (Verdict.REPEAT, "status"))
        words = answers.shown(body.decode("utf-8", "replace"))
        return Outcome(
            verdict,
            code=code,
            detail=f"{status} {words}".strip(),
            retry_after_s=self._wait(response),
        )

    def _wait(self, response: httpx.Response) -> float | None:
        """Read Retry-After; a date counts from the platform's own clock where it tells it."""
        text = response.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        until = _http_date(text)
        if until is None:
            return None
        start = _http_date(response.headers.get("Date", "")) or self._now()
        return max(0.0, (until - start).total_seconds())


class _TooLong(Exception):
    """An answer is longer than any answer of the contract can be."""


def _read(response: httpx.Response, deadline: float) -> bytes:
    """Read a body as sent; raises ReadTimeout for a trickle that outlasts the deadline."""
    body = bytearray()
    for part in response.iter_raw():
        body += part
        if len(body) > _MAX_ANSWER_BYTES:
            raise _TooLong
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("body", request=response.request)
    return bytes(body)


def _broken(error: httpx.HTTPError) -> Outcome:
    """Tell a line that broke from a peer that is not the platform."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return _tls_failure(cause, error)
        cause = cause.__cause__ or cause.__context__
    reached = not isinstance(error, httpx.ConnectError)
    return Outcome(Verdict.REPEAT, code="cut" if reached else "unreachable", reached=reached)


def _tls_failure(error: ssl.SSLError, seen: httpx.HTTPError) -> Outcome:
    reason = error.reason or ""
    detail = answers.shown(getattr(error, "verify_message", "") or reason)
    if any(word in reason for word in _CERTIFICATE):
        return Outcome(Verdict.REFUSED, code="certificate", detail=detail)
    if any(word in reason for word in _OLD_TLS):
        return Outcome(Verdict.REFUSED, code="tls", detail=detail)
    return Outcome(
        Verdict.REPEAT, code="cut", detail=detail, reached=not isinstance(seen, httpx.ConnectError)
    )


def _tls(access: Access) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=access.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if access.certificate_file is not None:
        context.load_cert_chain(access.certificate_file)
    return context


def _checked_url(platform: Platform) -> str:
    url = platform.url or ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise refused(Kind.INPUT, "platform-url", platform=platform.id, seen=url)
    if parts.query or parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        raise refused(Kind.INPUT, "platform-url", platform=platform.id, seen=url)
    if parts.scheme == "http" and not _is_this_computer(host):
        raise refused(Kind.INPUT, "platform-not-encrypted", platform=platform.id, seen=url)
    return url.rstrip("/")


def _is_this_computer(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _http_date(text: str) -> dt.datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
