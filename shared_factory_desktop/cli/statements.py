"""Commands about issued statements: where they stand, their steps, credit notes, attached files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.domain.statement_life import Event, State
from shared_factory_desktop.services.credit_notes import CreditProposal, Wanted
from shared_factory_desktop.services.statement_life import Attachment, Standing

_FILE = click.Path(path_type=Path)
_number = click.argument("number", metavar="NO")
_reason = click.option("--reason", required=True, help="why, for the record")
_on = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="day it happened; today if left")


@click.command(name="list")
@click.option("--tenant", help="only this tenant's")
@click.option("--state", type=click.Choice([str(state) for state in State]), help="only in it")
@as_json
@shared
@pass_run
def list_(run: Run, tenant: str | None, state: str | None, json_: bool) -> None:
    """List issued statements, newest first, with where they stand and what is open."""
    wanted = State(state) if state else None
    found = run.services().statements.list(run.actor(), tenant, wanted)
    if json_:
        answer_json({"statements": [_document(one) for one in found]})
        return
    for line in aligned(_row(run, one) for one in found) if found else ():
        say(line)


@click.command()
@_number
@click.option("--to", "recipient", default="", help="whom it was sent to")
@_on
@as_json
@shared
@pass_run
def send(run: Run, number: str, recipient: str, on: dt.datetime | None, json_: bool) -> None:
    """Note that a statement was sent to its tenant."""
    service = run.services().statements
    _answer(run, service.send(run.actor(), number, recipient, _day(on)), json_)


@click.command()
@_number
@click.option("--by", "person", required=True, help="who at the tenant confirmed it")
@click.option("--scan", type=_FILE, help="scan of the sealed slip, kept with it")
@_on
@as_json
@shared
@pass_run
def confirm(
    run: Run, number: str, person: str, scan: Path | None, on: dt.datetime | None, json_: bool
) -> None:
    """Note that the tenant confirmed a statement."""
    service = run.services().statements
    _answer(run, service.confirm(run.actor(), number, person, _day(on), scan), json_)


@click.command()
@_number
@click.option("--invoice", required=True, help="number of the tax invoice")
@_on
@as_json
@shared
@pass_run
def invoice(run: Run, number: str, invoice: str, on: dt.datetime | None, json_: bool) -> None:
    """Note the tax invoice that was issued for a statement."""
    service = run.services().statements
    _answer(run, service.invoice(run.actor(), number, invoice, _day(on)), json_)


@click.command()
@_number
@_reason
@as_json
@shared
@pass_run
def dispute(run: Run, number: str, reason: str, json_: bool) -> None:
    """Note that the tenant objects to a statement that is not paid yet."""
    _answer(run, run.services().statements.dispute(run.actor(), number, reason), json_)


@click.command()
@_number
@_reason
@as_json
@shared
@pass_run
def settle(run: Run, number: str, reason: str, json_: bool) -> None:
    """Note that a dispute is over; the statement stands where it stood before."""
    _answer(run, run.services().statements.settle(run.actor(), number, reason), json_)


@click.command()
@_number
@_reason
@as_json
@shared
@pass_run
def cancel(run: Run, number: str, reason: str, json_: bool) -> None:
    """Take all that is left of an unpaid statement back, by a credit note."""
    _propose(run, number, Wanted(), reason, json_)


@click.command()
@_number
@click.option("--lines", default="", help="numbers of lines, from 1, with commas")
@click.option("--sessions", default="", help="ids of sessions, with commas")
@click.option("--all", "everything", is_flag=True, help="all that is left, as when none is named")
@_reason
@as_json
@shared
@pass_run
def credit(
    run: Run,
    number: str,
    lines: str,
    sessions: str,
    everything: bool,
    reason: str,
    json_: bool,
) -> None:
    """Propose a credit note; another person approves it."""
    if everything and (lines or sessions):
        raise click.UsageError("--all goes without --lines and --sessions")
    wanted = Wanted(_lines(lines), tuple(_parts(sessions)))
    _propose(run, number, wanted, reason, json_)


@click.command(name="credits")
@click.option("--all", "everything", is_flag=True, help="decided ones too")
@as_json
@shared
@pass_run
def credits_(run: Run, everything: bool, json_: bool) -> None:
    """List proposed credit notes."""
    found = run.services().credits.list(run.actor())
    found = tuple(one for one in found if everything or one.decision is None)
    if json_:
        answer_json({"proposals": [_proposal(one) for one in found]})
        return
    for line in aligned(_proposal_row(run, one) for one in found) if found else ():
        say(line)


@click.command(name="credit-approve")
@click.argument("proposal", type=int, metavar="ID")
@as_json
@shared
@pass_run
def credit_approve(run: Run, proposal: int, json_: bool) -> None:
    """Approve another person's proposal: the credit note is issued."""
    document = run.services().credits.approve(run.actor(), proposal)
    assert document.number is not None
    _credited(run, document.number, json_)


@click.command(name="credit-refuse")
@click.argument("proposal", type=int, metavar="ID")
@_reason
@shared
@pass_run
def credit_refuse(run: Run, proposal: int, reason: str) -> None:
    """Turn a proposal down."""
    run.services().credits.refuse(run.actor(), proposal, reason)
    say(run.words("statements.credit-refused", proposal=proposal))


