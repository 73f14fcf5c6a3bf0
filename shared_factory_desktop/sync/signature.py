"""Signs a request so that a platform knows who sent it and that nobody changed it.

Sources: RFC 9530 (Content-Digest), RFC 9421 sections 2.5, 3.1, 3.3.6 (Ed25519).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

from shared_factory_desktop.sync.keys import WorkstationKey

_LABEL = "sig1"


def content_digest(body: bytes) -> str:
    """Give the value of Content-Digest for a body."""
    return f"sha-256=:{_base64(hashlib.sha256(body).digest())}:"


def signature_fields(
    key: WorkstationKey,
    method: str,
    target_uri: str,
    digest: str,
    idempotency_key: str,
    at: dt.datetime,
) -> dict[str, str]:
    """Give Signature-Input and Signature over method, URI, digest and key, made at `at`."""
    covered = {
        "@method": method,
        "@target-uri": target_uri,
        "content-digest": digest,
        "idempotency-key": idempotency_key,
    }
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f'({names});created={int(at.timestamp())};keyid="{key.id}";alg="ed25519"'
    lines = [f'"{name}": {value}' for name, value in covered.items()]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = key.private.sign(base.encode("ascii"))
    return {
        "Signature-Input": f"{_LABEL}={parameters}",
        "Signature": f"{_LABEL}=:{_base64(signature)}:",
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
