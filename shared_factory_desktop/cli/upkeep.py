"""Commands that keep a factory sound: verify, backup, check, users, self-test, version."""

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
)
from shared_factory_desktop.services import self_test
from shared_factory_desktop.services.users import Role
from shared_factory_desktop.services.versions import versions

_ROLES = click.Choice([str(role) for role in Role])


@click.command()
@as_json
@shared
@pass_run
def verify(run: Run, json_: bool) -> None:
    """Check the chains of audit and readings, gap-free numbers, and recompute every statement."""
    found = run.services().verification.verify(run.actor())
    if json_:
        answer_json(
            {"ok": found.ok, "checked": dict(found.checked), "problems": list(found.problems)}
        )
    else:
        for what, count in found.checked:
            say(run.words("cli.checked", what=what, count=count))
        for problem in found.problems:
            note(problem)
    run.status = 0 if found.ok else 1


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared
@pass_run
def backup(run: Run, file: Path) -> None:
    """Copy the database to a file while everything runs on."""
    run.services().verification.backup(run.actor(), file)
    say(str(file))


@click.command()
@shared
@pass_run
def check(run: Run) -> None:
    """Check the integrity of the database file."""
    problems = run.services().verification.check(run.actor())
    for problem in problems:
        note(problem)
    if not problems:
        say(run.words("cli.check-ok"))
    run.status = 1 if problems else 0


@click.group()
def user() -> None:
    """People and their roles."""


@user.command(name="add")
@click.argument("name")
@click.option("--role", type=_ROLES, default=str(Role.OPERATOR), show_default=True)
@shared
@pass_run
def user_add(run: Run, name: str, role: str) -> None:
    """Add a user; the new password is asked for, or read from SHARED_FACTORY_NEW_PASSWORD."""
    actor = run.actor()
    run.services().users.add(actor, name, Role(role), _new_password(run, name))
    say(run.words("cli.user-added", name=name, role=role))


@user.command(name="list")
@as_json
@shared
@pass_run
def user_list(run: Run, json_: bool) -> None:
    """List users."""
    users = run.services().users.list(run.actor())
    if json_:
        rows = [{"name": u.name, "role": str(u.role), "disabled": u.disabled} for u in users]
        answer_json({"users": rows})
        return
    for u in users:
        say(f"{u.name}  {u.role}{'  ' + run.words('cli.disabled') if u.disabled else ''}")


@user.command(name="disable")
@click.argument("name")
@shared
@pass_run
def user_disable(run: Run, name: str) -> None:
    """Disable a user; what they did stays."""
    run.services().users.disable(run.actor(), name)
    say(run.words("cli.user-disabled", name=name))


@user.command(name="password")
@click.argument("name")
@shared
@pass_run
def user_password(run: Run, name: str) -> None:
    """Set a user's password."""
    actor = run.actor()
    run.services().users.set_password(actor, name, _new_password(run, name))
    say(run.words("cli.password-set", name=name))


@click.command(name="self-test")
@pass_run
def self_test_(run: Run) -> None:
    """Try every part this program needs on this machine."""
    results = self_test.run(run.wiring)
    for name, fault in results:
        say(f"{name}: {fault or 'ok'}")
    run.status = 4 if any(fault for _, fault in results) else 0


@click.command()
def version() -> None:
    """Print the version of the program and of what it is built on."""
    for name, number in versions():
        say(f"{name} {number}")


def _new_password(run: Run, name: str) -> str:
    return password(run.words, name, confirm=True, variable="SHARED_FACTORY_NEW_PASSWORD")


COMMANDS = (verify, backup, check, user, self_test_, version)
