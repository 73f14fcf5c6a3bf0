"""Commands about closed periods: lock, open again, list."""

from __future__ import annotations

from typing import Any

import click

from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.period_locks import LockKind, PeriodLock
from shared_factory_desktop.services.periods import LockView

_period = click.argument("span", metavar="PERIOD")
_reason = click.option("--reason", required=True, help="why, for the record")


@click.group()
def period() -> None:
    """Closed periods: what may still change."""


@period.command()
@_period
@click.option("--hard", is_flag=True, help="nobody may change its sessions or bill its days")
@click.option("--soft", is_flag=True, help="only managers may change its sessions; the default")
@_reason
@as_json
@shared
@pass_run
def lock(run: Run, span: str, hard: bool, soft: bool, reason: str, json_: bool) -> None:
    """Close a period that is over, such as 2026-10."""
    if hard and soft:
        raise click.UsageError("give --hard or --soft, not both")
    kind = LockKind.HARD if hard else LockKind.SOFT
    _answer(run, run.services().periods.lock(run.actor(), span, kind, reason), json_)


@period.command(name="open")
@_period
@_reason
@as_json
@shared
@pass_run
def open_(run: Run, span: str, reason: str, json_: bool) -> None:
    """Open a closed period again; a hard lock needs another person than who locked it."""
    made = run.services().periods.lock(run.actor(), span, LockKind.OPEN, reason)
    _answer(run, made, json_)


@period.command(name="list")
@as_json
@shared
@pass_run
def list_(run: Run, json_: bool) -> None:
    """List locks and openings, newest first."""
    found = run.services().periods.list(run.actor())
    if json_:
        answer_json({"locks": [_document(one.lock) | {"counts": one.counts} for one in found]})
        return
    for line in aligned(_row(run, one) for one in found) if found else ():
        say(line)


def _answer(run: Run, made: PeriodLock, json_: bool) -> None:
    if json_:
        answer_json(_document(made))
        return
    say(f"{made.period}  {run.words(f'statements.lock-{made.kind}')}")


def _row(run: Run, one: LockView) -> tuple[str, ...]:
    made = one.lock
    counts = run.words("statements.lock-counts") if one.counts else ""
    word = run.words(f"statements.lock-{made.kind}")
    return str(made.period), word, made.at.isoformat(), made.by, made.reason, counts


def _document(one: PeriodLock) -> dict[str, Any]:
    return {
        "period": [str(one.period.start), str(one.period.end)],
        "kind": str(one.kind),
        "reason": one.reason,
        "by": one.by,
        "at": one.at.isoformat(),
    }


COMMANDS = (period,)
