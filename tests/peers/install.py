#!/usr/bin/env python3
"""Puts peers of the tests, Python programs that other people wrote, each where only it is.

Some bring dozens of packages and licences that must not mix with the program's, so each has an
environment of its own in `.venv-peers`, made from the hashes in NAME/requirements.lock beside this.
Standard library only. Does nothing, at once, when all is there. A peer that cannot be had is said
so and its tests are skipped; where the environment says CI it is an error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENVS = HERE.parents[1] / ".venv-peers"
PEERS = tuple(sorted(lock.parent.name for lock in HERE.glob("*/requirements.lock")))


def python_of(peer: str) -> Path:
    """Say where the Python of a peer's environment is, or would be."""
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return VENVS / peer / inside


def fingerprint(peer: str) -> str:
    """Give one hash of all that decides what is in a peer's environment."""
    digest = hashlib.sha256(os.path.realpath(sys.executable).encode())
    digest.update((HERE / peer / "requirements.lock").read_bytes())
    return digest.hexdigest()


def ready(peer: str) -> bool:
    """Tell whether a peer's environment is there and is what its lock asks for."""
    stamp = VENVS / peer / "set-up.sha256"
    current = stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint(peer)
    return current and python_of(peer).exists()


def install(peer: str) -> bool:
    """Make a peer's environment anew; tell whether that went well."""
    folder, python = VENVS / peer, str(python_of(peer))
    lock = ("--require-hashes", "-r", str(HERE / peer / "requirements.lock"))
    if uv := shutil.which("uv"):
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
        fill = [uv, "pip", "install", "--quiet", "--python", python, *lock]
    else:
        make = [sys.executable, "-m", "venv", "--clear", str(folder)]
        fill = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *lock]
    for command in (make, fill):
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            return False
    (folder / "set-up.sha256").write_text(fingerprint(peer), encoding="ascii")
    return True


def main() -> int:
    """Install what is not there; 1 when a peer is missing where none may be."""
    missing = []
    for peer in PEERS:
        if ready(peer):
            continue
        say(f"installing {peer} in {VENVS.name}; the first time takes a minute")
        if not install(peer):
            missing.append(peer)
    if missing:
        say(f"could not install {', '.join(missing)}: see the lines above: its tests cannot run")
    return int(bool(missing) and os.environ.get("CI") == "true")


def say(line: str) -> None:
    """Tell the user one line."""
    sys.stderr.write(f"peers: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
