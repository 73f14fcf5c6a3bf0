"""The demo: a throw-away workshop of simulated machines, metered, billed, exported and synced."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from shared_factory_desktop.cli.context import Run, note, pass_run, say, shared
from shared_factory_desktop.services.workflows.demo import PASSWORD, USER


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
    with run.wiring.demo(
        folder, days, lambda day: note(run.words("cli.demo-day", day=day))
    ) as floor:
        for file in floor.files:
            say(str(file))
        say(run.words("cli.demo-sync", pending=floor.pending))
        run.status = 0 if floor.pending == 0 else 1
        if not headless and _display():
            note(run.words("cli.demo-window", user=USER, password=PASSWORD))
            run.status = run.wiring.open_window(folder) or run.status


def _display() -> bool:
    """Tell whether there is a screen to open a window on."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


COMMANDS = (demo,)
