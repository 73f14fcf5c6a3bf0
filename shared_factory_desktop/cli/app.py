"""Runs one command: parses, acts, and turns every refusal into plain lines and an exit status."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from shared_factory_desktop.cli import billing, demo, metering, sessions, setup, syncing, upkeep
from shared_factory_desktop.cli.context import Run, note
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.services.wiring import Wiring
from shared_factory_desktop.services.wording import explain
from shared_factory_desktop.words import Words

COMMANDS: tuple[click.Command, ...] = (
    *demo.COMMANDS,
    *setup.COMMANDS,
    *metering.COMMANDS,
    *sessions.COMMANDS,
    *billing.COMMANDS,
    *syncing.COMMANDS,
    *upkeep.COMMANDS,
)
_STATUS = {Kind.DOES_NOT_HOLD: 1, Kind.INPUT: 2, Kind.NOT_ALLOWED: 3, Kind.UNREACHABLE: 4}
_INTERRUPTED = 130


@click.group(name="shared-factory", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", type=click.Path(path_type=Path), help="data folder")
@click.option("--as", "user", help="user who acts")
@click.option("--debug", is_flag=True, help="show the traceback of an error")
@click.pass_obj
def group(run: Run, data: Path | None, user: str | None, debug: bool) -> None:
    """Meter, bill and report the use of shared machines; without a command, open the window."""
    run.data, run.user, run.debug = data, user, debug


for _command in COMMANDS:
    group.add_command(_command)


def main(arguments: Sequence[str], wiring: Wiring, words: Words) -> int:
    """Run the command line; gives the exit status."""
    run = Run(wiring, words)
    try:
        group.main(args=list(arguments), prog_name="shared-factory", standalone_mode=False, obj=run)
        return run.status
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (InputRefused, Refused) as error:
        for line in explain(words, error):
            note(line)
        if run.debug:
            note(traceback.format_exc())
        return 2 if isinstance(error, InputRefused) else _STATUS[error.kind]
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except OSError as error:
        note(words("cli.system-error", error=error))
        if run.debug:
            note(traceback.format_exc())
        return 4
    finally:
        run.close()
