"""The command that writes a statement as an e-mail for the system's mail program."""

from __future__ import annotations

from pathlib import Path

import click

from shared_factory_desktop.cli.context import Run, pass_run, say, shared
from shared_factory_desktop.cli.progress import progress


@click.command()
@click.argument("number", metavar="NO")
@click.option("--to-address", "recipients", required=True, help="e-mail address; or several")
@click.option("--formats", default="pdf", help="pdf, xlsx, csv, bundle; several with commas")
@click.option("--out", type=click.Path(path_type=Path), help="folder; else in the data folder")
@shared
@pass_run
def mail(run: Run, number: str, recipients: str, formats: str, out: Path | None) -> None:
    """Write an e-mail with a statement's files attached; nothing is sent."""
    kinds = [kind.strip() for kind in formats.split(",") if kind.strip()]
    service = run.services().mailing
    say(str(service.write(run.actor(), number, recipients, kinds, progress, out).file))


COMMANDS = (mail,)
