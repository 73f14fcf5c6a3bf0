"""Commands about what a calibration changes of bills: propose, list, approve or refuse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.domain.statement_json import line_document
from shared_factory_desktop.services.metering_corrections import (
    AdjustmentProposal,
    Policy,
    Wanted,
    lines_of,
    totals,
)

_id = click.argument("proposal", type=int, metavar="ID")


@click.command()
@click.argument("number", metavar="NO")
@click.option(
    "--policy",
    required=True,
    type=click.Choice([str(policy) for policy in Policy]),
    help="from when past use is corrected",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="day of the known cause")
@click.option("--cap-months", type=click.IntRange(1), help="no further back than this")
@as_json
@shared
@pass_run
def correct(
    run: Run,
    number: str,
    policy: str,
    since: dt.datetime | None,
    cap_months: int | None,
    json_: bool,
) -> None:
    """Propose to correct past bills by a calibration; another person approves it."""
    wanted = Wanted(number, Policy(policy), since.date() if since else None, cap_months)
    made = run.services().metering_corrections.propose(run.actor(), wanted)
    if json_:
        answer_json(_document(made, [None] * len(made.items)))
        return
    _table(_totals(run, made))
    say(run.words("calibration.correction-proposed", proposal=made.id))


@click.command()
@click.option("--all", "everything", is_flag=True, help="decided ones too")
@as_json
@shared
@pass_run
def corrections(run: Run, everything: bool, json_: bool) -> None:
    """List proposed metering corrections, with what they come to for each tenant."""
    service, actor = run.services().metering_corrections, run.actor()
    found = [one for one in service.list(actor) if everything or one.decision is None]
    if json_:
        documents = [_document(one, service.statements(actor, one.id)) for one in found]
        answer_json({"corrections": documents})
        return
    _table(row for one in found for row in _totals(run, one))


@click.command(name="correct-approve")
@_id
@as_json
@shared
@pass_run
def correct_approve(run: Run, proposal: int, json_: bool) -> None:
    """Approve another person's proposal: it stands on each tenant's next statement."""
    found = run.services().metering_corrections.approve(run.actor(), proposal)
    if json_:
        answer_json(_document(found, [None] * len(found.items)))
        return
    say(run.words("calibration.correction-approved", proposal=proposal))


@click.command(name="correct-refuse")
@_id
@click.option("--reason", required=True, help="why, for the record")
@shared
@pass_run
def correct_refuse(run: Run, proposal: int, reason: str) -> None:
    """Turn a proposal down."""
    run.services().metering_corrections.refuse(run.actor(), proposal, reason)
    say(run.words("calibration.correction-refused", proposal=proposal))


def _document(one: AdjustmentProposal, statements: Sequence[str | None]) -> dict[str, Any]:
    decision = one.decision
    items = zip(one.items, lines_of(one), statements, strict=True)
    return {
        "proposal": one.id,
        "certificate": one.certificate,
        **one.body,
        "by": one.by,
        "at": one.at.isoformat(),
        "approved": one.approved,
        "decided_by": decision.by if decision else None,
        "refusal": decision.reason if decision else None,
        "tenants": [
            {
                "tenant": total.tenant,
                "net": yuan_text(total.net_fen),
                "tax": yuan_text(total.tax_fen),
                "gross": yuan_text(total.gross_fen),
            }
            for total in totals(one)
        ],
        "lines": [
            {"statement": item.statement, "number": item.line, "on": on, **line_document(line)}
            for item, line, on in items
        ],
    }


def _totals(run: Run, one: AdjustmentProposal) -> Iterator[Sequence[str]]:
    status = "open" if one.decision is None else "approved" if one.approved else "refused"
    word = run.words(f"calibration.correction-{status}-word")
    for total in totals(one):
        lines = run.words("calibration.correction-lines", count=total.lines)
        amount = f"￥{grouped(total.gross_fen)}"
        yield str(one.id), one.certificate, total.tenant, lines, amount, word


def _table(rows: Iterable[Sequence[str]]) -> None:
    found = list(rows)
    for line in aligned(found) if found else ():
        say(line)


COMMANDS = (correct, corrections, correct_approve, correct_refuse)
