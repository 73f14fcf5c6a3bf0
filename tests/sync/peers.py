"""A platform that can be told to misbehave, on a real socket."""

from __future__ import annotations

import json
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote

from shared_factory_desktop.sync.reference.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Act = Callable[["FaultyPlatform", BaseHTTPRequestHandler, Seen], None]


class FaultyPlatform:
    """Does the acts it was given, one a request, then behaves; keeps every request it saw."""

    def __init__(self, *acts: Act, tls: ssl.SSLContext | None = None) -> None:
        self.acts = deque(acts)
        self.seen: list[Seen] = []
        self.ledger = Ledger()
        self.hung_up = threading.Event()  # set at the end: releases an act that keeps silent
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FaultyPlatform:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hung_up.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def batches(self) -> list[list[int]]:
        """Give the ids of each batch that came."""
        posts = [seen for seen in self.seen if seen.method == "POST"]
        return [[int(event["id"]) for event in json.loads(seen.body)] for seen in posts]

    def keys(self) -> list[str]:
        """Give the idempotency key of each batch that came."""
        return [seen.headers["Idempotency-Key"] for seen in self.seen if seen.method == "POST"]

    def behave(self, seen: Seen) -> bytes:
        """Do what the contract says and give the document."""
        if seen.method == "POST":
            answers = self.ledger.receive(json.loads(seen.body))
            return json.dumps({"results": [answer.model_dump() for answer in answers]}).encode()
        source = unquote(seen.path.split("/")[-2])
        return self.ledger.checkpoint(source).model_dump_json().encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one packet: two would wait for each other 40 ms

            def do_POST(self) -> None:
                platform.handle(self)

            def do_GET(self) -> None:
                platform.handle(self)

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet: the tests look at what was seen."""

        return Handler

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        seen = Seen(handler.command, handler.path, dict(handler.headers.items()), body)
        self.seen.append(seen)
        if self.acts:
            self.acts.popleft()(self, handler, seen)
        else:
            properly(self, handler, seen)


def reply(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    handler.send_response_only(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def properly(platform: FaultyPlatform, handler: BaseHTTPRequestHandler, seen: Seen) -> None:
    """Do what the contract says."""
    reply(handler, 200, platform.behave(seen))


def status(code: int, body: bytes = b"", **headers: str) -> Act:
    """Answer with a status; header names in keyword form (`Retry_After`)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _platform, handler, _seen: reply(handler, code, body, named)


def cut_request(_platform: FaultyPlatform, handler: BaseHTTPRequestHandler, _seen: Seen) -> None:
    """Hang up without having done anything."""
    handler.close_connection = True


def cut_answer(platform: FaultyPlatform, handler: BaseHTTPRequestHandler, seen: Seen) -> None:
    """Do the work, send half of the answer, hang up."""
    body = platform.behave(seen)
    handler.send_response_only(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def silent_after_work(
    platform: FaultyPlatform, handler: BaseHTTPRequestHandler, seen: Seen
) -> None:
    """Do the work and never answer."""
    platform.behave(seen)
    platform.hung_up.wait(10)
    handler.close_connection = True


def trickle(platform: FaultyPlatform, handler: BaseHTTPRequestHandler, _seen: Seen) -> None:
    """Answer a byte at a time, without end."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.close_connection = True
    try:
        while not platform.hung_up.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        return  # the other side lost its patience, as it should


def shape(body: bytes) -> Act:
    """Do the work, but answer 200 with this body instead."""

    def act(platform: FaultyPlatform, handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        platform.behave(seen)
        reply(handler, 200, body)

    return act
