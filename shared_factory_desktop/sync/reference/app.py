"""The platform contract as a web application, with its OpenAPI description at `/openapi.json`."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shared_factory_desktop.sync.events import BATCH_TYPE, MAX_BYTES, MAX_EVENTS
from shared_factory_desktop.sync.reference.documents import (
    Checkpoint,
    Event,
    Fault,
    Health,
    Result,
    Results,
)
from shared_factory_desktop.sync.reference.gate import Gate, Message, Turned
from shared_factory_desktop.sync.reference.ledger import Ledger

_REMEMBERED_KEYS = 10_000
_FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": Fault} for status in (400, 401, 413, 415, 422)
}
_BATCH_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {
            BATCH_TYPE: {
                "schema": {
                    "type": "array",
                    "maxItems": MAX_EVENTS,
                    "items": Event.model_json_schema(),
                }
            }
        },
    }
}


def create_app(ledger: Ledger, gate: Gate) -> FastAPI:
    """Build the application on a ledger, behind a gate."""
    app = FastAPI(title="Shared factory platform", version="1", docs_url=None, redoc_url=None)
    answered = _Answered()

    @app.exception_handler(Turned)
    async def turned_away(_request: Request, turned: Turned) -> JSONResponse:
        fault = Fault(code=turned.code, message=turned.message)
        return JSONResponse(fault.model_dump(), turned.status)

    @app.post("/v1/events", response_model=Results, responses=_FAULTS, openapi_extra=_BATCH_SCHEMA)
    async def events(request: Request) -> Results:
        """Take a batch of records; the same batch with the same key gets the same answer."""
        gate.check_token(request.headers)
        body = await _body(request)
        gate.check_digest(request.headers, body)
        gate.check_signature(Message("POST", _sent_url(request), request.headers), body)
        batch = _batch(request, body)
        return Results(results=answered.once(_key(request), body, batch, ledger))

    @app.get("/v1/sources/{source}/checkpoint", responses={401: {"model": Fault}})
    async def checkpoint(source: str, request: Request) -> Checkpoint:
        """Say what there is of a source."""
        gate.check_token(request.headers)
        return ledger.checkpoint(source)

    @app.get("/v1/health")
    async def health() -> Health:
        """Give a sign of life."""
        return Health()

    return app


class _Answered:
    """Answers by idempotency key, the latest ten thousand; records stay unique beyond that."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[bytes, list[Result]]] = OrderedDict()

    def once(
        self, key: str, body: bytes, batch: list[dict[str, Any]], ledger: Ledger
    ) -> list[Result]:
        """Give a key's stored answer, or take the batch; raises Turned 422 for another body."""
        digest = hashlib.sha256(body).digest()
        if key in self._answers:
            known, results = self._answers[key]
            if known != digest:
                raise Turned(422, "key", "this Idempotency-Key came with another body")
            return results
        results = ledger.receive(batch)
        self._answers[key] = (digest, results)
        if len(self._answers) > _REMEMBERED_KEYS:
            self._answers.popitem(last=False)
        return results


async def _body(request: Request) -> bytes:
    """Read the body, but never more than the contract allows."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise Turned(413, "size", f"more than {MAX_BYTES} bytes")
    return bytes(body)


def _batch(request: Request, body: bytes) -> list[dict[str, Any]]:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip() != BATCH_TYPE:
        raise Turned(415, "type", f"{content_type!r}, expected {BATCH_TYPE}")
    try:
        batch = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Turned(422, "json", "the body is not JSON") from error
    if not isinstance(batch, list) or not all(map(_is_named, batch)):
        raise Turned(422, "batch", "expected a list of events, each with source and id")
    if len(batch) > MAX_EVENTS:
        raise Turned(413, "count", f"{len(batch)} events, expected at most {MAX_EVENTS}")
    ids = [(event["source"], event["id"]) for event in batch]
    if ids != sorted(ids):
        raise Turned(422, "order", "expected events in order of id")
    return batch


def _is_named(event: object) -> bool:
    return isinstance(event, dict) and all(
        isinstance(event.get(name), str) for name in ("source", "id")
    )


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not key:
        raise Turned(400, "key", "Idempotency-Key is missing")
    return key


def _sent_url(request: Request) -> str:
    """Give the address as it was sent, still percent-encoded: the signature covers that."""
    path = request.scope["raw_path"].decode("ascii")
    query = request.scope["query_string"].decode("ascii")
    scheme, host = request.url.scheme, request.headers["host"]
    return f"{scheme}://{host}{path}" + (f"?{query}" if query else "")
