"""Commands that keep a factory sound: verify, backup, restore, check, users, self-test, version."""

from __future__ import annotations

from pathlib import Path

import click

from shared_factory_desktop.cli.bundles import verify_bundle
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
from shared_factory_desktop.cli.progress import progress
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services import self_test
from shared_factory_desktop.services.users import Role
from shared_factory_desktop.services.verification import Verified
from shared_factory_desktop.services.versions import versions
from shared_factory_desktop.services.wording import explain_finding

_ROLES = click.Choice([str(role) for role in Role])


@click.command()
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option("--anchor", "anchors", multiple=True, help="SEQ:HASH as printed on a statement")
@as_json
@shared
@pass_run
def verify(run: Run, bundle: Path | None, anchors: tuple[str, ...], json_: bool) -> None:
    """Check chains, seals, anchors and gap-free numbers, and price every statement again; or one
    BUNDLE, which needs neither data folder nor user.
    """
    if bundle is not None:
        verify_bundle(run, bundle, json_)
        return
    verification = run.services().verification
    found = verification.verify(run.actor(), anchors, progress)
    if json_:
        answer_json(
            {
                "ok": found.ok,
                "checked": dict(found.checked),
                "problems": [str(problem) for problem in found.problems],
            }
        )
    else:
        _tell(run, found)
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
@click.argument("file", type=click.Path(path_type=Path))
@shared
@pass_run
def restore(run: Run, file: Path) -> None:
    """Put a backup in the database's place, once it is proved; tell what came after it."""
    if not run.user:
        raise refused(Kind.INPUT, "as-missing")
    secret = password(run.words, run.user)
    found = run.wiring.restore(run.folder, file, run.user, secret, progress)
    _tell(run, found.verified)
    for missing in found.missing:
        note(explain_finding(run.words, missing))
    if found.aside is not None:
        say(run.words("proof.aside", path=found.aside))
    say(run.words("proof.restored" if found.replaced else "proof.not-restored", file=file))
    run.status = 0 if found.replaced else 1


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


def _tell(run: Run, found: Verified) -> None:
    """Print how much was checked, and each problem as a sentence."""
    for what, count in found.checked:
        say(run.words("cli.checked", what=run.words(f"proof.counted.{what}"), count=count))
    for problem in found.problems:
        note(explain_finding(run.words, problem))


def _new_password(run: Run, name: str) -> str:
    return password(run.words, name, confirm=True, variable="SHARED_FACTORY_NEW_PASSWORD")


COMMANDS = (verify, backup, restore, check, user, self_test_, version)
