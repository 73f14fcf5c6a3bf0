"""Commands about sessions that were recorded wrongly: correct, solve, dispute, end when idle."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import click

from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.instants import local_instant
from shared_factory_desktop.cli.sessions import session_json, session_line
from shared_factory_desktop.domain.corrections import Change
from shared_factory_desktop.domain.decimals import parse_decimal
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.sessions import Pieces
from shared_factory_desktop.services.problem_queue import Solution
from shared_factory_desktop.services.sessions import SessionView

_AFTER = re.compile(r"([1-9][0-9]{0,5})(h|min)\Z")
_UNITS = {"h": "hours", "min": "minutes"}

_session = click.argument("session_id", metavar="ID")
_reason = click.option("--reason", required=True, help="why, for the record")


@click.command()
@_session
@click.option("--tenant", help="whose it is")
@click.option("--job", help="work order")
@click.option("--end", help="when it ended, ISO 8601")
@click.option("--pieces", type=click.IntRange(0), help="good pieces made")
@click.option("--scrap", type=click.IntRange(0), help="pieces that were none")
@click.option("--value", help="declared value, CNY")
@click.option("--split", help="make two of it at this instant, ISO 8601")
@click.option("--merge", multiple=True, metavar="OTHER", help="make one of it and this; repeatable")
@_reason
@as_json
@shared
@pass_run
def correct(
    run: Run,
    session_id: str,
    tenant: str | None,
    job: str | None,
    end: str | None,
    pieces: int | None,
    scrap: int | None,
    value: str | None,
    split: str | None,
    merge: tuple[str, ...],
    reason: str,
    json_: bool,
) -> None:
    """Correct an ended session: others stand in for it, it stays as it was."""
    actor, service = run.actor(), run.services().corrections
    zone = run.services().floor.zone()
    made = Pieces(pieces or 0, scrap or 0) if pieces is not None or scrap is not None else None
    ended = None if end is None else local_instant("--end", end, zone)
    change = Change(tenant, job, ended, made, _value(value))
    _refuse_mixture(bool(change.kinds), split is not None, bool(merge))
    views: tuple[SessionView, ...]
    if split is not None:
        views = service.split(actor, session_id, local_instant("--split", split, zone), reason)
    elif merge:
        views = (service.merge(actor, (session_id, *merge), reason),)
    else:
        views = (service.correct(actor, session_id, change, reason),)
    _answer(views, json_)


@click.command()
@_session
@click.option(
    "--by",
    "solution",
    required=True,
    type=click.Choice([str(solution) for solution in Solution]),
    help="a solution that `session list --problem` offers",
)
@click.option("--tenant", help="whom assign-tenant assigns it to")
@_reason
@as_json
@shared
@pass_run
def solve(
    run: Run, session_id: str, solution: str, tenant: str | None, reason: str, json_: bool
) -> None:
    """Settle a session that somebody must look at."""
    problems = run.services().problems
    view = problems.solve(run.actor(), session_id, Solution(solution), reason, tenant)
    _answer((view,), json_)


@click.command()
@_session
@_reason
@shared
@pass_run
def dispute(run: Run, session_id: str, reason: str) -> None:
    """Note that the tenant objects: it stays off statements until resolved."""
    run.services().corrections.dispute(run.actor(), session_id, reason)
    say(run.words("cli.disputed", id=session_id))


@click.command()
@_session
@_reason
@shared
@pass_run
def resolve(run: Run, session_id: str, reason: str) -> None:
    """Note that a dispute is over."""
    run.services().corrections.resolve(run.actor(), session_id, reason)
    say(run.words("cli.resolved", id=session_id))


@click.command(name="idle-end")
@click.option("--machine", required=True, help="machine id")
@click.option("--after", required=True, help="so long without work, as 2h or 90min; or off")
@shared
@pass_run
def idle_end(run: Run, machine: str, after: str) -> None:
    """Let a machine's sessions end by themselves after long without work."""
    run.services().idle_ends.set(run.actor(), machine, _after(after))
    code = "cli.idle-end-off" if after == "off" else "cli.idle-end-on"
    say(run.words(code, machine=machine, after=after))


def _answer(views: tuple[SessionView, ...], json_: bool) -> None:
    if json_:
        answer_json({"sessions": [session_json(view) for view in views]})
        return
    for view in views:
        say(session_line(view))


def _refuse_mixture(changes: bool, splits: bool, merges: bool) -> None:
    """Refuse to do two kinds of correction at once: which came first would be anybody's guess."""
    if changes + splits + merges > 1:
        raise click.UsageError("--split, --merge and the other changes go one at a time")


def _value(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return parse_decimal(text)
    except ValueError:
        raise InputRefused([Problem("--value", "decimal", text, "35000.00")]) from None


def _after(text: str) -> dt.timedelta | None:
    """Read `2h`, `90min` or `off`."""
    found = _AFTER.match(text)
    if found is None and text != "off":
        raise InputRefused([Problem("--after", "choice", text, "2h, 90min, off")])
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


COMMANDS = (correct, solve, dispute, resolve, idle_end)
