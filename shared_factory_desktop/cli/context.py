"""What every command shares: the data folder, who acts, the language, JSON or words, and exit
statuses.
"""

from __future__ import annotations

import functools
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from shared_factory_desktop import paths
from shared_factory_desktop.domain.problems import Cause, Kind, Problem, refused
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.services.wiring import Wiring
from shared_factory_desktop.services.wording import explain_cause, explain_problem
from shared_factory_desktop.words import Words

PASSWORD_VARIABLE = "SHARED_FACTORY_PASSWORD"


@dataclass(slots=True)
class Run:
    """One run of the command line; services are opened when first needed."""

    wiring: Wiring
    words: Words
    data: Path | None = None
    user: str | None = None
    debug: bool = False
    status: int = 0
    _services: Services | None = field(default=None)

    @property
    def folder(self) -> Path:
        """The data folder in use."""
        return self.data or paths.default_data_folder()

    def services(self) -> Services:
        """Open the factory in the data folder; raises Refused where there is none."""
        if self._services is None:
            self._services = self.wiring.open_services(self.folder)
        return self._services

    def actor(self) -> Actor:
        """Sign in as the user named by `--as`; raises Refused for a wrong name or password."""
        if not self.user:
            raise refused(Kind.INPUT, "as-missing")
        return self.services().users.sign_in(self.user, password(self.words, self.user))

    def close(self) -> None:
        """Close what was opened."""
        if self._services is not None:
            self._services.close()


def password(
    words: Words, user: str, confirm: bool = False, variable: str = PASSWORD_VARIABLE
) -> str:
    """Give the password from the environment, or ask for it (twice with `confirm`)."""
    given = os.environ.get(variable)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise refused(Kind.INPUT, "password-missing", variable=variable)
    asked = getpass.getpass(words("cli.password", user=user))
    if confirm and getpass.getpass(words("cli.password-again")) != asked:
        raise refused(Kind.INPUT, "passwords-differ")
    return asked


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Let `--data`, `--as` and `--debug` stand before or after a command's name."""

    @click.option("--data", type=click.Path(path_type=Path), help="data folder")
    @click.option("--as", "user", help="user who acts")
    @click.option("--debug", is_flag=True, help="show the traceback of an error")
    @click.pass_context
    @functools.wraps(command)
    def wrapped(
        context: click.Context,
        data: Path | None,
        user: str | None,
        debug: bool,
        *args: Any,
        **kw: Any,
    ) -> None:
        run = context.find_object(Run)
        assert run is not None
        run.data = data or run.data
        run.user = user or run.user
        run.debug = debug or run.debug
        command(*args, **kw)

    return wrapped


def say(text: str) -> None:
    """Print a line of the answer."""
    click.echo(text)


def note(text: str) -> None:
    """Print a line that is not part of the answer."""
    click.echo(text, err=True)


def warn(run: Run, warnings: Iterable[Cause | Problem]) -> None:
    """Print what an answer rests on without proof, and what to look at again."""
    for warning in warnings:
        if isinstance(warning, Problem):
            note(explain_problem(run.words, warning))
        else:
            note(explain_cause(run.words, warning))


def answer_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


pass_run = click.make_pass_decorator(Run)
as_json = click.option("--json", "json_", is_flag=True, help="one JSON document on standard output")
