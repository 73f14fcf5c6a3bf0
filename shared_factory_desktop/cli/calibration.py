"""Commands about calibration: instruments, standards, records, reviews, what is due, files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from shared_factory_desktop.cli.amounts import typed_decimal
from shared_factory_desktop.cli.context import Run, answer_json, as_json, pass_run, say, shared
from shared_factory_desktop.cli.instants import local_day
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.domain.calibration import Calibration, Instrument, Point, Standard
from shared_factory_desktop.domain.calibration_json import (
    calibration_json,
    instrument_json,
    standard_json,
)
from shared_factory_desktop.domain.calibration_uncertainty import mean
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.rounding import rounded
from shared_factory_desktop.services.calibration import Attachment, DueRow

_number = click.argument("number", metavar="NO")
_file = click.argument("file", type=click.Path(path_type=Path))
_PERCENT_PLACES = 3
_CERTIFICATE_SUFFIXES = (".pdf", ".json")


@click.group()
def calibration() -> None:
    """Calibrations of meters."""


@calibration.command()
@_file
@as_json
@shared
@pass_run
def record(run: Run, file: Path, json_: bool) -> None:
    """Record the calibration that a TOML file tells of; it counts once reviewed."""
    made = run.services().calibration.record_file(run.actor(), file)
    if json_:
        answer_json(_local(run, made))
    else:
        verdict = _word(run, "verdict", made.verdict)
        text = run.words("calibration.recorded", number=made.number, verdict=verdict)
        say(text if made.version == 1 else f"{text} (v{made.version})")


@calibration.command()
@_number
@as_json
@shared
@pass_run
def review(run: Run, number: str, json_: bool) -> None:
    """Find a calibration right, so that it counts; one of a trade meter by another person."""
    made = run.services().calibration.review(run.actor(), number)
    if json_:
        answer_json(_local(run, made))
    else:
        say(run.words("calibration.reviewed", number=number, until=made.valid_until))


@calibration.command(name="list")
@click.option("--due", "days", type=click.IntRange(min=0), help="what is due within DAYS days")
@as_json
@shared
@pass_run
def list_(run: Run, days: int | None, json_: bool) -> None:
    """List calibrations, newest first; with --due the meters to be calibrated, worst first."""
    actor, service = run.actor(), run.services().calibration
    if days is not None:
        due = service.due(actor, days)
        _answer(json_, {"due": [_due_json(one) for one in due]}, [_due_row(run, r) for r in due])
        return
    made = service.list(actor)
    document = {"calibrations": [_local(run, one) for one in made]}
    _answer(json_, document, [_row(run, one) for one in made])


@calibration.command()
@_number
@as_json
@shared
@pass_run
def show(run: Run, number: str, json_: bool) -> None:
    """Show a calibration with its points and attached files."""
    actor, service = run.actor(), run.services().calibration
    found, files = service.get(actor, number), service.attachments(actor, number)
    if json_:
        answer_json({**_local(run, found), "attachments": [_attachment(one) for one in files]})
        return
    _answer(False, {}, [_row(run, found)])
    points = [("as-found", one) for one in found.as_found] + [
        ("as-left", one) for one in found.as_left
    ]
    _answer(False, {}, [_point_row(run, phase, one) for phase, one in points])
    for one in files:
        say(f"{run.words('calibration.attachment', id=one.id)}  {one.name}  {one.sha256}")


@calibration.command()
@_number
@click.option("--out", required=True, type=click.Path(path_type=Path), help="the PDF, or a folder")
@shared
@pass_run
def certificate(run: Run, number: str, out: Path) -> None:
    """Write a certificate as PDF, and beside it its data (JSON) and the label for the machine."""
    is_file = out.suffix.lower() in _CERTIFICATE_SUFFIXES
    folder, name = (out.parent, out.stem) if is_file else (out, None)
    for file in run.services().calibration.export(run.actor(), number, folder, name):
        say(str(file))


@calibration.command()
@_number
@_file
@shared
@pass_run
def attach(run: Run, number: str, file: Path) -> None:
    """Keep a file with a calibration, such as a laboratory's certificate."""
    kept = run.services().calibration.attach(run.actor(), number, file)
    say(run.words("calibration.attached", number=number, id=kept.id, name=kept.name))


@calibration.command()
@click.argument("attachment_id", metavar="ID", type=int)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="file to write")
@shared
@pass_run
def attachment(run: Run, attachment_id: int, out: Path) -> None:
    """Write a kept file again."""
    run.services().calibration.save_attachment(run.actor(), attachment_id, out)
    say(str(out))


@calibration.group()
def standard() -> None:
    """Reference standards."""


@standard.command(name="add")
@click.argument("standard_id", metavar="ID")
@click.option("--name", required=True, help="what it is")
@click.option("--serial", required=True, help="its serial number")
@click.option("--traceability", required=True, help="number of its certificate, and the institute")
@click.option("--uncertainty", required=True, help="expanded, a share: 0.0005 for 0.05 %")
@click.option("--coverage", default="2", show_default=True, help="coverage factor k")
@click.option("--due", required=True, help="last day its certificate holds")
@shared
@pass_run
def add_standard(
    run: Run,
    standard_id: str,
    name: str,
    serial: str,
    traceability: str,
    uncertainty: str,
    coverage: str,
    due: str,
) -> None:
    """Enter a reference standard, or the new certificate of one."""
    wanted = Standard(
        standard_id,
        name,
        serial,
        traceability,
        typed_decimal("--uncertainty", uncertainty),
        typed_decimal("--coverage", coverage),
        local_day("--due", due),
    )
    run.services().calibration.add_standard(run.actor(), wanted)
    say(run.words("calibration.standard-added", standard=standard_id, due=wanted.due))


