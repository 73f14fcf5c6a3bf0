"""The demo: a throw-away workshop of simulated machines, metered, billed, exported and synced."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from shared_factory_desktop.cli.context import Run, note, pass_run, say, shared
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.wiring import Wiring
from shared_factory_desktop.services.workflows.demo import PASSWORD, USER

_RUNNING_WITHIN_S = 20.0
_LOOK_EVERY_S = 0.1
_PLOTTED_S = 40.0  # so that the plots have a line


@click.command()
@click.option("--headless", is_flag=True, help="do not open the window")
@click.option(
    "--days", type=click.IntRange(1, 62), default=30, show_default=True, help="days to meter"
)
@shared
@pass_run
def demo(run: Run, headless: bool, days: int) -> None:
    """Meter, bill, export and sync a simulated workshop; then open the window on it."""
    folder = run.data or Path(tempfile.mkdtemp(prefix="shared-factory-demo-"))
    note(run.words("cli.demo-started", folder=folder))
    with run.wiring.demo(folder, days, note_days(run)) as floor:
        for file in floor.files:
            say(str(file))
        say(run.words("cli.demo-sync", pending=floor.pending))
        run.status = 0 if floor.pending == 0 else 1
        if not headless and _display():
            note(run.words("cli.demo-window", user=USER, password=PASSWORD))
            with metering(run.wiring, folder):
                run.status = run.wiring.open_window(folder) or run.status


@click.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
@shared
@pass_run
def shots(run: Run, folder: Path) -> None:
    """Draw every page of the window on a demo floor at work, for the manual."""
    with tempfile.TemporaryDirectory(prefix="shared-factory-shots-") as name:
        data = Path(name)
        with run.wiring.demo(data, 2, note_days(run)), metering(run.wiring, data) as services:
            actor = services.users.sign_in(USER, PASSWORD)
            services.sessions.start(actor, "printer-1", "anping-mesh", "J-17")
            services.sessions.start(actor, "plating-1", "renze-parts", "J-21")
            threading.Event().wait(_PLOTTED_S)
            for picture in run.wiring.pictures(data, folder):
                say(str(picture))


@contextmanager
def metering(wiring: Wiring, data: Path) -> Iterator[Services]:
    """Let an agent in this process meter the demo floor, so that it ends with the demo."""
    services = wiring.open_services(data)
    stop = threading.Event()
    agent = threading.Thread(target=services.agent.run, args=(stop, None), name="demo-agent")
    agent.start()
    try:
        deadline = time.monotonic() + _RUNNING_WITHIN_S
        while not services.agent.running() and time.monotonic() < deadline:
            stop.wait(_LOOK_EVERY_S)
        yield services
    finally:
        stop.set()
        agent.join()
        services.close()


def note_days(run: Run) -> Callable[[str], None]:
    """Tell of each day metered."""
    return lambda day: note(run.words("cli.demo-day", day=day))


def _display() -> bool:
    """Tell whether there is a screen to open a window on."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


COMMANDS = (demo, shots)
