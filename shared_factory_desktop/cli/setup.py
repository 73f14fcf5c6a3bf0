"""Commands that set a factory up: init, import, export-floor, import-usage, price."""

from __future__ import annotations

from pathlib import Path

import click

from shared_factory_desktop.cli.context import (
    Run,
    answer_json,
    as_json,
    note,
    pass_run,
    password,
    say,
    shared,
    warn,
)
from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.services import pricing
from shared_factory_desktop.services.wording import explain_problem

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--admin", required=True, help="name of the first administrator")
@shared
@pass_run
def init(run: Run, admin: str) -> None:
    """Create the data folder, the database and the first administrator."""
    run.wiring.create(run.folder, admin, password(run.words, admin, confirm=True))
    say(run.words("cli.created", folder=run.folder, admin=admin))


@click.command(name="import")
@click.argument("file", type=_FILE)
@shared
@pass_run
def import_floor(run: Run, file: Path) -> None:
    """Load a floor file: buses, meters, machines, tenants, tariffs, contracts."""
    counts = run.services().floor.import_file(run.actor(), file)
    say(run.words("cli.imported", file=file.name, new=counts.new, changed=counts.changed))
    warn(run, counts.warnings)


@click.command(name="export-floor")
@click.argument("file", type=_FILE)
@shared
@pass_run
def export_floor(run: Run, file: Path) -> None:
    """Write the factory as a floor file."""
    run.services().floor.export_file(run.actor(), file)
    say(str(file))


@click.command(name="import-usage")
@click.argument("file", type=_FILE)
@shared
@pass_run
def import_usage(run: Run, file: Path) -> None:
    """Store sessions recorded elsewhere."""
    count = run.services().sessions.import_usage(run.actor(), file)
    say(run.words("cli.imported-sessions", file=file.name, count=count))


@click.command()
@click.option("--floor", required=True, type=_FILE, help="floor file")
@click.option("--usage", required=True, type=_FILE, help="usage file")
@click.option("--period", required=True, help="2026-10 or 2026-10-01..2026-11-01")
@click.option("--tenant", help="only this tenant")
@as_json
@shared
@pass_run
def price(run: Run, floor: Path, usage: Path, period: str, tenant: str | None, json_: bool) -> None:
    """Price a usage file under a floor file, storing nothing."""
    priced = pricing.price_files(floor, usage, period, tenant)
    warn(run, priced.warnings)
    for problem in priced.errors:
        run.status = 1
        note(explain_problem(run.words, problem))
    if json_:
        answer_json(priced.document)
        return
    for statement in priced.statements:
        say(f"{statement.tenant}  ￥{grouped(statement.gross_fen)}")
        for line in statement.lines:
            say(f"  {line.session or '-'}  {line.charge}  ￥{grouped(line.gross_fen)}")


COMMANDS = (init, import_floor, export_floor, import_usage, price)
