"""Lines and programs that other people wrote, started for one test or benchmark and ended after it.

Which ones there are: socat (two terminals that are one line), mbpoll (a client), a server and a
client built here on libmodbus. What is missing is skipped with a reason, and fails where the
environment says CI: there every peer must be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.peers.install import PEERS, python_of

SOURCES = Path(__file__).resolve().parent
HEADER = Path("/usr/include/modbus/modbus.h")
_START_S = 20.0
_STEP_S = 0.01


def lacking(reason: str) -> None:
    """Skip the test that lacks a peer, or fail it where every peer must be."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def need_programs(*names: str) -> None:
    """Go on only with these programs of the system."""
    for name in names:
        if shutil.which(name) is None:
            lacking(f"{name} is not installed: python3 run.py test installs it")


def need_python(peer: str) -> Path:
    """Give the Python of a peer's own environment, or do without the test."""
    if peer not in PEERS:
        raise KeyError(f"{peer}: expected one of {', '.join(PEERS)}")
    python = python_of(peer)
    if not python.exists():
        lacking(f"the environment of {peer} is not there: python3 run.py test makes it")
    return python


def wait_until(what: str, happened: Callable[[], bool], within_s: float = _START_S) -> None:
    """Look again and again whether something has happened; raises TimeoutError naming it."""
    give_up_s = time.monotonic() + within_s
    while not happened():
        if time.monotonic() > give_up_s:
            raise TimeoutError(f"{what}: not within {within_s} s")
        time.sleep(_STEP_S)


def built_on_libmodbus(name: str, folder: Path) -> Path:
    """Compile `libmodbus/NAME.c` into `folder`; raises CalledProcessError with what gcc said."""
    need_programs("gcc")
    if not HEADER.exists():
        lacking("libmodbus-dev is not installed: python3 run.py test installs it")
    program = folder / name
    source = SOURCES / "libmodbus" / f"{name}.c"
    warnings = ("-O2", "-Wall", "-Wextra", "-Werror")
    subprocess.run(["gcc", *warnings, "-o", program, source, "-lmodbus"], check=True)
    return program


class Cable:
    """Two terminals joined by socat: `near` and `far`, links that stay when it is plugged anew."""

    def __init__(self, folder: Path) -> None:
        need_programs("socat")
        self.near, self.far = folder / "tty-near", folder / "tty-far"
        self._socat: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Plug in."""
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        """Unplug."""
        self.unplug()

    def plug(self) -> None:
        """Start socat and wait for both ends."""
        ends = [f"pty,raw,echo=0,link={end}" for end in (self.near, self.far)]
        self._socat = subprocess.Popen(["socat", *ends], stderr=subprocess.DEVNULL)
        wait_until("both ends of the cable", lambda: self.near.exists() and self.far.exists())

    def unplug(self) -> None:
        """Kill socat, as pulling the adapter would; harmless when unplugged."""
        if self._socat is not None:
            self._socat.kill()
            self._socat.wait()
            self._socat = None
        for end in (self.near, self.far):
            end.unlink(missing_ok=True)


@contextmanager
def running(*command: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run a program that prints a line once it is ready; kill it in the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise OSError(f"{command[0]}: ended with {process.wait()} before it was ready")
            yield process
        finally:
            process.kill()


def said(*command: str | Path) -> str:
    """Give everything that a program prints, whatever its exit status."""
    ended: subprocess.CompletedProcess[str] = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_START_S,
    )
    return ended.stdout
