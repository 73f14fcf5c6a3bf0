"""Commands about meters: agent, meter read, readings."""

from __future__ import annotations

import signal
import threading
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
from shared_factory_desktop.cli.instants import local_instant
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.readings import Reading


@click.command()
@click.option("--for", "for_s", type=click.FloatRange(min=0), help="stop after so many seconds")
@shared
@pass_run
def agent(run: Run, for_s: float | None) -> None:
    """Meter: own the buses of this workstation, record, recognise sessions, sync; until told to
    stop.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    note(run.words("cli.agent-started", folder=run.folder))
    run.services().agent.run(stop, for_s)
    note(run.words("cli.agent-stopped"))


@click.group()
def meter() -> None:
    """Meters."""


@meter.command(name="read")
@click.argument("meter_id", metavar="METER")
@click.option("--raw", is_flag=True, help="show the raw words")
@as_json
@shared
@pass_run
def meter_read(run: Run, meter_id: str, raw: bool, json_: bool) -> None:
    """Read a meter once, straight or through the running agent."""
    readings = run.services().metering.read_meter(run.actor(), meter_id)
    good = [reading for reading in readings if reading.value is not None]
    if json_:
        at = max(reading.at for reading in readings)
        zone = run.services().floor.zone()
        answer_json(
            {
                "meter": meter_id,
                "at": at.astimezone(zone).isoformat(),
                "readings": [_value_json(run, reading) for reading in readings],
            }
        )
    else:
        for reading in readings:
            say(_value_line(run, reading, raw))
    run.status = 0 if len(good) == len(readings) else 1 if good else 4


def _value_json(run: Run, reading: Reading) -> dict[str, object]:
    return {
        "quantity": reading.quantity,
        "value": None if reading.value is None else plain(reading.value),
        "unit": run.services().metering.unit(reading.quantity),
        "quality": str(reading.quality),
        "raw": reading.raw,
    }


def _value_line(run: Run, reading: Reading, raw: bool) -> str:
    value = "-" if reading.value is None else plain(reading.value)
    unit = run.services().metering.unit(reading.quantity)
    words = f"  {reading.raw or '-'}" if raw else ""
    fault = f" ({reading.fault})" if reading.fault else ""
    return f"{reading.quantity}  {value} {unit}  {reading.quality}{fault}{words}"


@click.command()
@click.option("--meter", "meter_id", help="only this meter")
@click.option("--from", "start", help="from this instant, ISO 8601")
@click.option("--to", "end", help="before this instant, ISO 8601")
@as_json
@shared
@pass_run
def readings(
    run: Run, meter_id: str | None, start: str | None, end: str | None, json_: bool
) -> None:
    """List recorded readings."""
    actor = run.actor()
    zone = run.services().floor.zone()
    since = local_instant("--from", start, zone) if start else None
    until = local_instant("--to", end, zone) if end else None
    found = run.services().metering.readings(actor, meter_id, since, until)
    if json_:
        answer_json({"readings": [_reading_json(reading, zone) for reading in found]})
        return
    for r in found:
        value = "-" if r.value is None else plain(r.value)
        at = r.at.astimezone(zone).isoformat()
        say(f"{r.seq}  {at}  {r.meter}  {r.quantity}  {value}  {r.quality}")


def _reading_json(reading: Reading, zone: ZoneInfo) -> dict[str, object]:
    return {
        "seq": reading.seq,
        "meter": reading.meter,
        "quantity": reading.quantity,
        "value": None if reading.value is None else plain(reading.value),
        "raw": reading.raw,
        "at": reading.at.astimezone(zone).isoformat(),
        "quality": str(reading.quality),
        "reason": str(reading.reason),
        "fault": str(reading.fault) if reading.fault else None,
    }


COMMANDS = (agent, meter, readings)
