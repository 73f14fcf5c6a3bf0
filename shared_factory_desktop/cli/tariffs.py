"""Commands about tariffs: calendars, warnings, preview, approval; and the holiday table."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click
import tomli_w

from shared_factory_desktop.cli.context import (
    Run,
    answer_json,
    as_json,
    note,
    pass_run,
    say,
    shared,
    warn,
)
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.domain.tariff_preview import Change, Preview
from shared_factory_desktop.services.calendars import calendar_file, shipped_calendars
from shared_factory_desktop.services.floor import ImportCounts, write_atomically
from shared_factory_desktop.services.tariffs import Proposal
from shared_factory_desktop.services.wording import explain_problem

_FILE = click.Path(path_type=Path)
_start = click.option(
    "--from",
    "valid_from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="first day it holds, where the shipped data does not say",
)
_NOTHING = "-"


@click.group()
def tariff() -> None:
    """Prices before they are charged: calendars, warnings, preview, approval."""


@tariff.command()
@as_json
@shared
@pass_run
def calendars(run: Run, json_: bool) -> None:
    """List the time-of-use calendars that come with the program."""
    shipped = shipped_calendars()
    if json_:
        rows = [
            {
                "id": one.id,
                "area": one.area,
                "source": one.source,
                "valid_from": str(one.valid_from) if one.valid_from else None,
            }
            for one in shipped
        ]
        answer_json({"calendars": rows})
        return
    unknown = run.words("tariffs.start-unknown")
    for line in aligned(
        (one.id, str(one.valid_from or unknown), one.source, one.area) for one in shipped
    ):
        say(line)


@tariff.command()
@click.argument("name")
@_start
@click.option("--out", type=_FILE, help="file to write instead of standard output")
@shared
@pass_run
def calendar(_run: Run, name: str, valid_from: dt.datetime | None, out: Path | None) -> None:
    """Write a calendar as a floor file of its own."""
    text = tomli_w.dumps(calendar_file(name, valid_from.date() if valid_from else None))
    _write(text, out)


@tariff.command(name="add-calendar")
@click.argument("name")
@_start
@shared
@pass_run
def add_calendar(run: Run, name: str, valid_from: dt.datetime | None) -> None:
    """Add a calendar to the factory."""
    start = valid_from.date() if valid_from else None
    _imported(run, name, run.services().tariffs.add_calendar(run.actor(), name, start))


@tariff.command()
@click.argument("file", type=_FILE)
@shared
@pass_run
def check(run: Run, file: Path) -> None:
    """Read a floor file and warn where more use costs less; imports nothing."""
    found = run.services().tariffs.check(run.actor(), file)
    warn(run, found)
    if found:
        run.status = 1
    else:
        say(run.words("tariffs.checked", file=file.name))


@tariff.command(name="preview")
@click.argument("file", type=_FILE)
@click.option("--period", required=True, help="2026-10 or 2026-10-01..2026-11-01")
@as_json
@shared
@pass_run
def preview_(run: Run, file: Path, period: str, json_: bool) -> None:
    """Price a past period's sessions under a floor file, next to what they cost now."""
    found = run.services().tariffs.preview(run.actor(), file, period)
    _notes(run, found, period)
    if json_:
        answer_json(_document(run, found))
        return
    head = tuple(run.words(f"tariffs.{key}") for key in ("tenant", "machine", "now", "draft"))
    rows = [(*head, run.words("tariffs.difference"), "%")]
    rows += [(key[0], key[1] or _NOTHING, *_money(row)) for key, row in found.rows.items()]
    rows.append((run.words("tariffs.total"), "", *_money(found.total)))
    for line in aligned(rows):
        say(line)


@tariff.command()
@as_json
@shared
@pass_run
def proposals(run: Run, json_: bool) -> None:
    """List proposed changes of prices and what was decided about them."""
    found = run.services().tariffs.proposals(run.actor())
    if json_:
        answer_json({"proposals": [_proposal(one) for one in found]})
        return
    rows = []
    for one in found:
        decided = one.decision
        who, why = (decided.by, decided.reason or "") if decided else ("", "")
        status = run.words(f"tariffs.{_status(one)}")
        rows.append((str(one.number), status, one.file, one.by, one.at.isoformat(), who, why))
    for line in aligned(rows) if rows else [run.words("tariffs.no-proposals")]:
        say(line)


@tariff.command()
@click.argument("number", type=int)
@click.option("--out", type=_FILE, help="file to write instead of standard output")
@shared
@pass_run
def proposal(run: Run, number: int, out: Path | None) -> None:
    """Show a proposal as the floor file it is, to read or to preview."""
    _write(run.services().tariffs.proposal(run.actor(), number).text, out)


