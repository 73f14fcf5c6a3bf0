"""Commands about the outbox: sync now, status, key."""

from __future__ import annotations

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
from shared_factory_desktop.services.syncing import PlatformStatus


@click.group()
def sync() -> None:
    """Records on their way to platforms."""


@sync.command()
@as_json
@shared
@pass_run
def now(run: Run, json_: bool) -> None:
    """Send until nothing is pending or a minute has passed, then compare with the platform."""
    results = run.services().sync.now(run.actor(), lambda _done, _all: None)
    statuses = run.services().sync.status(run.actor())
    if json_:
        answer_json({"platforms": [_json(status) for status in statuses]})
    for result in results:
        note(f"{result.platform}: {run.words(f'sync.{result.state}', detail=result.detail)}")
    if not json_:
        _say(run, statuses)
    run.status = max((result.exit_status for result in results), default=0)


@sync.command()
@as_json
@shared
@pass_run
def status(run: Run, json_: bool) -> None:
    """Show what is pending, sent and quarantined."""
    statuses = run.services().sync.status(run.actor())
    if json_:
        answer_json({"platforms": [_json(status) for status in statuses]})
    else:
        _say(run, statuses)


@sync.command()
@shared
@pass_run
def key(run: Run) -> None:
    """Print the workstation's public key."""
    say(run.services().sync.public_key(run.actor()))


def _say(run: Run, statuses: tuple[PlatformStatus, ...]) -> None:
    for status in statuses:
        say(
            run.words(
                "cli.sync-status",
                platform=status.id,
                pending=status.pending,
                sent=status.sent,
                quarantined=status.quarantined,
            )
        )


def _json(status: PlatformStatus) -> dict[str, object]:
    return {
        "id": status.id,
        "pending": status.pending,
        "sent": status.sent,
        "quarantined": status.quarantined,
        "oldest_pending": status.oldest_pending.isoformat() if status.oldest_pending else None,
        "last_receipt": status.last_receipt.isoformat() if status.last_receipt else None,
        "quarantine": [
            {"id": id_, "code": code, "message": message}
            for id_, code, message in status.quarantine
        ],
    }


COMMANDS = (sync,)
