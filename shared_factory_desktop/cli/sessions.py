"""Commands about sessions: start, stop, list, and automatic ones."""

from __future__ import annotations

import click

from shared_factory_desktop.cli.context import (
    Run,
    answer_json,
    as_json,
    pass_run,
    say,
    shared,
    warn,
)
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.sessions import SessionState
from shared_factory_desktop.services.problem_queue import ProblemView, Solution
from shared_factory_desktop.services.sessions import SessionView

_machine = click.option("--machine", required=True, help="machine id")


@click.group()
def session() -> None:
    """Use of machines by tenants."""


@session.command()
@_machine
@click.option("--tenant", required=True, help="tenant id")
@click.option("--job", help="work order")
@click.option("--without-readings", is_flag=True, help="start although a meter is silent")
@click.option("--takeover", is_flag=True, help="end the session of another tenant on it")
@as_json
@shared
@pass_run
def start(
    run: Run,
    machine: str,
    tenant: str,
    job: str | None,
    without_readings: bool,
    takeover: bool,
    json_: bool,
) -> None:
    """Start a session."""
    sessions = run.services().sessions
    actor = run.actor()
    view = sessions.start(actor, machine, tenant, job, without_readings, takeover)
    warn(run, run.services().budgets.warnings(actor, machine, tenant))
    answer_json(session_json(view)) if json_ else say(run.words("cli.session-started", id=view.id))


@session.command()
@_machine
@as_json
@shared
@pass_run
def stop(run: Run, machine: str, json_: bool) -> None:
    """Stop the machine's open session."""
    view = run.services().sessions.stop(run.actor(), machine)
    if json_:
        answer_json(session_json(view))
    else:
        say(run.words(f"cli.session-{view.state}", id=view.id))
    run.status = 1 if view.state is SessionState.PROBLEM else 0


@session.command(name="list")
@click.option("--open", "open_only", is_flag=True, help="only running ones")
@click.option("--problem", is_flag=True, help="only those somebody must look at")
@as_json
@shared
@pass_run
def list_(run: Run, open_only: bool, problem: bool, json_: bool) -> None:
    """List sessions; with --problem also why somebody must look, and what would settle it."""
    if problem:
        _list_problems(run, json_)
        return
    views = run.services().sessions.list(run.actor(), open_only)
    if json_:
        answer_json({"sessions": [session_json(view) for view in views]})
        return
    for view in views:
        say(session_line(view))


@session.command()
@_machine
@click.option("--tenant", help="tenant that automatic sessions are for; none: no automatic ones")
@click.option("--job", help="work order")
@shared
@pass_run
def auto(run: Run, machine: str, tenant: str | None, job: str | None) -> None:
    """Let the machine's own state start and stop sessions for a tenant."""
    run.services().sessions.automate(run.actor(), machine, tenant, job)
    say(run.words("cli.auto-on" if tenant else "cli.auto-off", machine=machine, tenant=tenant))


def _list_problems(run: Run, json_: bool) -> None:
    """Print sessions as without `--problem`, and beside them what is wrong."""
    found = run.services().problems.list(run.actor())
    if json_:
        answer_json(
            {
                "sessions": [session_json(one.session) for one in found],
                "problems": [_problem_json(one) for one in found],
            }
        )
        return
    for one in found:
        why = run.words(f"cli.problem-{one.reason}")
        say(f"{session_line(one.session)}  {why}  [{', '.join(_steps(one))}]")
    if any(one.solutions for one in found):
        say(run.words("cli.problem-solve"))


def _steps(one: ProblemView) -> list[str]:
    """Name what would settle a problem; an end that is proposed with its time."""
    end = f" {one.proposed_end.isoformat()}" if one.proposed_end else ""
    return [
        f"{step}{end}" if step is Solution.END_AT_LAST_WORKING else str(step)
        for step in one.solutions
    ]


def _problem_json(one: ProblemView) -> dict[str, object]:
    return {
        "session": one.session.id,
        "reason": str(one.reason),
        "solutions": [str(solution) for solution in one.solutions],
        "proposed_end": one.proposed_end.isoformat() if one.proposed_end else None,
    }


def session_line(view: SessionView) -> str:
    """Give a session as a line of a list."""
    end = view.end.isoformat() if view.end else "…"
    span = f"{view.start.isoformat()}  {end}"
    return f"{view.id}  {view.machine}  {view.tenant}  {span}  {view.state}"


def session_json(view: SessionView) -> dict[str, object]:
    """Give a session as scripts read it (command-line contract)."""
    return {
        "id": view.id,
        "machine": view.machine,
        "tenant": view.tenant,
        "job": view.job,
        "start": view.start.isoformat(),
        "end": view.end.isoformat() if view.end else None,
        "state": str(view.state),
        "clocks": {
            "occupied_s": plain(view.occupied_s),
            "powered_s": plain(view.powered_s),
            "working_s": plain(view.working_s),
        },
        "measures": {name: plain(value) for name, value in view.measures},
        "quality": str(view.quality),
    }


COMMANDS = (session,)