@tariff.command()
@click.argument("number", type=int)
@shared
@pass_run
def approve(run: Run, number: int) -> None:
    """Agree to another person's proposal: it is imported."""
    counts = run.services().tariffs.approve(run.actor(), number)
    _imported(run, run.words("tariffs.proposal", number=number), counts)


@tariff.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="why not")
@shared
@pass_run
def reject(run: Run, number: int, reason: str) -> None:
    """Turn another person's proposal down."""
    run.services().tariffs.reject(run.actor(), number, reason)
    say(run.words("tariffs.rejected-now", number=number))


@click.group()
def holidays() -> None:
    """Public holidays and moved working days, by year."""


@holidays.command(name="import")
@click.argument("file", type=_FILE)
@shared
@pass_run
def import_(run: Run, file: Path) -> None:
    """Add a year from a TOML file: year, rest_days, moved_workdays, source."""
    added = run.services().holidays.import_file(run.actor(), file)
    say(run.words("tariffs.holidays-imported", year=added.year, count=len(added.rest_days)))


@holidays.command(name="list")
@as_json
@shared
@pass_run
def list_(run: Run, json_: bool) -> None:
    """List the years there are."""
    years = run.services().holidays.list(run.actor())
    if json_:
        rows = [
            {
                "year": one.published.year,
                "source": one.published.source,
                "imported": one.imported,
                "rest_days": [str(day) for day in sorted(one.published.rest_days)],
                "moved_workdays": [str(day) for day in sorted(one.published.moved_workdays)],
            }
            for one in years
        ]
        answer_json({"years": rows})
        return
    for one in years:
        origin = run.words("tariffs.imported" if one.imported else "tariffs.shipped")
        say(f"{one.published.year}  {origin}  {one.published.source}")


def _imported(run: Run, name: str, counts: ImportCounts) -> None:
    say(run.words("cli.imported", file=name, new=counts.new, changed=counts.changed))
    warn(run, counts.warnings)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        say(text.rstrip("\n"))
        return
    write_atomically(out, text.encode())
    say(str(out))


def _notes(run: Run, found: Preview, period: str) -> None:
    """Print what a preview rests on, and what is not in it."""
    warn(run, found.warnings)
    for table, name, valid_from in found.as_if:
        version = f"{table}.{name}"
        note(run.words("tariffs.as-if", version=version, valid_from=valid_from, period=period))
    for side, problems in (("now", found.unpriced_now), ("draft", found.unpriced_draft)):
        for problem in problems:
            why = explain_problem(run.words, problem)
            note(run.words(f"tariffs.unpriced-{side}", why=why))


def _document(run: Run, found: Preview) -> dict[str, Any]:
    return {
        "rows": [
            {"tenant": tenant, "machine": machine, **_amounts(row)}
            for (tenant, machine), row in found.rows.items()
        ],
        "total": _amounts(found.total),
        "as_if": [
            {"table": table, "id": name, "valid_from": str(valid_from)}
            for table, name, valid_from in found.as_if
        ],
        "unpriced_now": [explain_problem(run.words, one) for one in found.unpriced_now],
        "unpriced_draft": [explain_problem(run.words, one) for one in found.unpriced_draft],
    }


def _amounts(row: Change) -> dict[str, str | None]:
    return {
        "now": yuan_text(row.now_fen),
        "draft": yuan_text(row.draft_fen),
        "difference": yuan_text(row.difference_fen),
        "percent": row.percent,
    }


def _money(row: Change) -> tuple[str, str, str, str]:
    """Give the four last cells of a row."""
    amounts = (row.now_fen, row.draft_fen, row.difference_fen)
    now, draft, difference = map(grouped, amounts)
    return now, draft, difference, row.percent or _NOTHING


def _status(proposal: Proposal) -> str:
    if proposal.decision is None:
        return "open"
    return "approved" if proposal.decision.approved else "rejected"


def _proposal(one: Proposal) -> dict[str, Any]:
    decision = one.decision
    return {
        "number": one.number,
        "status": _status(one),
        "file": one.file,
        "sha256": one.sha256,
        "by": one.by,
        "at": one.at.isoformat(),
        "decided_by": decision.by if decision else None,
        "decided_at": decision.at.isoformat() if decision else None,
        "reason": decision.reason if decision else None,
        "text": one.text,
    }


COMMANDS = (tariff, holidays)
