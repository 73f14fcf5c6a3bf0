"""Commands about lines: the ports there are, who answers, what is said there, how they do."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
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
from shared_factory_desktop.cli.tables import aligned
from shared_factory_desktop.services.bus_scan import ScanProgress, ScanWish
from shared_factory_desktop.services.bus_watch import WatchedFrame
from shared_factory_desktop.services.commissioning import BusStatus, PortSeen, latency_ms
from shared_factory_desktop.words import Words

_ARROWS = {"tx": "→", "rx": "←"}
_HEX_PLACES = 24
_NO_NAME = "n/a"  # pyserial's word for a port without a description
_PERCENTILES = (50, 99)
_DEFAULT_UNITS = "1-32"


@click.group()
def bus() -> None:
    """Lines of this workstation."""


@bus.command(name="list")
@as_json
@shared
@pass_run
def bus_list(run: Run, json_: bool) -> None:
    """List the serial ports present, and how to name each in a floor file."""
    ports = run.services().commissioning.ports(run.actor())
    if json_:
        answer_json({"ports": [_port_json(port) for port in ports]})
        return
    for line in aligned(_port_row(port) for port in ports):
        say(line)
    for port in ports:
        if port.alike:
            others = ", ".join(port.alike)
            note(run.words("buses.alike", device=port.port.device, others=others))
    if not ports:
        note(run.words("cli.no-ports"))


def _usb(seen: PortSeen) -> str | None:
    usb = seen.port.usb
    return f"{usb.vid}:{usb.pid}:{usb.serial or ''}" if usb else None


def _port_row(seen: PortSeen) -> tuple[str, ...]:
    port, buses = seen.port, ", ".join(seen.buses)
    known = port.description if port.description != _NO_NAME else ""
    name = port.adapter or known or "-"
    return (port.device, name, _usb(seen) or "-", port.location or "-", buses or "-", seen.paste)


def _port_json(seen: PortSeen) -> dict[str, object]:
    port = seen.port
    return {
        "device": port.device,
        "description": port.description,
        "adapter": port.adapter,
        "usb": _usb(seen),
        "vid": port.vid,
        "pid": port.pid,
        "serial": port.serial,
        "location": port.location,
        "buses": [*seen.buses],
        "alike": [*seen.alike],
        "paste": seen.paste,
    }


@bus.command()
@click.argument("bus_id", metavar="BUS")
@click.option("--units", default=_DEFAULT_UNITS, show_default=True, help="Modbus units to ask")
@click.option("--own", is_flag=True, help="only at the bus's own speed and parity")
@as_json
@shared
@pass_run
def scan(run: Run, bus_id: str, units: str, own: bool, json_: bool) -> None:
    """Find who answers on a bus, and which profiles fit."""
    actor, wish = run.actor(), ScanWish.of(units, everywhere=not own)
    with _told_to_stop() as stop:
        found = run.services().commissioning.scan(
            actor, bus_id, wish, _progress(run.words), stop.is_set
        )
    if sys.stderr.isatty():
        click.echo(err=True)
    if json_:
        answer_json(found)
    else:
        for line in _scan_lines(run.words, found):
            say(line)
        if not found["complete"]:
            note(run.words("buses.scan-incomplete"))


def _progress(words: Words) -> Callable[[ScanProgress], None]:
    """Tell how long it will take before the first answer, then, on a terminal, how far it is."""
    began_s: list[float] = []

    def show(progress: ScanProgress) -> None:
        if not began_s:
            began_s.append(time.monotonic())
            note(words("buses.scan-begins", seconds=int(progress.silent_s) + 1))
        if sys.stderr.isatty():
            spent_s = int(time.monotonic() - began_s[0])
            done = "-" if progress.done is None else progress.done
            step = f"{spent_s} s  {progress.line or ''}  {done}/{progress.total}"
            click.echo(f"\r{step:<40}", err=True, nl=False)

    return show


def _scan_lines(words: Words, answer: Mapping[str, Any]) -> Iterator[str]:
    for device in answer["found"]:
        address = device.get("unit", device.get("address"))
        meter = device["meter"] or words("buses.scan-new")
        latency = f"{device['latency_ms']} ms" if device["latency_ms"] else ""
        told = (device["line"] or "", device["protocol"], str(address), meter, latency)
        yield "  ".join(filter(None, told))
        for fit in device["profiles"]:
            values = ", ".join(f"{v['quantity']} {v['value']} {v['unit']}" for v in fit["values"])
            number = f" [{fit['identity']}]" if fit["identity"] else ""
            yield f"    {fit['profile']}{number}: {values}"
        if not device["profiles"]:
            yield f"    {words('buses.scan-no-profile')}"
    for device in answer["garbled"]:
        address = "" if device["unit"] is None else str(device["unit"])
        why = words("buses.scan-garbled", why=device["code"])
        yield "  ".join(filter(None, (device["line"] or "", device["protocol"], address, why)))
    if not answer["found"] and not answer["garbled"]:
        yield words("buses.scan-nobody")


@bus.command()
@click.argument("bus_id", metavar="BUS")
@click.option("--for", "for_s", type=click.FloatRange(min=0), help="stop after so many seconds")
@as_json
@shared
@pass_run
def monitor(run: Run, bus_id: str, for_s: float | None, json_: bool) -> None:
    """Show what is said on a bus, frame by frame, until told to stop; sends nothing."""
    actor, zone = run.actor(), run.services().floor.zone()
    deadline_s = None if for_s is None else time.monotonic() + for_s
    frames = []
    with _told_to_stop() as stop:

        def is_over() -> bool:
            return stop.is_set() or (deadline_s is not None and time.monotonic() >= deadline_s)

        for frame in run.services().commissioning.watch(actor, bus_id, is_over):
            if json_:
                frames.append(_frame_json(frame, zone))
            else:
                say(_frame_line(run.words, frame, zone))
    if json_:
        answer_json({"bus": bus_id, "frames": frames})


def _frame_line(words: Words, frame: WatchedFrame, zone: ZoneInfo) -> str:
    at = frame.at.astimezone(zone).time().isoformat(timespec="milliseconds")
    arrow = _ARROWS.get(frame.direction, "·")
    timing = f"{_ms(frame.gap_s, '+')} {_ms(frame.latency_s, '=')}"
    sent = frame.data.hex(" ").upper()
    mark = "✓" if frame.said.sound else "✗"
    return f"{at} {arrow} {timing}  {sent:<{_HEX_PLACES}}  {mark} {_sentence(words, frame)}"


def _ms(seconds: float | None, sign: str) -> str:
    text = "" if seconds is None else f"{sign}{seconds * 1000:.1f} ms"
    return f"{text:>12}"


def _sentence(words: Words, frame: WatchedFrame) -> str:
    """Say what a frame means, the names of its numbers filled in."""
    values = dict(frame.said.values)
    if "exception" in values:
        name = f"buses.exception.{values['exception']}"
        values["name"] = words(name) if words.knows(name) else "?"
    if "table" in values:
        values["table"] = words(f"buses.table.{values['table']}")
    return words(f"buses.frame.{frame.said.code}", **values)


def _frame_json(frame: WatchedFrame, zone: ZoneInfo) -> dict[str, object]:
    return {
        "at": frame.at.astimezone(zone).isoformat(),
        "direction": frame.direction or None,
        "hex": frame.data.hex().upper(),
        "gap_ms": None if frame.gap_s is None else f"{frame.gap_s * 1000:.1f}",
        "latency_ms": None if frame.latency_s is None else f"{frame.latency_s * 1000:.1f}",
        "means": frame.said.code,
        "values": dict(frame.said.values),
        "sound": frame.said.sound,
    }


@bus.command()
@as_json
@shared
@pass_run
def status(run: Run, json_: bool) -> None:
    """Show how every bus does: load, faults, latencies, meters that are left alone or swapped."""
    found = run.services().commissioning.status(run.actor())
    zone = run.services().floor.zone()
    if json_:
        answer_json({"buses": [_status_json(bus, zone) for bus in found]})
        return
    for seen in found:
        say(_bus_line(run.words, seen, zone))
        meters = (seen.body or {}).get("meters", {})
        head = tuple(run.words("buses.status-head").split("|"))
        rows = [_meter_row(run.words, name, meter) for name, meter in meters.items()]
        for line in aligned([head, *rows]) if rows else ():
            say(f"  {line}")


def _bus_line(words: Words, seen: BusStatus, zone: ZoneInfo) -> str:
    if seen.body is None or seen.at is None:
        return words("buses.status-none", bus=seen.bus, place=seen.place)
    body = seen.body
    return words(
        "buses.status-ok" if body["ok"] else "buses.status-fault",
        bus=seen.bus,
        place=seen.place,
        fault=body["fault"],
        load=body.get("load_pct", "-"),
        polls=body["polls"],
        failed=body["failed"],
        lost=body["lost"],
        notes="".join(f", {note}" for note in body["notes"]),
        at=seen.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        workstation=seen.workstation,
    )


def _meter_row(words: Words, name: str, meter: Mapping[str, Any]) -> tuple[str, ...]:
    faults = ", ".join(f"{code} {count}" for code, count in sorted(meter["faults"].items()))
    backoff = f"{meter['backoff_s']} s" if float(meter["backoff_s"]) else "-"
    times = [_latency(meter, percent) for percent in _PERCENTILES]
    shown = [str(time_ms) if time_ms is not None else "-" for time_ms in times]
    slowest = str(meter["max_ms"]) if meter["max_ms"] else "-"
    identity = words(f"buses.identity.{meter['identity']['state']}")
    return (name, str(meter["polls"]), faults or "-", *shown, slowest, backoff, identity)


def _latency(meter: Mapping[str, Any], percent: int) -> int | None:
    return latency_ms(meter["latency_ms"], meter["max_ms"], percent)


def _status_json(seen: BusStatus, zone: ZoneInfo) -> dict[str, object]:
    body = dict(seen.body or {})
    body["meters"] = {
        name: {**meter, **{f"p{percent}_ms": _latency(meter, percent) for percent in _PERCENTILES}}
        for name, meter in body.get("meters", {}).items()
    }
    at = seen.at.astimezone(zone).isoformat() if seen.at else None
    about = {"bus": seen.bus, "place": seen.place, "workstation": seen.workstation, "at": at}
    return {**about, **body}


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Give an event that Ctrl+C sets, so that what was found until then is still printed."""
    stop = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: stop.set()) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


COMMANDS: Iterable[click.Command] = (bus,)
