"""Commands about one meter: the jobs its machine told of, its exchange, its key."""

from __future__ import annotations

import getpass
import os
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from shared_factory_desktop.cli.context import (
    Run,
    answer_json,
    as_json,
    note,
    pass_run,
    say,
    shared,
)
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.meters import MachineJob

CREDENTIAL_VARIABLE = "SHARED_FACTORY_CREDENTIAL"


@click.command(name="jobs")
@click.argument("meter_id", metavar="METER")
@as_json
@shared
@pass_run
def meter_jobs(run: Run, meter_id: str, json_: bool) -> None:
    """List the jobs that a machine told of."""
    found = run.services().meters.jobs(run.actor(), meter_id)
    zone = run.services().floor.zone()
    if json_:
        answer_json({"meter": meter_id, "jobs": [_json(job, zone) for job in found]})
        return
    for job in found:
        say(_line(run, job, zone))
    if not found:
        note(run.words("cli.no-jobs", meter=meter_id))


@click.command(name="accept")
@click.argument("meter_id", metavar="METER")
@click.option("--reason", required=True, help="why another meter is there, for the audit trail")
@shared
@pass_run
def meter_accept(run: Run, meter_id: str, reason: str) -> None:
    """Accept the meter that answers now in the place of another one."""
    number = run.services().meters.accept(run.actor(), meter_id, reason)
    say(run.words("cli.meter-accepted", meter=meter_id, number=number))


@click.command(name="login")
@click.argument("meter_id", metavar="METER")
@shared
@pass_run
def meter_login(run: Run, meter_id: str) -> None:
    """Keep the key, or user:password, that a printer wants."""
    actor = run.actor()
    run.services().meters.log_in(actor, meter_id, _credential(run, meter_id))
    say(run.words("cli.meter-logged-in", meter=meter_id))


def _credential(run: Run, meter_id: str) -> str:
    """Give the credential from the environment, or ask for it: never as an argument."""
    given = os.environ.get(CREDENTIAL_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise refused(Kind.INPUT, "password-missing", variable=CREDENTIAL_VARIABLE)
    return getpass.getpass(run.words("cli.credential", meter=meter_id))


def _json(job: MachineJob, zone: ZoneInfo) -> dict[str, object]:
    return {
        "id": job.id,
        "name": job.name,
        "status": job.status,
        "start": _local(job.start, zone),
        "end": _local(job.end, zone),
        "run_time_s": None if job.run_time_s is None else plain(job.run_time_s),
        "filament_mm": None if job.filament_mm is None else plain(job.filament_mm),
        "estimated": job.estimated,
    }


def _line(run: Run, job: MachineJob, zone: ZoneInfo) -> str:
    run_time = "-" if job.run_time_s is None else f"{plain(job.run_time_s)} s"
    filament = "-"
    if job.filament_mm is not None:
        how = run.words("cli.job-planned" if job.estimated else "cli.job-measured")
        filament = f"{plain(job.filament_mm)} mm {how}"
    times = f"{_local(job.start, zone) or '-'}  {_local(job.end, zone)}"
    return f"{times}  {job.name}  {job.status}  {run_time}  {filament}"


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()


COMMANDS = (meter_jobs, meter_accept, meter_login)
