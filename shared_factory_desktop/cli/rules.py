"""Commands about who may run what and when: qualification, reservation."""

from __future__ import annotations

import click

from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.instants import local_day, local_instant
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.qualifications import Qualification, Scope
from shared_factory_desktop.services.qualifications import QualificationView
from shared_factory_desktop.services.reservations import ReservationView

_machine = click.option("--machine", required=True, help="machine id")
_tenant = click.option("--tenant", required=True, help="tenant id")
_reason = click.option("--reason", required=True, help="why")


@click.group()
def qualification() -> None:
    """Who is qualified to run which machine."""


@qualification.command()
@_tenant
@click.option("--machine", help="machine id")
@click.option("--kind", help="kind of machine")
@click.option("--person", help="who holds the certificate")
@click.option("--certificate", required=True, help="its number, or why there is none")
@click.option("--from", "start", help="first day it holds, by default today")
@click.option("--expires", help="first day it no longer holds")
@shared
@pass_run
def add(
    run: Run,
    tenant: str,
    machine: str | None,
    kind: str | None,
    person: str | None,
    certificate: str,
    start: str | None,
    expires: str | None,
) -> None:
    """Enter that a tenant may run a machine, or a kind of machine."""
    actor = run.actor()
    scope, subject = _subject(machine, kind)
    qualifications = run.services().qualifications
    first = local_day("--from", start) if start else qualifications.today()
    last = local_day("--expires", expires) if expires else None
    wanted = Qualification("", tenant, scope, subject, first, last, certificate, person)
    say(run.words("rules.qualified", id=qualifications.add(actor, wanted)))


@qualification.command()
@click.argument("qualification_id", metavar="ID")
@_reason
@shared
@pass_run
def revoke(run: Run, qualification_id: str, reason: str) -> None:
    """End a qualification at once."""
    run.services().qualifications.revoke(run.actor(), qualification_id, reason)
    say(run.words("rules.revoked", id=qualification_id))


@qualification.command(name="require")
@click.option("--machine", help="machine id")
@click.option("--kind", help="kind of machine")
@click.argument("switch", type=click.Choice(["on", "off"]))
@shared
@pass_run
def require_(run: Run, machine: str | None, kind: str | None, switch: str) -> None:
    """Let a machine or kind ask for a qualification, or not."""
    scope, subject = _subject(machine, kind)
    run.services().qualifications.rule(run.actor(), scope, subject, switch == "on")
    _say_rule(run, scope, subject, switch == "on")


@qualification.command(name="list")
@as_json
@shared
@pass_run
def list_qualifications(run: Run, json_: bool) -> None:
    """List qualifications, and the machines and kinds that ask for them."""
    actor = run.actor()
    held = run.services().qualifications.list(actor)
    rules = run.services().qualifications.rules(actor)
    if json_:
        ruled = [{str(r.scope): r.subject, "required": r.required} for r in rules]
        answer_json({"qualifications": [_held_json(one) for one in held], "rules": ruled})
        return
    for rule in rules:
        _say_rule(run, rule.scope, rule.subject, rule.required)
    for line in aligned(_held_cells(run, one) for one in held) if held else ():
        say(line)


@click.group()
def reservation() -> None:
    """Machines kept for tenants."""


@reservation.command(name="add")
@_machine
@_tenant
@click.option("--from", "start", required=True, help="first instant, ISO 8601")
@click.option("--to", "end", required=True, help="end, ISO 8601")
@click.option("--job", help="work order")
@as_json
@shared
@pass_run
def reserve(
    run: Run, machine: str, tenant: str, start: str, end: str, job: str | None, json_: bool
) -> None:
    """Keep a machine for a tenant."""
    actor = run.actor()
    zone = run.services().floor.zone()
    span = local_instant("--from", start, zone), local_instant("--to", end, zone)
    view = run.services().reservations.add(actor, machine, tenant, *span, job)
    if json_:
        answer_json(_reserved_json(view))
    else:
        say(run.words("rules.reserved", id=view.id, machine=machine, tenant=tenant))


@reservation.command()
@click.argument("reservation_id", metavar="ID")
@_reason
@shared
@pass_run
def cancel(run: Run, reservation_id: str, reason: str) -> None:
    """Give up what is left of a reservation."""
    run.services().reservations.cancel(run.actor(), reservation_id, reason)
    say(run.words("rules.cancelled", id=reservation_id))


@reservation.command()
@_machine
@click.argument("minutes", type=int)
@shared
@pass_run
def grace(run: Run, machine: str, minutes: int) -> None:
    """Set how many minutes a machine waits for who reserves it from now on."""
    run.services().reservations.set_grace(run.actor(), machine, minutes)
    say(run.words("rules.grace", machine=machine, minutes=minutes))


@reservation.command(name="list")
@click.option("--machine", help="only this machine")
@click.option("--from", "start", help="from this instant, by default today")
@click.option("--to", "end", help="before this instant")
@as_json
@shared
@pass_run
def list_reservations(
    run: Run, machine: str | None, start: str | None, end: str | None, json_: bool
) -> None:
    """List reservations by start."""
    actor = run.actor()
    zone = run.services().floor.zone()
    since = local_instant("--from", start, zone) if start else None
    until = local_instant("--to", end, zone) if end else None
    views = run.services().reservations.list(actor, machine, since, until)
    if json_:
        answer_json({"reservations": [_reserved_json(view) for view in views]})
        return
    for line in aligned(_reserved_cells(run, view) for view in views) if views else ():
        say(line)


def _subject(machine: str | None, kind: str | None) -> tuple[Scope, str]:
    if (machine is None) == (kind is None):
        raise click.UsageError("name either --machine or --kind")
    return (Scope.MACHINE, machine) if machine is not None else (Scope.KIND, kind or "")


def _say_rule(run: Run, scope: Scope, subject: str, required: bool) -> None:
    code = "rules.asked" if required else "rules.not-asked"
    say(run.words(code, scope=run.words(f"rules.scope.{scope}"), subject=subject))


def _held_cells(run: Run, view: QualificationView) -> list[str]:
    held = view.held
    end = str(held.valid_to) if held.valid_to else run.words("rules.forever")
    who = f"{held.tenant} ({held.person})" if held.person else held.tenant
    standing = run.words(f"rules.standing.{view.standing}")
    return [held.id, who, held.subject, str(held.valid_from), end, held.certificate, standing]


def _held_json(view: QualificationView) -> dict[str, object]:
    held = view.held
    return {
        "id": held.id,
        "tenant": held.tenant,
        "person": held.person,
        str(held.scope): held.subject,
        "valid_from": str(held.valid_from),
        "valid_to": str(held.valid_to) if held.valid_to else None,
        "certificate": held.certificate,
        "standing": str(view.standing),
        "revoked": held.revoked,
    }


def _reserved_cells(run: Run, view: ReservationView) -> list[str]:
    span = [f"{view.start:%Y-%m-%d %H:%M}", f"{view.end:%Y-%m-%d %H:%M}"]
    state = run.words(f"rules.reservation.{view.state}")
    return [view.id, view.machine, view.tenant, *span, view.job or "-", state]


def _reserved_json(view: ReservationView) -> dict[str, object]:
    return {
        "id": view.id,
        "machine": view.machine,
        "tenant": view.tenant,
        "start": view.start.isoformat(),
        "end": view.end.isoformat(),
        "job": view.job,
        "grace_s": view.grace_s,
        "state": str(view.state),
    }


COMMANDS = (qualification, reservation)
