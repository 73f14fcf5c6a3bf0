"""Checks that a request comes from who it says and arrived as it was sent, before it is read.

Sources: RFC 9530 (Content-Digest), RFC 9421 (signatures), RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

COVERED = ("@method", "@target-uri", "content-digest", "idempotency-key")
CLOCK_TOLERANCE = dt.timedelta(minutes=10)  # workshop computers are rarely better than this


class Turned(Exception):
    """A request is turned away with an HTTP status and a code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(f"{status} {code}: {message}")


@dataclass(frozen=True, slots=True)
class Message:
    """A request as the verifier reads it; `url` is absolute and still percent-encoded."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may come in: no `token` and no `keys` let everybody in; `keys` go by key id."""

    now: Callable[[], dt.datetime]
    token: str | None = field(default=None, repr=False)
    keys: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Raise Turned 401 unless the bearer token is ours."""
        if self.token is None:
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token, self.token):
            raise Turned(401, "token", "a valid bearer token is needed")

    def check_digest(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise Turned 400 unless Content-Digest is there and that of the body."""
        try:
            ContentDigest.verify(headers.get("content-digest", ""), body)
        except HTTPMessageSignaturesException as error:
            raise Turned(400, "digest", "Content-Digest is not that of the body") from error

    def check_signature(self, message: Message, body: bytes) -> None:
        """Raise Turned 401 unless one of our keys signed all that COVERED names, lately."""
        if not self.keys:
            return
        verifier = _Verifier(
            signature_algorithm=algorithms.ED25519,
            key_resolver=MappingKeyResolver(public_keys=self.keys, private_keys={}),
        )
        verifier.now = self.now
        try:
            verifier.verify(message, max_age=None, require_components=COVERED, body=body)
        except (InvalidSignature, KeyError) as error:
            raise Turned(401, "signature", "the signature does not hold") from error


class _Verifier(HTTPMessageVerifier):
    """The library's verifier with a clock from outside."""

    now: Callable[[], dt.datetime]

    def validate_created_and_expires(self, sig_input: Any, max_age: object = None) -> None:
        created = sig_input.params.get("created")
        if max_age is not None or not isinstance(created, int):
            raise InvalidSignature("created: expected a time")
        age_s = abs(self.now().timestamp() - created)
        if age_s > CLOCK_TOLERANCE.total_seconds():
            raise InvalidSignature(f"created: {age_s:.0f} s from now")
