"""Runs one command: parses, acts, and turns every refusal into plain lines and an exit status."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from shared_factory_desktop.cli import (
    billing,
    buses,
    calibration,
    corrections,
    demo,
    ledger,
    mailing,
    metering,
    metering_corrections,
    meters,
    orders,
    periods,
    reports,
    rules,
    sessions,
    setup,
    statements,
    syncing,
    tariffs,
    upkeep,
    vouchers,
)
from shared_factory_desktop.cli.context import Run, note
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.services.faults import storage_refused
from shared_factory_desktop.services.wiring import Wiring
from shared_factory_desktop.services.wording import explain
from shared_factory_desktop.words import Words

COMMANDS: tuple[click.Command, ...] = (
    *demo.COMMANDS,
    *setup.COMMANDS,
    *buses.COMMANDS,
    *metering.COMMANDS,
    *sessions.COMMANDS,
    *rules.COMMANDS,
    *orders.COMMANDS,
    *billing.COMMANDS,
    *periods.COMMANDS,
    *ledger.COMMANDS,
    *vouchers.COMMANDS,
    *reports.COMMANDS,
    *calibration.COMMANDS,
    *tariffs.COMMANDS,
    *syncing.COMMANDS,
    *upkeep.COMMANDS,
)
_STATUS = {Kind.DOES_NOT_HOLD: 1, Kind.INPUT: 2, Kind.NOT_ALLOWED: 3, Kind.UNREACHABLE: 4}
_INTERRUPTED = 130


@click.group(
    name="shared-factory",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--data", type=click.Path(path_type=Path), help="data folder")
@click.option("--as", "user", help="user who acts")
@click.option("--debug", is_flag=True, help="show the traceback of an error")
@click.pass_context
def group(context: click.Context, data: Path | None, user: str | None, debug: bool) -> None:
    """Meter, bill and report the use of shared machines; without a command, open the window."""
    run = context.ensure_object(Run)
    run.data, run.user, run.debug = data, user, debug
    if context.invoked_subcommand is None:
        run.status = run.wiring.open_window(run.folder)


for _command in COMMANDS:
    group.add_command(_command)
for _command in meters.COMMANDS:
    metering.meter.add_command(_command)
for _command in (*statements.COMMANDS, *mailing.COMMANDS):
    billing.statement.add_command(_command)
for _command in metering_corrections.COMMANDS:
    calibration.calibration.add_command(_command)
for _command in corrections.COMMANDS:
    sessions.session.add_command(_command)


def main(arguments: Sequence[str], wiring: Wiring, words: Words) -> int:
    """Run the command line; gives the exit status."""
    run = Run(wiring, words)
    try:
        return _run(arguments, run)
    finally:
        run.close()


def _run(arguments: Sequence[str], run: Run) -> int:
    try:
        with storage_refused():
            group.main(args=list(arguments), prog_name=group.name, standalone_mode=False, obj=run)
        return run.status
    except click.ClickException as error:
        return _fail(run, [_usage(run.words, error)], error.exit_code)
    except InputRefused as error:
        return _fail(run, explain(run.words, error), _STATUS[Kind.INPUT])
    except Refused as error:
        return _fail(run, explain(run.words, error), _STATUS[error.kind])
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except OSError as error:
        return _fail(run, [run.words("cli.system-error", error=error)], _STATUS[Kind.UNREACHABLE])
    except Exception as error:  # noqa: BLE001 - whatever breaks, people read a line of it
        what = " ".join(f"{type(error).__name__} {error}".split())
        return _fail(run, [run.words("cli.program-error", error=what)], _STATUS[Kind.UNREACHABLE])


def _fail(run: Run, lines: Iterable[str], status: int) -> int:
    """Print why, one line each, and the traceback where it was asked for."""
    for line in lines:
        note(line)
    if run.debug:
        note(traceback.format_exc())
    return status


def _usage(words: Words, error: click.ClickException) -> str:
    """Say in one line what is wrong with a command line."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else group.name
    why = " ".join(error.format_message().split()).rstrip(".")
    return words("cli.usage", command=command, why=why)
