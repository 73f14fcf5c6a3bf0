"""Runs the reference platform by hand: `python -m shared_factory_desktop.sync.reference`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shared_factory_desktop.sync.keys import key_id
from shared_factory_desktop.sync.reference.server import ReferencePlatform


def main(arguments: list[str] | None = None) -> None:
    """Serve on loopback until interrupted; the URL is the first line of standard output."""
    parser = argparse.ArgumentParser(prog="reference", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--token", help="bearer token that is asked for")
    parser.add_argument("--key", type=Path, action="append", default=[], help="public key, PEM")
    parser.add_argument("--timezone", default="Asia/Shanghai", help="of the days in checkpoints")
    parser.add_argument("--file", type=Path, help="keeps the events, one a line")
    given = parser.parse_args(arguments)
    platform = ReferencePlatform(
        lambda: dt.datetime.now(dt.UTC),
        token=given.token,
        keys=dict(map(_public_key, given.key)),
        timezone=given.timezone,
        file=given.file,
    )
    platform.serve(given.port, lambda url: print(url, flush=True))  # noqa: T201 (its one output)


def _public_key(file: Path) -> tuple[str, Ed25519PublicKey]:
    public = load_pem_public_key(file.read_bytes())
    if not isinstance(public, Ed25519PublicKey):
        sys.exit(f"{file.name}: {type(public).__name__}, expected an Ed25519 public key")
    return key_id(public), public


if __name__ == "__main__":
    main()
