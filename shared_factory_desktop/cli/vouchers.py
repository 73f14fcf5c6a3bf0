"""Commands about innovation vouchers: voucher."""

from __future__ import annotations

import click

from shared_factory_desktop.cli.amounts import typed_decimal, typed_fen
from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.instants import local_day
from shared_factory_desktop.cli.ledger import answer, slip_options, typed_day, typed_slip
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.ledger_vouchers import Voucher
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.services.vouchers import VoucherView

_number = click.argument("number", metavar="VOUCHER")


@click.group()
def voucher() -> None:
    """Innovation vouchers that pay part of statements."""


@voucher.command()
@_number
@click.option("--tenant", required=True, help="tenant id")
@click.option("--issuer", required=True, help="who will pay it")
@click.option("--face", required=True, help="face value in CNY")
@click.option("--share", required=True, help="most of a statement that it may pay, 0 to 1")
@click.option("--expires", required=True, help="first day it can no longer be applied")
@shared
@pass_run
def add(
    run: Run, number: str, tenant: str, issuer: str, face: str, share: str, expires: str
) -> None:
    """Register a voucher."""
    wanted = Voucher(
        number,
        tenant,
        issuer,
        typed_fen("--face", face),
        typed_decimal("--share", share),
        local_day("--expires", expires),
    )
    run.services().vouchers.add(run.actor(), wanted)
    say(run.words("ledger.voucher-added", voucher=number))


@voucher.command()
@_number
@click.option("--statement", required=True, help="its number")
@as_json
@shared
@pass_run
def apply(run: Run, number: str, statement: str, json_: bool) -> None:
    """Let a voucher pay its share of a statement."""
    answer(run, [run.services().vouchers.apply(run.actor(), number, statement)], json_)


@voucher.command()
@_number
@slip_options
@click.option("--on", help="local date, by default today")
@as_json
@shared
@pass_run
def redeem(run: Run, number: str, method: str, reference: str, on: str | None, json_: bool) -> None:
    """Record that the issuer has paid."""
    slip = typed_slip(method, reference)
    booked = run.services().vouchers.redeem(run.actor(), number, slip, typed_day(on))
    answer(run, [booked], json_)


@voucher.command()
@_number
@click.option("--reason", required=True, help="why")
@as_json
@shared
@pass_run
def refuse(run: Run, number: str, reason: str, json_: bool) -> None:
    """Record that the issuer will not pay: what the voucher covered is open again."""
    booked = run.services().vouchers.refuse(run.actor(), number, reason)
    answer(run, [booked] if booked else [], json_)
    if not json_:
        say(run.words("ledger.voucher-refused", voucher=number))


@voucher.command(name="list")
@click.option("--tenant", help="only this tenant")
@as_json
@shared
@pass_run
def list_(run: Run, tenant: str | None, json_: bool) -> None:
    """List vouchers, those first that expire first."""
    views = run.services().vouchers.list(run.actor(), tenant)
    if json_:
        answer_json({"vouchers": [_json(view) for view in views]})
        return
    for line in aligned(_cells(run, view) for view in views) if views else ():
        say(line)


def _cells(run: Run, view: VoucherView) -> list[str]:
    held = view.voucher
    state = run.words(f"ledger.voucher.{view.state}")
    paid = grouped(view.applied_fen) if view.statement else "-"
    face, share = grouped(held.face_fen), plain(held.share)
    where = view.statement or view.refusal or "-"
    return [
        held.number,
        held.tenant,
        held.issuer,
        face,
        share,
        str(held.expires),
        state,
        paid,
        where,
    ]


def _json(view: VoucherView) -> dict[str, object]:
    held = view.voucher
    return {
        "number": held.number,
        "tenant": held.tenant,
        "issuer": held.issuer,
        "face": yuan_text(held.face_fen),
        "share": plain(held.share),
        "expires": held.expires.isoformat(),
        "state": str(view.state),
        "statement": view.statement,
        "applied": yuan_text(view.applied_fen),
        "refused": view.refusal,
    }


COMMANDS = (voucher,)
