"""Runs the reference platform on this computer, in a thread of its own."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared_factory_desktop.sync.reference.app import create_app
from shared_factory_desktop.sync.reference.gate import Gate
from shared_factory_desktop.sync.reference.ledger import Ledger

LOOPBACK = "127.0.0.1"


class ReferencePlatform:
    """A platform on loopback: `with ReferencePlatform(now) as url: …`, or `start` and `stop`.

    `token`: bearer token that is asked for. `keys`: public keys by key id; a signature is asked
    for where there are any. `timezone`: which date a record counts for. `file`: keeps the events.
    """

    def __init__(
        self,
        now: Callable[[], dt.datetime],
        token: str | None = None,
        keys: Mapping[str, Ed25519PublicKey] | None = None,
        timezone: str = "Asia/Shanghai",
        file: Path | None = None,
    ) -> None:
        self.ledger = Ledger(timezone, file)
        app = create_app(self.ledger, Gate(now, token, keys or {}))
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def start(self, port: int = 0) -> str:
        """Listen and give the URL; port 0 takes a free one. Raises OSError for a taken port."""
        listener, url = _listen(port)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="reference-platform"
        )
        self._thread.start()
        return url

    def stop(self) -> None:
        """Answer what is under way, then stop."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()

    def serve(self, port: int, ready: Callable[[str], None]) -> None:
        """Serve in this thread until interrupted; `ready` gets the URL once it listens."""
        listener, url = _listen(port)
        ready(url)
        self._server.run([listener])

    def __enter__(self) -> str:
        """Start on a free port and give the URL."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


def _listen(port: int) -> tuple[socket.socket, str]:
    """Listen before the server runs: whoever has the URL can connect from then on."""
    listener = socket.create_server((LOOPBACK, port))
    return listener, f"http://{LOOPBACK}:{listener.getsockname()[1]}"