@click.command()
@_number
@click.argument("file", type=_FILE)
@as_json
@shared
@pass_run
def attach(run: Run, number: str, file: Path, json_: bool) -> None:
    """Keep a file with a statement."""
    attached = run.services().statements.attach(run.actor(), number, file)
    if json_:
        answer_json(_attachment(attached))
        return
    say(run.words("statements.attached", id=attached.id, name=attached.name, number=number))


@click.command()
@click.argument("attachment_id", type=int, metavar="ID")
@click.option("--out", required=True, type=_FILE, help="file to write")
@shared
@pass_run
def attachment(run: Run, attachment_id: int, out: Path) -> None:
    """Write a kept file."""
    run.services().statements.save_attachment(run.actor(), attachment_id, out)
    say(str(out))


@click.command()
@_number
@as_json
@shared
@pass_run
def history(run: Run, number: str, json_: bool) -> None:
    """Show all that was noted of a statement."""
    found = run.services().statements.history(run.actor(), number)
    if json_:
        answer_json(
            {
                **_document(found.standing),
                "events": [_event(one) for one in found.events],
                "attachments": [_attachment(one) for one in found.attachments],
            }
        )
        return
    say("  ".join(_row(run, found.standing)))
    rows = [_event_row(run, one) for one in found.events]
    rows += [_attachment_row(run, one) for one in found.attachments]
    for line in aligned(rows) if rows else ():
        say(line)


def _propose(run: Run, number: str, wanted: Wanted, reason: str, json_: bool) -> None:
    made = run.services().credits.propose(run.actor(), number, wanted, reason)
    if made.document is not None and made.document.number is not None:
        _credited(run, made.document.number, json_)
    elif json_:
        answer_json(_proposal(made.proposal))
    else:
        say(run.words("statements.credit-proposed", proposal=made.proposal.id))


def _credited(run: Run, number: str, json_: bool) -> None:
    """Answer with a credit note as statements are answered with, and what it refers to."""
    billing = run.services().billing
    document = billing.document(run.actor(), number)
    if json_:
        answer_json({**billing.as_json(document), "refers_to": document.refers_to})
        return
    say(f"{document.number}  {document.refers_to}  ￥{grouped(document.statement.gross_fen)}")


def _answer(run: Run, standing: Standing, json_: bool) -> None:
    if json_:
        answer_json(_document(standing))
        return
    say("  ".join(_row(run, standing)))


def _document(one: Standing) -> dict[str, Any]:
    return {
        "number": one.number,
        "tenant": one.tenant,
        "period": [str(one.start), str(one.end)],
        "issued_at": one.issued_at.isoformat(),
        "net": yuan_text(one.net_fen),
        "tax": yuan_text(one.tax_fen),
        "gross": yuan_text(one.gross_fen),
        "sha256": one.sha256,
        "refers_to": one.refers_to,
        "state": str(one.life.state),
        "payment": str(one.life.payment),
        "paid": yuan_text(one.life.paid_fen),
        "open": yuan_text(one.life.open_fen),
        "credits": [*one.credits],
    }


def _row(run: Run, one: Standing) -> Sequence[str]:
    return (
        one.number,
        one.tenant,
        f"{one.start}..{one.end}",
        f"￥{grouped(one.gross_fen)}",
        run.words(f"statements.state-{one.life.state}"),
        run.words(f"statements.payment-{one.life.payment}", open=grouped(one.life.open_fen)),
        one.refers_to or "",
    )


def _event(one: Event) -> dict[str, Any]:
    return {
        "step": str(one.step),
        **one.values,
        "reason": one.reason,
        "by": one.by,
        "at": one.at.isoformat(),
    }


def _event_row(run: Run, one: Event) -> Sequence[str]:
    said = " ".join(value for value in (*one.values.values(), one.reason or "") if value)
    return one.at.isoformat(), run.words(f"statements.step-{one.step}"), one.by, said


def _attachment(one: Attachment) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "media_type": one.media_type,
        "sha256": one.sha256,
        "by": one.by,
        "at": one.at.isoformat(),
    }


def _attachment_row(run: Run, one: Attachment) -> Sequence[str]:
    kept = run.words("statements.attachment", id=one.id)
    return one.at.isoformat(), kept, one.by, one.name


def _proposal(one: CreditProposal) -> dict[str, Any]:
    decision = one.decision
    return {
        "proposal": one.id,
        "statement": one.statement,
        "lines": [*one.lines],
        "reason": one.reason,
        "by": one.by,
        "at": one.at.isoformat(),
        "credit": decision.credit if decision else None,
        "decided_by": decision.by if decision else None,
        "decided_at": decision.at.isoformat() if decision else None,
        "refusal": decision.reason if decision else None,
    }


def _proposal_row(run: Run, one: CreditProposal) -> Sequence[str]:
    decided = one.decision
    status = "open" if decided is None else "issued" if decided.credit else "refused"
    lines = ",".join(map(str, one.lines))
    outcome = "" if decided is None else decided.credit or decided.reason or ""
    word = run.words(f"statements.proposal-{status}")
    return str(one.id), one.statement, lines, word, one.by, one.reason, outcome


def _lines(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in _parts(text))
    except ValueError:
        raise click.BadParameter(f"{text!r}, expected 1,2,5", param_hint="--lines") from None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _day(on: dt.datetime | None) -> dt.date | None:
    return on.date() if on else None


COMMANDS = (
    list_,
    send,
    confirm,
    invoice,
    dispute,
    settle,
    cancel,
    credit,
    credits_,
    credit_approve,
    credit_refuse,
    attach,
    attachment,
    history,
)