@standard.command(name="list")
@as_json
@shared
@pass_run
def list_standards(run: Run, json_: bool) -> None:
    """List reference standards."""
    found = run.services().calibration.standards(run.actor())
    rows = [
        (one.id, one.name, one.serial, one.traceability, _percent(one.uncertainty), str(one.due))
        for one in found
    ]
    _answer(json_, {"standards": [standard_json(one) for one in found]}, rows)


@calibration.group()
def instrument() -> None:
    """What is set up to be calibrated."""


@instrument.command(name="set")
@click.argument("meter")
@click.argument("quantity")
@click.option("--maker", required=True, help="who made the meter")
@click.option("--model", required=True, help="its model")
@click.option("--serial", help="its serial number, by default as in the floor file")
@click.option("--range", "measuring_range", required=True, help="such as 0.25-5(80) A")
@click.option("--resolution", required=True, help="smallest step it shows, in the quantity's unit")
@click.option("--class", "accuracy_class", required=True, help="accuracy class")
@click.option("--limit", required=True, help="largest error, a share: 0.01 for 1 %")
@click.option("--location", required=True, help="where it stands")
@click.option("--interval-months", required=True, type=int, help="months between calibrations")
@shared
@pass_run
def set_instrument(
    run: Run,
    meter: str,
    quantity: str,
    maker: str,
    model: str,
    serial: str | None,
    measuring_range: str,
    resolution: str,
    accuracy_class: str,
    limit: str,
    location: str,
    interval_months: int,
) -> None:
    """Set up a quantity of a meter to be calibrated, or change how."""
    known = run.services().floor.floor().meter(meter)
    if known is None:
        raise refused(Kind.INPUT, "unknown-meter", meter=meter)
    wanted = Instrument(
        meter=meter,
        quantity=quantity,
        serial=serial or known.serial_number or "",
        maker=maker,
        model=model,
        measuring_range=measuring_range,
        resolution=typed_decimal("--resolution", resolution),
        accuracy_class=accuracy_class,
        limit=typed_decimal("--limit", limit),
        location=location,
        interval_months=interval_months,
        legal_use=known.legal_use,
    )
    run.services().calibration.add_instrument(run.actor(), wanted)
    months = interval_months
    say(run.words("calibration.instrument-set", meter=meter, quantity=quantity, months=months))


@instrument.command(name="list")
@as_json
@shared
@pass_run
def list_instruments(run: Run, json_: bool) -> None:
    """List what is set up to be calibrated."""
    found = run.services().calibration.instruments(run.actor())
    rows = [
        (
            one.meter,
            one.quantity,
            one.serial or "-",
            one.model,
            one.accuracy_class,
            _percent(one.limit),
            str(one.interval_months),
            run.words(f"calibration.use.{one.legal_use}"),
        )
        for one in found
    ]
    _answer(json_, {"instruments": [instrument_json(one) for one in found]}, rows)


def _answer(json_: bool, document: dict[str, Any], rows: Iterable[Sequence[str]]) -> None:
    """Print a document for scripts, or rows to read."""
    if json_:
        answer_json(document)
        return
    table = list(rows)
    for line in aligned(table) if table else ():
        say(line)


def _local(run: Run, one: Calibration) -> dict[str, Any]:
    """Give a calibration as JSON, instants in the factory's zone."""
    zone = run.services().floor.zone()
    instants = {
        "performed_at": one.performed_at.astimezone(zone).isoformat(),
        "effective_at": one.effective_at.astimezone(zone).isoformat(),
    }
    return {**calibration_json(one), **instants}


def _row(run: Run, one: Calibration) -> tuple[str, ...]:
    day = one.performed_at.astimezone(run.services().floor.zone()).date()
    by = one.reviewer or run.words("calibration.unreviewed")
    gain = plain(one.coefficients.gain)
    verdict = _word(run, "verdict", one.verdict)
    return (
        one.number,
        one.meter,
        one.quantity,
        str(day),
        verdict,
        f"b = {gain}",
        str(one.valid_until),
        one.operator,
        by,
    )


def _point_row(run: Run, phase: str, point: Point) -> tuple[str, ...]:
    return (
        run.words(f"calibration.{phase}"),
        point.nominal,
        plain(point.reference),
        plain(mean(point.indicated)),
        f"e = {_percent(point.error)}",
        f"U = {_percent(point.expanded)}",
        f"±{_percent(point.limit)}",
        _word(run, "decision", point.decision),
    )


def _due_json(row: DueRow) -> dict[str, Any]:
    return {
        "meter": row.meter,
        "quantity": row.quantity,
        "machines": [*row.machines],
        "legal_use": row.legal_use,
        "state": "failed" if row.failed else str(row.state),
        "due": row.due.isoformat() if row.due else None,
        "days": row.left,
        "number": row.number,
        "performed": row.performed.isoformat() if row.performed else None,
        "verdict": str(row.verdict) if row.verdict else None,
    }


def _due_row(run: Run, row: DueRow) -> tuple[str, ...]:
    use = run.words(f"calibration.use.{row.legal_use}")
    state = run.words(f"calibration.state.{'failed' if row.failed else row.state}")
    due, last = str(row.due or "-"), row.number or "-"
    return row.meter, row.quantity, use, state, due, last, ", ".join(row.machines) or "-"


def _attachment(one: Attachment) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "media_type": one.media_type,
        "sha256": one.sha256,
        "by": one.by,
        "at": one.at.isoformat(),
    }


def _word(run: Run, catalogue: str, value: str) -> str:
    return run.words(f"calibration.{catalogue}.{value}")


def _percent(share: Decimal) -> str:
    return f"{rounded(share * 100, _PERCENT_PLACES):f} %"


COMMANDS = (calibration,)
